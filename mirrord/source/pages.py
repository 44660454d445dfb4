"""A list of the API, page by page.

Where the store can go by ids, pages are asked for by the last one, and a page out of order is
AnswerBroken, for the page after it would skip what it should have held. Lists that have only
numbers for their pages are read by :mod:`.numbered`. This room must never trust that the store
obeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mirrord.core.columns.forms import fields_of, plain
from mirrord.core.datasets.kinds import Listing, Paging, Query
from mirrord.core.records import Key, Record, order
from mirrord.errors import AnswerBroken
from mirrord.source.numbered import keys_of, numbered
from mirrord.source.portions import Ask, Portions, page_of, pages_told, total_told


def walk(ask: Ask, listing: Listing, since: Query | None = None) -> Iterator[Record]:
    """Every record of the plain list; each once and by ascending id where the paging ascends.

    ``since`` is what is asked besides, for a part of the list.
    """
    query = {**listing.query, **(since or {})}
    if listing.paging is Paging.WHOLE:
        return _whole(ask, listing, query)
    return _WALKS[listing.paging](Portions(ask, listing), query)


@dataclass(frozen=True, slots=True)
class Ascending:
    """A page by ascending ids; whether it is the last one."""

    records: tuple[Record, ...]
    is_last: bool


def page_after(portions: Portions, query: Query, last: int) -> Ascending:
    """v2: one page by ``min_id``, the ids beyond ``last``; AnswerBroken where they do not ascend.

    There is no total, so that a short page must say that it is the last.
    """
    step = {"min_id": str(last + 1), **portions.listing.sorting}
    page = portions.fitting({**query, **step})
    records = tuple(_beyond(last, page.records, portions.listing.path))
    return Ascending(records, not page.is_full)


def _by_id(portions: Portions, query: Query) -> Iterator[Record]:
    """v3 catalog: ``id:greater``."""
    last: Key = 0
    while True:
        step = {"id:greater": str(last), **portions.listing.sorting}
        page = portions.fitting({**query, **step})
        yield from _beyond(last, page.records, portions.listing.path)
        pages = pages_told(page.meta)
        if not page.records or (pages is not None and pages <= 1):
            return
        last = page.records[-1].id


def _by_min_id(portions: Portions, query: Query) -> Iterator[Record]:
    last = 0
    while True:
        page = page_after(portions, query, last)
        yield from page.records
        if page.is_last:
            return
        last = int(page.records[-1].id)


def _by_cursor(portions: Portions, query: Query) -> Iterator[Record]:
    """A cursor, and no word about the order: a record that moved meanwhile can come twice."""
    step: Mapping[str, str] = {}
    while True:
        page = portions.fitting({**query, **step})
        yield from page.records
        cursor = plain(fields_of(page.meta.get("cursor_pagination")).get("end_cursor"))
        if not page.records or not cursor:
            return
        if cursor == step.get("after"):
            raise _never_ending(portions.listing)
        step = {"after": cursor}


def _after_last(portions: Portions, query: Query) -> Iterator[Record]:
    """What came last says where to go on; in which order they come is not documented."""
    step: Mapping[str, str] = {}
    asked: set[Key] = set()
    while True:
        page = portions.fitting({**query, **step})
        yield from page.records
        if not page.is_full:
            return
        last = page.records[-1].id
        if last in asked:
            raise _never_ending(portions.listing)
        asked.add(last)
        step = {"after": str(last)}


def _never_ending(listing: Listing) -> AnswerBroken:
    return AnswerBroken(f"GET {listing.path} gave the same place twice; its pages would never end")


def _whole(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    """One answer; what of it is a page only, is none."""
    page = page_of(ask(listing.path, query), listing.path, listing)
    pages, total = pages_told(page.meta) or 1, total_told(page.meta) or 0
    if pages > 1 or total > len(page.records):
        raise AnswerBroken(f"GET {listing.path} has pages, and should be whole; please report it")
    keys_of(page.records, listing.path)
    yield from page.records


def _beyond(last: Key, records: Iterable[Record], path: str) -> Iterator[Record]:
    for record in records:
        if order(record.id) <= order(last):
            raise AnswerBroken(
                f"GET {path} gave record {record.id} after record {last}; its pages are not in "
                "the order of ids, and records would be missed"
            )
        last = record.id
        yield record


_WALKS: Mapping[Paging, Callable[[Portions, Query], Iterator[Record]]] = {
    Paging.BY_ID: _by_id,
    Paging.BY_MIN_ID: _by_min_id,
    Paging.BY_CURSOR: _by_cursor,
    Paging.AFTER_LAST: _after_last,
    Paging.NUMBERED: numbered,
}
