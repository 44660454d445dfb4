"""A dataset's whole list, page by page, in strictly ascending order of ids.

Pages are asked for by the last id, never by a page's number: rows shift when the shop changes
between two numbered pages, and one is lost. This room must never trust that the store obeys: a
page out of order is AnswerBroken, for the page after it would skip what it should have held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from mirrord.core.columns.forms import fields_of, plain
from mirrord.core.datasets import Dataset, Paging, Pass, Query
from mirrord.core.records import Json, Page, Record, split_page
from mirrord.errors import AnswerBroken
from mirrord.source.answers import QueryRefused

#: Sends one request: path and query to the body's text, ``""`` where the store has none (204).
Ask: TypeAlias = Callable[[str, Query], str]

LIMIT = 250
#: The store's own page size. A page of fewer is the last one, whatever it makes of our limit.
_USUAL = 50
_IDS_AT_ONCE = 50  # ids in one query, so that a URL stays below 1 KB


def walk(ask: Ask, dataset: Dataset, one: Pass) -> Iterator[Record]:
    """Every record of one pass, by ascending id.

    A pass that the store does not understand (an unknown filter, refused or ignored) ends with
    nothing: what it would have given comes in the plain one.
    """
    query = {**dataset.query, **one.query}
    records = _WALKS[dataset.paging](ask, dataset.path, query)
    if not one.query:
        yield from records
        return
    try:
        first = next(records, None)
    except QueryRefused:
        return
    for record in chain(() if first is None else (first,), records):
        if not one.keeps(record):
            return
        yield record


def numbered(ask: Ask, path: str, query: Query) -> Iterator[Record]:
    """A short list that is paged by number only, each record once, in the store's order."""
    seen: set[int] = set()
    number = 1
    while True:
        page = read(ask, path, {**query, "limit": str(LIMIT), "page": str(number)})
        fresh = [record for record in page.records if record.id not in seen]
        yield from fresh
        if len(page.records) < _USUAL or not fresh:
            return
        seen.update(record.id for record in fresh)
        number += 1


def read(ask: Ask, path: str, query: Query) -> Page:
    """One page; an empty one for 204, which is v2's way of saying that there is nothing."""
    text = ask(path, query)
    return split_page(text, f"GET {path}") if text else Page(())


def _by_id(ask: Ask, path: str, query: Query) -> Iterator[Record]:
    """v3 catalog: ``id:greater``, sorted by id."""
    last = 0
    while True:
        page = read(ask, path, {**query, **_greater(last)})
        yield from _beyond(last, page.records, path)
        if not page.records or _pages_left(page.meta) <= 1:
            return
        last = page.records[-1].id


def _by_min_id(ask: Ask, path: str, query: Query) -> Iterator[Record]:
    """v2: ``min_id``; there is no total, so that a short page must say that it is the last."""
    last = 0
    while True:
        step = {"min_id": str(last + 1), "sort": "id", "limit": str(LIMIT)}
        page = read(ask, path, {**query, **step})
        yield from _beyond(last, page.records, path)
        if len(page.records) < _USUAL:
            return
        last = page.records[-1].id


def _by_cursor(ask: Ask, path: str, query: Query) -> Iterator[Record]:
    """v3 customers: a cursor, and no word about the order.

    The documented cursor holds the last id, so the order is that of ids. Where the first page
    shows another one, all ids are gathered first and the records fetched by them in order.
    """
    pages = _cursor_pages(ask, path, query)
    first = next(pages, ())
    ids = [record.id for record in first]
    if ids == sorted(ids):
        last = 0
        for records in chain((first,), pages):
            yield from _beyond(last, records, path)
            last = records[-1].id if records else last
        return
    yield from _by_ids(ask, path, query, sorted({*ids, *_ids(pages)}))


def _cursor_pages(ask: Ask, path: str, query: Query) -> Iterator[tuple[Record, ...]]:
    step: Mapping[str, str] = {}
    while True:
        page = read(ask, path, {**query, "limit": str(LIMIT), **step})
        yield page.records
        cursor = plain(fields_of(page.meta.get("cursor_pagination")).get("end_cursor"))
        if not page.records or not cursor:
            return
        if cursor == step.get("after"):
            raise AnswerBroken(f"GET {path} gave the same place twice; its pages would never end")
        step = {"after": cursor}


def _by_ids(ask: Ask, path: str, query: Query, ids: list[int]) -> Iterator[Record]:
    last = 0
    for start in range(0, len(ids), _IDS_AT_ONCE):
        wanted = ids[start : start + _IDS_AT_ONCE]
        step = {"id:in": ",".join(map(str, wanted)), "limit": str(LIMIT)}
        page = read(ask, path, {**query, **step})
        yield from _beyond(last, sorted(page.records, key=lambda record: record.id), path)
        last = wanted[-1]


def _ids(pages: Iterable[tuple[Record, ...]]) -> Iterator[int]:
    return (record.id for records in pages for record in records)


def _beyond(last: int, records: Iterable[Record], path: str) -> Iterator[Record]:
    for record in records:
        if record.id <= last:
            raise AnswerBroken(
                f"GET {path} gave record {record.id} after record {last}; its pages are not in "
                "the order of ids, and records would be missed"
            )
        last = record.id
        yield record


def _greater(last: int) -> Query:
    return {"id:greater": str(last), "sort": "id", "direction": "asc", "limit": str(LIMIT)}


def _pages_left(meta: Mapping[str, Json]) -> int:
    """Of the list beyond the last id; where the store does not say, there may be more."""
    left = fields_of(meta.get("pagination")).get("total_pages")
    return left if isinstance(left, int) else 2


_WALKS: Mapping[Paging, Callable[[Ask, str, Query], Iterator[Record]]] = {
    Paging.BY_ID: _by_id,
    Paging.BY_MIN_ID: _by_min_id,
    Paging.BY_CURSOR: _by_cursor,
}
