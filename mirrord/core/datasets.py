"""The datasets that are pulled: one row of a table each.

A dataset says where its list is, how it is paged, how the store counts it, what must be asked
for apart, and which CSV files come of it. Adding a dataset is adding a row to ``DATASETS``. This
room must never know how a request is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mirrord.core.columns import Table
from mirrord.core.columns.customers import CUSTOMERS
from mirrord.core.columns.forms import fields_of, objects
from mirrord.core.columns.images import IMAGES
from mirrord.core.columns.orders import ORDERS, is_cut
from mirrord.core.columns.products import PRODUCTS
from mirrord.core.records import Json, Record
from mirrord.errors import AnswerBroken

Query: TypeAlias = Mapping[str, str]


class Paging(StrEnum):
    """How the next page is asked for; each by something that rows moving about can not upset."""

    BY_ID = "id:greater"  # v3 catalog: all beyond the last id, sorted by id
    BY_MIN_ID = "min_id"  # v2: all from the id after the last one
    BY_CURSOR = "after"  # v3 customers: neither filter nor sort by id, but a cursor


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk through a list. ``keeps``: what a record must be for the filter to be at work.

    A store that ignores the filter gives other records too; then the walk ends, since all of it
    came in the plain one.
    """

    query: Query = field(default_factory=dict)
    keeps: Callable[[Record], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Again:
    """The same list once more, for a few records at a time, for what makes pages small.

    ``names`` are arrays of the answer; each becomes a companion of that name.
    """

    names: tuple[str, ...]
    query: Query
    at_once: int
    needed: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Apart:
    """A list of its own for each record that needs it; ``{id}`` in path and query is its id."""

    name: str
    path: str
    query: Query
    needed: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A short list read once a pull; a record gets the one whose id its field ``by`` holds."""

    name: str
    path: str
    by: str


class Standing(StrEnum):
    """How the store's own count sees a record."""

    COUNTED = "counted"
    MAYBE = "maybe"
    NOT = "not counted"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of records.

    ``path`` below ``/stores/HASH/``; ``key`` is the field that names a record; ``scope`` is what
    the token's account needs, in the words that the control panel and the docs use.
    ``count_path``, ``count_query`` and ``read_count`` ask the store how many it has, and
    ``standing`` says which records that number means. ``companions`` are written to lossless
    files of their own, by the file names in ``files``; ``tables`` are the CSV files.
    """

    name: str
    path: str
    paging: Paging
    query: Query
    scope: str
    count_path: str
    count_query: Query
    read_count: Callable[[Mapping[str, Json]], int]
    tables: tuple[Table, ...]
    key: str = "id"
    passes: tuple[Pass, ...] = (Pass(),)
    companions: tuple[Again | Apart | Lookup, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    standing: Callable[[Record], Standing] = lambda _: Standing.COUNTED


def why_incomplete(seen: Counter[Standing], before: int, after: int) -> str:
    """``""`` for a complete pull, else the reason in words.

    Complete: the number of distinct ids lies between the store's count before and after. Whether
    the store counts its archived orders is not documented, so that both answers are accepted:
    with all of them or with none.
    """
    low, high = sorted((before, after))
    sure = seen[Standing.COUNTED]
    both = sorted({sure, sure + seen[Standing.MAYBE]})
    if any(low <= number <= high for number in both):
        return ""
    held = " or ".join(str(number) for number in both)
    told = str(low) if low == high else f"{low} to {high}"
    return f"{held} records came, but the store counts {told}"


def _pagination_total(body: Mapping[str, Json]) -> int:
    total = fields_of(fields_of(body.get("meta")).get("pagination")).get("total")
    return _whole(total)


def _placed_orders(body: Mapping[str, Json]) -> int:
    """All statuses but 0 (Incomplete): whether that one is in the total is not documented."""
    return sum(
        _whole(status.get("count"))
        for status in objects(body.get("statuses"))
        if status.get("id") != 0
    )


def _whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise AnswerBroken("the store's count is no number; see whether api.url is right")
    return value


def _has_choices(product: Record) -> bool:
    variants = objects(product.fields.get("variants"))
    return any(objects(variant.get("option_values")) for variant in variants)


def _addresses_are_cut(customer: Record) -> bool:
    """A customer carries ten addresses at most; ``address_count`` tells of more."""
    count = customer.fields.get("address_count")
    held = len(objects(customer.fields.get("addresses")))
    return isinstance(count, int) and count > held


def _is_archived(order: Record) -> bool:
    return order.fields.get("is_deleted") is True


def _may_be_archived(order: Record) -> bool:
    return order.fields.get("is_deleted") is not False  # documented examples leave it out


def _is_incomplete(order: Record) -> bool:
    return order.fields.get("status_id") == 0


def _order_standing(order: Record) -> Standing:
    if _is_incomplete(order):
        return Standing.NOT
    return Standing.MAYBE if _is_archived(order) else Standing.COUNTED


_PRODUCTS = Dataset(
    name="products",
    path="v3/catalog/products",
    paging=Paging.BY_ID,
    query={
        "include": "variants,images,custom_fields,bulk_pricing_rules,primary_image,videos,"
        "channels,parent_relations,reviews",
    },
    scope="store_v2_products_read_only (Products: read-only)",
    count_path="v3/catalog/products",
    count_query={"limit": "1", "include_fields": "name"},
    read_count=_pagination_total,
    tables=(PRODUCTS, IMAGES),
    companions=(
        Again(
            names=("options", "modifiers"),
            # include_fields would spare bytes, but whether it spares the includes too is not
            # documented
            query={"include": "options,modifiers"},
            at_once=10,  # with these includes the store gives no more than ten a page
            needed=_has_choices,
        ),
    ),
    files={"options": "product_options", "modifiers": "product_modifiers"},
)

_CUSTOMERS = Dataset(
    name="customers",
    path="v3/customers",
    paging=Paging.BY_CURSOR,
    query={
        "include": "addresses,storecredit,attributes,formfields,shopper_profile_id,segment_ids",
    },
    scope="store_v2_customers_read_only (Customers: read-only)",
    count_path="v3/customers",
    count_query={"limit": "1"},
    read_count=_pagination_total,
    tables=(CUSTOMERS,),
    companions=(
        Lookup("group", "v2/customer_groups", "customer_group_id"),
        Apart(
            "addresses",
            "v3/customers/addresses",
            {"customer_id:in": "{id}", "include": "formfields"},
            _addresses_are_cut,
        ),
    ),
    files={"addresses": "customer_addresses"},
)

_ORDERS = Dataset(
    name="orders",
    path="v2/orders",
    paging=Paging.BY_MIN_ID,
    query={"include": "consignments.line_items,fees", "consignment_structure": "object"},
    scope="store_v2_orders_read_only (Orders: read-only)",
    count_path="v2/orders/count",
    count_query={},
    read_count=_placed_orders,
    tables=(ORDERS,),
    # Whether archived and incomplete orders come in the plain list is not documented.
    passes=(
        Pass(),
        Pass({"is_deleted": "true"}, _may_be_archived),
        Pass({"status_id": "0"}, _is_incomplete),
    ),
    companions=(Apart("products", "v2/orders/{id}/products", {}, is_cut),),
    files={"products": "order_products"},
    standing=_order_standing,
)

#: In the order in which they are pulled when all are asked for.
DATASETS: Mapping[str, Dataset] = {
    dataset.name: dataset for dataset in (_PRODUCTS, _CUSTOMERS, _ORDERS)
}
