"""Which rows of a list a request wants, by BigCommerce's filter suffixes.

Every parameter is read before the first row is looked at, and only those that were given make a
test. This room must never sort or cut.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from mirrord.demo.answer import Refusal
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record

Test = Callable[[Record], bool]

BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "min": operator.ge,
    "max": operator.le,
    "greater": operator.gt,
    "less": operator.lt,
}
TEXT_IDS = ("type_id", "external_order_id")
IDS = ("id", "id:in", "id:not_in", "id:min", "id:max", "id:greater", "id:less")


def chosen(rows: Iterable[Record], tests: list[Test]) -> list[Record]:
    """The rows that pass all the tests."""
    return [row for row in rows if all(test(row) for test in tests)]


def by_id(query: Query) -> list[Test]:
    """``id``, ``id:in``, ``id:not_in``, ``id:min``, ``id:max``, ``id:greater``, ``id:less``."""
    return by_names(query, IDS)


def by_date(query: Query, field: str, low: str, high: str) -> list[Test]:
    """Rows whose date lies between the parameters of these two names, both ends included."""
    return by_names(query, (f"{low}={field}", f"{high}={field}"))


def by_value(query: Query, *fields: str) -> list[Test]:
    """Rows whose fields read exactly as the parameters of the same name."""
    return by_names(query, fields)


def by_names(query: Query, names: Iterable[str]) -> list[Test]:
    """One test for each of these parameters that was given.

    A name is written as the specification has it: ``sku``, ``id:in``, ``min_id``, ``type:not``.
    Where the field is called otherwise or lies deeper it follows: ``location_id:in=id``,
    ``sku:in=identity.sku``; with a ``!`` before it the parameter tells what is not wanted. Ids and
    dates are checked; Refusal 422 for nonsense.
    """
    tests = (_test(query, *_parted(name)) for name in names)
    return [test for test in tests if test is not None]


def _parted(name: str) -> tuple[str, str, str]:
    """The parameter, the field that it looks at, and how they are compared."""
    parameter, _, path = name.partition("=")
    field, _, way = parameter.partition(":")
    if field.startswith(("min_", "max_")):
        way, _, field = field.partition("_")
    if path.startswith("!"):
        way, path = "not", path[1:]
    return parameter, path or field, way


def _test(query: Query, parameter: str, field: str, way: str) -> Test | None:
    text = query.text(parameter)
    if text is None:
        return None
    value = _reader(field)
    if way in BOUNDS:
        compare, bound = BOUNDS[way], _bound(query, parameter, field)
        return lambda row: (mine := value(row)) is not None and compare(mine, bound)
    if way == "like":
        part = text.strip("%").casefold()
        return lambda row: part in str(value(row)).casefold()
    if _is_id(field):
        query.numbers(parameter)
    wanted = set(text.split(",")) if way in ("in", "not_in") else {text}
    if way in ("not_in", "not"):
        return lambda row: not _said(value(row)) & wanted
    return lambda row: bool(_said(value(row)) & wanted)


def _reader(field: str) -> Callable[[Record], Any]:
    if _is_date(field):
        return lambda row: moment_of(row[field]) if row[field] else None
    if "." not in field:
        return lambda row: row.get(field)
    outer, _, inner = field.partition(".")
    return lambda row: _below(row.get(outer), inner)


def _below(value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [one.get(field) for one in value]
    return value.get(field) if value else None


def _bound(query: Query, parameter: str, field: str) -> datetime | int:
    bound = (
        query.moment(parameter, datetime.now(UTC)) if _is_date(field) else query.number(parameter)
    )
    if bound is None:
        raise Refusal(422, f"The filter {parameter} was not valid")
    return bound


def _is_date(field: str) -> bool:
    return field.startswith("date_") or field == "created"


def _is_id(field: str) -> bool:
    name = field.rpartition(".")[2]
    return name == "id" or (name.endswith("_id") and name not in TEXT_IDS)


def _said(value: object) -> set[str]:
    """How the field may be asked for; one of many where it holds a list."""
    if isinstance(value, list):
        return {str(one) for one in value}
    return {str(value).lower() if isinstance(value, bool) else str(value)}


def moment_of(text: str | datetime) -> datetime:
    """A record's own date, by V2's or V3's writing."""
    if isinstance(text, datetime):
        return text
    if "," in text:
        return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S %z")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
