"""Walking a list whose store does not do as it is told."""

import json
from collections.abc import Callable
from itertools import count, islice
from typing import Any

import pytest

from mirrord.core.datasets import DATASETS, MAIN
from mirrord.core.datasets.kinds import Apart, Dataset, Listing, Paging, Query
from mirrord.errors import AnswerBroken
from mirrord.source import numbered, portions
from mirrord.source.companions import Companions
from mirrord.source.pages import walk
from mirrord.source.passes import in_turn
from mirrord.source.portions import Ask
from tests.fakes_records import record


def _listing(name: str) -> Listing:
    source = DATASETS[name].source
    assert isinstance(source, Listing)
    return source


PRODUCTS, CUSTOMERS, ORDERS = (DATASETS[name] for name in MAIN)


def _page(ids: list[int], **meta: object) -> str:
    return json.dumps({"data": [{"id": number} for number in ids], "meta": meta})


def _cursor_store(order: list[int], size: int) -> Ask:
    """Customers in this order, by cursor."""

    def ask(path: str, query: Query) -> str:
        start = int(query.get("after", "0"))
        page = order[start : start + size]
        cursor = {"end_cursor": str(start + len(page))} if page else {}
        return _page(page, cursor_pagination=cursor)

    return ask


@pytest.mark.parametrize(
    "order",
    [list(range(1, 200)), list(range(199, 0, -1)), [*range(100, 200), *range(1, 100)], []],
    ids=["ascending", "descending", "rotated", "empty"],
)
def test_a_cursor_is_followed_to_the_end_whatever_the_stores_order_is(order: list[int]) -> None:
    """The order of the cursor is not documented."""
    ask = _cursor_store(order, size=150)
    assert [one.id for one in walk(ask, _listing("customers"))] == order


def test_a_cursor_that_stands_still_is_an_error_and_no_endless_loop() -> None:
    """The same page for ever."""

    def ask(path: str, query: Query) -> str:
        number = 2 if "after" in query else 1
        return _page([number], cursor_pagination={"end_cursor": "same"})

    with pytest.raises(AnswerBroken, match="would never end"):
        list(walk(ask, _listing("customers")))


def _listings(order: list[int], size: int) -> Ask:
    """A channel's listings in this order, by the id of the last one that was had."""

    def ask(path: str, query: Query) -> str:
        start = order.index(int(query["after"])) + 1 if "after" in query else 0
        return _page(order[start : start + size], pagination={"total": len(order)})

    return ask


@pytest.mark.parametrize("order", [list(range(1, 331)), list(range(330, 0, -1)), []])
def test_a_list_that_goes_on_after_its_last_row_is_read_to_its_end(order: list[int]) -> None:
    """No cursor comes with its pages, and no order is documented."""
    listing = Listing("v3/channels/1/listings", Paging.AFTER_LAST)
    assert [one.id for one in walk(_listings(order, 100), listing)] == order


def test_rows_that_come_round_again_are_an_error_and_no_endless_loop() -> None:
    """A store that passes over the last row's id."""
    listing = Listing("v3/channels/1/listings", Paging.AFTER_LAST)
    with pytest.raises(AnswerBroken, match="would never end"):
        list(walk(lambda *_: _page(list(range(50))), listing))


@pytest.mark.parametrize("dataset", [PRODUCTS, ORDERS], ids=["products", "orders"])
@pytest.mark.parametrize("ids", [list(range(60)), list(range(60, 0, -1)), [1] * 60])
def test_a_store_that_ignores_the_id_filter_is_an_error(dataset: Dataset, ids: list[int]) -> None:
    """The same page again, or one out of order: never an endless loop, never a skipped record."""

    def ask(path: str, query: Query) -> str:
        body = [{"id": number} for number in ids]
        return json.dumps(body if dataset is ORDERS else {"data": body, "meta": {}})

    with pytest.raises(AnswerBroken, match="not in the order of ids"):
        list(walk(ask, _listing(dataset.name)))


def test_a_store_that_gives_shorter_pages_than_asked_is_read_to_its_end() -> None:
    """250 were asked for, 100 come: there is more."""

    def ask(path: str, query: Query) -> str:
        start = int(query["min_id"])
        return json.dumps([{"id": number} for number in range(start, min(start + 100, 331))])

    assert [one.id for one in walk(ask, _listing("orders"))] == list(range(1, 331))


def test_a_filter_that_the_store_ignores_ends_its_walk_at_once() -> None:
    """All that it gives came in the plain list already: one request, not a second full pull."""
    asked: list[Query] = []

    def ask(path: str, query: Query) -> str:
        asked.append(query)
        start = int(query["min_id"])
        return json.dumps(
            [{"id": start + step, "is_deleted": False, "status_id": 1} for step in range(250)]
        )

    held = [record.id for record in islice(in_turn(ask, _listing("orders"), {}), 5_000)]
    aside = [query for query in asked if query.keys() & {"status_id", "is_deleted"}]
    assert (held, len(aside)) == (list(range(1, 5_001)), 2)


def test_a_numbered_list_gives_each_record_once_and_ends() -> None:
    """A server that ignores page numbers gives the same rows for ever."""

    def ask(path: str, query: Query) -> str:
        return json.dumps([{"id": number} for number in range(250)])

    listing = Listing("v2/orders/1/products", Paging.NUMBERED)
    assert [one.id for one in walk(ask, listing)] == list(range(250))


def test_nothing_at_all_is_an_empty_list() -> None:
    """204 in v2, an empty page in v3."""
    empty = [list(walk(lambda *_: "", _listing("orders")))]
    empty.append(list(walk(lambda *_: _page([]), _listing("products"))))
    assert empty == [[], []]


