"""How a value of the API is written into a cell.

Faithful first, then BigCommerce's form where the two agree: null is an empty cell, numbers keep
the digits that they came with, text is never touched. Only zeros are cut from v2's money with
four decimals (67.8400 is 67.84, 62.6793 stays), and dates are shown as its exports show them. A
value of a shape that was not expected gives an empty cell or its own text, never an error: the
lossless file holds it as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from mirrord.core.jsontext import Json

_LONG_MONEY = re.compile(r"(-?\d+\.\d\d\d*?)0*")
_LARGEST_EXPONENT = 30  # beyond it, 1E+999999 would become a megabyte of zeros


def plain(value: Json) -> str:
    """A string, a number with its own digits, or nothing for null and for lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return _digits(value)
    return ""


def money(value: Json) -> str:
    """Zeros beyond two decimals cut, nothing rounded: 67.8400 is 67.84, 62.6793 stays."""
    text = plain(value)
    match = _LONG_MONEY.fullmatch(text)
    return match[1] if match else text


def true_false(value: Json) -> str:
    """TRUE or FALSE, as the v3 product files say it; anything else as it is."""
    return plain(value).upper() if isinstance(value, bool) else plain(value)


def yes_no(value: Json) -> str:
    """Y or N, as the customer files say it; anything else as it is."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return plain(value)


def capital(value: Json) -> str:
    """``physical`` as ``Physical``."""
    text = plain(value)
    return text[:1].upper() + text[1:]


def joined(value: Json, between: str) -> str:
    """A list of plain values in one cell; a plain value as it is."""
    if isinstance(value, list):
        return between.join(plain(part) for part in value)
    return plain(value)


def date(value: Json) -> str:
    """``mm/dd/yyyy`` in UTC, as the Bulk Edit and all-fields templates have it.

    The exports name no time zone, and an order carries none but UTC. Text that is no date stays.
    """
    moment = moment_of(value)
    return plain(value) if moment is None else moment.strftime("%m/%d/%Y")


def time(value: Json) -> str:
    """``hh:mm:ss`` in UTC; nothing where there is no date to go with it."""
    moment = moment_of(value)
    return "" if moment is None else moment.strftime("%H:%M:%S")


def packed(pairs: Iterable[tuple[str, str]]) -> str:
    """``Product ID: 77, Product Qty: 1``: one thing within a packed cell.

    Not escaped, as BigCommerce's are not; things in one cell are joined by ``|``.
    """
    return ", ".join(f"{name}: {value}" for name, value in pairs)


def own(name: str, form: Callable[[Json], str] = plain) -> Callable[[Mapping[str, Json]], str]:
    """A cell that is one field of what it is given, written in a form."""
    return lambda fields: form(fields.get(name))


def objects(value: Json) -> tuple[Mapping[str, Json], ...]:
    """The objects in a list; () for anything else."""
    if not isinstance(value, list):
        return ()
    return tuple(part for part in value if isinstance(part, dict))


def fields_of(value: Json) -> Mapping[str, Json]:
    """An object's fields; {} for anything else."""
    return value if isinstance(value, dict) else {}


def _digits(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    small = isinstance(exponent, int) and abs(exponent) <= _LARGEST_EXPONENT
    return f"{value:f}" if small else str(value)


def moment_of(value: Json) -> datetime | None:
    """RFC 2822 (v2) or ISO 8601 (v3); a time without a zone is taken for UTC."""
    text = plain(value)
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
