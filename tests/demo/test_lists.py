"""What the lists of the tables do: paging, filters, sorting, scopes, and change while they run."""

from __future__ import annotations

from typing import Any

import pytest

from mirrord.demo.api import ALL_SCOPES
from mirrord.demo.lists import LISTS
from mirrord.demo.lists.listing import Count, Listing, Paging, Single
from mirrord.demo.rows.telling import BEYOND_DOUBLES
from mirrord.demo.shop import ORDER_PARTS, Sizes
from tests.demo.conftest import Client
from tests.demo.test_openapi_lists import path_of

LISTINGS = [one for one in LISTS if isinstance(one, Listing)]
NUMBERED = [one for one in LISTINGS if one.paging in (Paging.NUMBERED, Paging.V2)]
CURSORS = [one for one in LISTINGS if one.paging is Paging.CURSORS]


def rows_of(client: Client, path: str) -> list[Any]:
    """The rows of one page, in either version's shape; none for a 204."""
    answer = client.get(path)
    assert answer.status_code in (200, 204), (path, answer.text)
    content = answer.json() if answer.content else []
    return content if isinstance(content, list) else content["data"]


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.path)
def test_a_token_without_the_scope_is_refused(whole: Client, one: Listing | Count | Single) -> None:
    """403 without just the one scope; webhooks want none."""
    store = whole.store
    store.tokens["narrow"] = ALL_SCOPES - {one.scope}
    answer = whole.get(path_of(one, store.shop), headers={"X-Auth-Token": "narrow"})
    assert answer.status_code == (403 if one.scope else 200)


@pytest.mark.parametrize("one", NUMBERED, ids=lambda one: one.name)
def test_pages_by_number_give_every_row_once(whole: Client, one: Listing) -> None:
    """Whatever the version; beyond the last page there is nothing."""
    path = path_of(one, whole.store.shop)
    every = rows_of(whole, f"{path}?limit=250")
    pages = [rows_of(whole, f"{path}?limit=4&page={n}") for n in range(1, len(every) // 4 + 3)]
    told = [row for page in pages for row in page]
    assert every
    assert told == (every if len(every) < 250 else rows_of(whole, f"{path}?limit=250")[: len(told)])
    assert whole.get(f"{path}?limit=251").status_code == 413


@pytest.mark.parametrize("one", CURSORS, ids=lambda one: one.name)
def test_cursors_give_every_row_once(whole: Client, one: Listing) -> None:
    """``end_cursor`` leads on until there is no next link."""
    path = path_of(one, whole.store.shop)
    told: list[Any] = []
    answer = whole.get(f"{path}?limit=4").json()
    while answer["data"]:
        told += answer["data"]
        cursors = answer["meta"]["cursor_pagination"]
        if "next" not in cursors["links"]:
            break
        answer = whole.get(f"{path}?limit=4&after={cursors['end_cursor']}").json()
    assert told
    assert told == rows_of(whole, f"{path}?limit=250")


def test_listings_are_paged_by_the_last_ones_own_id(whole: Client) -> None:
    """``after`` is a listing's id, with all of its digits; there is no page number."""
    path = "/v3/channels/664179/listings"
    first = whole.get(f"{path}?limit=9").json()
    last = first["data"][-1]["listing_id"]
    second = whole.get(path + first["meta"]["pagination"]["links"]["next"]).json()["data"]
    assert last > BEYOND_DOUBLES
    assert [row["listing_id"] for row in second] == [last + 2 * n for n in range(1, 10)]


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        ("/v3/inventory/items?product_id:in=77", "identity", 1),
        ("/v3/inventory/locations?location_code:in=00042", "code", 1),
        ("/v3/content/widgets?widget_template_kind=custom", "uuid", 11),
        ("/v2/coupons?exclude_type=promotion", "id", 21),
        ("/v2/coupons?min_id=5&max_id=7", "id", 3),
        ("/v3/catalog/trees?channel_id:in=1092", "id", 1),
        ("/v3/store/systemlogs?type:not=general", "id", 17),
        ("/v3/catalog/brands?id:greater=37", "id", 3),
        ("/v3/catalog/brands?name:like=good", "id", 1),
        ("/v2/blog/posts?is_published=false", "id", 7),
        ("/v2/blog/posts?tag=nice", "id", 5),
        ("/v3/sites?channel_id:in=1092", "id", 1),
        ("/v3/pricelists/1/records?currency=EUR", "variant_id", 4),
        ("/v3/promotions?channels=1&limit=250", "id", 23),
    ],
)
def test_lists_are_filtered(whole: Client, path: str, field: str, expected: int) -> None:
    """By suffixes, by other names, by fields of fields, and by what must not be."""
    rows = rows_of(whole, path)
    assert (len(rows), all(field in row for row in rows)) == (expected, True)
    assert whole.store.log[-1].unknown == ()


