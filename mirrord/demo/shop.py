"""The sample shop's records while it is open; tests change them as they please.

A change of one record is seen by the next answer. A change in several steps is made under
``lock``, under which every answer is put together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from mirrord.demo.catalogue import make_brands, make_categories, make_products
from mirrord.demo.orders import Order, make_orders
from mirrord.demo.people import make_attributes, make_customers, make_groups
from mirrord.demo.profile import make_profile
from mirrord.demo.shapes import Record, by_id
from mirrord.demo.theme_store import ThemeStore


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many records of each kind are generated."""

    products: int = 60
    customers: int = 120
    orders: int = 400


@dataclass(slots=True)
class Shop:
    """All records by id.

    ``lists_incomplete``, ``lists_archived``: whether a plain list of orders holds those of status
    0 and the archived ones. BigCommerce's documents do not say; a client must stand both.
    """

    store_hash: str
    profile: Record
    products: dict[int, Record]
    customers: dict[int, Record]
    orders: dict[int, Order]
    lists_incomplete: bool = False
    lists_archived: bool = False
    brands: list[Record] = field(default_factory=make_brands)
    categories: list[Record] = field(default_factory=make_categories)
    groups: list[Record] = field(default_factory=make_groups)
    attributes: list[Record] = field(default_factory=make_attributes)
    themes: ThemeStore = field(default_factory=ThemeStore)
    lock: Any = field(default_factory=RLock)


def make_shop(seed: int, sizes: Sizes, store_hash: str) -> Shop:
    """A shop of these sizes; the same seed gives the same records, byte for byte."""
    products = make_products(seed, sizes.products, store_hash)
    customers = make_customers(seed, sizes.customers)
    orders = make_orders(seed, sizes.orders, products, customers, store_hash)
    return Shop(
        store_hash=store_hash,
        profile=make_profile(store_hash),
        products=by_id(products),
        customers=by_id(customers),
        orders={order.head["id"]: order for order in orders},
    )
