"""A shop of a million orders that are made when they are asked for: as right as a small one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mirrord.demo.filters import moment_of
from mirrord.demo.orders import MOST_LINES, Order
from mirrord.demo.scale import Numbers
from mirrord.demo.shapes import rfc2822
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from tests.demo import openapi
from tests.demo.conftest import Client
from tests.demo.test_openapi import EXCEPTIONS, JOINED, ORDERS, PARTS, PRODUCTS, UNNAMED

VAST = Sizes(products=300, customers=12, orders=700, rows=3, vast=True)


@pytest.fixture(scope="module")
def vast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Tests that use it must not change it."""
    folder = tmp_path_factory.mktemp("vast")
    with SampleStore(folder, sizes=VAST, quota=1_000_000, packs=False) as store:
        client = Client(store)
        with client.session:
            yield client


def every_id(client: Client, path: str) -> list[int]:
    """The ids on all pages by number."""
    told: list[int] = []
    for n in range(1, 50):
        page = client.ids(f"{path}&limit=250&page={n}")
        told += page
        if len(page) < 250:
            break
    return told


def is_listed(head: dict[str, Any]) -> bool:
    """What a plain list of orders holds."""
    return head["status_id"] != 0 and not head["is_deleted"]


ORDER_LAWS: list[tuple[str, Callable[[dict[str, Any]], bool], str]] = [
    ("sort=id", is_listed, "id"),
    ("sort=id:desc", is_listed, "id"),
    ("status_id=0&is_deleted=false", lambda head: head["status_id"] == 0, "id"),
    ("is_deleted=true", lambda head: head["is_deleted"] and head["status_id"], "id"),
    ("min_id=300&max_id=700", lambda head: 300 <= head["id"] <= 700, "id"),
    ("sort=date_modified:asc", is_listed, "date_modified"),
    ("sort=date_modified:desc&min_id=300", lambda head: head["id"] >= 300, "date_modified"),
    ("sort=status_id:asc", is_listed, "status_id"),
    (
        "min_date_modified=2024-05-05T00:00:00Z&max_date_created=2025-01-01T00:00:00Z",
        lambda head: (
            moment_of(head["date_modified"]) >= datetime(2024, 5, 5, tzinfo=UTC)
            and moment_of(head["date_created"]) <= datetime(2025, 1, 1, tzinfo=UTC)
        ),
        "id",
    ),
]


def by_law(orders: Any, law: Callable[[dict[str, Any]], bool], field: str, asked: str) -> list[int]:
    """What the list should hold, by looking at every order."""
    heads = [order.head for order in orders.values()]
    wants_hidden = "is_deleted" in asked or "status_id=" in asked
    kept = [head for head in heads if law(head) and (wants_hidden or is_listed(head))]
    kept = [head for head in kept if "=false" not in asked or not head["is_deleted"]]

    def place(head: dict[str, Any]) -> Any:
        value = head[field]
        return (moment_of(value) if field.startswith("date") else value, head["id"])

    return [head["id"] for head in sorted(kept, key=place, reverse=":desc" in asked)]


@pytest.mark.parametrize(("asked", "law", "field"), ORDER_LAWS)
def test_a_vast_list_of_orders_is_chosen_and_sorted_as_a_small_one(
    vast: Client, asked: str, law: Callable[[dict[str, Any]], bool], field: str
) -> None:
    """Exactly the orders that fit, each once, in the right order."""
    expected = by_law(vast.store.orders, law, field, asked)
    assert expected
    assert every_id(vast, f"/v2/orders?{asked}") == expected


