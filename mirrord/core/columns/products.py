"""products.csv: the modern (v3) product file, 50 columns.

A product's row is followed by one row for each of its variants, images and videos, which repeat
nothing of it. A simple product's only variant *is* the product and has no row. Form: TRUE/FALSE,
numeric ids, lists joined by ``;``, option types in the importer's words.
Source: columns and row kinds as several public programs write them, and BigCommerce's article
"Supported Product Fields"; the joining of lists is inferred from its older formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mirrord.core.columns import Row, Table
from mirrord.core.columns.forms import (
    capital,
    fields_of,
    joined,
    objects,
    own,
    plain,
    true_false,
)
from mirrord.core.jsontext import Json
from mirrord.core.records import Key, Record

Fields: TypeAlias = Mapping[str, Json]
Cells: TypeAlias = Mapping[str, Callable[[Fields], str]]

COLUMNS: Row = (
    "Item",
    "ID",
    "Name",
    "Type",
    "SKU",
    "Options",
    "Inventory Tracking",
    "Current Stock",
    "Low Stock",
    "Price",
    "Cost Price",
    "Retail Price",
    "Sale Price",
    "Brand ID",
    "Channels",
    "Categories",
    "Description",
    "Custom Fields",
    "Page Title",
    "Product URL",
    "Meta Description",
    "Search Keywords",
    "Meta Keywords",
    "Bin Picking Number",
    "UPC/EAN",
    "Global Trade Number",
    "Manufacturer Part Number",
    "Free Shipping",
    "Fixed Shipping Cost",
    "Weight",
    "Width",
    "Height",
    "Depth",
    "Is Visible",
    "Is Featured",
    "Warranty",
    "Tax Class",
    "Product Condition",
    "Show Product Condition",
    "Sort Order",
    "Variant Image URL",
    "Internal Image URL (Export)",
    "Image URL (Import)",
    "Image Description",
    "Image is Thumbnail",
    "Image Sort Order",
    "YouTube ID",
    "Video Title",
    "Video Description",
    "Video Sort Order",
)

NOT_FILLED = {
    "Image URL (Import)": (
        "for importing only: a URL here would make the importer add every image once more; the "
        "original bytes lie in files/product_images, and images.csv says which file is whose"
    ),
}

#: The importer's words for the API's; another type stays as the API names it.
_OPTION_TYPES = {
    "rectangles": "Rectangle",
    "radio_buttons": "Radio",
    "dropdown": "Dropdown",
    "swatch": "Swatch",
}


def custom_fields(value: Json) -> str:
    """``Name=Value;Name=Value``, not escaped, as BigCommerce's is not."""
    return ";".join(
        f"{plain(custom.get('name'))}={plain(custom.get('value'))}" for custom in objects(value)
    )


_SHARED: Cells = {  # what a product and a variant both have
    "ID": own("id"),
    "SKU": own("sku"),
    "Current Stock": own("inventory_level"),
    "Low Stock": own("inventory_warning_level"),
    "Price": own("price"),
    "Cost Price": own("cost_price"),
    "Retail Price": own("retail_price"),
    "Sale Price": own("sale_price"),
    "Bin Picking Number": own("bin_picking_number"),
    "UPC/EAN": own("upc"),
    "Global Trade Number": own("gtin"),
    "Manufacturer Part Number": own("mpn"),
    "Free Shipping": own("is_free_shipping", true_false),
    "Fixed Shipping Cost": own("fixed_cost_shipping_price"),
    "Weight": own("weight"),
    "Width": own("width"),
    "Height": own("height"),
    "Depth": own("depth"),
}

_PRODUCT: Cells = {
    **_SHARED,
    "Item": lambda _: "Product",
    "Name": own("name"),
    "Type": own("type", capital),
    "Inventory Tracking": own("inventory_tracking"),
    "Brand ID": own("brand_id"),
    "Channels": own("channels", lambda value: joined(value, ";")),
    "Categories": own("categories", lambda value: joined(value, ";")),
    "Description": own("description"),
    "Custom Fields": own("custom_fields", custom_fields),
    "Page Title": own("page_title"),
    "Product URL": own("custom_url", lambda value: plain(fields_of(value).get("url"))),
    "Meta Description": own("meta_description"),
    "Search Keywords": own("search_keywords"),
    "Meta Keywords": own("meta_keywords", lambda value: joined(value, ",")),
    "Is Visible": own("is_visible", true_false),
    "Is Featured": own("is_featured", true_false),
    "Warranty": own("warranty"),
    "Tax Class": own("tax_class_id"),
    "Product Condition": own("condition"),
    "Show Product Condition": own("is_condition_shown", true_false),
    "Sort Order": own("sort_order"),
}

_VARIANT: Cells = {
    **_SHARED,
    "Item": lambda _: "Variant",
    "Variant Image URL": own("image_url"),
}

_IMAGE: Cells = {
    "Item": lambda _: "Image",
    "ID": own("id"),
    # The panel's own export gives this derivative (at most 560 wide or so), not the original.
    "Internal Image URL (Export)": own("url_standard"),
    "Image Description": own("description"),
    "Image is Thumbnail": own("is_thumbnail", true_false),
    "Image Sort Order": own("sort_order"),
}

_VIDEO: Cells = {
    "Item": lambda _: "Video",
    "ID": own("id"),
    "YouTube ID": own("video_id"),
    "Video Title": own("title"),
    "Video Description": own("description"),
    "Video Sort Order": own("sort_order"),
}


def rows(record: Record) -> Iterator[Row]:
    """The product's row and those of its variants, images and videos, in the store's order."""
    product = record.fields
    options = {option.id: option.fields for option in record.companions.get("options", ())}
    yield _row(_PRODUCT, product)
    for variant in objects(product.get("variants")):
        chosen = objects(variant.get("option_values"))
        if chosen:
            packed = "".join(_option(value, options) for value in chosen)
            yield _row(_VARIANT, variant, packed)
    for image in objects(product.get("images")):
        yield _row(_IMAGE, image)
    for video in objects(product.get("videos")):
        yield _row(_VIDEO, video)


def _row(cells: Cells, thing: Fields, options: str = "") -> Row:
    filled = {column: cell(thing) for column, cell in cells.items()} | {"Options": options}
    return tuple(filled.get(column, "") for column in COLUMNS)


def _option(chosen: Fields, options: Mapping[Key, Fields]) -> str:
    """``Type=Swatch|Name=Color|Value=Red[#FF0000]``; without its type where that is not known."""
    number = chosen.get("option_id")
    option = options.get(number, {}) if isinstance(number, int) else {}
    kind = plain(option.get("type"))
    head = f"Type={_OPTION_TYPES.get(kind, kind)}|" if kind else ""
    value = plain(chosen.get("label")) + _swatch(chosen, option)
    return f"{head}Name={plain(chosen.get('option_display_name'))}|Value={value}"


def _swatch(chosen: Fields, option: Fields) -> str:
    """The colours (three at most) or the pattern of a swatch in brackets; nothing for others."""
    for value in objects(option.get("option_values")):
        data = fields_of(value.get("value_data"))
        shown = joined(data.get("colors"), ",") or plain(data.get("image_url"))
        if value.get("id") == chosen.get("id") and shown:
            return f"[{shown}]"
    return ""


#: Every order moves the stock; a change of the theme or of the CDN renames all derived images.
VOLATILE = frozenset({"Current Stock", "Variant Image URL", "Internal Image URL (Export)"})

PRODUCTS = Table(
    "products", COLUMNS, rows, NOT_FILLED, kind="Item", named_by="ID", volatile=VOLATILE
)
