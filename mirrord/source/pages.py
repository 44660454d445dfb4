"""A list of the API, page by page.

Where the store can go by ids, pages are asked for by the last one, and a page out of order is
AnswerBroken, for the page after it would skip what it should have held. A list that has only
numbers for its pages shifts when the shop changes between two of them: it is read again until two
readings have the same records. This room must never trust that the store obeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from mirrord.core.columns.forms import fields_of, plain
from mirrord.core.datasets.kinds import Listing, Paging, Query
from mirrord.core.jsontext import Json
from mirrord.core.records import Key, Page, Record, order, read_record, split_page
from mirrord.errors import AnswerBroken

#: Sends one request: path and query to the body's text, ``""`` where the store has none (204).
Ask: TypeAlias = Callable[[str, Query], str]

#: The store's own page size. A page of fewer is the last one, whatever it makes of our limit.
_USUAL = 50
#: So often a list of several numbered pages is read for two readings that are alike.
_READINGS = 6
#: No list has more pages: at 50 records each they are five million.
MOST_PAGES = 100_000
#: Characters of records in numbered pages: they are held until the list stands still.
MOST_TEXT = 128 * 1024 * 1024


def walk(ask: Ask, listing: Listing, since: Query | None = None) -> Iterator[Record]:
    """Every record of the plain list; each once and by ascending id where the paging ascends.

    ``since`` is what is asked besides, for a part of the list.
    """
    query = {**listing.query, **(since or {})}
    return _WALKS[listing.paging](ending(ask, listing), listing, query)


def ending(ask: Ask, listing: Listing) -> Ask:
    """The same for one list; AnswerBroken where it is asked for more pages than any list has."""
    pages = count(1)

    def asked(path: str, query: Query) -> str:
        if next(pages) > MOST_PAGES:
            raise AnswerBroken(
                f"GET {listing.path} has more than {MOST_PAGES:,} pages and no end in sight; "
                "see whether api.url is right"
            )
        return ask(path, query)

    return asked


@dataclass(frozen=True, slots=True)
class Ascending:
    """A page by ascending ids; whether it is the last one."""

    records: tuple[Record, ...]
    is_last: bool


def page_after(ask: Ask, listing: Listing, query: Query, last: int) -> Ascending:
    """v2: one page by ``min_id``, the ids beyond ``last``; AnswerBroken where they do not ascend.

    There is no total, so that a short page must say that it is the last.
    """
    step = {"min_id": str(last + 1), **listing.sorting, **_limit(listing)}
    page = read(ask, listing.path, {**query, **step}, listing)
    records = tuple(_beyond(last, page.records, listing.path))
    return Ascending(records, len(records) < _USUAL)


def read(ask: Ask, path: str, query: Query, listing: Listing) -> Page:
    """One page; an empty one for 204, which is v2's way of saying that there is nothing."""
    text = ask(path, query)
    return split_page(text, f"GET {path}", listing.keys) if text else Page(())


