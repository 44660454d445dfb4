"""The V2 routes of the sample store that want more than a row of a table: orders, the clock.

Parameters and shapes after orders.v2.oas2.yml, customers.v2.yml and store_information.v2.yml.
Every function takes the shop, the query and the ids of the path.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mirrord.demo import filters
from mirrord.demo.answer import Answer, Refusal, json_answer, list_answer
from mirrord.demo.consignments import with_includes
from mirrord.demo.filters import Test
from mirrord.demo.orders import Order
from mirrord.demo.paging import Sorting, limit_of, page_of
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record
from mirrord.demo.shelf import Asked, Shelf, found
from mirrord.demo.shop import Shop
from mirrord.demo.statuses import INCOMPLETE, SORT_ORDER, status_of

NO_FILTERS = ("page", "limit", "sort", "include", "consignment_structure", "min_id", "max_id")
SORTABLE = ("id", "customer_id", "date_created", "date_modified", "status_id", "channel_id")


def orders(shop: Shop, query: Query) -> Answer:
    """GET /v2/orders."""
    field, _, direction = (query.text("sort") or "id").partition(":")
    if field not in SORTABLE:
        raise Refusal(400, f"The field {field} can not be sorted by")
    ids = _ids(shop, query, Sorting(field, direction == "desc"))
    limit, page = limit_of(query), page_of(query)
    include, structure = query.names("include") or [], query.text("consignment_structure")
    name = (*sorted(include), structure)

    def show(order: Order) -> Any:
        return with_includes(shop, order, set(include), structure)

    shown = [
        shop.orders.written(order_id, name, show)
        if isinstance(shop.orders, Shelf)
        else show(shop.orders[order_id])
        for order_id in ids[(page - 1) * limit : page * limit]
    ]
    return list_answer(shown, more=page * limit < len(ids))


def _ids(shop: Shop, query: Query, sorting: Sorting) -> Sequence[int]:
    """Which orders the parameters choose, sorted."""
    name = (query.without(*NO_FILTERS), shop.lists_incomplete, shop.lists_archived)
    low, high = query.number("min_id"), query.number("max_id")
    since = query.moment("min_date_modified", datetime.now(UTC))
    asked = Asked(name, _wanted(shop, query), sorting, low, high, since=since)
    return found(shop.orders, _light, asked)


def _light(order: Order) -> Record:
    dates = ("date_created", "date_modified")
    return order.head | {field: filters.moment_of(order.head[field]) for field in dates}


def _wanted(shop: Shop, query: Query) -> list[Test]:
    """What the parameters choose beside ids, and what a plain list leaves out on its own."""
    status, archived = query.number("status_id"), query.flag("is_deleted")
    return [
        lambda head: _status_fits(shop, head, status),
        lambda head: _archived_fits(shop, head, archived),
        *filters.by_date(query, "date_modified", "min_date_modified", "max_date_modified"),
        *filters.by_date(query, "date_created", "min_date_created", "max_date_created"),
        *filters.by_value(query, "customer_id", "channel_id", "external_order_id"),
    ]


def _status_fits(shop: Shop, head: Record, status: int | None) -> bool:
    if status is None:
        return shop.lists_incomplete or head["status_id"] != INCOMPLETE
    return bool(head["status_id"] == status)


def _archived_fits(shop: Shop, head: Record, archived: bool | None) -> bool:
    if archived is None:
        return shop.lists_archived or not head["is_deleted"]
    return bool(head["is_deleted"] == archived)


def order(shop: Shop, query: Query, order_id: int) -> Answer:
    """GET /v2/orders/{id}."""
    include, structure = set(query.names("include") or ()), query.text("consignment_structure")
    return json_answer(with_includes(shop, shop.order(order_id), include, structure))


def count(shop: Shop, query: Query) -> Answer:
    """GET /v2/orders/count: what the plain list of the same filters holds, and each status's."""
    known = _tally(shop)
    statuses = [
        status_of(status_id) | {"count": known[status_id], "sort_order": place}
        for place, status_id in enumerate(SORT_ORDER)
    ]
    return json_answer({"statuses": statuses, "count": len(_ids(shop, query, Sorting("id")))})


def _tally(shop: Shop) -> Counter[int]:
    """How many orders of each status are not archived."""
    if isinstance(shop.orders, Shelf):
        return shop.orders.tally("status_id", _is_kept)
    heads = (order.head for order in shop.orders.values())
    return Counter(head["status_id"] for head in heads if _is_kept(head))


def _is_kept(head: Record) -> bool:
    return not head["is_deleted"]


def customers_count(shop: Shop, _query: Query) -> Answer:
    """GET /v2/customers/count."""
    return json_answer({"count": len(shop.customers)})


def clock(_shop: Shop, _query: Query) -> Answer:
    """GET /v2/time: the store's own clock, in seconds since 1970."""
    return json_answer({"time": int(time.time())})
