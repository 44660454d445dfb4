"""What the sample store answers: filters, includes, quirks, refusals, in BigCommerce's shapes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from mirrord.demo.api import ALL_SCOPES, CUSTOMERS
from mirrord.demo.front import Logged
from mirrord.demo.query import Query
from tests.demo.conftest import Client

LINES = "include=consignments.line_items&consignment_structure=object"


def test_sub_resources_come_only_when_asked_for(whole: Client) -> None:
    """A plain product has no variants or images, an included one has; the same for customers."""
    plain = whole.get("/v3/catalog/products").json()["data"][0]
    asked = whole.get("/v3/catalog/products?include=variants,images").json()["data"][0]
    person = whole.get("/v3/customers").json()["data"][1]
    known = whole.get("/v3/customers?include=addresses,formfields").json()["data"][1]
    assert set(asked) - set(plain) == {"variants", "images"}
    assert set(known) - set(person) == {"addresses", "form_fields"}


def test_include_fields_gives_the_id_and_those_fields(whole: Client) -> None:
    """The cheap listing of ids; ``exclude_fields`` never takes the id away."""
    asked = whole.get("/v3/catalog/products?include_fields=name,sku").json()["data"][0]
    spared = whole.get("/v3/catalog/products?exclude_fields=id,name").json()["data"][0]
    assert set(asked) == {"id", "name", "sku"}
    assert "id" in spared
    assert "name" not in spared


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("id:in=78,80", lambda n, row: row["id"] in (78, 80)),
        ("id:min=100", lambda n, row: row["id"] >= 100),
        ("id:greater=100&id:less=120", lambda n, row: 100 < row["id"] < 120),
        ("is_visible=false", lambda n, row: not row["is_visible"]),
        ("sku=00123", lambda n, row: row["sku"] == "00123"),
    ],
)
def test_products_are_filtered(whole: Client, text: str, law: Callable[..., bool]) -> None:
    """Each filter gives exactly the products that fit."""
    products = whole.store.products.values()
    expected = sorted(row["id"] for n, row in enumerate(products) if law(n, row))
    assert expected
    assert whole.ids(f"/v3/catalog/products?limit=250&{text}") == expected


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v3/catalog/products", "date_modified:min"),
        ("/v3/customers", "date_modified:min"),
        ("/v2/orders", "min_date_modified"),
    ],
)
def test_changes_since_a_moment_can_be_asked_for(small: Client, path: str, parameter: str) -> None:
    """Only what changed at that second or later comes; V2 takes ISO 8601 and RFC 2822 alike."""
    rows = small.get(f"{path}?limit=250").json()
    rows = rows if isinstance(rows, list) else rows["data"]
    dates = {row["id"]: _moment(row["date_modified"]) for row in rows}
    since = sorted(dates.values())[len(dates) // 2]
    expected = sorted(row_id for row_id, moment in dates.items() if moment >= since)
    later = since + timedelta(days=9999)
    assert 0 < len(expected) < len(dates)
    assert _ids_since(small, path, parameter, since.isoformat()) == expected
    assert _ids_since(small, path, parameter, later.isoformat()) == []


def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)


def _ids_since(client: Client, path: str, parameter: str, moment: str) -> list[int]:
    moment = moment.replace("+", "%2B")
    return sorted(client.ids(f"{path}?limit=250&{parameter}={moment}"))


def test_a_bare_day_gets_the_time_of_the_request_added() -> None:
    """The catalogue's documented snare: ``2026-11-20`` at noon means the 20th, at noon."""
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    query = Query("a=2026-11-20&b=2026-11-20T00:00:00Z")
    assert query.moment("a", noon) == noon - timedelta(days=3)
    assert query.moment("b", noon) == noon - timedelta(days=3, hours=12)


