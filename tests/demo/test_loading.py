"""A backup's lossless files fill a second sample store, which then answers as the first did."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from mirrord.demo.lists import LISTS
from mirrord.demo.lists.listing import Count, Listing, Single
from mirrord.demo.loading import load
from mirrord.demo.rows.keys import PARENTS
from mirrord.demo.shop import MOTHERS, Sizes
from tests.demo.conftest import Client

JOINED = "include=consignments.line_items,fees&consignment_structure=object&limit=250"
PARTS = "include=variants,images,custom_fields,bulk_pricing_rules,primary_image,videos,channels"
PEOPLE = "include=addresses,storecredit,attributes,formfields,shopper_profile_id,segment_ids"
DETAILS = ("shipments", "messages", "taxes?details=true", "coupons")


def write(folder: Path, name: str, records: Iterable[Any]) -> None:
    """One lossless file, as a pull leaves it."""
    (folder / "lossless").mkdir(exist_ok=True)
    with gzip.open(folder / "lossless" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def rows(client: Client, path: str) -> list[Any]:
    """All that a list gives, in whichever version's shape; none for a 204."""
    answer = client.get(path)
    assert answer.status_code in (200, 204), (path, answer.text)
    content = answer.json() if answer.content else []
    return content if isinstance(content, list) else content["data"]


def orders(client: Client) -> list[Any]:
    """All orders, joined."""
    passes = ("", "&is_deleted=true", "&status_id=0", "&status_id=0&is_deleted=true")
    told = [row for one in passes for row in rows(client, f"/v2/orders?{JOINED}{one}")]
    return sorted(told, key=lambda row: row["id"])


def pull(client: Client, folder: Path) -> None:
    """Write what a pull of everything would."""
    products = rows(client, f"/v3/catalog/products?limit=250&{PARTS}")
    customers = rows(client, f"/v3/customers?limit=250&{PEOPLE}")
    write(folder, "products", products)
    write(folder, "customers", customers)
    write(folder, "orders", orders(client))
    for name, part in (("options", "options"), ("modifiers", "modifiers")):
        told = [
            {"id": row["id"], part: rows(client, f"/v3/catalog/products/{row['id']}/{part}")}
            for row in products
        ]
        write(folder, f"product_{name}", told)
    write(folder, "customer_addresses", [addresses(client, row["id"]) for row in customers])
    write(folder, "order_products", [lines(client, row["id"]) for row in orders(client)])
    write(folder, "order_details", [details(client, row["id"]) for row in orders(client)])
    for name, records in everything_else(client).items():
        write(folder, name, records)


def addresses(client: Client, customer: int) -> Any:
    """The companion of one customer."""
    path = f"/v3/customers/addresses?limit=250&include=formfields&customer_id:in={customer}"
    return {"id": customer, "addresses": rows(client, path)}


def lines(client: Client, order: int) -> Any:
    """The companion of one order."""
    return {"id": order, "products": rows(client, f"/v2/orders/{order}/products?limit=250")}


def details(client: Client, order: int) -> Any:
    """The record of one order's details."""
    told = {name.partition("?")[0]: rows(client, f"/v2/orders/{order}/{name}") for name in DETAILS}
    paid = rows(client, f"/v3/orders/{order}/transactions")
    return {"id": order, "date_modified": "", **told, "transactions": paid}


def everything_else(client: Client) -> dict[str, list[Any]]:
    """The records of all other lists, by name; those that do not name their parent are told it."""
    told: dict[str, list[Any]] = {"settings": [], "menus": []}
    for one in LISTS:
        if isinstance(one, Single) and "{}" not in one.path:
            value = client.get(one.path).json()
            told["settings"].append({"id": one.name, "value": value if one.bare else value["data"]})
        elif isinstance(one, Listing) and not one.name.startswith(("order_", "customer_a")):
            told[one.name] = list_of(client, one)
    told["menus"] = [
        {
            "id": row["id"],
            "value": client.get(f"/v3/channels/{row['id']}/channel-menus").json()["data"],
        }
        for row in rows(client, "/v3/channels")
    ]
    return told | {"order_metafields": rows(client, "/v3/orders/metafields?limit=250")}


def list_of(client: Client, one: Listing) -> list[Any]:
    """One list's records, of all that it hangs on."""
    query = f"limit=250&include={','.join(one.hidden)}" if one.hidden else "limit=250"
    if "{}" not in one.path:
        return rows(client, f"{one.path}?{query}")
    shop = client.store.shop
    mothers = shop.products if MOTHERS[one.name] == "products" else shop.lists[MOTHERS[one.name]]
    field = PARENTS.get(one.name)
    return [
        ({field: mother} if field else {}) | row
        for mother in mothers
        for row in rows(client, f"{one.path.format(mother)}?{query}")
    ]


@pytest.fixture
def first_and_second(open_store: Callable[..., Client], tmp_path: Path) -> tuple[Client, Client]:
    """A store, and another one that was filled with a pull of it."""
    first = open_store(quota=1_000_000)
    pull(first, tmp_path)
    second = open_store(seed=99, sizes=Sizes(3, 3, 3, 2), quota=1_000_000)
    load(second.store.shop, tmp_path)
    return first, second


def test_the_second_store_gives_the_first_ones_products_customers_and_orders(
    first_and_second: tuple[Client, Client],
) -> None:
    """With all that hangs on them: options, more than ten addresses, lines, shipments, payments."""
    told = [
        (
            rows(client, f"/v3/catalog/products?limit=250&{PARTS}"),
            [row["options"] for row in client.store.products.values()],
            [row["modifiers"] for row in client.store.products.values()],
            rows(client, f"/v3/customers?limit=250&{PEOPLE}"),
            rows(client, "/v3/customers/addresses?limit=250&include=formfields"),
            orders(client),
            [lines(client, row["id"]) for row in orders(client)],
            [details(client, row["id"]) for row in orders(client)],
        )
        for client in first_and_second
    ]
    assert told[0] == told[1]


def test_the_second_store_gives_every_other_list_of_the_first(
    first_and_second: tuple[Client, Client],
) -> None:
    """Record by record, settings and menus among them."""
    first, second = (everything_else(client) for client in first_and_second)
    assert [name for name in first if first[name] != second[name]] == []
    assert sum(len(records) for records in first.values()) > 500


def test_a_file_that_is_no_list_of_the_shop_is_not_passed_over(
    small: Client, tmp_path: Path
) -> None:
    """A list that the sample store lacks would make a round trip look whole."""
    write(tmp_path, "surprises", [{"id": 1}])
    with pytest.raises(KeyError, match="surprises"):
        load(small.store.shop, tmp_path)


def test_every_list_of_the_table_was_compared() -> None:
    """The names of lists are what files are called; counts are no lists."""
    names = [one.name for one in LISTS if isinstance(one, Listing)]
    assert len(names) == len(set(names))
    assert {one.name for one in LISTS if isinstance(one, Count)} <= set(names)
