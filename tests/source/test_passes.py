"""Lists that records move between while they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Listing, Query
from mirrord.source.passes import in_turn


class At(IntEnum):
    """Where an order is; it only ever goes on."""

    INCOMPLETE = 0
    PLACED = 1
    ARCHIVED = 2


class Moving:
    """A store of orders, of which some go on whenever it is asked."""

    def __init__(self, orders: Mapping[int, At], moves: list[list[int]], *, bounded: bool) -> None:
        self.orders, self.moves, self.bounded = dict(orders), moves, bounded
        self.asked: list[Query] = []

    def ask(self, path: str, query: Query) -> str:
        """A page as the store gives it; before, those move whose turn it is."""
        for number in self.moves[len(self.asked)] if len(self.asked) < len(self.moves) else ():
            self.orders[number] = At(min(self.orders[number] + 1, At.ARCHIVED))
        self.asked.append(query)
        where = At.PLACED
        if query.get("status_id") == "0":
            where = At.INCOMPLETE
        elif query.get("is_deleted") == "true":
            where = At.ARCHIVED
        high = int(query.get("max_id", 10**9)) if self.bounded else 10**9
        found = (n for n in sorted(self.orders) if int(query["min_id"]) <= n <= high)
        here = [number for number in found if self.orders[number] is where]
        return json.dumps([_shown(number, where) for number in here[: int(query["limit"])]])


def _shown(number: int, where: At) -> dict[str, object]:
    return {
        "id": number,
        "status_id": 0 if where is At.INCOMPLETE else 1,
        "is_deleted": where is At.ARCHIVED,
    }


def _orders() -> Listing:
    source = DATASETS["orders"].source
    assert isinstance(source, Listing)
    return replace(source, limit=50)


@st.composite
def moving(draw: st.DrawFn) -> Moving:
    """Some hundred orders, most of one kind or the other, of which a few move at each request."""
    kinds = draw(st.lists(st.sampled_from([*At, At.PLACED]), min_size=1, max_size=7))
    size = draw(st.sampled_from([1, 49, 50, 51, 260, 700]))
    orders = {number * 3: kinds[number % len(kinds)] for number in range(1, size + 1)}
    rng = Random(draw(st.integers(0, 10**6)))
    some = min(size, draw(st.sampled_from([0, 1, 20])))
    moves = [rng.sample(sorted(orders), some) for _ in range(40)]
    return Moving(orders, moves, bounded=draw(st.booleans()))


@given(moving())
def test_a_record_that_moves_on_meanwhile_is_in_one_list_or_the_other(store: Moving) -> None:
    """Every order is there, once, and they ascend; whether or not the store knows a bound."""
    held = [record.id for record in in_turn(store.ask, _orders(), {})]
    assert held == sorted(store.orders)


def test_the_list_behind_costs_a_request_for_four_of_the_plain_one() -> None:
    """And the one ahead, where it has no more than a page, one request in all."""
    store = Moving(dict.fromkeys(range(1, 2001), At.PLACED), [], bounded=True)
    held = sum(1 for _ in in_turn(store.ask, _orders(), {}))
    ahead = [query for query in store.asked if "status_id" in query]
    behind = [query for query in store.asked if "is_deleted" in query]
    # an empty page tells that the fortieth was the last
    assert (held, len(ahead), len(behind), len(store.asked)) == (2_000, 1, 11, 53)
