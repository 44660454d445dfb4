"""Which CSV files each dataset has: the one list that the datasets take theirs from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from mirrord.core.columns import Table, Wide
from mirrord.core.columns.bulk_edit import BULK_EDIT
from mirrord.core.columns.customers import CUSTOMERS
from mirrord.core.columns.customers_bulk_edit import CUSTOMERS_BULK_EDIT
from mirrord.core.columns.declared import BESIDE, FLAT
from mirrord.core.columns.flat import flat_table, leaves_table, parts_table
from mirrord.core.columns.images import IMAGES
from mirrord.core.columns.orders import ORDERS, view
from mirrord.core.columns.orders_default import ORDERS_DEFAULT
from mirrord.core.columns.parts import ORDER_PRODUCTS, PARTS
from mirrord.core.columns.products import PRODUCTS
from mirrord.core.columns.products_default import PRODUCTS_DEFAULT
from mirrord.core.columns.redirects import REDIRECTS

AnyTable: TypeAlias = Table | Wide


def _beside(name: str) -> Table:
    return flat_table(name, BESIDE[name])


#: The files in BigCommerce's own form, and what stands beside them.
_OWN_FORM: Mapping[str, tuple[AnyTable, ...]] = {
    "products": (PRODUCTS, IMAGES, BULK_EDIT, PRODUCTS_DEFAULT, _beside("product_fields")),
    "customers": (CUSTOMERS, CUSTOMERS_BULK_EDIT, _beside("customer_fields")),
    "orders": (
        ORDERS,
        ORDERS_DEFAULT,
        _beside("order_fields"),
        parts_table(ORDER_PRODUCTS, lambda record: view(record).items),
    ),
    "order_details": (),
    "redirects": (REDIRECTS, flat_table("redirect_fields", FLAT["redirects"])),
    "settings": (leaves_table("settings"),),
}


def _tables(dataset: str) -> tuple[AnyTable, ...]:
    own = _OWN_FORM.get(dataset)
    if own is None:
        own = (flat_table(dataset, FLAT[dataset]),)
    others = (*own[1:], *map(parts_table, PARTS.get(dataset, ())))
    return (*own[:1], *map(_not_compared, others))


def _not_compared(table: AnyTable) -> AnyTable:
    """Only the main table is compared with earlier states, and the images', which it lacks."""
    return table if isinstance(table, Wide) or table is IMAGES else replace(table, compared=False)


#: By dataset, for every dataset; the first is the one that bears its name.
TABLES: Mapping[str, tuple[AnyTable, ...]] = {
    dataset: _tables(dataset) for dataset in dict.fromkeys((*_OWN_FORM, *FLAT))
}
