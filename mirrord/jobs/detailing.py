"""What each order has besides its own text, taken over many runs: some requests an order.

Asked are those that changed since, and those never asked, the newest first, within a time that
leaves the lane to others. What is not asked yet is said, and comes in later runs.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from mirrord.core.columns.forms import moment_of
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset, Details
from mirrord.core.merging import merge, records_side_by_side
from mirrord.core.records import Key, Record, read_record
from mirrord.disk.draft import Draft
from mirrord.disk.durable import disk_errors
from mirrord.disk.lossless import Held
from mirrord.disk.sorting import in_order
from mirrord.errors import ScopeMissing
from mirrord.jobs.pulling import How, Pulled, Tools

#: Seconds of one run, and how many records it asks for at the most: they are held meanwhile.
_AT_MOST, _AT_ONCE = 1_200.0, 5_000
_NEVER = datetime.min.replace(tzinfo=UTC)


def pull_details(
    tools: Tools, dataset: Dataset, parents: Held | None, before: Held | None, started: float
) -> Pulled:
    """One run's part of them, merged into what is held; StoreError, DiskError.

    ``parents``: the pull of the records that they belong to; ``before``: that of the details.
    """
    details = dataset.source
    if not isinstance(details, Details):
        raise TypeError(f"{dataset.name} is no dataset of details")
    draft = Draft(dataset, tools.staging, int(started))
    try:
        asking = _Asking(tools, details, _withheld(tools, dataset, parents))
        with disk_errors(f"reading the {details.of} that are held"):
            asking.choose(parents, dataset, before)
        without = asking.withheld
        came = tools.source.details(dataset, asking.parents(), without, tools.pulse)
        fresh = in_order(came, dataset.keys, tools.staging)
        with disk_errors(f"reading the {dataset.name} that are held"):
            for record in merge(_records(dataset, before), fresh, lambda _: False):
                draft.add(record)
        drafted = draft.close()
    except BaseException:
        draft.discard()
        raise
    return Pulled(draft, drafted, How.CHANGES, asking.why(), facts={"latest": True})


class _Asking:
    """Which records are to be asked for their details, and how many were."""

    def __init__(self, tools: Tools, details: Details, withheld: Collection[str]) -> None:
        self.withheld = withheld
        self._desk = tools
        self._details = details
        self._wanted = self._asked = 0
        self._newest: list[tuple[datetime, Key, Record]] = []

    def choose(self, parents: Held | None, dataset: Dataset, before: Held | None) -> None:
        """The newest of those that lack something; OSError."""
        owners = _records(DATASETS[self._details.of], parents)
        for _, parent, held in records_side_by_side(owners, _records(dataset, before)):
            self._desk.pulse.beat()
            if parent is None or not self._lacks(parent, held):
                continue
            self._wanted += 1
            stamp = moment_of(parent.fields.get(self._details.stamp)) or _NEVER
            entry = (stamp, parent.id, _slim(parent))
            if len(self._newest) < _AT_ONCE:
                heapq.heappush(self._newest, entry)
            else:
                heapq.heappushpop(self._newest, entry)

    def parents(self) -> Iterator[Record]:
        """The newest first, until the time of a run is over."""
        until = self._desk.clock() + _AT_MOST
        total = len(self._newest)
        for _, _, parent in sorted(self._newest, key=lambda one: one[:2], reverse=True):
            if self._desk.clock() >= until:
                return
            self._asked += 1
            self._desk.pulse.progress(f"asking {self._details.of}", self._asked, total)
            yield parent

    def why(self) -> str:
        """What is not asked yet, in words; ``""`` when all is."""
        left = self._wanted - self._asked
        parts = [f"{left:,} {self._details.of} not asked for their details yet"] if left else []
        if self.withheld:
            parts.append(f"the token may not read their {', '.join(sorted(self.withheld))}")
        return "; ".join(parts)

    def _lacks(self, parent: Record, held: Record | None) -> bool:
        stamp = self._details.stamp
        is_new = held is None or held.fields.get(stamp) != parent.fields.get(stamp)
        return any(
            is_new or (held is not None and one.name not in held.fields)
            for one in self._details.lists
            if one.name not in self.withheld and one.needed(parent)
        )


def _withheld(tools: Tools, dataset: Dataset, parents: Held | None) -> Collection[str]:
    """The lists that the token may not read; ScopeMissing where it may read none."""
    if parents is None or not isinstance(dataset.source, Details):
        return ()
    owner = DATASETS[dataset.source.of]
    with disk_errors(f"reading the {owner.name} that are held"):
        newest = deque(parents.lines(owner.name, owner.keys), maxlen=1)
    if not newest:
        return ()
    parent = read_record(newest[0][1], owner.keys)
    withheld = tools.source.withheld(dataset, parent, tools.pulse)
    if len(withheld) == len(dataset.source.lists):
        raise ScopeMissing(next(iter(withheld.values())))
    return withheld


def _records(dataset: Dataset, held: Held | None) -> Iterator[Record]:
    return held.records(dataset) if held else iter(())


def _slim(record: Record) -> Record:
    """Its plain fields alone: what it is chosen and asked by."""
    plain = {
        name: value for name, value in record.fields.items() if not isinstance(value, dict | list)
    }
    return Record(record.id, "", plain)
