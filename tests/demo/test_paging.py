"""How the sample store cuts lists into pages: as BigCommerce documents it."""

from __future__ import annotations

import pytest

from tests.demo.conftest import Client

PRODUCTS, CUSTOMERS, ORDERS = "/v3/catalog/products", "/v3/customers", "/v2/orders"


@pytest.mark.parametrize("path", [PRODUCTS, CUSTOMERS, ORDERS])
def test_a_page_has_fifty_rows_unless_asked_otherwise(whole: Client, path: str) -> None:
    """50 by default, up to 250 on demand."""
    assert len(whole.ids(path)) == 50
    assert len(whole.ids(f"{path}?limit=7")) == 7
    assert len(whole.ids(f"{path}?limit=250")) > 50


@pytest.mark.parametrize("path", [PRODUCTS, CUSTOMERS, ORDERS])
def test_more_than_250_rows_a_page_are_refused(whole: Client, path: str) -> None:
    """413, as BigCommerce's page on status codes says."""
    assert whole.get(f"{path}?limit=251").status_code == 413


@pytest.mark.parametrize("part", ["options", "modifiers"])
def test_with_options_or_modifiers_a_page_holds_ten(whole: Client, part: str) -> None:
    """The limit asked for is passed over in silence; the pagination tells."""
    answer = whole.get(f"{PRODUCTS}?include={part}&limit=250").json()
    assert len(answer["data"]) == answer["meta"]["pagination"]["per_page"] == 10


def test_all_pages_by_number_give_every_product_once(whole: Client) -> None:
    """``total``, ``total_pages`` and the links lead through the whole list."""
    ids: list[int] = []
    step: str | None = "?page=1&limit=13"
    for _ in range(10):
        answer = whole.get(PRODUCTS + (step or "")).json()
        ids += [row["id"] for row in answer["data"]]
        step = answer["meta"]["pagination"]["links"].get("next")
        if step is None:
            break
    assert ids == sorted(whole.store.products)
    assert answer["meta"]["pagination"]["total"] == len(ids)


@pytest.mark.parametrize("sort", ["", "&sort=last_name:desc", "&sort=date_modified:asc"])
def test_cursors_lead_forward_and_back_through_all_customers(whole: Client, sort: str) -> None:
    """``links.next`` and ``links.previous`` give every customer once, whatever the order."""
    seen, pages, step = [], [], f"?limit=17{sort}"
    for _ in range(10):
        answer = whole.get(CUSTOMERS + step).json()
        pages.append([row["id"] for row in answer["data"]])
        seen += pages[-1]
        cursors = answer["meta"]["cursor_pagination"]
        if "next" not in cursors["links"]:
            break
        step = cursors["links"]["next"] + sort
    back = whole.get(f"{CUSTOMERS}?before={cursors['start_cursor']}&limit=17{sort}").json()
    assert sorted(seen) == sorted(whole.store.customers)
    assert [row["id"] for row in back["data"]] == pages[-2]


def test_each_page_of_customers_carries_the_documented_kind_of_pagination(whole: Client) -> None:
    """Both on the first page, only numbers later, only cursors where a cursor was given."""
    first = whole.get(CUSTOMERS).json()["meta"]
    end = first["cursor_pagination"]["end_cursor"]
    assert set(first) == {"pagination", "cursor_pagination"}
    assert set(whole.get(f"{CUSTOMERS}?page=2").json()["meta"]) == {"pagination"}
    assert set(whole.get(f"{CUSTOMERS}?page=9&after={end}").json()["meta"]) == {"cursor_pagination"}


def test_a_cursor_outlives_the_row_it_named(small: Client) -> None:
    """The page after a vanished row begins with the next one."""
    end = small.get(f"{CUSTOMERS}?limit=5").json()["meta"]["cursor_pagination"]["end_cursor"]
    ids = sorted(small.store.customers)
    del small.store.customers[ids[4]]
    assert small.ids(f"{CUSTOMERS}?limit=5&after={end}") == ids[5:10]


def test_rows_shift_when_one_vanishes_between_two_pages(small: Client) -> None:
    """Pages by number are no snapshot: the row behind the gap is on neither page."""
    ids = sorted(small.store.products)
    first = small.ids(f"{PRODUCTS}?limit=5&page=1")
    del small.store.products[ids[0]]
    second = small.ids(f"{PRODUCTS}?limit=5&page=2")
    assert ids[5] not in first + second
    assert small.ids(f"{PRODUCTS}?limit=5&id:greater={first[-1]}") == ids[5:10]


def test_an_empty_v2_list_is_a_204_without_body(whole: Client) -> None:
    """Also for a sub-resource; a V3 list without rows is a 200 with an empty ``data``."""
    answers = [whole.get(f"{ORDERS}?min_id=999999"), whole.get(f"{ORDERS}/100/coupons")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert whole.get(f"{PRODUCTS}?id:min=999999").json()["data"] == []


def test_an_orders_products_come_fifty_a_page_unless_asked_otherwise(whole: Client) -> None:
    """The order with 73 lines needs a limit or a second page."""
    path = f"{ORDERS}/107/products"
    assert len(whole.ids(path)) == 50
    assert len(whole.ids(f"{path}?page=2")) == 23
    assert len(whole.ids(f"{path}?limit=250")) == 73
