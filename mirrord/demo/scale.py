"""Shelves of as many orders and products as one likes, each poured from one of some dozen moulds.

The moulds are made by the same makers as a small shop's records, so that every trap is in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mirrord.demo.answer import Ready
from mirrord.demo.catalogue import FIRST_PRODUCT, make_product
from mirrord.demo.filters import moment_of
from mirrord.demo.mould import CREATED, FIRST_MARK, MODIFIED, Mould
from mirrord.demo.orders import FIRST_ORDER, MOST_LINES, Order, make_order
from mirrord.demo.shapes import LATEST, Record, iso, rfc2822
from mirrord.demo.shelf import Shelf

MOULDS = 120
"""Enough for every kind of product and order, and every status."""
SECONDS = 5 * 365 * 86_400
"""The age of the first record."""
FIRST = LATEST - timedelta(seconds=SECONDS)
LATER = 50
"""Hours after which a record is not changed any more."""
DATES = ("date_created", "date_modified")
ORDER_FIELDS = ("status_id", "is_deleted", "customer_id", "channel_id", "external_order_id")
PRODUCT_FIELDS = (
    *("name", "sku", "price", "brand_id", "is_visible", "inventory_level", "total_sold"),
    *("calculated_price", "date_last_imported"),
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Ids and dates of ``count`` records; every so many ids there is a hole."""

    count: int
    first: int
    run: int

    def id_of(self, n: int) -> int:
        """The n-th record's id."""
        return self.first + n + n // self.run

    def number_of(self, row_id: int) -> int | None:
        """Which record has this id, None for a hole."""
        runs, rest = divmod(row_id - self.first, self.run + 1)
        n = runs * self.run + rest
        return n if rest < self.run and 0 <= n < self.count else None

    def dates(self, n: int) -> tuple[datetime, datetime]:
        """When the n-th record was made and last changed; later ones are not always fresher."""
        created = FIRST + timedelta(seconds=n * SECONDS // self.count)
        return created, min(LATEST, created + timedelta(hours=n * 7919 % LATER))

    def since(self, moment: datetime) -> int:
        """Before this number no record was made or changed at the moment or later."""
        age = (moment - timedelta(hours=LATER) - FIRST).total_seconds()
        return min(self.count, max(0, int(age) * self.count // SECONDS - 1))


class Light(dict[str, Any]):
    """A record's plain fields; its dates are worked out when somebody looks at them."""

    __slots__ = ("n", "numbers")
    n: int
    numbers: Numbers

    def __missing__(self, field: str) -> datetime:
        if field not in DATES:
            raise KeyError(field)
        return self.numbers.dates(self.n)[DATES.index(field)]


class Pourer:
    """Makes records out of moulds.

    ``head`` gives the part of a record that lists look at, of which ``fields`` count; ``plain``
    makes it fit for JSON and ``read`` undoes that. A mould that ``is_rare`` is used once.
    """

    def __init__(
        self,
        numbers: Numbers,
        models: Sequence[Any],
        fields: Sequence[str],
        *,
        head: Callable[[Any], Record] = lambda record: record,
        plain: Callable[[Any], Any] = lambda record: record,
        read: Callable[[Any], Any] = lambda content: content,
        is_rare: Callable[[Any], bool] = lambda _: False,
    ) -> None:
        self.numbers = numbers
        self._models, self._head, self._read = models, head, read
        self._lights = [{field: head(model)[field] for field in fields} for model in models]
        self._marked = [field for field in ("name", "sku") if field in fields]
        self._whole = [Mould(plain(model), FIRST_MARK + n) for n, model in enumerate(models)]
        self._shown: dict[tuple[int, Hashable], Mould] = {}
        self._usual = [n for n, model in enumerate(models) if not is_rare(model)]

    def light(self, n: int) -> Record:
        """The n-th record's plain fields, dates as such."""
        place = self._place(n)
        light = Light(self._lights[place])
        light.n, light.numbers = n, self.numbers
        light["id"] = self.numbers.id_of(n)
        for field in self._marked:
            light[field] = light[field].replace(str(FIRST_MARK + place), str(light["id"]))
        return light

    def light_of(self, record: Any) -> Record:
        """The same of a record that was put there."""
        head = self._head(record)
        return head | {field: moment_of(head[field]) for field in DATES}

    def make(self, n: int) -> Any:
        """The n-th record, whole."""
        return self._read(json.loads(self._poured(self._whole[self._place(n)], n)))

    def written(self, n: int, name: Hashable, show: Callable[[Any], Any]) -> Ready:
        """What ``show`` makes of it, as JSON; ``name`` stands for ``show``."""
        place = self._place(n)
        if (place, name) not in self._shown:
            shown = show(self._models[place])
            self._shown[place, name] = Mould(shown, FIRST_MARK + place)
        return Ready(self._poured(self._shown[place, name], n).encode())

    def _place(self, n: int) -> int:
        return n if n < len(self._models) else self._usual[n % len(self._usual)]

    def _poured(self, mould: Mould, n: int) -> str:
        return mould.pour(self.numbers.id_of(n), *self.numbers.dates(n))


def order_shelf(
    seed: int, count: int, products: Sequence[Record], customers: Sequence[Record], store_hash: str
) -> Shelf:
    """``count`` orders of these products and customers."""
    rng = Random(f"{seed} orders")
    models = [
        _dated(make_order(FIRST_MARK + n, n, CREATED, products, customers, store_hash, rng))
        for n in range(MOULDS)
    ]
    pourer = Pourer(
        Numbers(count, FIRST_ORDER, 11),
        models,
        ORDER_FIELDS,
        head=lambda order: order.head,
        plain=asdict,
        read=lambda content: Order(**content),
        is_rare=lambda order: order.hides_line_items or len(order.products) > MOST_LINES,
    )
    return Shelf(pourer, pourer.numbers)


def _dated(order: Order) -> Order:
    order.head["date_modified"] = rfc2822(MODIFIED)
    return order


def product_shelf(seed: int, count: int, store_hash: str) -> Shelf:
    """``count`` products; their pictures are those of the moulds."""
    rng = Random(f"{seed} products")
    models = [_renamed(make_product(FIRST_MARK + n, n, store_hash, rng), n) for n in range(MOULDS)]
    pourer = Pourer(Numbers(count, FIRST_PRODUCT, 7), models, PRODUCT_FIELDS)
    return Shelf(pourer, pourer.numbers)


def _renamed(product: Record, n: int) -> Record:
    """Its id stands in its name and its address too, since no two products share them."""
    mark = product["id"]
    name = product["name"].replace(f"No. {n + 1}", f"No. {mark}", 1)
    url = product["custom_url"]["url"].replace(f"no-{n + 1}", f"no-{mark}", 1)
    dates = {"date_created": iso(CREATED), "date_modified": iso(MODIFIED)}
    return product | dates | {"name": name, "custom_url": product["custom_url"] | {"url": url}}
