"""What one response of a listing tells of one entry: its texts, understood.

Pure. Garbage counts as nothing said, and what can not be meant at all is ListingBroken.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from mirrord.source.responses import ETAG, LENGTH, MODIFIED, Broken, Propstat, Response

_LATEST = 2**33  # in the year 2242: later dates do not fit a file's time in nanoseconds
_STATUS = re.compile(r"HTTP/[0-9.]{1,5} +([1-5][0-9]{2})(?: .*)?", re.DOTALL)
_DIGITS = re.compile(r"[0-9]{1,18}")
_NEGATIVE = re.compile(r"-[0-9]+")


class What(Enum):
    """What the store says stands there."""

    FILE = "file"
    FOLDER = "folder"
    WITHHELD = "there, and its properties kept to the store itself"
    GONE = "not there, as the store itself says"


class Told(NamedTuple):
    """One response, understood.

    The href is in two parts: all up to the last slash before the name, and the name. The first is
    ``""`` where nobody took it apart, and the second is then the whole. ``size`` in bytes, None
    where it is not said and for folders; ``modified`` in seconds since 1970 or None.
    """

    above: str
    name: str
    what: What
    size: int | None = None
    etag: str = ""
    modified: int | None = None


def told_by(response: Response, broken: Broken) -> Told:
    """What a response tells; ListingBroken where it contradicts itself or says too little."""
    href = response.href
    if href is None:
        raise broken("has a response without a name")
    status = _answered(response.status, broken)
    parts = [(_answered(propstat.status, broken), propstat) for propstat in response.propstats]
    if status in (404, 410):
        return Told("", href, What.GONE)
    if status is None and not parts:
        raise broken("has a response without a status")
    if status not in (None, 200):
        return Told("", href, What.WITHHELD)
    known = Propstat()
    for answered, propstat in parts:
        if answered is None:
            raise broken("has properties without a status")
        if answered == 200:
            _merge(known, propstat, broken)
        elif answered != 404 and propstat.typed:
            return Told("", href, What.WITHHELD)
    return _known(href, known, broken)


def _merge(known: Propstat, more: Propstat, broken: Broken) -> None:
    known.typed |= more.typed
    known.collection |= more.collection
    for name, text in more.texts.items():
        if known.texts.setdefault(name, text) != text:
            raise broken("gives one property two values")


def _known(href: str, known: Propstat, broken: Broken) -> Told:
    modified = _seconds(known.texts.get(MODIFIED, ""))
    etag = _etag(known.texts.get(ETAG, ""))
    if known.collection:
        return Told("", href, What.FOLDER, None, etag, modified)
    if not known.typed and href.rstrip().endswith("/"):
        raise broken("does not say whether an entry is a folder")
    size = known.texts.get(LENGTH, "").strip()
    if _NEGATIVE.fullmatch(size):
        raise broken("has a negative size")
    number = int(size) if _DIGITS.fullmatch(size) else None
    return Told("", href, What.FILE, number, etag, modified)


def status_in(text: str) -> int | None:
    """The number in a status line; None for a text that is none."""
    found = _STATUS.fullmatch(text.strip())
    return int(found[1]) if found else None


def _answered(text: str | None, broken: Broken) -> int | None:
    if text is None:
        return None
    status = status_in(text)
    if status is None:
        raise broken("has a status that is none")
    return status


def _etag(text: str) -> str:
    """Without weak prefix and quotes; ``""`` for none or one that can not be one."""
    text = text.strip().removeprefix("W/")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text if len(text) <= 512 and text.isprintable() else ""


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - reads as a row
_WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
#: An RFC 1123 date in groups: day, hour, minute, second.
DATE = (
    _WEEKDAY + r", ([0-9]{1,2} [A-Z][a-z]{2} [0-9]{4})"
    r" ([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]) (?:GMT|UTC|\+0000)"
)
_DATE = re.compile(DATE)


def _seconds(text: str) -> int | None:
    """An RFC 1123 date as seconds since 1970; None for any other text."""
    found = _DATE.fullmatch(text.strip())
    return moment(*found.groups()) if found else None


def moment(day: str, hour: str, minute: str, second: str) -> int | None:
    """The groups of a DATE as seconds since 1970; None where there is no such day or second."""
    midnight = _midnight(day)
    if midnight is None:
        return None
    return midnight + int(hour) * 3600 + int(minute) * 60 + int(second)


@lru_cache(maxsize=4096)
def _midnight(text: str) -> int | None:
    """When a day began, in seconds since 1970: many files have their day in common."""
    day, month, year = text.split(" ")
    try:
        began = datetime(int(year), _MONTHS.index(month) + 1, int(day), tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return int(began) if 0 <= began < _LATEST else None
