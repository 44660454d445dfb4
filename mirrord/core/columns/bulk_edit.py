r"""products.bulk-edit.csv: the product file of the legacy (v2) Bulk Edit template.

A ``Product`` row each, followed by its ``  SKU`` rows (what is sold, by the options chosen) and
its ``  Rule`` rows (what a choice changes): see :mod:`.bulk_edit_rows`. Form: Y/N, P/D,
``Cat/Sub;Other`` with ``\/`` for a slash in a name. Names of brands and categories come from the
companions ``brand`` and ``categories``; a number stands where a name is not known.
Source: BigCommerce's own import template.
Not readable back with certainty: names that hold ``;`` ``=`` ``,`` or ``:``, which are not escaped,
as BigCommerce's are not. custom_fields.csv, product_variants.csv and the others hold them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from mirrord.core.columns import NotFilled, Row, Wide
from mirrord.core.columns.bulk_edit_rows import below
from mirrord.core.columns.categories import escaped, paths
from mirrord.core.columns.flat import Fields, of
from mirrord.core.columns.forms import joined, objects, own, plain, yes_no
from mirrord.core.columns.products import custom_fields
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

Cells: TypeAlias = Mapping[str, Callable[[Record], str] | NotFilled]

#: More groups than these make a heading that no spreadsheet shows; images.csv has all images.
MOST_IMAGES = 100

_OLD = NotFilled("of the old catalogue; no API gives it")
NOT_STORED = NotFilled("an order given with a new URL; the store does not keep it")
_FEED = NotFilled("of the old Google Product Search feed; no API gives it")


def one_of(words: Mapping[str, str]) -> Callable[[Json], str]:
    """A form that puts the template's word for the API's; another word stays."""
    return lambda value: words.get(plain(value), plain(value))


def brand(record: Record) -> str:
    """The brand's name; its number where the brand is not known; 0 is none."""
    for one in record.companions.get("brand", ()):
        return plain(one.fields.get("name"))
    number = record.fields.get("brand_id")
    return plain(number) if number else ""


def _category(record: Record) -> str:
    return ";".join(map(escaped, paths(record)))


kind = one_of({"physical": "P", "digital": "D"})
allowed = one_of({"available": "Y", "preorder": "Y", "disabled": "N"})

_HEAD: Cells = {
    "Item Type": lambda _: "Product",
    "Product ID": of("id"),
    "Product Name": of("name"),
    "Product Type": of("type", kind),
    "Product Code/SKU": of("sku"),
    "Bin Picking Number": of("bin_picking_number"),
    "Brand Name": brand,
    "Option Set": of("option_set_display"),
    "Option Set Align": _OLD,
    "Product Description": of("description"),
    "Price": of("price"),
    "Cost Price": of("cost_price"),
    "Retail Price": of("retail_price"),
    "Sale Price": of("sale_price"),
    "Fixed Shipping Cost": of("fixed_cost_shipping_price"),
    "Free Shipping": of("is_free_shipping", yes_no),
    "Product Warranty": of("warranty"),
    "Product Weight": of("weight"),
    "Product Width": of("width"),
    "Product Height": of("height"),
    "Product Depth": of("depth"),
    "Allow Purchases?": of("availability", allowed),
    "Product Visible?": of("is_visible", yes_no),
    "Product Availability": of("availability_description"),
    "Track Inventory": of(
        "inventory_tracking", one_of({"product": "by product", "variant": "by option"})
    ),
    "Current Stock Level": of("inventory_level"),
    "Low Stock Level": of("inventory_warning_level"),
    "Category": _category,
}

_IMAGE: Mapping[str, Callable[[Fields], str]] = {
    "Product Image ID": own("id"),
    "Product Image File": own("image_file"),
    "Product Image Description": own("description"),
    "Product Image Is Thumbnail": own("is_thumbnail", yes_no),
    "Product Image Sort": own("sort_order"),
}

_TAIL: Cells = {
    "Search Keywords": of("search_keywords"),
    "Page Title": of("page_title"),
    "Meta Keywords": of("meta_keywords", lambda value: joined(value, ",")),
    "Meta Description": of("meta_description"),
    "MYOB Asset Acct": _OLD,
    "MYOB Income Acct": _OLD,
    "MYOB Expense Acct": _OLD,
    "Product Condition": of("condition"),
    "Show Product Condition?": of("is_condition_shown", yes_no),
    "Event Date Required?": _OLD,
    "Event Date Name": _OLD,
    "Event Date Is Limited?": _OLD,
    "Event Date Start Date": _OLD,
    "Event Date End Date": _OLD,
    "Sort Order": of("sort_order"),
    "Product Tax Class": of("tax_class_id"),
    "Product UPC/EAN": of("upc"),
    "Stop Processing Rules": lambda _: "",  # of rules only
    "Product URL": of("custom_url.url"),
    "Redirect Old URL?": NOT_STORED,
    "GPS Global Trade Item Number": of("gtin"),
    "GPS Manufacturer Part Number": of("mpn"),
    **dict.fromkeys(
        (
            "GPS Gender",
            "GPS Age Group",
            "GPS Color",
            "GPS Size",
            "GPS Material",
            "GPS Pattern",
            "GPS Item Group ID",
            "GPS Category",
            "GPS Enabled",
        ),
        _FEED,
    ),
    "Tax Provider Tax Code": of("product_tax_code"),
    "Product Custom Fields": of("custom_fields", custom_fields),
}


def _wanted(record: Record) -> int:
    return len(objects(record.fields.get("images")))


def _ragged(record: Record) -> Iterator[Row]:
    images = objects(record.fields.get("images"))[:MOST_IMAGES]
    told = chain.from_iterable([cell(one) for cell in _IMAGE.values()] for one in images)
    yield (*_filled(_HEAD, record), *told, *_filled(_TAIL, record))
    group = tuple(f"{name} - 1" for name in _IMAGE)
    for row in below(record):
        yield tuple(row.get(column, "") for column in (*_HEAD, *group, *_TAIL))


def _filled(cells: Cells, record: Record) -> list[str]:
    return ["" if isinstance(cell, NotFilled) else cell(record) for cell in cells.values()]


BULK_EDIT = Wide(
    "products.bulk-edit",
    tuple(_HEAD),
    tuple(_IMAGE),
    tuple(_TAIL),
    MOST_IMAGES,
    _ragged,
    _wanted,
    f"a product has {{}} images, {MOST_IMAGES} have columns; images.csv has all",
    {name: cell.reason for name, cell in {**_HEAD, **_TAIL}.items() if isinstance(cell, NotFilled)},
)