@pytest.mark.parametrize("name", ["date_modified:min=2026-11-21", "date_modified:min=x"])
def test_metafields_are_filtered_by_their_date(whole: Client, name: str) -> None:
    """A day that is none is refused."""
    answer = whole.get(f"/v3/catalog/products/metafields?{name}")
    if name.endswith("x"):
        assert answer.status_code == 422
    else:
        assert 0 < len(answer.json()["data"]) < 23


def test_lists_are_sorted_only_as_the_store_can(whole: Client) -> None:
    """By a field and a direction, by both in one, or not at all."""
    paths = [row["from_path"] for row in rows_of(whole, "/v3/storefront/redirects?sort=from_path")]
    down = rows_of(whole, "/v3/storefront/redirects?sort=from_path&direction=desc")
    names = [row["display_name"] for row in rows_of(whole, "/v3/pickup/methods?sort=name:desc")]
    assert [row["from_path"] for row in down] == sorted(paths, reverse=True)
    assert names == sorted(names, reverse=True)
    assert whole.get("/v3/storefront/redirects?sort=to").status_code == 422


def test_what_is_included_only_on_demand_stays_away_otherwise(whole: Client) -> None:
    """A page's body, a redirect's whole address, a tax's line, a price's steps."""
    order = next(n for n, one in whole.store.orders.items() if one.taxes)
    told = [
        ("body", "/v3/content/pages?", "include=body"),
        ("to_url", "/v3/storefront/redirects?", "include=to_url"),
        ("bulk_pricing_tiers", "/v3/pricelists/1/records?", "include=bulk_pricing_tiers"),
        ("order_product_id", f"/v2/orders/{order}/taxes?", "details=true"),
    ]
    shown = [
        (field in rows_of(whole, path)[0], field in rows_of(whole, path + more)[0])
        for field, path, more in told
    ]
    assert shown == [(False, True)] * 4
    assert whole.get("/v3/content/pages?include=nonsense").status_code == 422


def test_a_customer_brings_ten_addresses_and_the_list_has_them_all(whole: Client) -> None:
    """``address_count`` tells of those that are missing."""
    people = rows_of(whole, "/v3/customers?include=addresses&limit=250")
    cut = [row for row in people if row["address_count"] > len(row["addresses"])]
    path = f"/v3/customers/addresses?customer_id:in={cut[0]['id']}"
    assert (len(cut), len(cut[0]["addresses"]), len(rows_of(whole, path))) == (1, 10, 12)


def test_without_any_transaction_there_is_no_list(whole: Client) -> None:
    """204, as the specification has it; an order that is not there is a 404."""
    unpaid = next(n for n, one in whole.store.orders.items() if not one.transactions)
    paths = [f"/v3/orders/{unpaid}/transactions", "/v3/orders/1/transactions"]
    assert [whole.get(path).status_code for path in paths] == [204, 404]


@pytest.mark.parametrize("path", ["/v3/pricelists/99/records", "/v3/sites/5/routes"])
def test_what_hangs_on_nothing_is_not_there(whole: Client, path: str) -> None:
    """404 for the list of a record that does not exist; an empty one has no rows."""
    assert whole.get(path).status_code == 404
    assert rows_of(whole, "/v3/pricelists/4/records") == []
    assert whole.get("/v2/shipping/zones/3/methods").status_code == 204


def test_null_and_nothing_and_text_are_three_things(whole: Client) -> None:
    """A page's keywords are each of them."""
    told = [row.get("search_keywords", "-") for row in rows_of(whole, "/v3/content/pages")]
    assert {None, "", "shipping, returns"} < set(told)


