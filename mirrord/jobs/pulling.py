"""One pull of a dataset into a draft: in full, or what changed merged into the pull before.

A merge must agree with the store's own count; where it does not, something vanished: the ids are
listed and compared, or all is pulled. What is not whole after that says why. Nothing here is
visible before it is placed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from mirrord.core.datasets.counts import why_incomplete
from mirrord.core.datasets.kinds import Dataset, Listing
from mirrord.core.datasets.kinds import Standing as Counted
from mirrord.core.lookups import Names
from mirrord.core.merging import Watermark, merge
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, Record
from mirrord.core.risk import KEPT, created
from mirrord.disk.draft import Draft, Drafted
from mirrord.disk.durable import disk_errors
from mirrord.disk.lossless import Held
from mirrord.disk.plaintext import PlainText
from mirrord.disk.sorting import in_order
from mirrord.disk.staging import Staging
from mirrord.errors import AnswerBroken
from mirrord.source import RecordSource

log = logging.getLogger(__name__)


class How(StrEnum):
    """By what a pull was made."""

    CHANGES = "changes"  # what changed since, merged into the pull before
    COMPARED = "changes and ids"  # the same, and what is in no listing of ids is gone
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Pulled:
    """One finished try: its draft, and why it is not whole (``""``: it is).

    ``modified``: the latest date of any record, as the store dates it; None where there is none.
    ``seen``: how many records there are of each standing in the store's own count; ``arrived``:
    when the orders of the last days were placed, in seconds since 1970. ``changes``: by what it
    was made of the pull before, where that is known; ``names``: a sum of what was looked up.
    """

    draft: Draft
    drafted: Drafted
    how: How
    why: str = ""
    modified: datetime | None = None
    seen: Counter[Counted] = field(default_factory=Counter)
    arrived: Sequence[float] = ()
    changes: Mapping[str, PlainText] | None = None
    names: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tools:
    """What every pull works with; ``clock`` in seconds since 1970.

    ``too_long`` says in words why so many records can not be pulled in time, or nothing.
    """

    source: RecordSource
    staging: Staging
    pulse: Pulse
    clock: Callable[[], float]
    too_long: Callable[[Dataset, int], str] = lambda *_: ""


@dataclass(frozen=True, slots=True)
class Base:
    """A sound, complete pull that changes are merged into.

    ``modified``: the latest date of its records; ``since``: from when on to ask.
    """

    held: Held
    modified: datetime
    since: datetime


def pull(
    tools: Tools,
    dataset: Dataset,
    base: Base | None,
    names: Names,
    started: float,
    first: How | None = None,
) -> Pulled:
    """Pull until it is whole, by ever dearer ways; the last one is not whole and says why.

    ``first``: the first of the ways to try. StoreError, DiskError: there is none.
    """
    ways = list(_ways(dataset, base))
    ways = ways[ways.index(first) :] if first in ways else ways
    tried = partial(_try, tools, dataset, base, names, started)
    for how in ways[:-1]:
        pulled = tried(how)
        if pulled is not None and not pulled.why:
            return pulled
        if pulled is not None:
            why = pulled.why
            log.warning("pull incomplete dataset=%s how=%s why=%s", dataset.name, how, why)
            pulled.draft.discard()
    last = tried(ways[-1])
    if last is None:
        raise AnswerBroken(f"the {dataset.name} could not be pulled")
    return last


def _ways(dataset: Dataset, base: Base | None) -> Iterator[How]:
    """A full pull that disagrees with the store's count is tried once more."""
    if base is not None:
        yield How.CHANGES
        if dataset.since is not None and dataset.since.ids is not None:
            yield How.COMPARED
    yield from (How.FULL, How.FULL)


def _try(
    tools: Tools, dataset: Dataset, base: Base | None, names: Names, started: float, how: How
) -> Pulled | None:
    """One try; None where the pull before can not be read after all."""
    draft = Draft(dataset, tools.staging, int(started))
    mark = Watermark(dataset.since.field) if dataset.since else None
    seen: Counter[Counted] = Counter()
    counting = dataset.counting
    arrived: list[float] = []
    try:
        before = tools.source.count(dataset, tools.pulse)
        if before is not None and how is How.FULL and (words := tools.too_long(dataset, before)):
            log.warning("pull begins that outlasts its interval: %s", words)
        for number, record in enumerate(_records(tools, dataset, base, how, mark), 1):
            draft.add(names.hung_on(record))
            arrived += arrival(dataset, record, started)
            if counting is not None:
                seen[counting.standing(record)] += 1
            tools.pulse.progress(f"pulling {dataset.name}", number, max(before or 0, number))
        after = tools.source.count(dataset, tools.pulse)
    except ValueError as error:
        draft.discard()
        if how is How.FULL:
            raise
        log.warning("pull before unreadable dataset=%s why=%s", dataset.name, error)
        return None
    except BaseException:
        draft.discard()
        raise
    why = "" if before is None or after is None else why_incomplete(seen, before, after)
    return Pulled(
        draft, draft.close(), how, why, _latest(mark, base, how), seen, arrived, names=names.digest
    )


def arrival(dataset: Dataset, record: Record, now: float) -> Iterator[float]:
    """When a record was placed, if it is one of the last days and of a dataset that is watched."""
    if dataset.name != "orders":
        return
    moment = created(record.fields)
    if moment is not None and moment > now - KEPT:
        yield moment


def _records(
    tools: Tools, dataset: Dataset, base: Base | None, how: How, mark: Watermark | None
) -> Iterator[Record]:
    if base is None or how is How.FULL:
        yield from listed(tools, dataset, None, mark)
        return
    is_gone: Callable[[Key], bool] = lambda _: False  # noqa: E731 - a name for nothing
    if how is How.COMPARED:
        there = frozenset(tools.source.ids(dataset, tools.pulse))
        is_gone = lambda key: key not in there  # noqa: E731 - as above
    changed = listed(tools, dataset, base.since, mark)
    with disk_errors(f"reading {base.held.folder}"):
        yield from merge(base.held.records(dataset), changed, is_gone)


def listed(
    tools: Tools, dataset: Dataset, since: datetime | None, mark: Watermark | None
) -> Iterator[Record]:
    """The records that changed since a moment, or all, ascending; their dates are noted."""
    records = tools.source.records(dataset, tools.pulse, since)
    ascends = isinstance(dataset.source, Listing) and dataset.source.paging.ascends
    for record in records if ascends else in_order(records, dataset.keys, tools.staging):
        if mark is not None:
            mark.note(record)
        yield record


def _latest(mark: Watermark | None, base: Base | None, how: How) -> datetime | None:
    latest = mark.latest if mark else None
    if base is None or how is How.FULL:
        return latest
    return max(base.modified, latest) if latest else base.modified
