"""The sample shop's records while it is open; tests change them as they please.

A change of one record is seen by the next answer. A change in several steps is made under
``lock``, under which every answer is put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from mirrord.demo.answer import Refusal
from mirrord.demo.catalogue import make_products
from mirrord.demo.orders import Order, make_orders
from mirrord.demo.people import make_customers
from mirrord.demo.profile import make_profile
from mirrord.demo.rows.all import make_lists
from mirrord.demo.rows.keys import Key, Rows, bare, key_of
from mirrord.demo.scale import MOULDS, order_shelf, product_shelf
from mirrord.demo.shapes import Record, by_id
from mirrord.demo.shelf import Shelf
from mirrord.demo.theme_store import ThemeStore

ORDER_PARTS = {
    "order_products": "products",
    "order_addresses": "addresses",
    "order_coupons": "coupons",
    "order_shipments": "shipments",
    "order_taxes": "taxes",
    "order_messages": "messages",
    "order_transactions": "transactions",
}
"""Lists that hang on one order, and which part of it they are."""
MOTHERS = {
    "complex_rules": "products",
    "price_list_records": "price_lists",
    "promotion_codes": "promotions",
    "channel_listings": "channels",
    "site_routes": "sites",
    "shipping_methods": "shipping_zones",
}
"""Lists that hang on a record of another one; without that record they are not there."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many records of each kind are generated.

    ``rows``: of each list whose length is the shop's own affair, such as coupons or redirects.
    ``vast``: products and orders are made when they are asked for, so that there can be a million
    of them; what hangs on them elsewhere, such as assignments, is that of the first few.
    """

    products: int = 60
    customers: int = 120
    orders: int = 400
    rows: int = 23
    vast: bool = False


MODELS = 60
"""Of a vast shop, so many products and orders have what other lists tell of them."""


def _nothing(_path: str) -> None:
    """The shop stays as it is between two pages."""


@dataclass(slots=True)
class Shop:
    """All records by what names them.

    ``lists`` has those of every list that is no part of a product, customer or order; rows are
    given in the order in which they stand there. ``lists_incomplete``, ``lists_archived``: whether
    a plain list of orders holds those of status 0 and the archived ones. BigCommerce's documents do
    not say; a client must stand both. ``at_border`` is called with the path after each page of a
    list that goes on: what it changes, the next page shows.
    """

    store_hash: str
    products: MutableMapping[int, Record]
    customers: dict[int, Record]
    orders: MutableMapping[int, Order]
    lists: dict[str, Rows]
    lists_incomplete: bool = False
    lists_archived: bool = False
    at_border: Callable[[str], object] = _nothing
    themes: ThemeStore = field(default_factory=ThemeStore)
    lock: Any = field(default_factory=RLock)

    @property
    def profile(self) -> Record:
        """Who the store says it is."""
        return self.lists["settings"]["v2/store"]

    @profile.setter
    def profile(self, profile: Record) -> None:
        self.lists["settings"]["v2/store"] = profile

    def rows(self, name: str, *ids: int) -> list[Record]:
        """The rows of one list, of one part of an order where the name says so.

        Refusal 404 where the record that they hang on is not there.
        """
        if name in ORDER_PARTS:
            rows: list[Record] = getattr(self.order(ids[0]), ORDER_PARTS[name])
            return rows
        if name == "customer_addresses":
            return [one for row in self.customers.values() for one in row["addresses"]]
        if not ids:
            return list(self.lists[name].values())
        if ids[0] not in self._named(MOTHERS[name]):
            raise Refusal(404, "The requested resource was not found.")
        return [row for key, row in self.lists[name].items() if key[0] == ids[0]]

    def order(self, order_id: int) -> Order:
        """One order; Refusal 404 without it."""
        if order_id not in self.orders:
            raise Refusal(404, "The requested resource was not found.")
        return self.orders[order_id]

    def pictured(self) -> list[Record]:
        """Products that between them have every picture."""
        if isinstance(self.products, Shelf):
            return [self.products[product_id] for product_id in self.products.first(MOULDS)]
        return list(self.products.values())

    def put(self, name: str, record: Any) -> None:
        """Add a record to a list, or change the one of the same key; a new one comes last.

        An order comes as an :class:`Order`, settings as ``{"id": path, "value": ...}``. Where a
        list's records do not say what they hang on (see ``PARENTS``), this one does.
        """
        with self.lock:
            if name in ("settings", "menus"):
                self.lists["settings"][_settings_key(name, record["id"])] = record["value"]
            elif name == "orders":
                self.orders[record.head["id"]] = record
            else:
                self._named(name)[key_of(name, record)] = bare(name, record)

    def drop(self, name: str, key: Key) -> None:
        """Take a record away; nothing where it is gone already."""
        with self.lock:
            if name in ("settings", "menus"):
                key = _settings_key(name, key)
            self._named(name).pop(key, None)

    def reorder(self, name: str, keys: Iterable[Key]) -> None:
        """Let these rows come first, in this order; the others follow as they were."""
        with self.lock:
            rows = self._named(name)
            first = {key: rows[key] for key in keys}
            rest = {key: row for key, row in rows.items() if key not in first}
            rows.clear()
            rows.update(first | rest)

    def _named(self, name: str) -> MutableMapping[Key, Any]:
        if name in ("products", "customers", "orders"):
            rows: MutableMapping[Key, Any] = getattr(self, name)
            return rows
        return self.lists["settings" if name == "menus" else name]


def _settings_key(name: str, key: Key) -> str:
    """Settings go by their path; a channel's menus by the channel."""
    return f"v3/channels/{key}/channel-menus" if name == "menus" else str(key)


def make_shop(seed: int, sizes: Sizes, store_hash: str) -> Shop:
    """A shop of these sizes; the same seed gives the same records, byte for byte."""
    customers = make_customers(seed, sizes.customers)
    if sizes.vast:
        shelf = product_shelf(seed, sizes.products, store_hash)
        products = [shelf[product_id] for product_id in shelf.first(MODELS)]
        orders = make_orders(seed, min(sizes.orders, MODELS), products, customers, store_hash)
        many = order_shelf(seed, sizes.orders, products, customers, store_hash)
        lists = make_lists(products, customers, orders, store_hash, sizes.rows)
        return _opened(store_hash, shelf, customers, many, lists)
    products = make_products(seed, sizes.products, store_hash)
    orders = make_orders(seed, sizes.orders, products, customers, store_hash)
    lists = make_lists(products, customers, orders, store_hash, sizes.rows)
    by_number = {order.head["id"]: order for order in orders}
    return _opened(store_hash, by_id(products), customers, by_number, lists)


def _opened(
    store_hash: str,
    products: MutableMapping[int, Record],
    customers: list[Record],
    orders: MutableMapping[int, Order],
    lists: dict[str, Rows],
) -> Shop:
    lists["settings"]["v2/store"] = make_profile(store_hash)
    return Shop(store_hash, products, by_id(customers), orders, lists)
