"""Every field of every dataset stands in a column, or is named with a reason, or is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mirrord.core.columns import Wide
from mirrord.core.columns.declared import BESIDE, FLAT
from mirrord.core.columns.drift import LOSSLESS_ONLY, declared, unknown_fields
from mirrord.core.columns.parts import ORDER_PRODUCTS, PARTS
from mirrord.core.columns.tables import TABLES
from mirrord.core.jsontext import Json
from mirrord.core.records import Record
from tests.demo import openapi
from tests.demo.openapi import Operation

SCHEMAS = {
    "products": ("products_catalog.v3.yml", "/catalog/products"),
    "product_metafields": ("products_catalog.v3.yml", "/catalog/products/metafields"),
    "variant_metafields": ("product-variants_catalog.v3.yml", "/catalog/variants/metafields"),
    "channel_assignments": ("products_catalog.v3.yml", "/catalog/products/channel-assignments"),
    "category_assignments": ("products_catalog.v3.yml", "/catalog/products/category-assignments"),
    "customs_information": ("shipping.v3.yml", "/shipping/products/customs-information"),
    "category_trees": ("category-trees_catalog.v3.yml", "/catalog/trees"),
    "categories": ("category-trees_catalog.v3.yml", "/catalog/trees/categories"),
    "category_metafields": ("categories_catalog.v3.yml", "/catalog/categories/metafields"),
    "brands": ("brands_catalog.v3.yml", "/catalog/brands"),
    "brand_metafields": ("brands_catalog.v3.yml", "/catalog/brands/metafields"),
    "customers": ("customers.v3.yml", "/customers"),
    "customer_groups": ("customers.v2.yml", "/customer_groups"),
    "customer_attributes": ("customers.v3.yml", "/customers/attributes"),
    "customer_metafields": ("customers.v3.yml", "/customers/metafields"),
    "subscribers": ("subscribers.v3.yml", "/customers/subscribers"),
    "wishlists": ("wishlists.v3.yml", "/wishlists"),
    "segments": ("segments.v3.yml", "/segments"),
    "orders": ("orders.v2.oas2.yml", "/orders"),
    "order_statuses": ("orders.v2.oas2.yml", "/order_statuses"),
    "refunds": ("orders.v3.yml", "/orders/payment_actions/refunds"),
    "order_metafields": ("orders.v3.yml", "/orders/metafields"),
    "coupons": ("marketing.v2.yml", "/coupons"),
    "gift_certificates": ("marketing.v2.yml", "/gift_certificates"),
    "banners": ("marketing.v2.yml", "/banners"),
    "promotions": ("promotions.v3.yml", "/promotions"),
    "promotion_codes": ("promotions.v3.yml", "/promotions/{promotion_id}/codes"),
    "price_lists": ("price_lists.v3.yml", "/pricelists"),
    "price_list_records": ("price_lists.v3.yml", "/pricelists/{price_list_id}/records"),
    "price_list_assignments": ("price_lists.v3.yml", "/pricelists/assignments"),
    "pages": ("pages.v3.yml", "/content/pages"),
    "blog_posts": ("store_content.v2.yml", "/blog/posts"),
    "redirects": ("redirects.v3.yml", "/storefront/redirects"),
    "widgets": ("widgets.v3.yml", "/content/widgets"),
    "widget_templates": ("widgets.v3.yml", "/content/widget-templates"),
    "placements": ("widgets.v3.yml", "/content/placements"),
    "scripts": ("scripts.v3.yml", "/content/scripts"),
    "custom_templates": (
        "custom-template-associations.v3.yml",
        "/storefront/custom-template-associations",
    ),
    "channels": ("channels.v3.yml", "/channels"),
    "channel_metafields": ("channels.v3.yml", "/channels/metafields"),
    "channel_currencies": ("channels.v3.yml", "/channels/currency-assignments"),
    "channel_listings": ("channels.v3.yml", "/channels/{channel_id}/listings"),
    "sites": ("sites.v3.yml", "/sites"),
    "site_routes": ("sites.v3.yml", "/sites/{site_id}/routes"),
    "menus": ("channels.v3.yml", "/channels/{channel_id}/channel-menus"),
    "currencies": ("currencies.v2.yml", "/currencies"),
    "tax_classes": ("tax_classes.v2.yml", "/tax_classes"),
    "tax_properties": ("tax_properties.v3.yml", "/tax/properties"),
    "tax_rates": ("tax_rates_zones.v3.yml", "/tax/rates"),
    "tax_zones": ("tax_rates_zones.v3.yml", "/tax/zones"),
    "shipping_zones": ("shipping.v2.yml", "/shipping/zones"),
    "shipping_methods": ("shipping.v2.yml", "/shipping/zones/{zone_id}/methods"),
    "location_metafields": ("locations.v3.yml", "/inventory/locations/metafields"),
    "locations": ("locations.v3.yml", "/inventory/locations"),
    "inventory": ("inventory.v3.yml", "/inventory/items"),
    "pickup_methods": ("pickup_methods.v3.yml", "/pickup/methods"),
    "email_templates": ("email_templates.v3.yml", "/marketing/email-templates"),
    "abandoned_cart_emails": (
        "abandoned_cart_emails.v3.yaml",
        "/marketing/abandoned-cart-emails",
    ),
    "store_metafields": ("store_information.v3.yml", "/store/metafields"),
    "webhooks": ("webhooks.v3.yml", "/hooks"),
    "system_logs": ("store_logs.v3.yml", "/store/systemlogs"),
}

#: What a record holds besides, or only as a companion: dataset, the name there, the operation.
COMPANIONS = [
    ("products", "variants", "product-variants_catalog.v3.yml", "variants"),
    ("products", "options", "product-variant-options_catalog.v3.yml", "options"),
    ("products", "modifiers", "product-modifiers_catalog.v3.yml", "modifiers"),
    ("products", "images", "products_catalog.v3.yml", "images"),
    ("products", "videos", "products_catalog.v3.yml", "videos"),
    ("products", "complex_rules", "products_catalog.v3.yml", "complex-rules"),
    ("products", "custom_fields", "products_catalog.v3.yml", "custom-fields"),
    ("products", "bulk_pricing_rules", "products_catalog.v3.yml", "bulk-pricing-rules"),
    ("products", "reviews", "products_catalog.v3.yml", "reviews"),
    ("customers", "addresses", "customers.v3.yml", "/customers/addresses"),
    ("customers", "attributes", "customers.v3.yml", "/customers/attribute-values"),
    ("orders", "products", "orders.v2.oas2.yml", "products"),
    ("order_details", "coupons", "orders.v2.oas2.yml", "coupons"),
    ("order_details", "taxes", "orders.v2.oas2.yml", "taxes"),
    ("order_details", "shipments", "orders.v2.oas2.yml", "shipments"),
    ("order_details", "messages", "orders.v2.oas2.yml", "messages"),
    ("order_details", "transactions", "orders.v3.yml", "transactions"),
]

needs_openapi = pytest.mark.skipif(
    openapi.folder() is None,
    reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
)


def _example(operation: Operation, schemas: list[Any], depth: int = 0) -> Any:
    """A value with every field that the schemas name."""
    parts = [part for schema in schemas for part in operation._parts(schema)]
    items = [part["items"] for part in parts if "items" in part]
    if items:
        return [_example(operation, items, depth + 1)]
    names = dict.fromkeys(name for part in parts for name in part.get("properties", {}))
    if not names or depth > 6:
        return "x"
    return {
        name: _example(
            operation,
            [part["properties"][name] for part in parts if name in part.get("properties", {})],
            depth + 1,
        )
        for name in names
    }


def _record(operation: Operation) -> Record:
    answer = _example(operation, [operation.schema(200)])
    rows = answer["data"] if isinstance(answer, dict) and "data" in answer else answer
    return Record(1, "", rows[0] if isinstance(rows, list) else rows)


@needs_openapi
@pytest.mark.parametrize("dataset", SCHEMAS)
def test_no_field_of_the_specification_is_forgotten(dataset: str) -> None:
    """Whatever the schema of the answer names is in a column or has a reason not to be."""
    record = _record(Operation(*SCHEMAS[dataset]))
    if dataset == "menus":  # one answer for each channel, and no list
        record = Record(1, "", {"id": 1, "value": dict(record.fields)})
    assert record.fields
    assert unknown_fields(dataset, record) == ()


@needs_openapi
@pytest.mark.parametrize(("dataset", "name", "file", "path"), COMPANIONS)
def test_no_field_of_a_companion_is_forgotten(
    dataset: str, name: str, file: str, path: str
) -> None:
    """What is asked for apart has its own schema."""
    owner = "/catalog/products/{product_id}" if dataset == "products" else "/orders/{order_id}"
    part = _record(Operation(file, path if path.startswith("/") else f"{owner}/{path}"))
    held = Record(1, "", {"id": 1}, {name: (part,)})
    assert part.fields
    assert unknown_fields(dataset, held) == ()


def test_every_dataset_without_a_csv_of_bigcommerces_has_columns() -> None:
    """The table of schemas above and the table of columns name the same datasets."""
    assert set(SCHEMAS) - set(FLAT) == {"products", "customers", "orders"}
    assert set(FLAT) <= set(SCHEMAS)
    assert set(TABLES) == {*SCHEMAS, "order_details", "settings"}


def _put(fields: dict[str, Any], path: str, value: str) -> None:
    first, _, rest = path.partition(".")
    name = first.removesuffix("[]")
    if not rest:
        fields.setdefault(name, value)
    elif first.endswith("[]"):
        held = fields.setdefault(name, [{}])
        if isinstance(held, str):  # also declared whole
            held = fields[name] = [{}]
        _put(held[0], rest, value)
    else:
        _put(fields.setdefault(name, {}), rest, value)


def _twice(path: str) -> bool:
    """Places where the same line items or recipients may lie too."""
    places = [f"{place}." for place in ORDER_PRODUCTS.places.split()]
    places.remove("consignments.shipping[].line_items[].")
    return path.startswith((*places, "consignments.email[]."))


@pytest.mark.parametrize("dataset", TABLES)
def test_a_declared_field_stands_in_a_cell(dataset: str) -> None:
    """What is called held is held: each field's own value is found in a row of a table."""
    paths = [path for path in declared(dataset) if not _twice(path)]
    marks = {path: f"§{number}§" for number, path in enumerate(paths)}
    fields: dict[str, Json] = {}
    for path in sorted(paths, key=lambda path: path.count(".")):
        _put(fields, path, marks[path])
    key = (FLAT.get(dataset) or "id").split()[0]
    keys = {mark for path, mark in marks.items() if _is_key(path, key, dataset)}
    rows = _rows(dataset, Record(7, "", fields))
    cells = "\n".join(cell for row in rows for cell in row)
    assert {mark for mark in _texts(fields) if mark not in cells} <= keys


