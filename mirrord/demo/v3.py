"""The V3 routes of the sample store that want more than a row of a table: products, customers.

Parameters and shapes after products_catalog.v3.yml and customers.v3.yml. Every
function takes the shop, the query and the ids of the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from mirrord.demo import catalogue, filters, people
from mirrord.demo.answer import Answer, Refusal, json_answer
from mirrord.demo.cursors import cursor_page
from mirrord.demo.paging import MAX_LIMIT, Sorting, v3_page
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record
from mirrord.demo.shelf import Asked, Shelf, found
from mirrord.demo.shop import Shop

SLOW_INCLUDES = {"options", "modifiers"}
SLOW_LIMIT = 10
"""With options or modifiers included a page holds ten products at the most."""

PRODUCTS_BY = (
    "id",
    "name",
    "sku",
    "price",
    "date_modified",
    "date_last_imported",
    "inventory_level",
    "is_visible",
    "total_sold",
    "calculated_price",
)
NO_FILTERS = (
    *("page", "limit", "sort", "direction", "include", "include_fields", "exclude_fields"),
    *("id:min", "id:max", "id:greater", "id:less"),
)
CUSTOMERS_BY = ("id", "date_created", "date_modified", "last_name")
"""The fields by which lists can be sorted; customers go by id only where nothing is asked for."""
DATES = ("date_created:min", "date_created:max", "date_modified:min", "date_modified:max")
MOST_ADDRESSES = 10
"""A customer comes with no more; /v3/customers/addresses has them all."""
CUSTOMER_PARTS = {field for fields in people.SUB_RESOURCES.values() for field in fields}


def products(shop: Shop, query: Query) -> Answer:
    """GET /v3/catalog/products."""
    include = _included(query, catalogue.SUB_RESOURCES)
    fields, without = query.names("include_fields"), query.names("exclude_fields")
    left_out = set(catalogue.SUB_RESOURCES) - include
    name = (*sorted(include), "|", *(fields or ["all"]), "|", *(without or ()))

    def show(row: Record) -> Record:
        return _only(_without(row, left_out), fields, without)

    def shown(product_id: int) -> Any:
        if isinstance(shop.products, Shelf):
            return shop.products.written(product_id, name, show)
        return show(shop.products[product_id])

    at_most = SLOW_LIMIT if include & SLOW_INCLUDES else MAX_LIMIT
    return v3_page(_ids(shop, query), query, at_most, shown)


def _ids(shop: Shop, query: Query) -> Sequence[int]:
    """Which products the parameters choose, sorted."""
    low = [query.number("id:min"), _next(query.number("id:greater"), 1)]
    high = [query.number("id:max"), _next(query.number("id:less"), -1)]
    tests = [
        *filters.by_names(query, ("id", "id:not_in", "date_last_imported:min")),
        *filters.by_date(query, "date_modified", "date_modified:min", "date_modified:max"),
        *filters.by_value(query, "sku", "name", "brand_id", "is_visible"),
    ]
    some = query.numbers("id:in")
    asked = Asked(
        query.without(*NO_FILTERS),
        tests,
        _sorting(query),
        max((one for one in low if one is not None), default=None),
        min((one for one in high if one is not None), default=None),
        None if some is None else frozenset(some),
        query.moment("date_modified:min", datetime.now(UTC)),
    )
    return found(shop.products, lambda row: row, asked)


def _next(number: int | None, by: int) -> int | None:
    return None if number is None else number + by


def _included(query: Query, known: Iterable[str]) -> set[str]:
    include = set(query.names("include") or ())
    unknown = include.difference(known)
    if unknown:
        raise Refusal(422, f"include does not know {', '.join(sorted(unknown))}")
    return include


def _sorting(query: Query) -> Sorting:
    field, direction = query.text("sort") or "id", query.text("direction")
    if field not in PRODUCTS_BY:
        raise Refusal(422, f"sort does not know {field}")
    return Sorting(field, descending=direction == "desc")


def _without(row: Record, left_out: set[str]) -> Record:
    return {key: value for key, value in row.items() if key not in left_out}


def _only(row: Record, fields: list[str] | None, without: list[str] | None) -> Record:
    kept = row.keys() if fields is None else {"id", *fields}
    dropped = set(without or ()) - {"id"}
    return {key: value for key, value in row.items() if key in kept and key not in dropped}


def product(shop: Shop, query: Query, product_id: int) -> Answer:
    """GET /v3/catalog/products/{id}."""
    left_out = set(catalogue.SUB_RESOURCES) - _included(query, catalogue.SUB_RESOURCES)
    return json_answer({"data": _without(_product(shop, product_id), left_out), "meta": {}})


def options(shop: Shop, query: Query, product_id: int) -> Answer:
    """GET /v3/catalog/products/{id}/options."""
    return v3_page(_product(shop, product_id)["options"], query)


def modifiers(shop: Shop, query: Query, product_id: int) -> Answer:
    """GET /v3/catalog/products/{id}/modifiers."""
    return v3_page(_product(shop, product_id)["modifiers"], query)


def _product(shop: Shop, product_id: int) -> Record:
    if product_id not in shop.products:
        raise Refusal(404, "The requested resource was not found.")
    return shop.products[product_id]


def variants(shop: Shop, query: Query) -> Answer:
    """GET /v3/catalog/variants."""
    products_wanted = query.numbers("product_id:in")
    rows = [
        variant
        for row in Sorting("id").sort(list(shop.products.values()))
        if products_wanted is None or row["id"] in products_wanted
        for variant in row["variants"]
    ]
    return v3_page(filters.chosen(rows, filters.by_value(query, "id", "sku", "upc")), query)


def summary(shop: Shop, _query: Query) -> Answer:
    """GET /v3/catalog/summary; it counts variants, the store has no count of products."""
    every = [variant for row in shop.products.values() for variant in row["variants"]]
    prices = [variant["calculated_price"] for variant in every] or [0]
    dates = sorted(row["date_created"] for row in shop.products.values()) or [""]
    primary = shop.rows("categories")[0]
    worth = sum(variant["inventory_level"] * variant["calculated_price"] for variant in every)
    content = {
        "inventory_count": sum(variant["inventory_level"] for variant in every),
        "inventory_value": round(worth, 2),
        "primary_category_id": primary["category_id"],
        "primary_category_name": primary["name"],
        "variant_count": len(every),
        "highest_variant_price": max(prices),
        "average_variant_price": round(sum(prices) / len(prices), 4),
        "lowest_variant_price": str(min(prices)),
        "oldest_variant_date": dates[0],
        "newest_variant_date": dates[-1],
    }
    return json_answer({"data": content, "meta": {}})


def customers(shop: Shop, query: Query) -> Answer:
    """GET /v3/customers; by page number or by cursor."""
    include = _included(query, people.SUB_RESOURCES)
    left_out = CUSTOMER_PARTS - {part for name in include for part in people.SUB_RESOURCES[name]}
    rows = filters.chosen(
        shop.customers.values(), filters.by_names(query, ("id:in", "email:in", *DATES))
    )
    field, _, direction = (query.text("sort") or "id:asc").partition(":")
    if field not in CUSTOMERS_BY:
        raise Refusal(422, f"sort does not know {field}")
    sorting = Sorting(field, descending=direction == "desc")
    return cursor_page(rows, query, sorting, lambda row: _person(row, left_out))


def _person(row: Record, left_out: set[str]) -> Record:
    """The customer as asked for; an answer holds ten addresses at the most."""
    shown = _without(row, left_out)
    if "addresses" in shown:
        shown["addresses"] = shown["addresses"][:MOST_ADDRESSES]
    return shown
