"""Fill a sample shop with what a backup holds of another one.

Reads the lossless files of a pull: gzipped JSON, one record a line, one file a list. A pull of the
filled shop then gives the same records. This room must never know how a list is answered.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mirrord.demo.orders import MOST_LINES, Order
from mirrord.demo.shapes import Record
from mirrord.demo.shop import Shop

ENDING = ".jsonl.gz"
ADDED = ("consignments", "fees", "__warning__")
"""What an answer adds to an order's own fields."""
DETAILS = ("shipments", "messages", "taxes", "coupons", "transactions")


def load(shop: Shop, folder: Path) -> None:
    """Let the shop hold what ``folder/lossless/`` holds; lists without a file stay as they are.

    KeyError for a file that is no list of the shop.
    """
    held = {path.name.removesuffix(ENDING): path for path in _files(folder)}
    with shop.lock:
        for name, read in _READERS.items():
            if name in held:
                read(shop, held.pop(name))
        for name, path in held.items():
            _fill(shop, name, path)


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "lossless").glob(f"*{ENDING}"))


def _records(path: Path) -> Iterator[Record]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        yield from map(json.loads, lines)


def _fill(shop: Shop, name: str, path: Path) -> None:
    if name not in ("settings", "menus"):
        shop.lists[name].clear()
    for record in _records(path):
        shop.put(name, record)


def _products(shop: Shop, path: Path) -> None:
    shop.products.clear()
    for record in _records(path):
        shop.put("products", {"options": [], "modifiers": []} | record)


def _customers(shop: Shop, path: Path) -> None:
    shop.customers.clear()
    for record in _records(path):
        shop.put("customers", record)


def _complete(name: str, field: str, shop: Shop, path: Path) -> None:
    rows: dict[int, Record] = getattr(shop, name)
    for record in _records(path):
        rows[record["id"]][field] = record[field]


def _orders(shop: Shop, path: Path) -> None:
    shop.orders.clear()
    for record in _records(path):
        shop.put("orders", order_of(record))


def order_of(record: Record) -> Order:
    """The order in its parts, of an answer in which its consignments and line items are joined.

    One that has been sold something and shows no line item hides them.
    """
    consignments = record["consignments"]
    shipping = consignments["shipping"]
    groups = [*shipping, *consignments["pickups"], *consignments["downloads"]]
    groups += consignments["email"]["gift_certificates"]
    head = {field: value for field, value in record.items() if field not in ADDED}
    lines = sorted(
        (line for group in groups for line in group["line_items"]), key=lambda line: line["id"]
    )
    addresses = [_address(head["id"], one) for one in shipping]
    hides = not lines and head.get("items_total", 0) > 0
    return Order(head, lines, addresses, hides_line_items=hides)


def _address(order_id: int, consignment: Record) -> Record:
    own = {name: value for name, value in consignment.items() if name not in _NO_ADDRESS}
    return own | {"order_id": order_id}


_NO_ADDRESS = ("line_items", "__warning__")


def _lines(shop: Shop, path: Path) -> None:
    for record in _records(path):
        order = shop.orders[record["id"]]
        if order.hides_line_items or len(order.products) >= MOST_LINES:
            order.products = record["products"]


def _details(shop: Shop, path: Path) -> None:
    for record in _records(path):
        order = shop.orders[record["id"]]
        for part in DETAILS:
            setattr(order, part, record.get(part) or [])


def _rules(shop: Shop, path: Path) -> None:
    shop.lists["complex_rules"].clear()
    for record in _records(path):
        for rule in record["complex_rules"]:
            shop.put("complex_rules", rule)


_READERS: dict[str, Callable[[Shop, Path], None]] = {
    "products": _products,
    "customers": _customers,
    "orders": _orders,
    "product_options": partial(_complete, "products", "options"),
    "product_modifiers": partial(_complete, "products", "modifiers"),
    "product_complex_rules": _rules,
    "customer_addresses": partial(_complete, "customers", "addresses"),
    "order_products": _lines,
    "order_details": _details,
}
"""What reads a file that is more than a list's rows; those that complete others come later."""
