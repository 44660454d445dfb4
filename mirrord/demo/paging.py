"""How lists are cut into pages: by number, and as V2 does it.

After the specifications: 50 rows unless asked otherwise, 250 at the most (413 beyond), page numbers
from 1. Offset pages are no snapshot: rows shift when the shop changes between two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mirrord.demo.answer import Answer, Refusal, data_answer, list_answer
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record

DEFAULT_LIMIT = 50
MAX_LIMIT = 250

Rows = Sequence[Any]
Show = Callable[[Any], Any]
"""What a row of the page looks like to the one who asked; only a page's own rows are shown."""


Told = Callable[[Record], Record]
"""What a list tells of its pages; some tell less than others."""


def as_it_is(row: Record) -> Record:
    """The whole row, all that is told."""
    return row


def unlinked(pagination: Record) -> Record:
    """The numbers without links, as price lists, wishlists and segments have them."""
    return {name: value for name, value in pagination.items() if name != "links"}


def as_offset(pagination: Record) -> Record:
    """Where the page begins and how long the list is, as sites.v3.yml has it."""
    limit, page = pagination["per_page"], pagination["current_page"]
    return {"offset": (page - 1) * limit, "limit": limit, "total_items": pagination["total"]}


def limit_of(query: Query) -> int:
    """Rows a page; Refusal 413 above 250, as the status codes page says, 422 below 1."""
    limit = query.number("limit")
    if limit is None:
        return DEFAULT_LIMIT
    if limit > MAX_LIMIT:
        raise Refusal(413, f"The limit of {limit} exceeds {MAX_LIMIT}")
    if limit < 1:
        raise Refusal(422, "The limit must be positive")
    return limit


def page_of(query: Query) -> int:
    """The page's number; Refusal 422 below 1."""
    page = query.number("page")
    if page is not None and page < 1:
        raise Refusal(422, "The page must be positive")
    return page or 1


def v2_page(rows: Rows, query: Query, show: Show = as_it_is) -> Answer:
    """A bare list; 204 without body where it is empty."""
    limit, page = limit_of(query), page_of(query)
    shown = [show(row) for row in rows[(page - 1) * limit : page * limit]]
    return list_answer(shown, more=page * limit < len(rows))


def v3_page(
    rows: Rows,
    query: Query,
    at_most: int = MAX_LIMIT,
    show: Show = as_it_is,
    told: Told = as_it_is,
) -> Answer:
    """``data`` with ``meta.pagination``; ``at_most`` silently shortens the page."""
    page, pagination = by_number(rows, query, at_most)
    shown, more = [show(row) for row in page], "next" in pagination["links"]
    return data_answer(shown, {"pagination": told(pagination)}, more=more)


def one_page(rows: Rows) -> Answer:
    """All rows at once, told as the one page that there is."""
    _, pagination = by_number(rows, Query(f"limit={MAX_LIMIT}"), MAX_LIMIT)
    pagination |= {"count": len(rows), "per_page": max(len(rows), 1), "total_pages": 1}
    return data_answer(list(rows), {"pagination": pagination | {"links": {"current": "?page=1"}}})


def by_number(rows: Rows, query: Query, at_most: int) -> tuple[list[Any], Record]:
    """The rows of the page that was asked for, and what V3 tells of it."""
    limit, number = min(limit_of(query), at_most), page_of(query)
    page = list(rows[(number - 1) * limit : number * limit])
    pages = -(-len(rows) // limit)
    links = {"current": f"?page={number}&limit={limit}"}
    if number > 1:
        links["previous"] = f"?page={number - 1}&limit={limit}"
    if number < pages:
        links["next"] = f"?page={number + 1}&limit={limit}"
    pagination = {
        "total": len(rows),
        "count": len(page),
        "per_page": limit,
        "current_page": number,
        "total_pages": pages,
        "links": links,
    }
    return page, pagination


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which field rows are sorted, and in which direction; ties go by ``tie``, up or down.

    Rows without a value come first.
    """

    field: str
    descending: bool = False
    tie: str = "id"

    def place(self, row: Record) -> list[Any]:
        """Where the row stands; what a cursor carries."""
        value = row[self.field]
        return [value is not None, value, row[self.tie]]

    def sort(self, rows: Rows) -> list[Record]:
        """The rows in this sorting."""
        return sorted(rows, key=self.place, reverse=self.descending)

    def is_after(self, row: Record, place: list[Any]) -> bool:
        """Whether the row comes later than the place."""
        return self.place(row) < place if self.descending else self.place(row) > place

    def is_before(self, row: Record, place: list[Any]) -> bool:
        """Whether the row comes earlier than the place."""
        return self.place(row) > place if self.descending else self.place(row) < place