def test_a_customer_with_more_than_ten_addresses_gets_them_all() -> None:
    """The list beside the customer is cut at ten; address_count tells."""
    addresses = [{"id": number, "customer_id": 7} for number in range(1, 13)]
    asked: list[tuple[str, Query]] = []

    def ask(path: str, query: Query) -> str:
        asked.append((path, query))
        return json.dumps({"data": addresses if path.endswith("addresses") else [], "meta": {}})

    customers = [
        record(json.dumps({"id": 7, "address_count": 12, "addresses": addresses[:10]})),
        record(json.dumps({"id": 8, "address_count": 1, "addresses": addresses[:1]})),
    ]
    whole = list(Companions(ask, CUSTOMERS).hung_on(customers))
    held = [len(one.companions.get("addresses", ())) for one in whole]
    wanted = [query["customer_id:in"] for path, query in asked if path.endswith("addresses")]
    assert (held, wanted) == ([12, 0], ["7"])
    assert any(isinstance(companion, Apart) for companion in CUSTOMERS.companions)


def test_options_that_do_not_come_back_are_a_gap() -> None:
    """A product that vanished meanwhile, or an answer without the arrays that were asked for."""
    choices = '"variants": [{"id": 1, "option_values": [{"id": 1}]}]'
    products = [record(f'{{"id": {number}, {choices}}}') for number in (1, 2, 3)]

    def ask(path: str, query: Query) -> str:
        return '{"data": [{"id": 1, "options": [{"id": 5}], "modifiers": []}, {"id": 2}]}'

    whole = list(Companions(ask, PRODUCTS).hung_on(products))
    lost = ("the store did not give the options", "the store did not give the modifiers")
    assert [one.gaps for one in whole] == [(), lost, lost]
    assert [option.id for option in whole[0].companions["options"]] == [5]


class Shifting:
    """A list of 120 rows by number, whose rows are changed between two pages as it is told."""

    def __init__(self, *steps: Callable[[list[int]], object]) -> None:
        self.rows = list(range(1, 121))
        self.steps = iter(steps)
        self.always = set(self.rows)
        self.ever = set(self.rows)

    def ask(self, path: str, query: Query) -> str:
        start = (int(query["page"]) - 1) * 50
        page = self.rows[start : start + 50]
        next(self.steps, lambda rows: None)(self.rows)
        self.always &= set(self.rows)
        self.ever |= set(self.rows)
        return _page(page, pagination={"total_pages": -(-len(self.rows) // 50)})


@pytest.mark.parametrize(
    "steps",
    [
        [lambda rows: rows.remove(1)],
        [lambda rows: (rows.remove(1), rows.append(121))],
        [lambda rows: rows.insert(0, 500)],
        [lambda rows: rows.reverse()],
        [None, lambda rows: rows.remove(60), lambda rows: rows.insert(3, 600)],
        [lambda rows: rows.append(max(rows) + 1)] * 6,
    ],
    ids=["deleted", "deleted and added", "inserted", "turned", "later", "six times"],
)
def test_a_numbered_list_that_shifts_is_read_until_it_holds_still(steps: list[Any]) -> None:
    """Nothing is missing that was there throughout, and nothing comes that never was."""
    shop = Shifting(*(step or (lambda rows: None) for step in steps))
    held = [one.id for one in walk(shop.ask, Listing("v3/x", Paging.NUMBERED))]
    assert (sorted(held), len(set(held))) == (sorted(shop.rows), len(held))


def test_a_list_whose_order_turns_with_every_page_is_an_error() -> None:
    """Each reading has the same records, and lacks the same: some came twice instead."""
    shop = Shifting(*(lambda rows: rows.reverse() for _ in range(100)))
    with pytest.raises(AnswerBroken, match="other records each time"):
        list(walk(shop.ask, Listing("v3/x", Paging.NUMBERED)))


def test_a_numbered_list_that_never_holds_still_is_an_error() -> None:
    """Rather none than one with a row missing."""
    numbers = count(1000)
    shop = Shifting(*(lambda rows: rows.insert(0, next(numbers)) for _ in range(100)))
    with pytest.raises(AnswerBroken, match="other records each time"):
        list(walk(shop.ask, Listing("v3/x", Paging.NUMBERED)))


def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """New records on every page, for ever: by ids, and in ranges of lists beside it."""
    monkeypatch.setattr(portions, "MOST_PAGES", 20)

    def ask(path: str, query: Query) -> str:
        start = int(query["min_id"])
        return json.dumps([{"id": start + step, "status_id": 1} for step in range(50)])

    for read in (walk, lambda *given: in_turn(*given, {})):
        with pytest.raises(AnswerBroken, match="no end in sight"):
            list(read(ask, _listing("orders")))


def test_a_numbered_list_without_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its texts wait until the list stands still: only so many."""
    monkeypatch.setattr(numbered, "MOST_TEXT", 100_000)
    numbers = count(1)

    def ask(path: str, query: Query) -> str:
        return json.dumps([{"id": next(numbers), "name": "x" * 100} for _ in range(50)])

    with pytest.raises(AnswerBroken, match="in numbered pages"):
        list(walk(ask, Listing("v2/x", Paging.NUMBERED)))


def test_a_page_of_countless_rows_is_refused() -> None:
    """Small rows take twenty times their text when they are taken apart."""
    text = "[" + ",".join(['{"id":1}'] * 50_001) + "]"
    with pytest.raises(AnswerBroken, match="more than 50,000 records"):
        list(walk(lambda *_: text, Listing("v2/x", Paging.WHOLE)))
