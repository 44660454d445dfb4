"""Which export a file is, by its heading alone: surely one of BigCommerce's, or unknown."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.headings import Recognised, Sheet, classify, recognise
from mirrord.core.headingtable import FORMS, Form

BUILT_IN = [(form.kind, form.template) for form in FORMS]
SEPARATORS = st.sampled_from([",", ";", "\t"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])


def numbered(form: Form, groups: int) -> tuple[str, ...]:
    """A template's heading with so many files, images and addresses."""
    single = [name for name in form.columns if not name.endswith(" - N")]
    many = [name for name in form.columns if name.endswith(" - N")]
    at = next((i for i, name in enumerate(form.columns) if name.endswith(" - N")), 0)
    groups_ = [name[:-1] + str(n) for n in range(1, groups + 1) for name in many]
    return (*single[:at], *groups_, *single[at:])


def text_of(*rows: tuple[str, ...], separator: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def seen(body: bytes) -> tuple[str, str] | None:
    sheet = recognise(body, whole=True)
    return sheet and (sheet.what.kind, sheet.what.words())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.kind} {form.template}")
@pytest.mark.parametrize("groups", [0, 1, 8])
def test_every_built_in_heading_is_told(form: Form, groups: int) -> None:
    """With however many files, images and addresses the shop has."""
    told = classify(numbered(form, groups))
    assert told == Recognised(form.kind, form.template, exact=True)


def test_the_real_heading_of_an_orders_export_is_told() -> None:
    """As somebody pasted it from a file of the control panel."""
    heading = Path(__file__).parent / "columns/orders_default_heading.csv"
    assert seen(heading.read_bytes()) == ("orders", "default")


@given(st.sampled_from(FORMS), st.randoms(use_true_random=False), st.data())
def test_a_choice_of_columns_in_any_order_is_a_custom_template(
    form: Form, dice: object, data: st.DataObject
) -> None:
    """As long as the columns are there that name a row, and no other kind could be meant."""
    identity = data.draw(st.sampled_from(form.identity))
    rest = [name for name in numbered(form, 2) if name not in identity]
    some = data.draw(st.lists(st.sampled_from(rest), unique=True, min_size=1)) if rest else []
    columns = data.draw(st.permutations([*sorted(identity), *some]))
    told = classify(tuple(columns))
    assert told is not None
    assert (told.kind, told.unknown) == (form.kind, ())


@given(st.sampled_from(FORMS), SEPARATORS, ENCODINGS)
def test_the_same_heading_is_told_however_it_is_written(
    form: Form, separator: str, encoding: str
) -> None:
    """By a spreadsheet's semicolon, by tabs, in UTF-8 or UTF-16, with a mark or without."""
    columns = numbered(form, 1)
    row = tuple("x" for _ in columns)
    body = text_of(columns, row, separator=separator).encode(encoding)
    sheet = recognise(body, whole=True)
    assert isinstance(sheet, Sheet)
    assert (sheet.columns, sheet.separator) == (columns, separator)
    assert (sheet.what.kind, sheet.what.template) == (form.kind, form.template)
    assert body.decode(sheet.encoding).lstrip("\ufeff") == text_of(
        columns, row, separator=separator
    )


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_at_all_raise(body: bytes, whole: bool) -> None:
    """And none of these are an export."""
    assert recognise(body, whole=whole) is None


def test_headings_that_stand_twice_are_told_by_their_places() -> None:
    """A real custom template has two columns of one name, and their cells differ."""
    columns = ("Product ID", "Product Name", *_IMAGE)
    told = classify(columns)
    assert told is not None
    assert told.words() == "custom (v2 bulk edit)"
    assert told.repeated == {"Product Image File - 1": (3, 6)}


_IMAGE = (
    "Product Image File - 1",
    "Product Image URL - 1",
    "Product Image ID - 1",
    "Product Image File - 1",
    "Product Image Description - 1",
    "Product Image Sort - 1",
)


def test_columns_of_the_shops_own_are_named() -> None:
    """Form fields of customers follow the built-in columns."""
    customers = next(form for form in FORMS if form.kind == "customers")
    told = classify((*customers.columns, "Birthday"))
    assert told == Recognised("customers", "default", exact=False, unknown=("Birthday",))


@pytest.mark.parametrize(
    "columns",
    [
        ("name", "sku", "description", "price", "retail_price", "is_visible"),
        ("Tracking Carrier - Company Name", "Tracking Carrier - Value"),
        ("Order ID", "Total", "Tax", "Paid"),  # another shop's
        ("Order ID",),
        ("Customer ID", "Customer Name", "Customer Email"),  # names no customer's address
        ("order id", "customer id", "order status"),
        ("Name", "Price", "SKU", "Weight"),  # nothing names a row
        (),
    ],
)
def test_what_is_not_surely_one_of_them_is_unknown(columns: tuple[str, ...]) -> None:
    """A guess would be filed under a wrong name."""
    assert classify(columns) is None


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"PK\x03\x04" + bytes(100),
        b"\xff\xfe\x00\x00" + "Order ID,Order Date,Order Status".encode("utf-32-le"),
        b"<html><title>Log in</title>",
        b"",
        b'"Order ID,Order Date,Order Status',  # a quote that never ends
    ],
)
def test_other_files_are_unknown(body: bytes) -> None:
    """Pictures, archives, a login page."""
    assert seen(body) is None


def test_a_latin_heading_is_a_guess_that_is_said() -> None:
    """Nothing in the file proves Windows' alphabet."""
    columns = "Customer ID,Email,First Name,Straße\r\n1,a@example.com,Jörg,x\r\n"
    sheet = recognise(columns.encode("cp1252"), whole=True)
    assert sheet is not None
    assert (sheet.encoding, sheet.guessed, sheet.what.unknown) == ("cp1252", True, ("Straße",))
