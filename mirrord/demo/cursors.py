"""How lists are cut into pages by cursor, with those by number beside.

A cursor names a place in the order of the rows. This room must never know what a row is.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from mirrord.demo.answer import Answer, Refusal, data_answer
from mirrord.demo.paging import (
    MAX_LIMIT,
    Rows,
    Show,
    Sorting,
    Told,
    as_it_is,
    by_number,
    limit_of,
    page_of,
)
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record


def cursor_page(
    rows: Rows,
    query: Query,
    sorting: Sorting,
    show: Show = as_it_is,
    told: Told = as_it_is,
) -> Answer:
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
        query.text("page")  # given beside a cursor it is understood, and passed over
        page = _by_cursor(rows, limit_of(query), sorting, after, before)
        return _cursor_answer(rows, page, limit_of(query), sorting, show)
    page, pagination = by_number(rows, query, MAX_LIMIT)
    if page_of(query) > 1:
        more = "next" in pagination["links"]
        return data_answer([show(row) for row in page], {"pagination": told(pagination)}, more=more)
    both = {"pagination": told(pagination)}
    return _cursor_answer(rows, page, limit_of(query), sorting, show, **both)


def _by_cursor(
    rows: Rows, limit: int, sorting: Sorting, after: str | None, before: str | None
) -> list[Record]:
    if after:
        place = _place(after)
        return [row for row in rows if sorting.is_after(row, place)][:limit]
    place = _place(before or "")
    return [row for row in rows if sorting.is_before(row, place)][-limit:]


def _cursor_answer(
    rows: Rows, page: list[Record], limit: int, sorting: Sorting, show: Show, **meta: Record
) -> Answer:
    cursors: Record = {"count": len(page), "per_page": limit, "links": {}}
    if page:
        start, end = _cursor(sorting.place(page[0])), _cursor(sorting.place(page[-1]))
        cursors |= {"start_cursor": start, "end_cursor": end}
    if page and page[0] is not rows[0]:
        cursors["links"]["previous"] = f"?before={start}&limit={limit}"
    if page and page[-1] is not rows[-1]:
        cursors["links"]["next"] = f"?after={end}&limit={limit}"
    more = "next" in cursors["links"]
    return data_answer(
        [show(row) for row in page], {**meta, "cursor_pagination": cursors}, more=more
    )


def _cursor(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _place(cursor: str) -> list[Any]:
    try:
        known, value, tie = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        raise Refusal(422, "The cursor was not valid") from None
    return [known, value, tie]