def _by_id(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    """v3 catalog: ``id:greater``."""
    last: Key = 0
    while True:
        step = {"id:greater": str(last), **listing.sorting, **_limit(listing)}
        page = read(ask, listing.path, {**query, **step}, listing)
        yield from _beyond(last, page.records, listing.path)
        if not page.records or _pages_left(page.meta) <= 1:
            return
        last = page.records[-1].id


def _by_min_id(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    last = 0
    while True:
        page = page_after(ask, listing, query, last)
        yield from page.records
        if page.is_last:
            return
        last = int(page.records[-1].id)


def _by_cursor(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    """A cursor, and no word about the order: a record that moved meanwhile can come twice."""
    step: Mapping[str, str] = {}
    while True:
        page = read(ask, listing.path, {**query, **_limit(listing), **step}, listing)
        yield from page.records
        cursor = plain(fields_of(page.meta.get("cursor_pagination")).get("end_cursor"))
        if not page.records or not cursor:
            return
        if cursor == step.get("after"):
            raise _never_ending(listing)
        step = {"after": cursor}


def _after_last(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    """What came last says where to go on; in which order they come is not documented."""
    step: Mapping[str, str] = {}
    asked: set[Key] = set()
    while True:
        page = read(ask, listing.path, {**query, **_limit(listing), **step}, listing)
        yield from page.records
        if len(page.records) < _USUAL:
            return
        last = page.records[-1].id
        if last in asked:
            raise _never_ending(listing)
        asked.add(last)
        step = {"after": str(last)}


def _never_ending(listing: Listing) -> AnswerBroken:
    return AnswerBroken(f"GET {listing.path} gave the same place twice; its pages would never end")


def _numbered(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    """A list of one page is what it was at one moment; of more, two readings must be alike.

    Only their keys are compared: what changes in a record does not move the others. The last
    reading counts; one in which a record came twice does not: where one moved back, another moved
    to where we had been already.
    """
    before: set[Key] | None = None
    for _ in range(_READINGS):
        # of a reading that may yet be thrown away only the texts are kept
        texts: list[str] = []
        held: set[Key] = set()
        pages = size = 0
        for page in _pages(ask, listing, query):
            pages += 1
            texts += [record.text for record in page]
            held.update(record.id for record in page)
            size += sum(len(record.text) for record in page)
            if size > MOST_TEXT:
                raise AnswerBroken(
                    f"GET {listing.path} has over {MOST_TEXT >> 20} MiB of records in numbered "
                    "pages; see whether api.url is right, and report it if it is"
                )
        if pages == 1 or (held == before and len(held) == len(texts)):
            yield from (read_record(text, listing.keys) for text in texts)
            return
        before = held
    raise AnswerBroken(
        f"GET {listing.path} had other records each time it was read, {_READINGS} times; "
        "the next pull tries again"
    )


def _pages(ask: Ask, listing: Listing, query: Query) -> Iterator[tuple[Record, ...]]:
    seen: set[Key] = set()
    for number in count(1):
        step = {**listing.sorting, **_limit(listing), "page": str(number)}
        page = read(ask, listing.path, {**query, **step}, listing)
        here = _keys_of(page.records, listing.path)
        if number > 1 and here <= seen:
            return  # behind the last page, or a store that knows no page numbers
        yield page.records
        if len(page.records) < _USUAL or number >= _pages_left(page.meta, number + 1):
            return
        seen |= here


def _keys_of(records: tuple[Record, ...], path: str) -> set[Key]:
    keys = {record.id for record in records}
    if len(keys) != len(records):
        raise AnswerBroken(f"GET {path} gave a record twice on one page")
    return keys


def _whole(ask: Ask, listing: Listing, query: Query) -> Iterator[Record]:
    """One answer; what of it is a page only, is none."""
    page = read(ask, listing.path, query, listing)
    if _pages_left(page.meta, 1) > 1:
        raise AnswerBroken(f"GET {listing.path} has pages, and should be whole; please report it")
    _keys_of(page.records, listing.path)
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


def _limit(listing: Listing) -> Query:
    return {"limit": str(listing.limit)}


def _pages_left(meta: Mapping[str, Json], unknown: int = 2) -> int:
    """How many pages the list has; where the store does not say, there may be more."""
    told = fields_of(meta.get("pagination"))
    left = told.get("total_pages", told.get("total_page"))
    return left if isinstance(left, int) else unknown


_WALKS: Mapping[Paging, Callable[[Ask, Listing, Query], Iterator[Record]]] = {
    Paging.BY_ID: _by_id,
    Paging.BY_MIN_ID: _by_min_id,
    Paging.BY_CURSOR: _by_cursor,
    Paging.AFTER_LAST: _after_last,
    Paging.NUMBERED: _numbered,
    Paging.WHOLE: _whole,
}
