"""How single values are written into cells."""

from decimal import Decimal

import pytest

from mirrord.core.columns import forms
from mirrord.core.jsontext import Json
from tests.fakes_records import record


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        ("00123", "00123"),
        ("=HYPERLINK(1)\r\n<b>", "=HYPERLINK(1)\r\n<b>"),
        (2**63, "9223372036854775808"),
        (0, "0"),
        (True, "true"),
        (Decimal("10.10"), "10.10"),
        (Decimal("1E+2"), "100"),
        (Decimal("1E+999999"), "1E+999999"),
        ([1], ""),
        ({"a": 1}, ""),
    ],
)
def test_a_plain_value_is_never_touched(value: Json, cell: str) -> None:
    """Ids exact, digits kept, null empty, no megabyte of zeros."""
    assert forms.plain(value) == cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("67.8400", "67.84"),
        ("62.6793", "62.6793"),
        ("12.0000", "12.00"),
        ("0.0000", "0.00"),
        ("-5.1000", "-5.10"),
        ("7.5", "7.5"),
        ("100", "100"),
        (100, "100"),
        ("1000", "1000"),
        (None, ""),
        ("free", "free"),
    ],
)
def test_money_loses_zeros_and_nothing_else(value: Json, cell: str) -> None:
    """Beyond two decimals, never rounded."""
    assert forms.money(value) == cell


@pytest.mark.parametrize(
    ("value", "day", "hour"),
    [
        ("Tue, 05 Mar 2019 21:40:11 +0000", "03/05/2019", "21:40:11"),
        ("Tue, 05 Mar 2019 21:40:11 -0500", "03/06/2019", "02:40:11"),
        ("2018-08-15T14:49:05+00:00", "08/15/2018", "14:49:05"),
        ("2018-08-15T14:49:05Z", "08/15/2018", "14:49:05"),
        ("", "", ""),
        (None, "", ""),
        ("soon", "soon", ""),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00", ""),
    ],
)
def test_dates_of_both_apis_are_shown_in_utc(value: Json, day: str, hour: str) -> None:
    """RFC 2822 and ISO 8601; what is no date stays as it is."""
    assert (forms.date(value), forms.time(value)) == (day, hour)


def test_booleans_take_the_form_of_their_file() -> None:
    """TRUE/FALSE in product files, Y/N in customer files; anything else as it is."""
    cells = [form(value) for form in (forms.true_false, forms.yes_no) for value in (True, False)]
    odd = (forms.true_false(None), forms.yes_no("maybe"))
    assert (cells, odd) == (["TRUE", "FALSE", "Y", "N"], ("", "maybe"))


def test_a_number_keeps_the_digits_of_the_page() -> None:
    """From the JSON text to the cell."""
    assert forms.plain(record('{"id": 1, "price": 10.10}').fields["price"]) == "10.10"
