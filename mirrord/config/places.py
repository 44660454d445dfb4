"""What was read, and where it stands: mappings and lists that know their file and line.

Nothing here judges a value. What is said of a place never holds a value, and no key that could be
a secret written in the wrong spot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mirrord.errors import Problem

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")


def sayable(key: str) -> bool:
    """Whether a key may be repeated in a message: ``password:hunter2`` may not."""
    return _NAME.fullmatch(key) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: file, line (None: unknown), and its path, ``stores.acme.contact``."""

    file: str
    line: int | None = None
    path: str = ""

    def below(self, key: str | int, line: int | None) -> Place:
        """The place of a key or of a list's n-th value (from 0) below this one."""
        step = str(key) if isinstance(key, int) or sayable(key) else "?"
        return Place(self.file, line, f"{self.path}.{step}" if self.path else step)

    def problem(self, what: str, remedy: str = "") -> Problem:
        """What is wrong here, and what would be right."""
        return Problem(self.file, self.line, f"{self.path}: {what}" if self.path else what, remedy)


class Section(dict[str, Any]):
    """A mapping as it was read: its own place, and the place of each key.

    Values are None, str, :class:`Series` and :class:`Section`.
    """

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}

    def put(self, key: str, value: Any, place: Place) -> None:
        """Set one key, and where it stands."""
        self[key] = value
        self.places[key] = place


class Series(list[Any]):
    """A list as it was read; its values have the place of the list's own key and their number."""


class Unfit(ValueError):
    """A value that does not fit: what is wrong with it, and what would be right."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.remedy = remedy
