"""One record as the store gave it, and how a page of JSON is cut into records.

A record keeps its own text, digit by digit (10.10 stays 10.10, 2^63 stays exact), beside the
parsed fields that the columns are made of. This room must never mend an answer: what is not a
list of records is AnswerBroken, so that a login page or half a page can not pass for an empty
shop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from mirrord.core.jsontext import NOT_JSON, Json, Scanner
from mirrord.errors import AnswerBroken

#: What names a record within its dataset: a number, a uuid, or the parts of a key joined by ``/``.
Key: TypeAlias = "int | str"
#: No page is asked for with more than 250; lists without pages have some hundreds.
_MOST_ROWS = 50_000
#: An id is shown in messages, and must be no text of its own: BigCommerce's have ten digits.
_LARGEST_ID = 10**30
_FIRST_ID = re.compile(r'\{\s*"id"\s*:\s*(-?[0-9]{1,30})\s*[,}]')


@dataclass(frozen=True, slots=True)
class Keys:
    """What makes a record's key: its fields, ``identity.sku`` being a field of a field.

    A single one must be a number where ``numbers``, else it may be a text. Several are joined.
    """

    names: tuple[str, ...] = ("id",)
    numbers: bool = True


ID = Keys()
TEXT_ID = Keys(numbers=False)


@dataclass(frozen=True, slots=True)
class Record:
    """One product, customer, order, ... of the store.

    ``text`` is the record's own JSON as it came, line breaks taken out (JSON has them only between
    its tokens), so that it is one line of a lossless file. ``fields`` is the same, parsed; numbers
    with a fraction are Decimal. ``companions`` are what the store gives only when asked apart: a
    product's options, the line items of a long order. ``gaps`` names in words what the store
    withheld about this record.
    """

    id: Key
    text: str
    fields: Mapping[str, Json]
    companions: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its records in the store's order, and v3's ``meta`` ({} in v2)."""

    records: tuple[Record, ...]
    meta: Mapping[str, Json] = field(default_factory=dict)


def order(key: Key) -> tuple[bool, Key]:
    """By what records are sorted: numbers by their value, before all texts."""
    return isinstance(key, str), key


def split_page(text: str, what: str, keys: Keys = ID) -> Page:
    """Cut a page into its records: v3's ``{"data": [...], "meta": {...}}`` or v2's bare array.

    ``what`` names the request in the error; ``keys`` says what names a record. Raises
    AnswerBroken for anything else: cut off, HTML, an error object, an element that is no object
    with such a key.
    """
    try:
        return _page(Scanner(text), keys)
    except NOT_JSON as error:
        raise AnswerBroken(f"{what} did not answer with a list of records: {error}") from error


def read_record(text: str, keys: Keys = ID) -> Record:
    """A record from its own text, such as a lossless line; ValueError where it is none."""
    try:
        scanner = Scanner(text)
        value = scanner.value()
        scanner.end()
        return _record(value, text, keys)
    except NOT_JSON as error:
        raise ValueError(f"no record: {error}") from error


def belonging(record: Record, field: str, parent: Key, keys: Keys) -> Record:
    """The same, named by its parent too; one that does not say where it belongs is told to.

    ``{"code":"X"}`` of the promotion 5 becomes ``{"promotion_id":5,"code":"X"}``. ``keys`` are
    those that it then has. AnswerBroken where it names another.
    """
    if record.fields.get(field) == parent:
        return replace(record, id=_key(record.fields, keys))
    if field in record.fields:
        raise AnswerBroken(f"record {record.id} of the {field} {parent} says that it is another's")
    head = f"{{{json.dumps(field)}:{json.dumps(parent)}"
    text = head + "," + record.text.lstrip()[1:]
    fields = {**record.fields, field: parent}
    return Record(_key(fields, keys), text, fields, record.companions, record.gaps)


def wrapped(name: Key, text: str, what: str) -> Record:
    """One answer that is no list, as ``{"id":"settings/logo","value":...}``; AnswerBroken.

    v3's envelope is taken off, and the value stays in its own text.
    """
    try:
        scanner = Scanner(text)
        own = _data_of(scanner, text) if scanner.peek() == "{" else text
        whole = f'{{"id":{json.dumps(name)},"value":{_one_line(own.strip())}}}'
        return read_record(whole, TEXT_ID)
    except NOT_JSON as error:
        raise AnswerBroken(f"{what} did not answer with JSON: {error}") from error


