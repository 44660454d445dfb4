"""Every column of every table: named right, filled or explained, faithful."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from mirrord.core.columns.customers import CUSTOMERS
from mirrord.core.columns.images import IMAGES
from mirrord.core.columns.orders import ORDERS
from mirrord.core.columns.products import PRODUCTS
from mirrord.core.records import Record
from tests.fakes_records import record

TABLES = {"products": (PRODUCTS, IMAGES), "customers": (CUSTOMERS,), "orders": (ORDERS,)}

PRODUCT = {
    "id": 77,
    "name": '=SUM(A1) "quoted", 日本\r\nsecond line',
    "type": "physical",
    "sku": "00123",
    "inventory_tracking": "variant",
    "inventory_level": 4,
    "inventory_warning_level": 0,
    "price": 10.5,
    "cost_price": None,
    "retail_price": 12,
    "sale_price": 9,
    "brand_id": 35,
    "channels": [1, 664],
    "categories": [23, 24],
    "description": "<p>a, b</p>",
    "custom_fields": [{"name": "ISBN", "value": "0123"}, {"name": "Kind", "value": "x"}],
    "page_title": "Title",
    "custom_url": {"url": "/towel/"},
    "meta_description": "Meta",
    "search_keywords": "towel, linen",
    "meta_keywords": ["a", "b"],
    "bin_picking_number": "B7",
    "upc": "000000000001",
    "gtin": "G",
    "mpn": "M",
    "is_free_shipping": False,
    "fixed_cost_shipping_price": 0,
    "weight": 1.5,
    "width": 1,
    "height": 2,
    "depth": 3,
    "is_visible": True,
    "is_featured": False,
    "warranty": "None",
    "tax_class_id": 0,
    "condition": "New",
    "is_condition_shown": True,
    "sort_order": 0,
    "variants": [
        {
            "id": 7701,
            "sku": "S-L",
            "price": None,
            "cost_price": 3,
            "image_url": "https://x/v.jpg",
            "option_values": [
                {"id": 1, "option_id": 55, "option_display_name": "Size", "label": "L"},
                {"id": 9, "option_id": 56, "option_display_name": "Color", "label": "Red"},
                {"id": 3, "option_id": 99, "option_display_name": "Lost", "label": "?"},
            ],
        },
        {"id": 7702, "sku": "BASE", "option_values": []},
    ],
    "images": [
        {
            "id": 200,
            "image_file": "a/521/foo bar__1.jpg",
            "url_standard": "https://cdn/photo.386.513.jpg",
            "url_zoom": "z",
            "url_thumbnail": "t",
            "url_tiny": "y",
            "description": "front",
            "is_thumbnail": True,
            "sort_order": 0,
            "date_modified": "2026-01-01T00:00:00+00:00",
        },
        {"id": 201, "image_file": "../../etc/passwd", "is_thumbnail": False, "sort_order": 1},
    ],
    "videos": [{"id": 3, "video_id": "z3fR", "title": "How", "description": "d", "sort_order": 1}],
}
OPTIONS = (
    {"id": 55, "type": "rectangles", "option_values": []},
    {
        "id": 56,
        "type": "swatch",
        "option_values": [{"id": 9, "value_data": {"colors": ["#FF0000"]}}],
    },
)
CUSTOMER = {
    "id": 11,
    "first_name": "Jane",
    "last_name": "Doe",
    "company": "Acme, Ltd",
    "email": "jane@example.com",
    "phone": "00123",
    "notes": "-1+1",
    "store_credit_amounts": [{"amount": 43.10}],
    "customer_group_id": 2,
    "date_created": "2019-03-05T21:40:11Z",
    "addresses": [{"first_name": "Jane", "city": "Austin"}],
    "accepts_product_review_abandoned_cart_emails": True,
    "tax_exempt_category": "00",
}
ADDRESS = {
    "first_name": "Jane",
    "last_name": "Doe",
    "company": "",
    "street_1": "555 East Street",
    "street_2": "Unit 4",
    "city": "Austin",
    "state": "Texas",
    "zip": "78108",
    "country": "United States",
    "phone": "123",
    "email": "jane@example.com",
}
LINES = [
    {
        "id": 66,
        "product_id": 0,
        "quantity": 2,
        "sku": "",
        "name": "By hand",
        "weight": "0.2500",
        "base_price": "2.4900",
        "base_total": "4.9800",
        "applied_discounts": [
            {"code": "SUMMER", "amount": "1.5000"},
            {"code": None, "amount": "9"},
        ],
    },
    {
        "id": 65,
        "product_id": 77,
        "quantity": 1,
        "sku": "S-ORAN",
        "name": "Towel",
        "weight": "1.0000",
        "base_price": "55.9900",
        "base_total": "55.9900",
        "product_options": [
            {"display_name": "Size", "display_value": "S"},
            {"display_name": "Color", "display_value": "Red"},
        ],
        "applied_discounts": [{"code": "SUMMER", "amount": "0.5000"}],
    },
]
ORDER = {
    "id": 218,
    "status": "Awaiting Payment",
    "custom_status": "Wartet",
    "status_id": 7,
    "date_created": "Tue, 05 Mar 2019 21:40:11 +0000",
    "date_shipped": "Wed, 06 Mar 2019 01:00:00 +0000",
    **{
        f"{cost}_{tax}_tax": "12.0000"
        for cost in ("subtotal", "shipping_cost", "handling_cost", "total")
        for tax in ("inc", "ex")
    },
    "total_tax": "5.3100",
    "refunded_amount": "0.0000",
    "customer_id": 11,
    "payment_method": "Cash",
    "payment_provider_id": "TX-1",
    "store_credit_amount": "1.0000",
    "gift_certificate_amount": "2.0000",
    "items_total": 3,
    "items_shipped": 1,
    "currency_code": "USD",
    "currency_exchange_rate": "1.0000000000",
    "staff_notes": "note",
    "customer_message": "thanks",
    "channel_id": 1,
    "order_source": "www",
    "billing_address": ADDRESS | {"company": "Bill & Co"},
    "consignments": {
        "shipping": [
            ADDRESS | {"company": "Ship & Co", "shipping_method": "UPS", "line_items": LINES}
        ],
        "pickups": [],
        "downloads": [],
        "email": {"gift_certificates": []},
    },
}


def _records(*texts: Mapping[str, object]) -> tuple[Record, ...]:
    return tuple(record(json.dumps(text)) for text in texts)


def _one(name: str) -> Record:
    if name == "products":
        (product,) = _records(PRODUCT)
        return Record(77, product.text, product.fields, {"options": _records(*OPTIONS)})
    if name == "customers":
        (customer,) = _records(CUSTOMER)
        group = _records({"id": 2, "name": "Wholesale, EU"})
        return Record(11, customer.text, customer.fields, {"group": group})
    (order,) = _records(ORDER)
    channel = _records({"id": 1, "name": "Storefront, EU"})
    return Record(218, order.text, order.fields, {"channel": channel})


def _cells(name: str, table: int = 0) -> list[dict[str, str]]:
    chosen = TABLES[name][table]
    return [dict(zip(chosen.columns, row, strict=True)) for row in chosen.rows(_one(name))]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_filled_or_says_why_not(name: str) -> None:
    """Never silently empty, and never filled where a reason says that it is empty."""
    unexplained = {
        table.name: set(table.columns)
        - {
            column
            for row in table.rows(_one(name))
            for column, cell in zip(table.columns, row, strict=True)
            if cell
        }
        ^ set(table.not_filled)
        for table in TABLES[name]
    }
    assert unexplained == {table.name: set() for table in TABLES[name]}


def test_the_columns_are_bigcommerces_own_in_their_order() -> None:
    """50 in a v3 product file, 13 in the default customer file, 71 with every order field.

    The digests were taken of the headings as BigCommerce's files have them, joined by commas.
    """
    tables = [table for group in TABLES.values() for table in group]
    headings = {
        table.name: (len(table.columns), sha256(",".join(table.columns).encode()).hexdigest()[:16])
        for table in tables
        if table.name != "images"
    }
    assert headings == {
        "products": (50, "8d2d2bb825eba669"),
        "customers": (13, "934f7d00f7ffd3d1"),
        "orders": (71, "cc9e8f344067d21c"),
    }


def test_orders_begin_with_the_columns_of_a_real_export() -> None:
    """Its heading, kept among the samples of BigCommerce's own files."""
    text = (Path(__file__).parent / "orders_default_heading.csv").read_text(encoding="utf-8")
    real = text.strip().split(",")
    assert set(real) <= set(TABLES["orders"][0].columns)


