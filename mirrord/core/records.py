"""One record as the store gave it, and how a page of JSON is cut into records.

A record keeps its own text, digit by digit (10.10 stays 10.10, 2^63 stays exact), beside the
parsed fields that the columns are made of. This room must never mend an answer: what is not a
list of records is AnswerBroken, so that a login page or half a page can not pass for an empty
shop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

from mirrord.errors import AnswerBroken

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_BREAKS = str.maketrans("", "", "\r\n")


@dataclass(frozen=True, slots=True)
class Record:
    """One product, customer, order, ... of the store.

    ``text`` is the record's own JSON as it came, line breaks taken out (JSON has them only between
    its tokens), so that it is one line of a lossless file. ``fields`` is the same, parsed; numbers
    with a fraction are Decimal. ``companions`` are what the store gives only when asked apart: a
    product's options, the line items of a long order. ``gaps`` names in words what the store
    withheld about this record.
    """

    id: int
    text: str
    fields: Mapping[str, Json]
    companions: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its records in the store's order, and v3's ``meta`` ({} in v2)."""

    records: tuple[Record, ...]
    meta: Mapping[str, Json] = field(default_factory=dict)


def split_page(text: str, what: str) -> Page:
    """Cut a page into its records: v3's ``{"data": [...], "meta": {...}}`` or v2's bare array.

    ``what`` names the request in the error. Raises AnswerBroken for anything else: cut off,
    HTML, an error object, an element that is no object with a whole number as its ``id``.
    """
    try:
        return _page(_Scanner(text))
    except _NOT_JSON as error:
        raise AnswerBroken(f"{what} did not answer with a list of records: {error}") from error


def read_object(text: str, what: str) -> Mapping[str, Json]:
    """A body that is one JSON object (a count, say); AnswerBroken for anything else."""
    try:
        scanner = _Scanner(text)
        value = scanner.value()
        scanner.end()
    except _NOT_JSON as error:
        raise AnswerBroken(f"{what} did not answer with JSON: {error}") from error
    if not isinstance(value, dict):
        raise AnswerBroken(f"{what} did not answer with an object")
    return value


def split_objects(text: str, what: str) -> tuple[tuple[Mapping[str, Json], str], ...]:
    """The objects of v3's ``{"data": [...]}``, each parsed and as its own text on one line.

    For short lists whose objects have no ``id``; AnswerBroken for anything else.
    """
    found: list[tuple[Mapping[str, Json], str]] | None = None
    scanner = _Scanner(text)
    try:
        for key in scanner.members():
            if key != "data" or scanner.peek() != "[":
                scanner.value()
                continue
            found = []
            for value, own in scanner.elements():
                if not isinstance(value, dict):
                    raise ValueError("an element is no object")  # noqa: TRY004 - the store's fault, not ours
                found.append((value, own.translate(_LINE_BREAKS)))
        scanner.end()
    except _NOT_JSON as error:
        raise AnswerBroken(f"{what} did not answer with a list: {error}") from error
    if found is None:
        raise AnswerBroken(f"{what} did not answer with a list: no array of data in it")
    return tuple(found)


def parts(record: Record, name: str) -> tuple[Record, ...]:
    """The objects in the record's own array ``name``, each as a record; () where there is none.

    Raises AnswerBroken when the array holds anything but objects with an id.
    """
    scanner = _Scanner(record.text)
    try:
        for key in scanner.members():
            if key == name and scanner.peek() == "[":
                return tuple(_record(value, own) for value, own in scanner.elements())
            scanner.value()
    except _NOT_JSON as error:
        raise AnswerBroken(f"record {record.id} has no list of {name}: {error}") from error
    return ()


def _page(scanner: _Scanner) -> Page:
    records: tuple[Record, ...] | None = None
    meta: Json = {}
    if scanner.peek() == "[":
        records = tuple(_record(value, own) for value, own in scanner.elements())
    else:
        for key in scanner.members():
            if key == "data" and scanner.peek() == "[":
                records = tuple(_record(value, own) for value, own in scanner.elements())
            elif key == "meta":
                meta = scanner.value()
            else:
                scanner.value()
    scanner.end()
    if records is None:
        raise ValueError("no array of data in it")
    return Page(records, meta if isinstance(meta, dict) else {})


def _record(value: Json, own: str) -> Record:
    if not isinstance(value, dict):
        raise ValueError("an element is no object")  # noqa: TRY004 - the store's fault, not ours
    number = value.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError("an element has no whole number as its id")  # noqa: TRY004 - as above
    return Record(number, own.translate(_LINE_BREAKS), value)


class _Scanner:
    """Walks JSON text by its own positions, so that every element's text can be kept."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def peek(self) -> str:
        """The next character that is no space; ``""`` at the end."""
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def value(self) -> Json:
        """Parse the value that stands here and step behind it."""
        self.peek()
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        parsed: Json = value
        return parsed

    def elements(self) -> Iterator[tuple[Json, str]]:
        """The array that opens here: each value with its own text."""
        self._take("[")
        if self.peek() == "]":
            return self._take("]")
        while True:
            self.peek()
            start = self._at
            yield self.value(), self._text[start : self._at]
            if self.peek() == "]":
                return self._take("]")
            self._take(",")

    def members(self) -> Iterator[str]:
        """The object that opens here: each key; whoever asks takes the value before the next."""
        self._take("{")
        if self.peek() == "}":
            return self._take("}")
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise ValueError("a key is no string")  # noqa: TRY004 - as above
            self._take(":")
            yield key
            if self.peek() == "}":
                return self._take("}")
            self._take(",")

    def end(self) -> None:
        """Nothing may follow."""
        if self.peek():
            raise ValueError(f"more text follows at character {self._at}")

    def _take(self, char: str) -> None:
        if self.peek() != char:
            raise ValueError(f"cut off or not JSON at character {self._at}")
        self._at += 1


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Any = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)

#: What the decoder raises: ValueError for bad text and for whole numbers beyond Python's limit,
#: ArithmeticError for exponents beyond Decimal's, RecursionError for arrays a thousand deep.
_NOT_JSON = (ValueError, ArithmeticError, RecursionError)
