"""A source of records that holds them in memory; it passes the contract of every RecordSource."""

from collections.abc import Iterable, Iterator, Mapping

from mirrord.core.datasets import Dataset, Standing
from mirrord.core.pulse import Pulse
from mirrord.core.records import Record, split_page
from mirrord.errors import StoreUnreachable


def record(text: str) -> Record:
    """A record from its own JSON text."""
    return split_page(f"[{text}]", "a test").records[0]


class MemorySource:
    """Gives the records that it was given, by ascending id.

    ``fail_after`` breaks off after so many records, as a store that goes away in the midst.
    """

    def __init__(self, held: Mapping[str, Iterable[Record]], fail_after: int | None = None) -> None:
        self.held = {
            name: sorted({one.id: one for one in records}.values(), key=lambda one: one.id)
            for name, records in held.items()
        }
        self.fail_after = fail_after
        self.closed = False

    def records(self, dataset: Dataset, pulse: Pulse) -> Iterator[Record]:
        for place, one in enumerate(self.held.get(dataset.name, ())):
            pulse.beat()
            if place == self.fail_after:
                raise StoreUnreachable("the store went away in the midst")
            yield one

    def count(self, dataset: Dataset, pulse: Pulse) -> int:
        pulse.beat()
        held = self.held.get(dataset.name, ())
        return sum(dataset.standing(one) is Standing.COUNTED for one in held)

    def close(self) -> None:
        self.closed = True
