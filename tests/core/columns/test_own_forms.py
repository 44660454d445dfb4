"""The other files in BigCommerce's own form: legacy products, customers to import, redirects."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from mirrord.core.columns import Table
from mirrord.core.columns.bulk_edit import BULK_EDIT, MOST_IMAGES
from mirrord.core.columns.customers_bulk_edit import CUSTOMERS_BULK_EDIT, MOST_ADDRESSES
from mirrord.core.columns.orders import ORDERS
from mirrord.core.columns.orders_default import ORDERS_DEFAULT
from mirrord.core.columns.products_default import PRODUCTS_DEFAULT
from mirrord.core.columns.redirects import REDIRECTS
from mirrord.core.columns.tables import AnyTable
from mirrord.core.records import Record
from tests.core.columns.test_tables import CUSTOMER, OPTIONS, ORDER, PRODUCT
from tests.fakes_records import record

CATEGORIES = (
    {"id": 5, "category_id": 5, "parent_id": 0, "name": "Shop"},
    {"id": 23, "category_id": 23, "parent_id": 5, "name": "Bed/Bath"},
    {"id": 24, "category_id": 24, "parent_id": 0, "name": "Sale; now"},
)
IMAGE = {
    "id": 200,
    "image_file": "a/521/foo__1.jpg",
    "description": "front",
    "is_thumbnail": True,
    "sort_order": 0,
}
MODIFIER = {
    "id": 70,
    "type": "radio_buttons",
    "display_name": "Wrap",
    "option_values": [{"id": 700, "label": "Gift"}, {"id": 701, "label": "Plain"}],
}
RULES = (
    {
        "id": 1,
        "stop": True,
        "conditions": [{"modifier_value_id": 700, "variant_id": None}],
        "price_adjuster": {"adjuster": "relative", "adjuster_value": 4},
        "weight_adjuster": None,
        "purchasing_disabled": False,
        "image_url": "https://x/w.jpg",
    },
    {
        "id": 2,
        "stop": False,
        "conditions": [{"modifier_value_id": None, "variant_id": 7701}],
        "price_adjuster": {"adjuster": "percentage", "adjuster_value": -10},
        "purchasing_disabled": True,
        "purchasing_hidden": True,
    },
)


def _hung(fields: Mapping[str, Any], **companions: tuple[Mapping[str, Any], ...]) -> Record:
    one = record(json.dumps(fields))
    hung = {
        name: tuple(record(json.dumps(part)) for part in parts)
        for name, parts in companions.items()
    }
    return Record(one.id, one.text, one.fields, hung)


def _product(**more: Any) -> Record:
    own = {"price": 12.5, "weight": 2, "sku_id": 8801, "width": 7, "upc": "00012"}
    variants = [{**PRODUCT["variants"][0], **own}, PRODUCT["variants"][1]]  # type: ignore[index]
    fields = {
        **PRODUCT,
        "variants": variants,
        "availability": "available",
        "availability_description": "Ships at once",
        "product_tax_code": "PT1",
        "option_set_display": "right",
        "calculated_price": 9.5,
        "date_created": "2019-03-05T21:40:11Z",
        "date_modified": "2020-01-31T00:00:00Z",
        **more,
    }
    return _hung(
        fields,
        options=OPTIONS,
        modifiers=(MODIFIER,),
        complex_rules=RULES,
        categories=CATEGORIES,
        brand=({"id": 35, "name": "Häagen, Inc"},),
    )


def _cells(table: AnyTable, *records: Record) -> list[dict[str, str]]:
    made = table.sized(max(table.wanted(one) for one in records))
    rows = [row for one in records for row in made.rows(one)]
    return [dict(zip(made.columns, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("table", "one"),
    [
        (BULK_EDIT, _product(images=[IMAGE])),
        (PRODUCTS_DEFAULT, _product(cost_price=3)),
        (
            CUSTOMERS_BULK_EDIT,
            _hung(
                CUSTOMER
                | {
                    "addresses": [
                        dict.fromkeys(
                            (
                                *("id", "first_name", "last_name", "company", "address1", "phone"),
                                *("address2", "city", "state_or_province", "postal_code"),
                                "country",
                            ),
                            "x",
                        )
                    ]
                },
                group=({"id": 2, "name": "Wholesale"},),
            ),
        ),
        (ORDERS_DEFAULT, _hung(ORDER, channel=({"id": 1, "name": "Storefront"},))),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_every_column_is_filled_or_says_why_not(table: AnyTable, one: Record) -> None:
    """Never silently empty, and never filled where a reason says that it is empty."""
    rows = _cells(table, one)
    filled = {column for row in rows for column, cell in row.items() if cell}
    made = table.sized(table.wanted(one))
    assert set(made.columns) - filled == set(made.not_filled)


def test_sku_and_rule_rows_follow_their_product_with_two_spaces() -> None:
    """What is sold, then what a variant has of its own, then the store's own rules."""
    rows = [
        (row["Item Type"], row["Product Name"], row["Product Code/SKU"])
        for row in _cells(BULK_EDIT, _product())
    ]
    assert rows == [
        ("Product", PRODUCT["name"], "00123"),
        ("  SKU", "[RT]Size=L,[CS]Color=Red:#FF0000,Lost=?", "S-L"),
        ("  Rule", "", "S-L"),
        ("  Rule", "[RB]Wrap=Gift", ""),
        ("  Rule", "", "S-L"),
    ]


