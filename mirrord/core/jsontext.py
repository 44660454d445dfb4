"""JSON text walked by its own positions, so that every part's own text can be kept.

Numbers with a fraction are Decimal, so that 10.10 stays 10.10. This room must never mend a text:
what is not JSON raises one of ``NOT_JSON``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

#: In what Python says of a whole number beyond its limit; its advice is for programmers.
_TOO_LONG = "integer string conversion"
_SPACE = re.compile(r"[ \t\r\n]*")


class Scanner:
    """One text, read from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0  # how far it has been read

    def peek(self) -> str:
        """The next character that is no space; ``""`` at the end."""
        match = _SPACE.match(self._text, self.at)
        self.at = match.end() if match else self.at
        return self._text[self.at : self.at + 1]

    def value(self) -> Json:
        """Parse the value that stands here and step behind it."""
        self.peek()
        try:
            value, self.at = _DECODER.raw_decode(self._text, self.at)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            if _TOO_LONG in str(error):
                raise ValueError("a whole number of more than 4,300 digits") from None
            raise
        parsed: Json = value
        return parsed

    def elements(self) -> Iterator[tuple[Json, str]]:
        """The array that opens here: each value with its own text."""
        self._take("[")
        if self.peek() == "]":
            return self._take("]")
        while True:
            self.peek()
            start = self.at
            yield self.value(), self._text[start : self.at]
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
            raise ValueError(f"more text follows at character {self.at}")

    def _take(self, char: str) -> None:
        if self.peek() != char:
            raise ValueError(f"cut off or not JSON at character {self.at}")
        self.at += 1


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Any = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)

#: What the decoder raises: ValueError for bad text and for whole numbers beyond Python's limit,
#: ArithmeticError for exponents beyond Decimal's, RecursionError for arrays a thousand deep.
NOT_JSON = (ValueError, ArithmeticError, RecursionError)
