"""The V2 routes of the sample store that want more than a row of a table: orders, the clock.

Parameters and shapes after orders.v2.oas2.yml, customers.v2.yml and store_information.v2.yml.
Every function takes the shop, the query and the ids of the path.
"""

from __future__ import annotations

import time
from collections import Counter

from mirrord.demo import filters
from mirrord.demo.answer import Answer, Refusal, json_answer, list_answer
from mirrord.demo.consignments import with_includes
from mirrord.demo.filters import Test
from mirrord.demo.paging import limit_of, page_of
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record
from mirrord.demo.shop import Shop
from mirrord.demo.statuses import INCOMPLETE, SORT_ORDER, status_of

SORTABLE = ("id", "customer_id", "date_created", "date_modified", "status_id", "channel_id")


def orders(shop: Shop, query: Query) -> Answer:
    """GET /v2/orders."""
    field, _, direction = (query.text("sort") or "id").partition(":")
    if field not in SORTABLE:
        raise Refusal(400, f"The field {field} can not be sorted by")
    heads = filters.chosen([order.head for order in shop.orders.values()], _wanted(shop, query))
    heads.sort(key=lambda head: _sort_key(head, field), reverse=direction == "desc")
    limit, page = limit_of(query), page_of(query)
    include, structure = set(query.names("include") or ()), query.text("consignment_structure")
    shown = heads[(page - 1) * limit : page * limit]
    return list_answer(
        [with_includes(shop, shop.orders[head["id"]], include, structure) for head in shown],
        more=page * limit < len(heads),
    )


def _sort_key(head: Record, field: str) -> tuple[object, int]:
    value = filters.moment_of(head[field]) if field.startswith("date_") else head[field]
    return value, head["id"]


def _wanted(shop: Shop, query: Query) -> list[Test]:
    """What the parameters choose, and what a plain list leaves out on its own."""
    status, archived = query.number("status_id"), query.flag("is_deleted")
    return [
        *filters.by_names(query, ("min_id", "max_id")),
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
    tests = _wanted(shop, query)
    heads = [order.head for order in shop.orders.values()]
    known = Counter(head["status_id"] for head in heads if not head["is_deleted"])
    statuses = [
        status_of(status_id) | {"count": known[status_id], "sort_order": place}
        for place, status_id in enumerate(SORT_ORDER)
    ]
    return json_answer({"statuses": statuses, "count": len(filters.chosen(heads, tests))})


def customers_count(shop: Shop, _query: Query) -> Answer:
    """GET /v2/customers/count."""
    return json_answer({"count": len(shop.customers)})


def clock(_shop: Shop, _query: Query) -> Answer:
    """GET /v2/time: the store's own clock, in seconds since 1970."""
    return json_answer({"time": int(time.time())})
