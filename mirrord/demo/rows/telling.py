"""The small change of which the records of the lists are made: texts, dates, uuids.

This room must never know which list it is asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from mirrord.demo.shapes import LATEST, iso, iso_z
from mirrord.demo.words import TRAPS

BEYOND_DOUBLES = 2**53 + 1
"""The first whole number that a program which reads numbers as doubles gets wrong."""


def trap(n: int) -> str:
    """A text that breaks careless readers."""
    return TRAPS[n % len(TRAPS)]


def maybe(n: int, text: str) -> str | None:
    """The text, an empty one, or null, by turns: three different things."""
    return (text, "", None)[n % 3]


def moment(n: int) -> datetime:
    """The n-th record's own moment; later ones are older."""
    return LATEST - timedelta(days=n % 900, hours=n % 11, seconds=n % 59)


def z(n: int) -> str:
    """The same, with a Z."""
    return iso_z(moment(n))


def plus(n: int) -> str:
    """The same, with +00:00."""
    return iso(moment(n))


def millis(n: int) -> str:
    """The same, with milliseconds."""
    return f"{z(n)[:-1]}.{n % 1000:03d}Z"


def uuid(kind: int, n: int) -> str:
    """The n-th uuid of a kind."""
    return str(UUID(int=(kind << 96) | 0x4000 << 64 | 0x8 << 60 | n, version=4))
