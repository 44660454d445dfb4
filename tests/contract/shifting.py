"""A shop whose lists are changed between any two pages, and what it was at each moment."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset, EachOf, Listing, Paging
from mirrord.core.records import Record
from mirrord.demo.orders import Order
from mirrord.demo.rows.keys import KEYS, PARENTS, key_of
from mirrord.demo.shop import MOTHERS, Shop

#: The smallest page after which we look for another one.
LIMIT = 50
#: Three pages and a bit of them.
ROWS = 2 * LIMIT + 21
#: Of a list that is asked for each record of another, so many get that many rows.
PARENTS_WITH_ROWS = 2
_FIRST = 1001
_VARIED = {"price_list_records": "variant_id"}

State: TypeAlias = Mapping[Any, int]
"""Each key that the list has, and how often its record was changed."""
Fields: TypeAlias = Mapping[str, object]


def listing_of(dataset: Dataset) -> Listing | None:
    """The list with the records, None where a dataset has none of its own."""
    source = dataset.source.listing if isinstance(dataset.source, EachOf) else dataset.source
    return source if isinstance(source, Listing) else None


def paged() -> list[str]:
    """Every dataset whose list has pages."""
    listings = {name: listing_of(dataset) for name, dataset in DATASETS.items()}
    whole = (Paging.WHOLE, Paging.ONE)
    return [name for name, one in listings.items() if one and one.paging not in whole]


def by_number(name: str) -> bool:
    """Whether the list has only numbers for its pages."""
    listing = listing_of(DATASETS[name])
    return listing is not None and listing.paging is Paging.NUMBERED


def by_fifties(dataset: Dataset) -> Dataset:
    """The same by the smallest pages."""
    source = dataset.source
    if isinstance(source, Listing):
        return replace(dataset, source=replace(source, limit=LIMIT))
    assert isinstance(source, EachOf)
    return replace(dataset, source=replace(source, listing=replace(source.listing, limit=LIMIT)))


class Shifting:
    """One list of the shop, of :data:`ROWS` rows, that changes as :meth:`begin` is told.

    ``states`` are all that it was since then.
    """

    def __init__(self, shop: Shop, name: str) -> None:
        self.shop, self.name = shop, name
        # an order that was placed: one of status 0 is in no plain list
        model = next(row for row in self.rows().values() if _fields(row).get("status_id") != 0)
        self._model = copy.deepcopy(model)
        self.rows().clear()
        for parent in self.parents():
            for number in range(_FIRST, _FIRST + ROWS):
                self.shop.put(self.name, self._fresh(parent, number))
        self._filled = dict(self.rows())
        self.begin({})
        shop.at_border = self._at_border

    def begin(self, changes: Mapping[int, Change], always: Change | None = None) -> Shifting:
        """As it was filled; ``changes`` at these borders, ``always`` at all others."""
        with self.shop.lock:
            self.rows().clear()
            self.rows().update(self._filled)
        self._changes, self._always = changes, always
        self._low, self._high = _FIRST - 1, _FIRST + ROWS - 1
        self.borders = 0
        self.states = [self.state()]
        return self

    def rows(self) -> MutableMapping[Any, Any]:
        """The list as the shop holds it."""
        main = {"products", "customers", "orders"}
        return getattr(self.shop, self.name) if self.name in main else self.shop.lists[self.name]

    def parents(self) -> list[Any]:
        """On what the rows hang; None alone where they hang on nothing."""
        if self.name not in MOTHERS:
            return [None]
        return sorted(self.shop.lists[MOTHERS[self.name]])[:PARENTS_WITH_ROWS]

    def state(self) -> State:
        """What the list is now."""
        with self.shop.lock:
            return {key: _fields(row).get("mark", 0) for key, row in self.rows().items()}

    def key(self, place: int) -> Any:
        """The key of the row at this place."""
        return list(self.rows())[place]

    def add(self, *, first: bool) -> None:
        """A row that never was, with the lowest key or the highest, in front or at the end."""
        number = self._low if first else self._high + 1
        self._low, self._high = min(self._low, number - 1), max(self._high, number)
        self.shop.put(self.name, self._fresh(self.parents()[0 if first else -1], number))
        if first:
            self.shop.reorder(self.name, [list(self.rows())[-1]])

    def drop(self, place: int) -> None:
        """The row at this place is no more."""
        self.shop.drop(self.name, self.key(place))

    def change(self, place: int, fields: Fields | None = None) -> None:
        """The row at this place has another text; and these fields."""
        key = self.key(place)
        row = self.rows()[key]
        marked = {"mark": _fields(row).get("mark", 0) + 1, **(fields or {})}
        if isinstance(row, Order):
            self.rows()[key] = replace(row, head=row.head | marked)
        else:
            self.rows()[key] = row | marked

    def turn(self) -> None:
        """The last come first."""
        self.shop.reorder(self.name, list(self.rows())[::-1])

    def lift(self, place: int) -> None:
        """The row at this place comes first."""
        self.shop.reorder(self.name, [self.key(place)])

    def _at_border(self, _path: str) -> None:
        change = self._changes.get(self.borders, self._always)
        self.borders += 1
        if change is not None:
            change(self)
            self.states.append(self.state())

    def _fresh(self, parent: Any, number: int) -> Any:
        """The model under another key."""
        if isinstance(self._model, Order):
            return replace(self._model, head=self._model.head | {"id": number})
        fields = KEYS.get(self.name, ("id",))
        varied = _VARIED.get(self.name, fields[-1])
        row = _with(self._model, varied, number)
        if parent is not None:
            row[PARENTS.get(self.name, fields[0])] = parent
        return row


Change: TypeAlias = Callable[[Shifting], object]


def _swap(one: Shifting) -> None:
    one.drop(0)
    one.add(first=False)


CHANGES: Mapping[str, Change] = {
    "added in front": partial(Shifting.add, first=True),
    "added at the end": partial(Shifting.add, first=False),
    "gone in front": lambda one: one.drop(0),
    "gone at the border": lambda one: one.drop(LIMIT - 1),
    "gone behind the border": lambda one: one.drop(LIMIT),
    "gone at the end": lambda one: one.drop(-1),
    "changed in front": lambda one: one.change(0),
    "changed at the end": lambda one: one.change(-1),
    "turned": Shifting.turn,
    "moved to the front": lambda one: one.lift(LIMIT),
}
"""One change each."""

SEVERAL: Mapping[str, Change] = CHANGES | {"one gone, one added": _swap}
"""What may happen between two pages, and leave the list as long as it was."""


def pulled(name: str, records: Iterable[Record]) -> State:
    """What a pull has, as a state of the list."""
    rows = [json.loads(record.text) for record in records]
    return {key_of(name, row): row.get("mark", 0) for row in rows}


def _fields(row: Any) -> Mapping[str, Any]:
    return row.head if isinstance(row, Order) else row


def _with(row: Any, path: str, number: int) -> Any:
    """A copy with this number, or a text of it, in the place of its own."""
    fresh = copy.deepcopy(row)
    outer, _, inner = path.partition(".")
    held, field = (fresh[outer], inner) if inner else (fresh, outer)
    is_text = isinstance(held[field], str)
    held[field] = f"{number:08d}-0000-4000-8000-000000000000" if is_text else number
    return fresh
