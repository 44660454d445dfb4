"""How BigCommerce writes its values: dates, money, links. Every record is built from these.

V2 writes dates by RFC 2822 and money as text with four decimals, V3 writes ISO 8601 and plain JSON
numbers. This room must never draw a random value.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

Record = dict[str, Any]
"""One JSON object in the shape of BigCommerce's answers."""

LATEST = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
"""No generated date is later than this."""

API_ROOT = "https://api.bigcommerce.com/stores"
"""Where the links inside records point, as in the real store; the sample store rewrites nothing."""


def iso(moment: datetime) -> str:
    """``2018-08-15T14:49:05+00:00``, as the V3 catalogue writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def iso_z(moment: datetime) -> str:
    """``2018-08-15T14:49:05Z``, as V3 customers are written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc2822(moment: datetime) -> str:
    """``Tue, 05 Mar 2019 21:40:11 +0000``, as V2 writes it."""
    return format_datetime(moment.astimezone(UTC))


def money(amount: Decimal | int) -> str:
    """``62.6793``: V2's text with four decimals."""
    return f"{Decimal(amount):.4f}"


def number(amount: Decimal) -> float | int:
    """V3's JSON number; whole amounts lose their point, as PHP writes them."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def cents(amount: int) -> Decimal:
    """``1299`` is ``12.99``."""
    return Decimal(amount) / 100


def link(store_hash: str, resource: str) -> Record:
    """V2's pointer to a sub-resource, such as ``/orders/218/products``."""
    return {"url": f"{API_ROOT}/{store_hash}/v2{resource}", "resource": resource}


def by_id(records: Iterable[Record]) -> dict[int, Record]:
    """The records under their ``id``."""
    return {record["id"]: record for record in records}