def test_child_rows_follow_their_product_and_repeat_nothing() -> None:
    """A variant, its images, its video; the base variant is the product itself."""
    rows = [(row["Item"], row["ID"], row["Name"] != "") for row in _cells("products")]
    assert rows == [
        ("Product", "77", True),
        ("Variant", "7701", False),
        ("Image", "200", False),
        ("Image", "201", False),
        ("Video", "3", False),
    ]


def test_options_are_packed_with_their_type() -> None:
    """Chunks follow each other without a separator; a type that is not known is left out."""
    assert _cells("products")[1]["Options"] == (
        "Type=Rectangle|Name=Size|Value=LType=Swatch|Name=Color|Value=Red[#FF0000]Name=Lost|Value=?"
    )


def test_a_products_text_is_not_touched() -> None:
    """Formulas, quotes, line breaks, leading zeros, HTML."""
    row = _cells("products")[0]
    kept = (row["Name"], row["SKU"], row["Description"], row["Cost Price"], row["UPC/EAN"])
    expected = (PRODUCT["name"], "00123", "<p>a, b</p>", "", "000000000001")
    assert kept == expected


def test_lists_are_packed_into_cells() -> None:
    """Ids and custom fields by semicolon, keywords by comma."""
    row = _cells("products")[0]
    packed = [row[name] for name in ("Channels", "Categories", "Custom Fields", "Meta Keywords")]
    assert packed == ["1;664", "23;24", "ISBN=0123;Kind=x", "a,b"]


