"""What the generated records hold, before anyone asks for them."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from mirrord.demo.shop import Shop, Sizes, make_shop
from mirrord.demo.words import TRAPS


def as_text(shop: Shop) -> str:
    orders = [
        (one.head, one.products, one.addresses, one.coupons, one.shipments, one.refunds)
        for one in shop.orders.values()
    ]
    return json.dumps([shop.products, shop.customers, orders])


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(1, Sizes(), "abc")


def test_the_same_seed_gives_the_same_shop_and_another_seed_another(shop: Shop) -> None:
    """Two runs agree to the last byte, so that a failure can be repeated."""
    assert as_text(make_shop(1, Sizes(), "abc")) == as_text(shop)
    assert as_text(make_shop(2, Sizes(), "abc")) != as_text(shop)


def test_the_shop_has_its_full_size_and_every_id_once(shop: Shop) -> None:
    """60 products, 120 customers, 400 orders; ids of parts are unique as well."""
    parts = {
        "variants": [one["id"] for row in shop.products.values() for one in row["variants"]],
        "images": [one["id"] for row in shop.products.values() for one in row["images"]],
        "options": [one["id"] for row in shop.products.values() for one in row["options"]],
        "addresses": [one["id"] for row in shop.customers.values() for one in row["addresses"]],
        "lines": [one["id"] for order in shop.orders.values() for one in order.products],
    }
    assert (len(shop.products), len(shop.customers), len(shop.orders)) == (60, 120, 400)
    assert {name: len(ids) - len(set(ids)) for name, ids in parts.items()} == dict.fromkeys(
        parts, 0
    )


def test_ids_have_holes_as_in_a_shop_that_has_lived(shop: Shop) -> None:
    """No client may count on ids without gaps."""
    spans = [
        max(ids) - min(ids) + 1 - len(ids) for ids in (shop.products, shop.customers, shop.orders)
    ]
    assert all(span > 0 for span in spans)


def test_every_kind_of_product_is_there(shop: Shop) -> None:
    """Simple and with options of several kinds, swatches with colours, modifiers, extras."""
    rows = list(shop.products.values())
    kinds = {option["type"] for row in rows for option in row["options"]}
    assert kinds == {"swatch", "rectangles", "dropdown", "radio_buttons", "product_list"}
    assert all(len(row["variants"]) == 1 for row in rows if not row["options"])
    assert all(
        row["variants"][0]["id"] == row["base_variant_id"] for row in rows if not row["options"]
    )
    for part in ("modifiers", "custom_fields", "bulk_pricing_rules", "videos", "images"):
        assert {bool(row[part]) for row in rows} == {True, False}, part
    assert {row["type"] for row in rows} == {"physical", "digital"}


def test_every_status_currency_and_kind_of_order_is_there(shop: Shop) -> None:
    """Statuses 0 to 14, guests, archived ones, refunds, coupons, shipments, split addresses."""
    orders = list(shop.orders.values())
    assert {order.head["status_id"] for order in orders} == set(range(15))
    assert {order.head["currency_code"] for order in orders} == {"USD", "EUR", "JPY"}
    assert {order.head["customer_id"] == 0 for order in orders} == {True, False}
    assert {order.head["is_deleted"] for order in orders} == {True, False}
    assert {len(order.addresses) for order in orders} >= {0, 1, 2}
    for part in ("refunds", "coupons", "shipments"):
        assert {bool(getattr(order, part)) for order in orders} == {True, False}, part
    types = {line["type"] for order in orders for line in order.products}
    assert types == {"physical", "digital", "giftcertificate"}
    assert any(line["order_pickup_method_id"] for order in orders for line in order.products)


def test_the_traps_for_careless_readers_are_in_the_records(shop: Shop) -> None:
    """Formulas, leading zeros, line breaks, quotes, commas, HTML and other scripts."""
    told = {
        "products": {row["description"] for row in shop.products.values()},
        "customers": {row["notes"] for row in shop.customers.values()},
        "orders": {order.head["customer_message"] for order in shop.orders.values()},
    }
    assert {name for name, texts in told.items() if set(TRAPS) - texts} == set()
    assert "00123" in {row["sku"] for row in shop.products.values()}


def test_an_orders_totals_are_the_sum_of_its_parts(shop: Shop) -> None:
    """Reconciling a shop must be possible down to the last cent."""
    wrong = [
        order.head["id"]
        for order in shop.orders.values()
        if order.head["items_total"] != sum(line["quantity"] for line in order.products)
        or not _adds_up(order.head, order.products)
    ]
    assert wrong == []


def _adds_up(head: dict[str, str], lines: list[dict[str, str]]) -> bool:
    goods = round(sum(float(line["total_inc_tax"]) for line in lines), 4)
    total = goods + float(head["shipping_cost_inc_tax"]) - float(head["coupon_discount"])
    return (
        goods == float(head["subtotal_inc_tax"])
        and abs(total - float(head["total_inc_tax"])) < 0.005
    )


def test_lines_and_orders_point_at_records_that_exist(shop: Shop) -> None:
    """Product, variant, address and customer ids can be followed."""
    variants = {one["id"] for row in shop.products.values() for one in row["variants"]} | {0}
    lost = Counter(
        name
        for order in shop.orders.values()
        for line in order.products
        for name, found in (
            ("product", line["product_id"] in {0, *shop.products}),
            ("variant", line["variant_id"] in variants),
            ("address", line["order_address_id"] in {0, *(a["id"] for a in order.addresses)}),
            ("customer", order.head["customer_id"] in {0, *shop.customers}),
        )
        if not found
    )
    assert lost == {}
