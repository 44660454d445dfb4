"""A list whose records move to another list while it is read: range by range, each in its turn.

An order leaves the list of incomplete ones for the plain one when it is paid, and the plain one
for that of archived ones. Asked one list after the other, it could be in neither. So what records
leave is always asked before the plain list, and what they come to behind it, for each range of
ids. This room must never hold more than a few pages.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from mirrord.core.datasets.kinds import Listing, Pass, Query
from mirrord.core.records import Record, order
from mirrord.source.answers import QueryRefused
from mirrord.source.pages import page_after, walk
from mirrord.source.portions import Ask, Portions

#: So many pages of the plain list make a range, or so many characters of its records; the list
#: behind it is asked once a range.
_PAGES = 4
_MOST_TEXT = 4 * 1024 * 1024


def in_turn(ask: Ask, listing: Listing, since: Query) -> Iterator[Record]:
    """Every record of a list by ``min_id`` and of those ahead and behind; ascending, each once.

    A list that the store does not understand (its filter is refused, or ignored) gives nothing:
    what it would have given comes in the plain one.
    """
    if not (listing.ahead or listing.behind):
        yield from walk(ask, listing, since)
        return
    portions = Portions(ask, listing)
    ahead = [_Aside(portions, one, since) for one in listing.ahead]
    behind = [_Aside(portions, one, since) for one in listing.behind]
    last: float = 0
    while last < math.inf:
        for one in ahead:
            one.read_beyond(last)
        end = min((one.until for one in ahead), default=math.inf)
        plain, until = _plain(portions, since, last, end)
        for one in behind:
            one.read_through(last, until)
        lists = [*(one.taken(until) for one in ahead), plain, *(one.taken(until) for one in behind)]
        yield from distinct(heapq.merge(*lists, key=lambda record: order(record.id)))
        last = until


def distinct(records: Iterable[Record]) -> Iterator[Record]:
    """Of records with the same id, which come next to each other, the last: it is the newest."""
    held: Record | None = None
    for record in records:
        if held is not None and held.id != record.id:
            yield held
        held = record
    if held is not None:
        yield held


class _Aside:
    """A list beside the plain one, as far as it was read; ``until``: through which id."""

    def __init__(self, portions: Portions, one: Pass, since: Query) -> None:
        self._portions, self._keeps = portions, one.keeps
        self._query = {**portions.listing.query, **one.query, **since}
        self._held: list[Record] = []
        self._understood = True
        self.until: float = 0

    def read_beyond(self, last: float) -> None:
        """Read a page more, unless what is behind ``last`` is known already."""
        if self.until <= last:
            self._read(last, math.inf)

    def read_through(self, last: float, until: float) -> None:
        """Read all from behind ``last`` through ``until``, now."""
        self.until = last
        while self.until < until:
            self._read(self.until, until)

    def taken(self, until: float) -> list[Record]:
        """What was read through this id; it is held no longer."""
        mine = [record for record in self._held if _number(record) <= until]
        self._held = self._held[len(mine) :]
        return mine

    def _read(self, last: float, until: float) -> None:
        records, self.until = self._page(last, until) if self._understood else ((), until)
        kept = list(takewhile(self._keeps, records))
        self._held += kept
        if len(kept) < len(records):
            self._understood, self.until = False, until

    def _page(self, last: float, until: float) -> tuple[Sequence[Record], float]:
        try:
            return _page(self._portions, self._query, last, until)
        except QueryRefused:
            self._understood = False
            return (), until


def _plain(portions: Portions, since: Query, last: float, end: float) -> tuple[list[Record], float]:
    """Some pages of the plain list, through ``end`` at the most, and through which id they go."""
    held: list[Record] = []
    for _ in range(_PAGES):
        query = {**portions.listing.query, **since}
        records, last = _page(portions, query, last, end)
        held += records
        if last >= end or sum(len(record.text) for record in held) > _MOST_TEXT:
            break
    return held, last


def _page(
    portions: Portions, query: Query, last: float, end: float
) -> tuple[Sequence[Record], float]:
    """What of one page is not beyond ``end``, and through which id the page goes."""
    bound = {} if end == math.inf else {"max_id": str(int(end))}
    page = page_after(portions, {**query, **bound}, int(last))
    records = [record for record in page.records if _number(record) <= end]
    if page.is_last or len(records) < len(page.records):
        return records, end
    return records, _number(records[-1])


def _number(record: Record) -> int:
    return int(record.id)