def test_an_image_leads_to_its_file_and_never_out_of_the_tree() -> None:
    """The store path is that of MANIFEST.csv; a hostile name has none but keeps its text."""
    paths = [(row["Image File"], row["Store Path"]) for row in _cells("products", table=1)]
    assert paths == [
        ("a/521/foo bar__1.jpg", "product_images/a/521/foo bar__1.jpg"),
        ("../../etc/passwd", ""),
    ]


def test_a_customers_addresses_share_one_cell() -> None:
    """Packed with the sub-fields of the panel's export."""
    assert _cells("customers")[0]["Addresses"] == (
        "Address First Name: Jane, Address Last Name: , Address Company: , Address Line 1: , "
        "Address Line 2: , City: Austin, State: , Zip: , Country: , Address Phone: "
    )


def test_addresses_fetched_apart_stand_in_for_the_ten_that_a_customer_carries() -> None:
    """All of them, joined by a bar."""
    customer = _one("customers")
    apart = _records({"id": 1, "city": "Austin"}, {"id": 2, "city": "Boston"})
    whole = Record(11, customer.text, customer.fields, {"addresses": apart})
    (row,) = TABLES["customers"][0].rows(whole)
    assert [part.split("City: ")[1].split(",")[0] for part in row[10].split("|")] == [
        "Austin",
        "Boston",
    ]


@pytest.mark.parametrize(("number", "cell"), [(0, ""), (7, "7")])
def test_a_group_that_is_not_known_shows_its_number(number: int, cell: str) -> None:
    """0 is no group; a number is better than nothing."""
    (customer,) = _records(CUSTOMER | {"customer_group_id": number})
    (row,) = TABLES["customers"][0].rows(customer)
    assert row[8] == cell


def test_an_orders_lines_share_one_cell_in_their_own_order() -> None:
    """By ascending line id, with the options that were chosen."""
    assert _cells("orders")[0]["Product Details"] == (
        "Product ID: 77, Product Qty: 1, Product SKU: S-ORAN, Product Name: Towel, "
        "Product Weight: 1.0000, Product Variation Details: Size: S, Color: Red, "
        "Product Unit Price: 55.99, Product Total Price: 55.99|"
        "Product ID: 0, Product Qty: 2, Product SKU: , Product Name: By hand, "
        "Product Weight: 0.2500, Product Variation Details: , "
        "Product Unit Price: 2.49, Product Total Price: 4.98"
    )


def test_what_is_summed_over_lines_is_exact() -> None:
    """Weight by quantity, products by id, coupons by code."""
    row = _cells("orders")[0]
    names = ("Combined Product Weight", "# Unique Products in Order", "Coupon Details")
    sums = [row[name] for name in names]
    assert sums == ["1.5000", "2", "Coupon Code: SUMMER, Coupon Value: 2.00"]


def test_an_order_tells_date_and_time_apart() -> None:
    """In UTC."""
    row = _cells("orders")[0]
    moments = [row[name] for name in ("Order Date", "Order Time", "Date Shipped")]
    assert moments == ["03/05/2019", "21:40:11", "03/06/2019"]


@pytest.mark.parametrize("name", TABLES)
def test_a_record_of_nothing_but_an_id_is_a_row_and_no_error(name: str) -> None:
    """Nulls, missing fields and shapes that were not expected give empty cells."""
    oddities = [
        {"id": 1},
        {"id": 1, "variants": 7, "images": [None, 3], "videos": {}, "custom_url": []},
        {"id": 1, "addresses": "x", "store_credit_amounts": None, "customer_group_id": []},
        {"id": 1, "consignments": [], "billing_address": "", "items_total": "many"},
        {"id": 1, "consignments": {"shipping": [{"line_items": [{"id": None}, 5]}]}},
    ]
    tables = TABLES[name]
    rows = [row for odd in _records(*oddities) for table in tables for row in table.rows(odd)]
    assert len(rows) >= len(oddities)