@pytest.mark.parametrize(
    ("asked", "law"),
    [
        ("id:greater=100&id:less=300", lambda row: 100 < row["id"] < 300),
        ("id:in=77,79,84,999999", lambda row: row["id"] in (77, 79)),
        ("is_visible=false", lambda row: not row["is_visible"]),
        ("sku=00123", lambda row: row["sku"] == "00123"),
        (
            "date_modified:min=2025-01-01T00:00:00Z",
            lambda row: moment_of(row["date_modified"]) >= datetime(2025, 1, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_vast_list_of_products_is_chosen_as_a_small_one(
    vast: Client, asked: str, law: Callable[[dict[str, Any]], bool]
) -> None:
    """The total tells how many there are, however few come on a page."""
    expected = [row["id"] for row in vast.store.products.values() if law(row)]
    answer = vast.get(f"/v3/catalog/products?{asked}&limit=1").json()
    assert expected
    assert every_id(vast, f"/v3/catalog/products?{asked}") == expected
    assert answer["meta"]["pagination"]["total"] == len(expected)


def test_what_is_poured_is_what_is_made_whole(vast: Client) -> None:
    """The page's text and the record itself tell the same, whichever mould it came from."""
    shown = vast.get(f"/v3/catalog/products?limit=250&{PARTS},options,modifiers").json()["data"]
    heads = vast.get("/v2/orders?limit=250&min_id=500").json()
    orders = vast.store.orders
    assert shown == [vast.store.products[row["id"]] for row in shown]
    for head in heads:
        assert {**orders[head["id"]].head, "consignments": {}, "fees": {}} == {
            **head,
            "consignments": {},
            "fees": {},
        }


def test_every_record_of_a_vast_shop_is_its_own(vast: Client) -> None:
    """No id, name, sku or address of a product twice, no line's id either."""
    products = list(vast.store.products.values())
    orders = list(vast.store.orders.values())
    told = {
        "product": [row["id"] for row in products],
        "variant": [one["id"] for row in products for one in row["variants"]],
        "name": [row["name"] for row in products],
        "url": [row["custom_url"]["url"] for row in products],
        "line": [line["id"] for order in orders for line in order.products],
    }
    assert (len(products), len(orders)) == (300, 700)
    assert [name for name, ids in told.items() if len(ids) != len(set(ids))] == []
    assert {line["order_id"] for order in orders for line in order.products} == {
        order.head["id"] for order in orders
    }


def test_no_record_before_the_number_of_a_moment_was_changed_then_or_later() -> None:
    """What a list of changes may pass over, and that it passes over nearly all that it may."""
    numbers = Numbers(50_000, 100, 11)
    for n in range(0, 50_000, 997):
        moment = numbers.dates(n)[1]
        first = numbers.since(moment)
        assert first <= n
        assert all(numbers.dates(k)[1] < moment for k in range(max(0, first - 200), first))
        assert n - first < 200


def test_ids_and_numbers_of_a_vast_shop_lead_to_each_other() -> None:
    """Every number has an id, and what is no id is a hole."""
    numbers = Numbers(100, 50, 7)
    ids = [numbers.id_of(n) for n in range(100)]
    found = [row_id for row_id in range(300) if numbers.number_of(row_id) is not None]
    assert found == ids
    assert [numbers.number_of(row_id) for row_id in ids] == list(range(100))


def test_long_orders_are_as_rare_in_a_vast_shop_as_in_a_small_one(vast: Client) -> None:
    """Each costs a client requests of its own; two by their length, one that hides its lines."""
    orders = list(vast.store.orders.values())
    long = [order for order in orders if len(order.products) > MOST_LINES]
    assert (len(long), sum(order.hides_line_items for order in orders)) == (2, 1)


def test_the_count_of_a_vast_shop_is_that_of_its_list(vast: Client) -> None:
    """In all, and of each status that is not archived."""
    count = vast.get("/v2/orders/count").json()
    heads = [order.head for order in vast.store.orders.values()]
    statuses = {one["id"]: one["count"] for one in count["statuses"]}
    assert count["count"] == sum(map(is_listed, heads))
    assert statuses == {
        status: sum(head["status_id"] == status and not head["is_deleted"] for head in heads)
        for status in range(15)
    }


@pytest.mark.skipif(openapi.folder() is None, reason=f"needs {openapi.VARIABLE}")
def test_a_vast_shop_answers_as_the_specification_promises(vast: Client) -> None:
    """Its pages are poured text, and judged like all others."""
    told = [
        (ORDERS, vast.get(f"/v2/orders?limit=250&{JOINED}").json()),
        (PRODUCTS, vast.get(f"/v3/catalog/products?limit=250&{PARTS}").json()),
    ]
    objections = [text for operation, content in told for text in operation.errors(content, 200)]
    unnamed = [
        place for operation, content in told for place in operation.unnamed_fields(content, 200)
    ]
    assert [text for text in objections if not text.startswith(tuple(EXCEPTIONS))] == []
    assert [place for place in unnamed if not place.endswith(tuple(UNNAMED))] == []


def changed(order: Order, **fields: Any) -> Order:
    """The same with other fields in its head."""
    order.head |= fields
    return order


def test_a_few_records_of_a_vast_shop_are_changed(open_store: Callable[..., Client]) -> None:
    """One is changed, one added, one taken away: lists, counts and dates all know of it."""
    client = open_store(sizes=VAST)
    shop = client.store.shop
    path = "/v2/orders?sort=date_modified:asc"
    before, total = every_id(client, path), client.get("/v2/orders/count").json()["count"]
    late = rfc2822(datetime(2026, 11, 23, tzinfo=UTC))
    shop.put("orders", changed(shop.order(before[5]), date_modified=late, staff_notes="=new"))
    shop.put("orders", changed(shop.order(before[7]), id=9_999, date_modified=late))
    shop.drop("orders", before[9])
    expected = [row_id for row_id in before if row_id not in (before[5], before[9])]
    assert every_id(client, path) == [*expected, before[5], 9_999]
    assert client.get("/v2/orders/count").json()["count"] == total
    assert client.ids("/v2/orders?min_date_modified=2026-11-22T23:00:00Z") == [before[5], 9_999]
    assert client.get(f"/v2/orders/{before[5]}").json()["staff_notes"] == "=new"
    assert client.get(f"/v2/orders/{before[9]}").status_code == 404
    assert len(shop.orders) == len(list(shop.orders)) == 700
    shop.drop("orders", 9_999)
    shop.drop("orders", 9_999)
    assert every_id(client, path) == [*expected, before[5]]


def test_products_of_a_vast_shop_are_changed_too(open_store: Callable[..., Client]) -> None:
    """A page by id shows the change at once, and the total follows."""
    client = open_store(sizes=VAST)
    shop = client.store.shop
    shop.put("products", shop.products[78] | {"name": "Changed"})
    shop.drop("products", 79)
    rows = client.get("/v3/catalog/products?id:greater=77&limit=2").json()
    assert [(row["id"], row["name"] == "Changed") for row in rows["data"]] == [
        (78, True),
        (80, False),
    ]
    assert rows["meta"]["pagination"]["total"] == 298
    assert client.ids("/v3/catalog/products?name=Changed") == [78]


def test_a_million_orders_are_counted_and_reached_by_id(open_store: Callable[..., Client]) -> None:
    """The last page is as near as the first; nothing is held but numbers."""
    client = open_store(sizes=Sizes(200_000, 5, 1_000_000, rows=1, vast=True))
    shop = client.store.shop
    last = max(shop.orders)
    page = client.ids(f"/v2/orders?sort=id&limit=250&min_id={last - 300}&status_id=2")
    total = client.get("/v3/catalog/products?limit=1").json()["meta"]["pagination"]["total"]
    assert (len(shop.orders), total) == (1_000_000, 200_000)
    assert page
    assert page[-1] > last - 20