def test_a_rule_says_what_it_changes() -> None:
    """Set for a variant's own price and weight, added for a relative rule; others by their name."""
    told = [
        (
            row["Price"],
            row["Product Weight"],
            row["Allow Purchases?"],
            row["Product Visible?"],
            row["Product Image File - 1"],
            row["Stop Processing Rules"],
        )
        for row in _cells(BULK_EDIT, _product())[2:]
    ]
    assert told == [
        ("[FIXED]12.5", "[FIXED]2", "Y", "Y", "https://x/v.jpg", "N"),
        ("[ADD]4", "", "Y", "Y", "https://x/w.jpg", "Y"),
        ("[PERCENTAGE]-10", "", "N", "N", "", "N"),
    ]


def test_a_product_takes_the_words_of_the_legacy_importer() -> None:
    """P, Y and N, by option, brand and categories by name, a slash in a name escaped."""
    row = _cells(BULK_EDIT, _product())[0]
    told = [
        row[name]
        for name in (
            "Product Type",
            "Free Shipping",
            "Allow Purchases?",
            "Track Inventory",
            "Brand Name",
            "Category",
            "Product Custom Fields",
            "Meta Keywords",
        )
    ]
    assert told == [
        "P",
        "N",
        "Y",
        "by option",
        "Häagen, Inc",
        "Shop/Bed\\/Bath;Sale; now",
        "ISBN=0123;Kind=x",
        "a,b",
    ]


def test_names_that_are_not_known_show_their_numbers() -> None:
    """A number is better than nothing; 0 is no brand; a circle of parents has an end."""
    bare = _hung(dict(PRODUCT))
    none = _hung(PRODUCT | {"brand_id": 0, "categories": None})
    circle = ({"id": 23, "parent_id": 24, "name": "a"}, {"id": 24, "parent_id": 23, "name": "b"})
    endless = _hung(PRODUCT | {"categories": [23]}, categories=circle)
    rows = [row for row in _cells(BULK_EDIT, bare, none) if row["Item Type"] == "Product"]
    assert [(row["Brand Name"], row["Category"]) for row in rows] == [("35", "23;24"), ("", "")]
    assert _cells(BULK_EDIT, endless)[0]["Category"].count("/") < 30


def test_there_are_as_many_groups_of_images_as_the_product_with_the_most_has() -> None:
    """One at the least; a product with fewer leaves them empty; all rows are equally long."""
    few, none = _product(), _hung(PRODUCT | {"images": [], "variants": []})
    rows = _cells(BULK_EDIT, none, few)
    numbered = [name for name in rows[0] if name.startswith("Product Image File")]
    assert numbered == ["Product Image File - 1", "Product Image File - 2"]
    assert [rows[1][name] for name in numbered] == ["a/521/foo bar__1.jpg", "../../etc/passwd"]
    assert [rows[0][name] for name in numbered] == ["", ""]
    alone = BULK_EDIT.sized(0).columns
    assert [name for name in alone if name.startswith("Product Image ID")] == [
        "Product Image ID - 1"
    ]


def test_more_groups_than_a_heading_can_bear_are_cut_and_said() -> None:
    """With the number, and where the rest is; within the bound nothing is said."""
    many = _hung({"id": 1, "images": [{"id": n} for n in range(MOST_IMAGES + 20)]})
    crowd = _hung({"id": 1, "addresses": [{"id": n} for n in range(MOST_ADDRESSES + 1)]})
    cuts = [
        BULK_EDIT.sized(BULK_EDIT.wanted(many)).cuts,
        CUSTOMERS_BULK_EDIT.sized(CUSTOMERS_BULK_EDIT.wanted(crowd)).cuts,
        BULK_EDIT.sized(MOST_IMAGES).cuts,
    ]
    assert cuts == [
        ("a product has 120 images, 100 have columns; images.csv has all",),
        ("a customer has 101 addresses, 100 have columns; customer_addresses.csv has all",),
        (),
    ]
    assert len(_cells(BULK_EDIT, many)[0]) == len(BULK_EDIT.sized(100).columns)


def test_rows_laid_aside_are_padded_to_what_a_look_at_all_would_give() -> None:
    """So that records need be seen only once: the groups stand before the tail."""
    records = (_hung(PRODUCT | {"images": []}), _product())
    made = BULK_EDIT.sized(max(map(BULK_EDIT.wanted, records)))
    aside = [row for one in records for row in BULK_EDIT.ragged(one)]
    assert len({len(row) for row in aside}) > 1
    padded = [BULK_EDIT.padded(row, len(made.columns)) for row in aside]
    assert padded == [row for one in records for row in made.rows(one)]


