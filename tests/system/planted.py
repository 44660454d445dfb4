"""People planted into the sample store, their data unlike any other; and where they turn up.

A mark is a piece of text that occurs nowhere by chance. What holds it is told by a walk that looks
into packed files as well.
"""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from mirrord.demo.store import SampleStore

#: Fields of records that tell of a person, wherever they stand, and what kind of text each takes.
# fmt: off
_KINDS = {
    "email": "mail", "to_email": "mail", "from_email": "mail",
    "first_name": "name", "last_name": "name", "to_name": "name", "from_name": "name",
    "company": "name", "phone": "phone",
    "address1": "street", "address2": "street", "street_1": "street", "street_2": "street",
    "notes": "words", "staff_notes": "words", "customer_message": "words", "message": "words",
    "subject": "words", "comments": "words", "summary": "words", "attribute_value": "words",
    "gift_message": "words", "tracking_number": "words",
}
# fmt: on
#: Lists in which more than that is a person's: the name of a wishlist, the value of a field.
_WHOLE = {
    "wishlists": ("name",),
    "coupons": ("name", "code"),
    "customer_metafields": ("value", "description"),
    "order_metafields": ("value", "description"),
}
_LISTS = (
    "subscribers",
    "gift_certificates",
    "system_logs",
    "abandoned_cart_emails",
    "email_templates",
    "refunds",
    *_WHOLE,
)


@dataclass
class Marks:
    """The marks that were made, and for each where it was planted."""

    planted: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1_000))

    def new(self, kind: str, where: str) -> str:
        """A text of that kind with a mark in it."""
        number = next(self._numbers)
        mark = f"+4477009{number}0" if kind == "phone" else f"Qzx{kind}{number}"
        self.planted[mark.lower()] = where
        return {
            "mail": f"{mark}@example.com",
            "street": f"{number % 90} {mark} Street",
            "words": f"Call {mark}, please",
        }.get(kind, mark)

    def found(self, told: bytes) -> set[str]:
        """Where the marks that a text holds were planted."""
        hits = re.findall(rb"qzx[a-z]+\d{4}|\+4477009\d{5}", told.lower())
        return {self.planted[hit.decode()] for hit in hits}


def plant(store: SampleStore) -> Marks:
    """Make all that the store tells of people unlike anything else; nothing is mirrored yet."""
    marks = Marks()
    for customer in store.customers.values():
        _mark(customer, "customers", marks)
    for order in store.orders.values():
        for part in ("head", "products", "addresses", "shipments", "messages", "coupons"):
            _mark(getattr(order, part), f"orders, {part}", marks)
    for name in _LISTS:
        for record in store.shop.lists[name].values():
            _mark(record, name, marks, _WHOLE.get(name, ()))
    exports = store.folder / "exports"
    for room in ("exports", "import_files"):
        for kind in ("mail", "name", "phone"):
            where = f"the name of a file in {room}/"
            file = store.folder / room / f"{marks.new(kind, where)}.csv"
            file.write_text(f"Email\r\n{marks.new('mail', f'a file in {room}/')}\r\n")
    deep = exports / marks.new("name", "the name of a folder in exports/")
    deep.mkdir()
    (deep / "orders.csv").write_text(marks.new("street", "a file in exports/"))
    return marks


def _mark(told: Any, where: str, marks: Marks, more: tuple[str, ...] = ()) -> None:
    if isinstance(told, list):
        for one in told:
            _mark(one, where, marks, more)
        return
    if not isinstance(told, dict):
        return
    for name, value in told.items():
        if name == "form_fields" and value:
            for one in value:
                if isinstance(one.get("value"), str):
                    one["value"] = marks.new("words", f"{where}: form field")
        elif isinstance(value, str):
            kind = "name" if name in more else _KINDS.get(name)
            if kind:
                told[name] = marks.new(kind, f"{where}: {name}")
        else:
            _mark(value, where, marks, more)


def texts(file: Path) -> Iterator[bytes]:
    """What a file says: its path, its bytes, and what is packed in it."""
    yield str(file).encode("utf-8", "surrogateescape")
    body = file.read_bytes()
    yield body
    if body[:2] == b"\x1f\x8b":
        yield _gunzipped(body)
    if body[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as packed:
                yield from (packed.read(name) for name in packed.namelist())
        except zipfile.BadZipFile:
            return


def _gunzipped(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError):
        return zlib.decompressobj(wbits=31).decompress(body)
