"""A shop's ordinary year raises no alarm: pulled every hour, a quarter of it unless more is asked.

Stock moves with twenty orders a day (sixty on the days of a sale), orders go their way, people
come, texts are edited, prices follow, one category is priced anew each season, products come and
go. What does raise it, and may be meant all the same, stands at the end.
"""

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from heapq import merge
from random import Random
from typing import Any

import pytest

from mirrord.core.changes import Change
from mirrord.core.columns import Row, Table
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import Record, read_object
from mirrord.core.suspicion import USUAL, Suspicion, Tally, Told, may_be
from mirrord.demo.catalogue import make_products
from mirrord.demo.people import make_customers

HOURS = 24
#: ``MIRRORD_DAYS=365`` asks for the whole year.
DAYS = int(os.environ.get("MIRRORD_DAYS", "92"))
Fields = dict[str, Any]


def remembered(table: Table) -> Table:
    """The same, that makes the rows of a text once: the year reads each of them many times."""

    @cache
    def rows(key: int, text: str) -> tuple[Row, ...]:
        return tuple(table.rows(Record(key, text, read_object(text, "a test"))))

    def of(record: Record) -> Iterator[Row]:
        yield from rows(record.id, record.text)

    return replace(table, rows=of)


class Pulled:
    """One dataset of a shop, pulled again and again; ``records`` are what the shop has."""

    def __init__(self, name: str, records: list[Fields]) -> None:
        dataset = DATASETS[name]
        tables = tuple(remembered(table) for table in dataset.judged)
        self.dataset: Dataset = replace(dataset, tables=tables)
        self.records: dict[int, Fields] = {}
        self.touched: set[int] = set()
        self.rows: Counter[tuple[str, str]] = Counter()
        self._texts: dict[int, str] = {}
        #: What each of the last day's pulls changed.
        self._day: deque[list[Change]] = deque(maxlen=HOURS)
        for record in records:
            self.put(record)
        self.pull()
        self._day.clear()

    def put(self, record: Fields, **fields: object) -> None:
        record |= fields
        self.records[record["id"]] = record
        self.touched.add(record["id"])

    def remove(self, key: int) -> None:
        del self.records[key]
        self.touched.add(key)

    def pull(self) -> tuple[Suspicion, ...]:
        """What looks damaged after one more pull."""
        made = []
        for key in sorted(self.touched):
            old = self._texts.pop(key, None)
            if key in self.records:
                self._texts[key] = json.dumps(self.records[key])
            new = self._texts.get(key)
            if old != new:
                made.append(Change(key, old, new))
                self._count(key, old, -1)
                self._count(key, new, 1)
        self.touched.clear()
        self._day.append(made)
        if not made:
            return ()
        known = sum(one.old is not None for pull in self._day for one in pull)
        if not may_be(known, self.rows, self.dataset.tables, USUAL):
            return ()
        pulls = ([Told(at, "", one) for one in pull] for at, pull in enumerate(self._day))
        told = merge(*pulls, key=lambda one: (one.change.id, one.pull))
        return Tally(self.dataset, len(self._day), told, self.rows).suspicions(USUAL)

    def _count(self, key: int, text: str | None, by: int) -> None:
        if text is not None:
            record = Record(key, text, read_object(text, "a test"))
            for table in self.dataset.tables:
                for row in table.rows(record):
                    self.rows[table.name, table.kind_of(row)] += by


def an_order(key: int, rng: Random) -> Fields:
    return {
        "id": key,
        "status_id": 0,
        "status": "Incomplete",
        "date_created": "Mon, 05 Jan 2026 10:00:00 +0000",
        "date_shipped": "",
        "items_total": 2,
        "items_shipped": 0,
        "total_inc_tax": f"{rng.randrange(500, 90_000) / 100:.4f}",
        "refunded_amount": "0.0000",
        "payment_method": "",
        "payment_provider_id": "",
        "staff_notes": "",
        "billing_address": {"first_name": "Jo", "email": f"jo{key}@example.com"},
    }


#: What becomes of an order, so many hours after the step before it.
WAY: tuple[tuple[int, Fields], ...] = (
    (1, {"status": "Awaiting Payment", "payment_method": "Credit Card"}),
    (1, {"status": "Awaiting Fulfillment", "payment_provider_id": "ch_1"}),
    (20, {"status": "Shipped", "items_shipped": 2, "date_shipped": "Tue, 06 Jan 2026 10:00:00"}),
    (2, {"staff_notes": "parcel 1Z999"}),
    (90, {"status": "Completed"}),
)


