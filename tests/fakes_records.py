"""A source of records that holds them in memory; it passes the contract of every RecordSource."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from mirrord.core.columns.forms import moment_of
from mirrord.core.datasets.kinds import Dataset, Details, Standing
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, Keys, Record, bundle, order, read_record
from mirrord.errors import StoreUnreachable


def record(text: str, keys: Keys = Keys()) -> Record:  # noqa: B008 - a frozen value
    """A record from its own JSON text."""
    return read_record(text, keys)


class MemorySource:
    """Gives the records that it was given, by ascending id.

    ``fail_after`` breaks off after so many records, as a store that goes away in the midst.
    ``details`` of a record are those that it was given by its id and the list's name; ``refused``
    are the lists that the token may not read. ``asked`` counts the records given, by dataset.
    """

    def __init__(self, held: Mapping[str, Iterable[Record]], fail_after: int | None = None) -> None:
        self.held: dict[str, list[Record]] = {
            name: sorted({one.id: one for one in records}.values(), key=lambda one: order(one.id))
            for name, records in held.items()
        }
        self.fail_after = fail_after
        self.lists: dict[tuple[Key, str], list[Record]] = {}
        self.refused: set[str] = set()
        self.asked: dict[str, int] = {}
        self.closed = False

    def records(
        self, dataset: Dataset, pulse: Pulse, since: datetime | None = None
    ) -> Iterator[Record]:
        for place, one in enumerate(self.held.get(dataset.name, ())):
            pulse.beat()
            if place == self.fail_after:
                raise StoreUnreachable("the store went away in the midst")
            if since is None or self._changed(dataset, one, since):
                self.asked[dataset.name] = self.asked.get(dataset.name, 0) + 1
                yield one

    def ids(self, dataset: Dataset, pulse: Pulse) -> Iterator[Key]:
        for one in self.held.get(dataset.name, ()):
            pulse.beat()
            yield one.id

    def withheld(self, dataset: Dataset, parent: Record, pulse: Pulse) -> Mapping[str, str]:
        pulse.beat()
        return dict.fromkeys(sorted(self.refused), "the token may not")

    def details(
        self, dataset: Dataset, parents: Iterable[Record], without: Collection[str], pulse: Pulse
    ) -> Iterator[Record]:
        assert isinstance(dataset.source, Details)
        for parent in parents:
            pulse.beat()
            self.asked[dataset.name] = self.asked.get(dataset.name, 0) + 1
            lists = {
                one.name: self.lists.get((parent.id, one.name), [])
                for one in dataset.source.lists
                if one.name not in without and one.needed(parent)
            }
            yield bundle(parent, dataset.source.stamp, lists)

    def count(self, dataset: Dataset, pulse: Pulse) -> int | None:
        pulse.beat()
        counting = dataset.counting
        if counting is None:
            return None
        held = self.held.get(dataset.name, ())
        return sum(counting.standing(one) is Standing.COUNTED for one in held)

    def close(self) -> None:
        self.closed = True

    def _changed(self, dataset: Dataset, one: Record, since: datetime) -> bool:
        if dataset.since is None:
            return True
        moment = moment_of(one.fields.get(dataset.since.field))
        return moment is not None and moment >= since
