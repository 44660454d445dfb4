"""images.csv: which file of the tree is which product's image.

Our own companion, since the product file names only resized copies: one row an image, with the
path of its original below files/ and in MANIFEST.csv. A name that could lead out of the tree
gives no path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mirrord.core.columns import Row, Table
from mirrord.core.columns.forms import objects, own, plain, true_false
from mirrord.core.entry import TreePath
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

Image: TypeAlias = Mapping[str, Json]

_CELLS: Mapping[str, Callable[[Image], str]] = {
    "Image ID": own("id"),
    "Image File": own("image_file"),
    "Store Path": lambda image: _store_path(plain(image.get("image_file"))),
    "Image Description": own("description"),
    "Image is Thumbnail": own("is_thumbnail", true_false),
    "Image Sort Order": own("sort_order"),
    "Date Modified": own("date_modified"),
    "URL Zoom": own("url_zoom"),
    "URL Standard": own("url_standard"),
    "URL Thumbnail": own("url_thumbnail"),
    "URL Tiny": own("url_tiny"),
}


def rows(record: Record) -> Iterator[Row]:
    """One row for each image of a product, in the store's order."""
    product = (plain(record.id), plain(record.fields.get("sku")))
    for image in objects(record.fields.get("images")):
        yield product + tuple(cell(image) for cell in _CELLS.values())


def _store_path(image_file: str) -> str:
    """``a/521/foo__1.jpg`` lies at ``product_images/a/521/foo__1.jpg`` (canonical form)."""
    if not image_file:
        return ""
    try:
        return TreePath.of(("product_images", *image_file.split("/")))
    except ValueError:  # also a lone surrogate, which no file name of the tree can be
        return ""


#: A change of the theme or of the CDN renames all derived images at once.
VOLATILE = frozenset({"Date Modified", "URL Zoom", "URL Standard", "URL Thumbnail", "URL Tiny"})

IMAGES = Table(
    "images",
    ("Product ID", "Product SKU", *_CELLS),
    rows,
    named_by="Image ID",
    volatile=VOLATILE,
)
