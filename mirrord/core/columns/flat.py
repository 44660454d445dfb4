"""Tables whose columns are declared paths into a record: ``custom_url.url``.

For what BigCommerce has no CSV of: any JSON record is one row, or one row for each of its parts.
A cell is the value as it came; a list or an object is its JSON text. null and the empty text are
both an empty cell: the lossless file tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from mirrord.core.columns import Row, Table
from mirrord.core.columns.forms import objects, plain
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

Fields: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Part:
    """A table with one row for each part that a record holds: variants, line items, ...

    ``places`` are where parts lie: ``options[].option_values[]`` is each value in each of the
    record's options; a companion of the first name comes instead of the record's own list.
    ``owners`` head the ids of what the part lies in, the record's own first; ``columns`` are
    paths into the part. All three are words in one text, so that a table is one line of data.
    """

    name: str
    owners: str
    places: str
    columns: str


#: Fields that the store or its shoppers change, not the people who keep the shop.
_BY_THEMSELVES = frozenset(
    ("date_modified", "updated_at", "last_updated", "views", "current_uses", "num_uses")
)


def flat_table(name: str, columns: str) -> Table:
    """One row a record. The first column heads the record's key, all others are paths."""
    key, *paths = columns.split()
    cells = _cells(paths)

    def rows(record: Record) -> Iterator[Row]:
        yield (plain(record.id), *cells(record.fields))

    volatile = frozenset(path for path in paths if path.rpartition(".")[2] in _BY_THEMSELVES)
    return Table(name, (key, *paths), rows, volatile=volatile, single=True)


def parts_table(part: Part, found: Callable[[Record], Iterable[Fields]] | None = None) -> Table:
    """One row a part. ``found`` gathers the parts of a record where places are not enough."""
    owners, paths = part.owners.split(), part.columns.split()
    cells = _cells(paths)

    def rows(record: Record) -> Iterator[Row]:
        if found is None:
            held = _parts(record, part)
        else:
            held = (((plain(record.id),), fields) for fields in found(record))
        for ids, fields in held:
            yield (*ids, *cells(fields))

    return Table(part.name, (*owners, *paths), rows)


def leaves_table(name: str) -> Table:
    """One row a value, for records of which none is like another: its key, its path, the value.

    A record is one answer of the API under ``value``.
    """

    def rows(record: Record) -> Iterator[Row]:
        for path, value in _leaves({"": record.fields.get("value")}, ""):
            yield (plain(record.id), path, cell(value))

    return Table(name, ("id", "field", "value"), rows)


def at(fields: Fields, path: str) -> Json:
    """What lies at ``custom_url.url``; None where nothing does."""
    first, *others = path.split(".")
    return _down(fields.get(first), others)


def _cells(paths: Sequence[str]) -> Callable[[Fields], list[str]]:
    """What lies at each of the paths, which are taken apart once and not for every record."""
    steps = [(first, others) for first, *others in (path.split(".") for path in paths)]
    return lambda fields: [cell(_down(fields.get(first), others)) for first, others in steps]


def _down(value: Json, steps: Iterable[str]) -> Json:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def of(path: str, form: Callable[[Json], str] = plain) -> Callable[[Record], str]:
    """A cell that is what lies at a path of the record, written in a form."""
    return lambda record: form(at(record.fields, path))


def cell(value: Json) -> str:
    """A plain value as it is, a list or an object as JSON text."""
    return compact(value) if isinstance(value, list | dict) else plain(value)


def compact(value: Json) -> str:
    """JSON without spaces; numbers keep the digits that they came with."""
    if isinstance(value, list):
        return f"[{','.join(map(compact, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_text(key)}:{compact(one)}' for key, one in value.items())}}}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Decimal):
        return str(value)
    return "null" if value is None else plain(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _parts(record: Record, part: Part) -> Iterator[tuple[Row, Fields]]:
    wanted = len(part.owners.split())
    for place in part.places.split():
        for ids, fields in _within(record, place.split(".")):
            yield (*ids[:wanted], *[""] * (wanted - len(ids))), fields


def _within(record: Record, steps: list[str]) -> Iterator[tuple[Row, Fields]]:
    first, *others = steps
    name = first.removesuffix("[]")
    apart = record.companions.get(name)
    value: Json = record.fields.get(name)
    if apart is not None:
        value = [dict(one.fields) for one in apart]
    yield from _below((plain(record.id),), value, first, others)


def _below(ids: Row, value: Json, step: str, others: list[str]) -> Iterator[tuple[Row, Fields]]:
    for one in objects(value if step.endswith("[]") else [value]):
        if not others:
            yield ids, one
            continue
        inner = (*ids, plain(one.get("id"))) if step.endswith("[]") else ids
        name = others[0].removesuffix("[]")
        yield from _below(inner, one.get(name), others[0], others[1:])


def _leaves(fields: Fields, above: str) -> Iterator[tuple[str, Json]]:
    for name, value in fields.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, dict) and value:
            yield from _leaves(value, path)
        else:
            yield path, value