def _is_key(path: str, key: str, dataset: str) -> bool:
    """The record's own key, and in its parts the ids of what they lie in: the first columns."""
    owners = {
        f"{place}.{owner}"
        for one in (*PARTS.get(dataset, ()), ORDER_PRODUCTS)
        for place in one.places.split()
        for owner in one.owners.split()
    }
    return path == key or path in owners


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def _rows(dataset: str, record: Record) -> Iterator[tuple[str, ...]]:
    for table in TABLES[dataset]:
        yield from table.sized(table.wanted(record)).rows(record)


def test_a_new_field_is_told_by_its_path_and_once() -> None:
    """At the top, in an object, in a list, in a companion; known ones are not."""
    record = Record(
        1,
        "",
        {
            "id": 1,
            "surprise": 1,
            "custom_url": {"url": "/a/", "lang": "en"},
            "variants": [{"id": 1, "colour": 1}, {"id": 2, "colour": 2}],
            "images": [{"id": 1, "alt": "x", "image_url": "y"}],
            "primary_image": {"anything": 1},
            "meta_keywords": ["a"],
            "videos": None,
        },
        {
            "options": (Record(5, "", {"id": 5, "rank": 1, "option_values": [{"new": 1}]}),),
            "brand": (Record(9, "", {"id": 9, "unasked": 1}),),
        },
    )
    assert unknown_fields("products", record) == (
        "surprise",
        "custom_url.lang",
        "variants[].colour",
        "images[].alt",
        "options[].rank",
        "options[].option_values[].new",
    )


