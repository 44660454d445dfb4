"""How lists are cut into pages: by number, by cursor, and as V2 does it.

After the specifications: 50 rows unless asked otherwise, 250 at the most (413 beyond), page numbers
from 1. Offset pages are no snapshot: rows shift when the shop changes between two of them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mirrord.demo.answer import Answer, Refusal, json_answer, list_answer
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record

DEFAULT_LIMIT = 50
MAX_LIMIT = 250

Rows = Sequence[Record]


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


def v2_page(rows: Rows, query: Query) -> Answer:
    """A bare list; 204 without body where it is empty."""
    limit, page = limit_of(query), page_of(query)
    return list_answer(list(rows[(page - 1) * limit : page * limit]))


def v3_page(rows: Rows, query: Query, at_most: int = MAX_LIMIT) -> Answer:
    """``data`` with ``meta.pagination``; ``at_most`` silently shortens the page."""
    page, pagination = _by_number(rows, query, at_most)
    return json_answer({"data": page, "meta": {"pagination": pagination}})


def _by_number(rows: Rows, query: Query, at_most: int) -> tuple[list[Record], Record]:
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
    """By which field rows are sorted, and in which direction; ties go by id, upwards or down."""

    field: str
    descending: bool = False

    def place(self, row: Record) -> list[Any]:
        """Where the row stands; what a cursor carries."""
        return [row[self.field], row["id"]]

    def sort(self, rows: Rows) -> list[Record]:
        """The rows in this sorting."""
        return sorted(rows, key=self.place, reverse=self.descending)

    def is_after(self, row: Record, place: list[Any]) -> bool:
        """Whether the row comes later than the place."""
        return self.place(row) < place if self.descending else self.place(row) > place

    def is_before(self, row: Record, place: list[Any]) -> bool:
        """Whether the row comes earlier than the place."""
        return self.place(row) > place if self.descending else self.place(row) < place


def cursor_page(rows: Rows, query: Query, sorting: Sorting) -> Answer:
    """A page by number or, where ``after`` or ``before`` is given, by cursor.

    The first page by number carries both kinds of pagination, later ones and those by cursor only
    their own (customers.v3.yml). A cursor names a place in the order, so it stays good when its own
    row vanishes.
    """
    rows = sorting.sort(rows)
    after, before = query.text("after"), query.text("before")
    if after and before:
        raise Refusal(422, "after and before can not be combined")
    if after or before:
        return _cursor_answer(rows, _by_cursor(rows, query, sorting), limit_of(query), sorting)
    page, pagination = _by_number(rows, query, MAX_LIMIT)
    if page_of(query) > 1:
        return json_answer({"data": page, "meta": {"pagination": pagination}})
    return _cursor_answer(rows, page, limit_of(query), sorting, pagination=pagination)


def _by_cursor(rows: Rows, query: Query, sorting: Sorting) -> list[Record]:
    query.text("page")  # given beside a cursor it is understood, and passed over
    limit, after, before = limit_of(query), query.text("after"), query.text("before")
    if after:
        place = _place(after)
        return [row for row in rows if sorting.is_after(row, place)][:limit]
    place = _place(before or "")
    return [row for row in rows if sorting.is_before(row, place)][-limit:]


def _cursor_answer(
    rows: Rows, page: list[Record], limit: int, sorting: Sorting, **meta: Record
) -> Answer:
    cursors: Record = {"count": len(page), "per_page": limit, "links": {}}
    if page:
        start, end = _cursor(sorting.place(page[0])), _cursor(sorting.place(page[-1]))
        cursors |= {"start_cursor": start, "end_cursor": end}
    if page and page[0] is not rows[0]:
        cursors["links"]["previous"] = f"?before={start}&limit={limit}"
    if page and page[-1] is not rows[-1]:
        cursors["links"]["next"] = f"?after={end}&limit={limit}"
    return json_answer({"data": page, "meta": {**meta, "cursor_pagination": cursors}})


def _cursor(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _place(cursor: str) -> list[Any]:
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        raise Refusal(422, "The cursor was not valid") from None
    return [value, row_id]