def test_rows_are_put_and_dropped_and_reordered_while_the_store_runs(small: Client) -> None:
    """The next answer shows it; what names no parent is put with it, and answered without."""
    shop = small.store.shop
    shop.put("brands", shop.lists["brands"][35] | {"id": 99, "name": "New"})
    shop.put("brands", shop.lists["brands"][36] | {"name": "Changed"})
    shop.drop("brands", 37)
    shop.put("site_routes", {"site_id": 1001, "id": 5, "type": "home"})
    shop.put("settings", {"id": "v3/carts/settings", "value": {"allow_purchasing": False}})
    shop.put("menus", {"id": 1, "value": {}})
    shop.drop("menus", 1092)
    shop.reorder("scripts", reversed(shop.lists["scripts"]))
    brands = {row["id"]: row["name"] for row in rows_of(small, "/v3/catalog/brands")}
    assert (brands[99], brands[36], 37 in brands) == ("New", "Changed", False)
    assert rows_of(small, "/v3/sites/1001/routes")[-1] == {"id": 5, "type": "home"}
    assert small.get("/v3/carts/settings").json()["data"] == {"allow_purchasing": False}
    assert small.get("/v3/channels/1/channel-menus").json()["data"] == {}
    assert small.get("/v3/channels/1092/channel-menus").status_code == 404
    uuids = [row["uuid"] for row in rows_of(small, "/v3/content/scripts")]
    assert uuids == list(shop.lists["scripts"])


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("/v3/content/pages", "page={}"),
        ("/v2/blog/posts", "page={}"),
        ("/v3/catalog/products", "page={}"),
        ("/v2/orders", "page={}"),
    ],
)
def test_a_test_may_change_the_shop_at_every_border_of_two_pages(
    small: Client, path: str, step: str
) -> None:
    """Called after each page that others follow, with its path; not after the last one."""
    borders: list[str] = []
    small.store.shop.at_border = borders.append
    pages = []
    for n in range(1, 50):
        pages.append(rows_of(small, f"{path}?limit=5&{step.format(n)}"))
        if len(pages[-1]) < 5:
            break
    full = [page for page in pages if page]
    assert len(full) > 1
    assert borders == [path] * (len(full) - 1)


def test_there_are_borders_between_pages_by_cursor_and_by_id_too(small: Client) -> None:
    """Whatever leads from one page to the next."""
    borders: list[str] = []
    small.store.shop.at_border = borders.append
    path = "/v3/orders/metafields"
    step = ""
    for _ in range(3):
        told = small.get(f"{path}?limit=9{step}").json()["meta"]["cursor_pagination"]
        step = f"&after={told['end_cursor']}"
    small.ids("/v2/coupons?min_id=5&limit=5")
    rows_of(small, "/v3/channels/1/listings?limit=5")
    assert borders == [path, path, "/v2/coupons", "/v3/channels/1/listings"]


def test_a_row_dropped_at_a_border_shifts_the_next_page(small: Client) -> None:
    """Pages by number are no snapshot, as in the real store."""
    shop = small.store.shop
    ids = list(shop.lists["pages"])
    shop.at_border = lambda _path: shop.drop("pages", ids[0])
    first, second = (
        [row["id"] for row in rows_of(small, f"/v3/content/pages?limit=5&page={n}")] for n in (1, 2)
    )
    assert (first, second[0]) == (ids[:5], ids[6])


def test_a_new_row_comes_where_the_store_sorts_it(small: Client) -> None:
    """Coupons by id, posts newest first; redirects as they stand, which no document says."""
    shop = small.store.shop
    old = next(iter(shop.lists["blog_posts"].values()))
    shop.put("coupons", next(iter(shop.lists["coupons"].values())) | {"id": 9})
    shop.put("redirects", next(iter(shop.lists["redirects"].values())) | {"id": 9})
    shop.put("blog_posts", old | {"id": 1, "published_date_iso8601": "2099-01-01T00:00:00+0000"})
    told = [small.ids(f"{path}?limit=250") for path in ("/v2/coupons", "/v2/blog/posts")]
    assert told[0] == sorted(told[0])
    assert (told[1][0], 9 in told[0]) == (1, True)
    assert small.ids("/v3/storefront/redirects?limit=250")[-1] == 9


def test_the_length_of_the_shops_own_lists_is_chosen(open_store: Any) -> None:
    """So that a list has as many pages as a test wants."""
    client = open_store(sizes=Sizes(5, 5, 5, rows=300))
    totals = [
        client.get(path).json()["meta"]["pagination"]["total"]
        for path in ("/v3/content/pages", "/v3/storefront/redirects", "/v3/orders/metafields")
    ]
    assert totals == [300, 300, 300]
    assert client.get("/v2/coupons/count").json() == {"count": 300}


def test_parts_of_orders_are_listed_under_their_orders(whole: Client) -> None:
    """Every part by its own path, as the order has it."""
    wrong = [
        name
        for name, part in ORDER_PARTS.items()
        for one in [next(one for one in LISTINGS if one.name == name)]
        for n, order in list(whole.store.orders.items())[:40]
        if len(rows_of(whole, f"{one.path.format(n)}?limit=250")) != len(getattr(order, part))
    ]
    assert wrong == []
