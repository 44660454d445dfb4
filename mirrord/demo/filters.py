"""Which rows of a list a request wants, by BigCommerce's filter suffixes.

Every parameter is read before the first row is looked at. This room must never sort or cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from mirrord.demo.query import Query
from mirrord.demo.shapes import Record

Test = Callable[[Record], bool]


def chosen(rows: Iterable[Record], tests: list[Test]) -> list[Record]:
    """The rows that pass all the tests."""
    return [row for row in rows if all(test(row) for test in tests)]


def by_id(query: Query) -> list[Test]:
    """``id``, ``id:in``, ``id:not_in``, ``id:min``, ``id:max``, ``id:greater``, ``id:less``."""
    one, some, none = query.number("id"), query.numbers("id:in"), query.numbers("id:not_in")
    low, high = query.number("id:min"), query.number("id:max")
    above, below = query.number("id:greater"), query.number("id:less")
    return [
        lambda row: one is None or row["id"] == one,
        lambda row: some is None or row["id"] in some,
        lambda row: none is None or row["id"] not in none,
        lambda row: low is None or row["id"] >= low,
        lambda row: high is None or row["id"] <= high,
        lambda row: above is None or row["id"] > above,
        lambda row: below is None or row["id"] < below,
    ]


def by_date(query: Query, field: str, low: str, high: str) -> list[Test]:
    """Rows whose date lies between the parameters of these two names, both ends included."""
    now = datetime.now(UTC)
    since, until = query.moment(low, now), query.moment(high, now)
    return [
        lambda row: since is None or moment_of(row[field]) >= since,
        lambda row: until is None or moment_of(row[field]) <= until,
    ]


def by_value(query: Query, *fields: str) -> list[Test]:
    """Rows whose fields read exactly as the parameters of the same name."""
    wanted = {field: text for field in fields if (text := query.text(field)) is not None}
    return [lambda row: all(_said(row[field]) == text for field, text in wanted.items())]


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def moment_of(text: str) -> datetime:
    """A record's own date, by V2's or V3's writing."""
    if "," in text:
        return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S %z")
    return datetime.fromisoformat(text)
