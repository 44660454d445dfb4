"""A pull made of the one before and of what changed: unchanged records keep the rows they have.

Rows are made anew for the records that changed, or for all where nothing tells where the others'
are (see :mod:`mirrord.disk.rowindex`): both come to the same files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from mirrord.core.changes import side_by_side
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.lookups import Names
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, read_record
from mirrord.disk.draft import Draft, Drafted, table_file
from mirrord.disk.durable import disk_errors
from mirrord.disk.exports import Standing
from mirrord.disk.house import House
from mirrord.disk.lossless import Held, SideLines, with_companions
from mirrord.disk.rowindex import Made, Rows, forget, opened, save
from mirrord.disk.staging import Staging


@dataclass(frozen=True, slots=True)
class Applied:
    """A closed draft with the changes in it, and how many rows of each table tell of what."""

    draft: Draft
    drafted: Drafted
    kinds: dict[str, dict[str, int]]


def apply(
    house: House,
    dataset: Dataset,
    held: Held,
    standing: Standing,
    names: Names,
    staging: Staging,
    now: float,
    pulse: Pulse,
) -> Applied:
    """The pull ``held``, its changes included, as files; ``standing`` is where its rows are.

    ValueError where it is damaged; DiskError.
    """
    plain = standing.receipt["plain_sha256"]
    tables = [table_file(table) for table in dataset.tables]
    made = Made({name: plain[name] for name in tables if name in plain}, names.digest)
    groups: Mapping[str, int] = standing.receipt.get("groups", {})
    with opened(house, dataset.name, made, held.folder) as rows:
        work = _Work(Draft(dataset, staging, int(now), groups), dataset, held, names, pulse)
        wider = work.run(rows)
    if wider:  # a record has more groups than any had before: all rows are made for them
        work = _Work(Draft(dataset, staging, int(now), wider), dataset, held, names, pulse)
        work.run(None)
    return work.ended(standing)


def keep_index(house: House, draft: Draft, drafted: Drafted, names: str) -> None:
    """Remember where the rows of a placed draft are, or that nothing tells it; DiskError."""
    index = draft.index
    if index:
        plain = {name: drafted.plain[name] for name in index}
        save(house, draft.dataset.name, Made(plain, names), index, draft.scratch)
    else:
        forget(house, draft.dataset.name)


class _Work:
    """One way through all records."""

    def __init__(
        self, draft: Draft, dataset: Dataset, held: Held, names: Names, pulse: Pulse
    ) -> None:
        self._draft, self._dataset, self._held = draft, dataset, held
        self._names, self._pulse = names, pulse
        self._gone: Counter[tuple[str, str]] = Counter()
        self._kept = False

    def run(self, rows: Rows | None) -> Mapping[str, int]:
        """Write every record; how many groups were wanted, where there were not enough.

        ValueError, DiskError; then, and where groups were wanted, the draft is discarded.
        """
        try:
            self._run(rows)
        except BaseException:
            self._draft.discard()
            raise
        if not self._draft.too_narrow:
            return {}
        self._draft.discard()
        return self._draft.groups

    def _run(self, rows: Rows | None) -> None:
        dataset, held = self._dataset, self._held
        sides = SideLines(
            {name: held.lines(stem, dataset.companion_keys) for name, stem in dataset.files.items()}
        )
        beside = self._changed_beside()
        whole = held.whole(dataset.name, dataset.keys)
        own = ((change.id, change) for change in held.changes(dataset.name))
        with disk_errors(f"reading {held.folder}"):
            for key, text, change in side_by_side(whole, own):
                self._pulse.beat()
                if change is not None and change.old != text:
                    raise ValueError(f"the change of record {key} does not belong to this pull")
                new = text if change is None else change.new
                here = sides.at(key)
                if rows is not None and text is not None and change is None and key not in beside:
                    self._draft.keep((key, text), here, rows.take())
                    self._kept = True
                    continue
                self._replace(rows, text, new, here)

    def _replace(
        self, rows: Rows | None, old: str | None, new: str | None, sides: Mapping[str, str]
    ) -> None:
        if old is not None and rows is not None:
            rows.skip()
            self._gone.update(self._rows_of(old))
        if new is not None:
            record = with_companions(new, sides, self._dataset)
            self._draft.add(self._names.hung_on(record))

    def _rows_of(self, text: str) -> Iterator[tuple[str, str]]:
        record = read_record(text, self._dataset.keys)
        for table in self._dataset.judged:
            yield from ((table.name, table.kind_of(row)) for row in table.rows(record))

    def _changed_beside(self) -> Set[Key]:
        """The records whose companions changed."""
        stems = self._dataset.files.values()
        return {change.id for stem in stems for change in self._held.changes(stem)}

    def ended(self, standing: Standing) -> Applied:
        """Close it, and add up."""
        drafted = self._draft.close()
        if not self._kept:
            return Applied(self._draft, drafted, self._draft.kinds)
        before: Mapping[str, Mapping[str, int]] = standing.receipt.get("kinds", {})
        total = Counter({(t, kind): n for t, kinds in before.items() for kind, n in kinds.items()})
        total.subtract(self._gone)
        total.update(
            {(t, kind): n for t, kinds in self._draft.kinds.items() for kind, n in kinds.items()}
        )
        kinds: dict[str, dict[str, int]] = {name: {} for name in before}
        for (table, kind), number in sorted(total.items()):
            kinds.setdefault(table, {})[kind] = number
        return Applied(self._draft, drafted, kinds)