def test_the_default_product_file_packs_categories_and_images() -> None:
    """With BigCommerce's sub-fields, joined by a bar; HTML is stripped, as the template does."""
    (row,) = _cells(PRODUCTS_DEFAULT, _product(description="<p>a &lt; b,<br/>c < d</p>"))
    assert row["Category Details"] == (
        "Category Name: Bed/Bath, Category Path: Shop/Bed/Bath|"
        "Category Name: Sale; now, Category Path: Sale; now"
    )
    assert row["Images"] == (
        "Product Image File: foo bar__1.jpg, Product Image URL: z|"
        "Product Image File: passwd, Product Image URL: "
    )
    assert row["Description"] == "a < b,c < d"
    assert (row["Date Added"], row["Product Inventoried"]) == ("03/05/2019", "Y")


@pytest.mark.parametrize(("tracking", "cell"), [("none", "N"), ("product", "Y"), (None, "")])
def test_stock_is_counted_or_not(tracking: str | None, cell: str) -> None:
    """None, by product, by option."""
    (row,) = _cells(PRODUCTS_DEFAULT, _hung(PRODUCT | {"inventory_tracking": tracking}))
    assert row["Product Inventoried"] == cell


def test_every_address_has_columns_of_its_own() -> None:
    """In the customer's order; those fetched apart stand in for the ten that it carries."""
    plain = _hung(CUSTOMER)
    apart = _hung(CUSTOMER, addresses=({"id": 1, "city": "Austin"}, {"id": 2, "city": "Boston"}))
    rows = _cells(CUSTOMERS_BULK_EDIT, plain, apart)
    cities = [(row["Address City - 1"], row["Address City - 2"]) for row in rows]
    assert cities == [("Austin", ""), ("Austin", "Boston")]
    assert (rows[0]["Email Address"], rows[0]["Customer ID"]) == ("jane@example.com", "11")


def test_the_default_order_file_says_what_the_full_one_says() -> None:
    """Cell by cell."""
    order = _hung(ORDER, channel=({"id": 1, "name": "Storefront"},))
    (short,), (full,) = _cells(ORDERS_DEFAULT, order), _cells(ORDERS, order)
    assert short == {column: full[column] for column in short}
    assert short["Channel Name"] == "Storefront"


@pytest.mark.parametrize(
    ("to", "cells"),
    [
        ({"type": "url", "url": "/new/"}, ["/new/", "", ""]),
        ({"type": "product", "entity_id": 12, "url": "/p/"}, ["", "Product", "12"]),
        ({}, ["https://shop.example/to", "", ""]),
        (None, ["https://shop.example/to", "", ""]),
    ],
)
def test_a_redirect_has_a_path_or_a_target(to: Mapping[str, Any] | None, cells: list[str]) -> None:
    """As the importer wants it: never both."""
    fields = {"id": 3, "site_id": 9, "from_path": "/old", "to": to}
    one = _hung(
        fields | {"to_url": "https://shop.example/to"},
        site=({"id": 9, "url": "https://shop.example/en"},),
    )
    (row,) = REDIRECTS.rows(one)
    assert list(row) == ["shop.example", "/old", *cells]


def test_a_redirect_of_an_unknown_site_has_no_domain() -> None:
    """A wrong one would move it to another shop front."""
    assert next(REDIRECTS.rows(_hung({"id": 3, "site_id": 9, "from_path": "/old"})))[0] == ""


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 1},
        {"id": 1, "variants": [{"option_values": [{}, 5]}], "images": [None, {}], "brand_id": "x"},
        {"id": 1, "categories": ["x", None, {}], "custom_url": [], "custom_fields": 3},
        {"id": 1, "addresses": [{}], "to": 5, "from_path": None},
    ],
)
@pytest.mark.parametrize(
    "table", [BULK_EDIT, PRODUCTS_DEFAULT, CUSTOMERS_BULK_EDIT, ORDERS_DEFAULT, REDIRECTS]
)
def test_an_odd_record_is_a_row_and_no_error(table: AnyTable, odd: Mapping[str, Any]) -> None:
    """Nulls, missing fields and shapes that were not expected."""
    assert _cells(table, _hung(odd))


def test_a_packed_cell_is_read_back_only_where_no_separator_is_in_it() -> None:
    """So the CSVs with one row a part are there; only the slash in a category is escaped."""
    sound = _hung(
        PRODUCT | {"custom_fields": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}
    )
    bad = _hung(PRODUCT | {"custom_fields": [{"name": "a", "value": "1;b=2"}]})
    told = [_cells(BULK_EDIT, one)[0]["Product Custom Fields"] for one in (sound, bad)]
    assert told == ["a=1;b=2", "a=1;b=2"]


def test_the_heading_is_that_of_the_import_template() -> None:
    """A program that reads the columns by name finds each."""
    table: Table = BULK_EDIT.sized(2)
    heading = next(csv.reader(io.StringIO(",".join(table.columns))))
    assert (len(heading), heading[:2], heading[-1]) == (
        71,
        ["Item Type", "Product ID"],
        "Product Custom Fields",
    )
