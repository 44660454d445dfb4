"""products.default.csv: the product file of the legacy (v2) Default template, 35 columns.

One row a product; its categories and its images are packed into one cell each. HTML is stripped
from the description, since the template does so; the other files have it whole. Dates are
mm/dd/yyyy in UTC as in all our files, whatever form the shop's own template is set to.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping

from mirrord.core.columns import NotFilled, one_row_each
from mirrord.core.columns.bulk_edit import NOT_STORED, allowed, brand, kind
from mirrord.core.columns.categories import paths
from mirrord.core.columns.flat import of
from mirrord.core.columns.forms import date, joined, objects, packed, plain, yes_no
from mirrord.core.columns.products import custom_fields
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

_TAG = re.compile(r"<[a-zA-Z/!?][^>]*>")


def _text(value: Json) -> str:
    """The text without its tags; ``a < b`` is no tag."""
    return html.unescape(_TAG.sub("", plain(value)))


def _categories(record: Record) -> str:
    """``Category Name: Hair, Category Path: Shop/Hair``, joined by a bar."""
    return "|".join(
        packed((("Category Name", path[-1]), ("Category Path", "/".join(path))))
        for path in paths(record)
    )


def _images(record: Record) -> str:
    """The file's name, and where the store shows it."""
    return "|".join(
        packed(
            (
                ("Product Image File", plain(one.get("image_file")).rpartition("/")[2]),
                ("Product Image URL", plain(one.get("url_zoom"))),
            )
        )
        for one in objects(record.fields.get("images"))
    )


def _inventoried(value: Json) -> str:
    return {"none": "N", "": ""}.get(plain(value), "Y")


CELLS: Mapping[str, Callable[[Record], str] | NotFilled] = {
    "Product ID": of("id"),
    "Product Type": of("type", kind),
    "Code": of("sku"),
    "Name": of("name"),
    "Brand": brand,
    "Description": of("description", _text),
    "Cost Price": of("cost_price"),
    "Retail Price": of("retail_price"),
    "Sale Price": of("sale_price"),
    "Calculated Price": of("calculated_price"),
    "Fixed Shipping Price": of("fixed_cost_shipping_price"),
    "Free Shipping": of("is_free_shipping", yes_no),
    "Warranty": of("warranty"),
    "Weight": of("weight"),
    "Width": of("width"),
    "Height": of("height"),
    "Depth": of("depth"),
    "Allow Purchases": of("availability", allowed),
    "Product Visible": of("is_visible", yes_no),
    "Product Availability": of("availability_description"),
    "Product Inventoried": of("inventory_tracking", _inventoried),
    "Stock Level": of("inventory_level"),
    "Low Stock Level": of("inventory_warning_level"),
    "Date Added": of("date_created", date),
    "Date Modified": of("date_modified", date),
    "Category Details": _categories,
    "Images": _images,
    "Page Title": of("page_title"),
    "META Keywords": of("meta_keywords", lambda value: joined(value, ",")),
    "META Description": of("meta_description"),
    "Product Condition": of("condition"),
    "Product URL": of("custom_url.url"),
    "Redirect Old URL?": NOT_STORED,
    "Product Tax Code": of("product_tax_code"),
    "Product Custom Fields": of("custom_fields", custom_fields),
}

PRODUCTS_DEFAULT = one_row_each("products.default", CELLS, lambda record: record)