class OrdinaryShop:
    """Three hundred products in eight categories, and all that befalls them."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.products = Pulled("products", make_products(seed, 300, "abc123"))
        self.customers = Pulled("customers", make_customers(seed, 200))
        # a young shop, of which a day's orders are a large part
        self.orders = Pulled("orders", [an_order(key, self.rng) for key in range(100, 140)])
        self.all = (self.products, self.customers, self.orders)
        self.due: dict[int, list[tuple[int, Fields]]] = {}
        self.hour = 0

    def live(self) -> list[tuple[int, str, Suspicion]]:
        """One hour: what looks damaged after it."""
        self.hour += 1
        day, hour = divmod(self.hour, HOURS)
        if 7 <= hour <= 22:
            # the days of a sale are three as busy
            for _ in range(self.rng.choice((0, 1, 1, 2, 2)) * (3 if day % 91 in (30, 31) else 1)):
                self._order()
        for key, fields in self.due.pop(self.hour, ()):
            self.orders.put(self.orders.records[key], **fields)
        if 9 <= hour <= 17:
            self._edit()
        if hour == 3 and day % 7 == 2:
            self._follow_prices()
        if hour == 6 and day % 91 == 30:
            self._season(18 + day // 91)
        if hour == 12 and day % 30 == 9:
            self._turn_over()
        return [
            (self.hour, pulled.dataset.name, one) for pulled in self.all for one in pulled.pull()
        ]

    def a_product(self) -> Fields:
        return self.products.records[self.rng.choice(sorted(self.products.records))]

    def _order(self) -> None:
        key = max(self.orders.records) + 1
        self.orders.put(an_order(key, self.rng))
        at = self.hour
        for wait, fields in WAY:
            at += wait + self.rng.randrange(3)
            self.due.setdefault(at, []).append((key, fields))
        for _ in range(2):
            product = self.a_product()
            left = product["inventory_level"] - 1
            level = left if left >= 0 else 40
            self.products.put(product, inventory_level=level, total_sold=product["total_sold"] + 1)
        if self.rng.random() < 0.3:
            newest = max(self.customers.records)
            self.customers.put(self.customers.records[newest] | {"id": newest + 1})
        else:
            buyer = self.customers.records[self.rng.choice(sorted(self.customers.records))]
            self.customers.put(buyer, phone=f"+44 {self.rng.randrange(10**9)}")

    def _edit(self) -> None:
        """Somebody works through the catalogue: a text, a name, what people search for."""
        product = self.a_product()
        field = self.rng.choice(("description", "search_keywords", "page_title", "warranty"))
        self.products.put(product, **{field: self.rng.choice(("", f"<p>Edited {self.hour}</p>"))})

    def _follow_prices(self) -> None:
        """A supplier's prices: a few of a hundred products, by a few of a hundred."""
        for _ in range(12):
            product = self.a_product()
            self.products.put(product, price=round(product["price"] * 1.03, 2))

    def _season(self, category: int) -> None:
        """One category of the shop, at most a sixth of it, is priced anew and set in the window."""
        of = [one for one in self.products.records.values() if category in one["categories"]]
        for product in of[: len(self.products.records) // 6]:
            price = round(product["price"] * 0.8, 2)
            self.products.put(product, sale_price=price, is_featured=True, page_title="Sale")

    def _turn_over(self) -> None:
        """Products come, some go."""
        for key in self.rng.sample(sorted(self.products.records), 4):
            self.products.remove(key)
        newest = max(self.products.records)
        for number, product in enumerate(make_products(self.hour, 6, "abc123"), newest + 1):
            self.products.put(product | {"id": number})


@pytest.mark.timeout(300)
def test_an_ordinary_year_raises_no_alarm() -> None:
    """Not one column of one dataset, in any of its hours."""
    shop = OrdinaryShop(6)
    assert [one for _ in range(DAYS * HOURS) for one in shop.live()] == []
    assert len(shop.orders.records) > 15 * DAYS


def _repriced(shop: OrdinaryShop) -> None:
    for product in shop.products.records.values():
        shop.products.put(product, price=round(product["price"] * 1.05, 2))


def _described(shop: OrdinaryShop) -> None:
    for product in shop.products.records.values():
        shop.products.put(product, meta_description=f"Buy {product['name']}")


def _sold_out(shop: OrdinaryShop) -> None:
    for product in shop.products.records.values():
        shop.products.put(product, inventory_level=0)


def _cleared(shop: OrdinaryShop) -> None:
    for key in sorted(shop.products.records)[:60]:
        shop.products.remove(key)


@pytest.mark.parametrize(
    ("meant", "column", "harm"),
    [
        (_repriced, "products/Product/Price", "changed"),
        (_described, "products/Product/Meta Description", "changed"),
        (_sold_out, "products/Product/Current Stock", "emptied"),
        (_cleared, "products/Product/", "gone"),
    ],
)
def test_what_a_shop_may_mean_and_is_asked_about(
    meant: Callable[[OrdinaryShop], None], column: str, harm: str
) -> None:
    """A whole shop priced, described, sold out or cleared within a day: nobody else could tell."""
    shop = OrdinaryShop(6)
    assert [one for _ in range(3 * HOURS) for one in shop.live()] == []
    meant(shop)
    assert (column, harm) in {(str(one.column), one.harm) for _, _, one in shop.live()}