def test_of_records_that_no_column_describes_nothing_is_told() -> None:
    """Settings have a row a value, whatever it is."""
    assert unknown_fields("settings", Record(1, "", {"any": {"thing": 1}})) == ()


def test_what_is_in_the_lossless_file_only_says_why() -> None:
    """In words, and never for a field that a table holds."""
    held = {dataset: set(declared(dataset)) for dataset in LOSSLESS_ONLY}
    twice = {
        path
        for dataset, reasons in LOSSLESS_ONLY.items()
        for path in reasons
        if path in held[dataset]
    }
    assert all(reason for reasons in LOSSLESS_ONLY.values() for reason in reasons.values())
    assert twice == set()


def test_no_two_tables_have_one_name_and_no_two_columns_of_a_table() -> None:
    """A file that replaced another, or a column that hid another, would be lost in silence."""
    tables = [table for group in TABLES.values() for table in group]
    names = [table.name for table in tables]
    assert len(set(names)) == len(names)
    doubled = {
        table.name
        for table in (one.sized(0) for one in tables)
        if len(set(table.columns)) != len(table.columns)
    }
    assert doubled == set()
    assert {table.name for table in tables if isinstance(table, Wide)} == {
        "products.bulk-edit",
        "customers.bulk-edit",
    }
    assert set(BESIDE) <= set(names)