def test_orders_sort_by_date_and_are_reached_by_id(whole: Client) -> None:
    """``sort=date_modified:desc`` goes by the moment, not by the letters of the weekday."""
    rows = whole.get("/v2/orders?limit=250&sort=date_modified:desc").json()
    moments = [parsedate_to_datetime(row["date_modified"]) for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert whole.ids("/v2/orders?min_id=200&max_id=203") == [200, 201, 202, 203]


def test_dates_and_money_are_written_by_each_versions_custom(whole: Client) -> None:
    """V2: RFC 2822 and text with four decimals; V3: ISO 8601 and numbers."""
    order = whole.get("/v2/orders/100").json()
    product = whole.get("/v3/catalog/products/77").json()["data"]
    assert parsedate_to_datetime(order["date_created"]).tzinfo is not None
    assert order["date_created"][3] == ","
    assert order["total_inc_tax"].partition(".")[2].isdigit()
    assert len(order["total_inc_tax"].partition(".")[2]) == 4
    assert datetime.fromisoformat(product["date_modified"]).tzinfo is not None
    assert isinstance(product["price"], float | int)


@pytest.mark.parametrize("order_id", [107, 126])
def test_a_big_order_comes_cut_with_a_warning_in_one_of_two_places(
    whole: Client, order_id: int
) -> None:
    """50 line items a consignment at the most; /products gives them all."""
    order = whole.get(f"/v2/orders/{order_id}?{LINES}").json()
    consignment = order["consignments"]["shipping"][0]
    every = whole.ids(f"/v2/orders/{order_id}/products?limit=250")
    assert len(consignment["line_items"]) == 50 < len(every)
    assert ("__warning__" in order, "__warning__" in consignment) in [(True, False), (False, True)]


def test_the_warning_stands_on_the_order_in_one_case_and_on_the_consignment_in_another(
    whole: Client,
) -> None:
    """The report does not say where it stands, so a client must look at both."""
    orders = [whole.get(f"/v2/orders/{order_id}?{LINES}").json() for order_id in (107, 126)]
    assert [("__warning__" in order) for order in orders] == [False, True]


def test_one_order_comes_without_line_items_although_it_has_products(whole: Client) -> None:
    """``items_total`` is all that tells; /products has them."""
    order = whole.get(f"/v2/orders/112?{LINES}").json()
    lines = [line for one in order["consignments"]["shipping"] for line in one["line_items"]]
    assert (lines, order["items_total"] > 0) == ([], True)
    assert len(whole.ids("/v2/orders/112/products")) > 0


def test_all_other_orders_bring_every_line_item_along(whole: Client) -> None:
    """Post, pick-up, downloads and gift certificates together hold every line once."""
    wrong = []
    for order_id, order in whole.store.orders.items():
        if order_id in (107, 112, 126):
            continue
        consignments = whole.get(f"/v2/orders/{order_id}?{LINES}").json()["consignments"]
        groups = [*consignments["shipping"], *consignments["pickups"], *consignments["downloads"]]
        groups += consignments["email"]["gift_certificates"]
        got = sorted(line["id"] for group in groups for line in group["line_items"])
        if got != sorted(line["id"] for line in order.products):
            wrong.append(order_id)
    assert wrong == []


def test_incomplete_and_archived_orders_are_listed_only_when_asked_for(whole: Client) -> None:
    """The unkind reading of what BigCommerce leaves open; the count agrees with the list."""
    heads = [order.head for order in whole.store.orders.values()]
    plain = [row["id"] for row in heads if row["status_id"] != 0 and not row["is_deleted"]]
    archived = [row["id"] for row in heads if row["status_id"] != 0 and row["is_deleted"]]
    count = whole.get("/v2/orders/count").json()
    listed = [*whole.ids("/v2/orders?limit=250"), *whole.ids("/v2/orders?limit=250&page=2")]
    assert (listed, count["count"]) == (plain, len(plain))
    assert whole.ids("/v2/orders?limit=250&is_deleted=true") == archived
    assert len(whole.ids("/v2/orders?limit=250&status_id=0")) == next(
        one["count"] for one in count["statuses"] if one["id"] == 0
    )


def test_the_kind_reading_lists_incomplete_and_archived_orders_too(small: Client) -> None:
    """A client must come to the same orders under both readings."""
    small.store.shop.lists_incomplete = small.store.shop.lists_archived = True
    assert small.ids("/v2/orders?limit=250") == sorted(small.store.orders)
    assert small.get("/v2/orders/count").json()["count"] == len(small.store.orders)


def test_refusals_come_in_bigcommerces_shapes(small: Client) -> None:
    """401 as plain text, 403 and 404 as V3's object or V2's list of messages."""
    small.store.tokens[small.store.token] = ALL_SCOPES - {CUSTOMERS}
    forbidden = small.get("/v3/customers")
    missing = [small.get("/v3/catalog/products/1"), small.get("/v2/orders/1")]
    small.store.tokens.clear()
    unknown = small.get("/v2/store")
    assert (forbidden.status_code, forbidden.json()["status"]) == (403, 403)
    assert [one.status_code for one in missing] == [404, 404]
    assert missing[0].json()["title"] == missing[1].json()[0]["message"]
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (401, "text/plain")


@pytest.mark.parametrize(
    "path",
    [
        "/v3/catalog/products?id:min=x",
        "/v3/catalog/products?include=nonsense",
        "/v3/catalog/products?sort=nonsense",
        "/v3/customers?after=nonsense",
        "/v3/customers?date_modified:min=yesterday",
        "/v3/customers?page=0",
    ],
)
def test_nonsense_is_refused_and_not_passed_over(whole: Client, path: str) -> None:
    """A client that garbles a value must hear of it."""
    assert whole.get(path).status_code == 422


def test_the_log_tells_which_parameters_were_not_understood(small: Client) -> None:
    """The real store passes over them in silence; here a test can see them."""
    small.get("/v3/catalog/products?limit=5&date_modified:mni=2026-01-01")
    assert small.store.log == [
        Logged(
            "GET",
            "/v3/catalog/products",
            "limit=5&date_modified:mni=2026-01-01",
            200,
            ("date_modified:mni",),
        )
    ]


def test_nothing_but_get_is_answered(small: Client) -> None:
    """A client that writes is stopped, and stands in the log."""
    url = f"{small.store.api_url}/stores/{small.store.store_hash}/v3/customers"
    answer = small.session.delete(url, timeout=10)
    assert (answer.status_code, small.store.log[-1].method) == (405, "DELETE")


def test_a_wrong_store_hash_is_not_found(small: Client) -> None:
    """Another shop's path is none of ours."""
    answer = small.session.get(f"{small.store.api_url}/stores/other/v2/store", timeout=10)
    assert answer.status_code == 404


def test_the_summary_counts_variants_and_the_count_counts_customers(whole: Client) -> None:
    """The store's own counts agree with its records."""
    variants = sum(len(row["variants"]) for row in whole.store.products.values())
    assert whole.get("/v3/catalog/summary").json()["data"]["variant_count"] == variants
    assert whole.get("/v3/catalog/variants").json()["meta"]["pagination"]["total"] == variants
    assert whole.get("/v2/customers/count").json() == {"count": 120}
