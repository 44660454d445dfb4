"""The sample store's files, as BigCommerce keeps them behind WebDAV.

Top folders after BigCommerce's own table of them. The same seed gives the same bytes and the same
times of modification; images are drawn here, none is shipped.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

from mirrord.demo.pictures import draw
from mirrord.demo.shapes import LATEST, Record

EMPTY_FOLDERS = ("content/empty folder", "product_images/import", "mobile_template")
NAMES = (
    "price list 2026.pdf",
    "100% cotton.txt",
    "a+b.txt",
    "issue #5.txt",
    "what?.txt",
    "semi;colon&amp.txt",
    "naïve café.txt",
    "nai\u0308ve decomposed.txt",
    "日本語 ガイド.txt",
    "%2F is no slash.txt",
    ".htaccess-old",
    "UPPER.TXT",
    "upper.txt",
    "quote'and\"quote.txt",
    "[brackets] {braces}.txt",
    "ends with a dot.",
)
"""File names that careless clients break; every one is put into ``content/names/``."""


def write_tree(
    folder: Path, seed: int, products: Iterable[Record], customers: Iterable[Record]
) -> None:
    """Write the whole tree below ``folder``, which is made where it is missing."""
    rng = Random(f"{seed} tree")
    products = list(products)
    for path, content in _files(rng, products, list(customers)):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for name in EMPTY_FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _set_times(folder, rng)


def _files(
    rng: Random, products: list[Record], customers: list[Record]
) -> Iterator[tuple[str, bytes]]:
    for product in products:
        for image in product["images"]:
            path = f"product_images/{image['image_file']}"
            yield path, draw(path, product["name"], 320, 240)
    for n in range(6):
        name = f"product_images/uploaded_images/banner {n}.{('jpg', 'png')[n % 2]}"
        yield name, draw(name, f"Banner {n}", 600, 200)
    swatch = "product_images/attribute_rule_images/2_source_1534344511.png"
    yield swatch, draw(swatch, "", 24, 24)
    yield from _content(rng)
    yield from _theme()
    yield "product_downloads/m/481/Care guide, 2nd edition__00481.pdf", _pdf("Care guide", rng)
    yield "product_downloads/x/007/pattern__00007.zip", b"PK\x05\x06" + bytes(18)
    yield "import_files/products-import.csv", _csv(("Item", "ID"), [("Product", "")])
    yield "exports/products-2026-11-20.csv", _products_csv(products)
    yield "exports/customers-2026-11-20.csv", _customers_csv(customers)


def _content(rng: Random) -> Iterator[tuple[str, bytes]]:
    for name in NAMES:
        body = _pdf(name, rng) if name.endswith(".pdf") else f"{name}\n".encode()
        yield f"content/names/{name}", body
    yield "content/styles/shop.css", b"body { font-family: serif; }\n"
    yield "content/scripts/shop.js", b"console.log('sample store');\n"
    yield "content/fonts/sample.woff2", b"wOF2" + rng.randbytes(20_000)
    yield "content/google1234567890abcdef.html", b"google-site-verification\n"
    yield "content/empty.txt", b""
    yield "content/catalogue.pdf", _pdf("Catalogue", rng, pages=400_000)
    yield f"content/deep/{'/'.join(f'level {n}' for n in range(12))}/end.txt", b"bottom\n"
    yield f"content/long/{'n' * 251}.txt", b"255 bytes of name\n"


def _theme() -> Iterator[tuple[str, bytes]]:
    yield "template/invoice.html", b"<html><body>%%GLOBAL_InvoiceTitle%%</body></html>\n"
    yield "template/packing_slip_print.html", b"<html><body>Packing slip</body></html>\r\n"
    yield "template/Panels/HeaderLogo.html", b"<h1>%%GLOBAL_HeaderLogo%%</h1>\n"


def _pdf(title: str, rng: Random, pages: int = 2_000) -> bytes:
    """Bytes that begin and end as a PDF does; ``pages`` is the size of what is between."""
    return b"%PDF-1.4\n% " + title.encode() + b"\n" + rng.randbytes(pages) + b"\n%%EOF\n"


def _products_csv(products: list[Record]) -> bytes:
    rows = (
        ("Product", row["id"], row["name"], row["sku"], row["price"], row["description"])
        for row in products
    )
    return _csv(("Item", "ID", "Name", "SKU", "Price", "Description"), rows)


def _customers_csv(customers: list[Record]) -> bytes:
    rows = ((row["id"], row["first_name"], row["last_name"], row["email"]) for row in customers)
    return _csv(("Customer ID", "First Name", "Last Name", "Email"), rows)


def _csv(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def _set_times(folder: Path, rng: Random) -> None:
    """Deepest first, since making a file touches its folder."""
    for path in sorted(folder.rglob("*"), key=lambda path: (-len(path.parts), str(path))):
        moment = (LATEST - timedelta(seconds=rng.randrange(90_000_000))).timestamp()
        os.utime(path, (moment, moment))
    os.utime(folder, (LATEST.timestamp(), LATEST.timestamp()))