def bundle(parent: Record, stamp: str, lists: Mapping[str, Iterable[Record] | None]) -> Record:
    """What was asked for apart of one record, as one: its id, its stamp, each list by its name.

    A list that the store no longer has is null.
    """
    head = f'{{"id":{json.dumps(parent.id)},"{stamp}":{json.dumps(parent.fields.get(stamp))}'
    body = (f',"{name}":{_array(some)}' for name, some in lists.items())
    return read_record(f"{head}{''.join(body)}}}")


def _array(records: Iterable[Record] | None) -> str:
    return "null" if records is None else f"[{','.join(one.text for one in records)}]"


def line_key(text: str, keys: Keys = ID) -> Key:
    """The key of a lossless line, which is not parsed where it begins with it; ValueError."""
    match = _FIRST_ID.match(text) if keys == ID else None
    return int(match[1]) if match else read_record(text, keys).id


def read_object(text: str, what: str) -> Mapping[str, Json]:
    """A body that is one JSON object (a count, say); AnswerBroken for anything else."""
    try:
        scanner = Scanner(text)
        value = scanner.value()
        scanner.end()
    except NOT_JSON as error:
        raise AnswerBroken(f"{what} did not answer with JSON: {error}") from error
    if not isinstance(value, dict):
        raise AnswerBroken(f"{what} did not answer with an object")
    return value


def parts(record: Record, name: str) -> tuple[Record, ...]:
    """The objects in the record's own array ``name``, each as a record; () where there is none.

    Raises AnswerBroken when the array holds anything but objects with an id.
    """
    scanner = Scanner(record.text)
    try:
        for key in scanner.members():
            if key == name and scanner.peek() == "[":
                return tuple(_record(value, own, ID) for value, own in scanner.elements())
            scanner.value()
    except NOT_JSON as error:
        raise AnswerBroken(f"record {record.id} has no list of {name}: {error}") from error
    return ()


def _page(scanner: Scanner, keys: Keys) -> Page:
    if scanner.peek() == "[":
        records = _rows(scanner, keys)
        scanner.end()
        return Page(records)
    found: tuple[Record, ...] | None = None
    others: dict[str, Json] = {}
    for name in scanner.members():
        # of two of one name one reader takes the first, another the last
        if name in others or (name == "data" and found is not None):
            raise ValueError("two members of one name in it")
        if name == "data" and scanner.peek() == "[":
            found = _rows(scanner, keys)
        else:
            others[name] = scanner.value()
    scanner.end()
    if found is None or "data" in others:
        raise ValueError("no array of data in it")
    if others.get("errors"):
        raise ValueError("errors beside the data, which so may not be all")
    meta = others.get("meta")
    return Page(found, meta if isinstance(meta, dict) else {})


def _rows(scanner: Scanner, keys: Keys) -> tuple[Record, ...]:
    """The array that opens here; small rows take twenty times their text when they are parsed."""
    rows: list[Record] = []
    for value, own in scanner.elements():
        if len(rows) == _MOST_ROWS:
            raise ValueError(f"more than {_MOST_ROWS:,} records on one page")
        rows.append(_record(value, own, keys))
    return tuple(rows)


def _record(value: Json, own: str, keys: Keys) -> Record:
    if not isinstance(value, dict):
        raise ValueError("an element is no object")  # noqa: TRY004 - the store's fault, not ours
    key = _key(value, keys)
    match = _FIRST_ID.match(own)
    if match and keys == ID and int(match[1]) != key:
        raise ValueError("an element has two fields of the name id")
    return Record(key, _one_line(own), value)


def _one_line(text: str) -> str:
    """Line breaks taken out; str.translate would take ten times as long."""
    return text.replace("\n", "").replace("\r", "")


def _key(fields: Mapping[str, Json], keys: Keys) -> Key:
    found = tuple(_part(fields, name) for name in keys.names)
    if len(found) > 1:
        return "/".join(_escaped(part) for part in found)
    if keys.numbers and not isinstance(found[0], int):
        raise ValueError("an element has no whole number as its id")
    return found[0]


def _part(fields: Mapping[str, Json], name: str) -> Key:
    first, *rest = name.split(".")
    value = fields.get(first)
    for step in rest:
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError(f"an element has nothing that names it in its field {name}")
    if isinstance(value, int) and abs(value) >= _LARGEST_ID:
        raise ValueError(f"an element has a number of more than 30 digits in its field {name}")
    return value


def _escaped(part: Key) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _data_of(scanner: Scanner, text: str) -> str:
    """The text of the member ``data``; the whole where there is none."""
    found = text
    for key in scanner.members():
        scanner.peek()
        start = scanner.at
        scanner.value()
        if key == "data":
            found = text[start : scanner.at]
    scanner.end()
    return found
