"""One folder's listing: the body of a 207 answer in, entries out, or ListingBroken.

Pure and strict, since an answer that is taken for a shorter listing makes held files look vanished:
the body must be one whole multistatus document, the folder must list itself, and every other
response must be exactly one step below it, once. It never builds a tree of what the store sent,
never loads or resolves anything that the document names, and never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from lxml import etree

from mirrord.core.entry import Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.errors import ListingBroken
from mirrord.source.hrefs import Base

#: What a listing may cost at most: a folder beyond it is unknown rather than half read.
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 250_000
_MAX_TEXT = 16 * 1024  # one href or property
_MAX_DEPTH = 64
_FRESH_SECONDS = 2
_LATEST = 2**33  # the year 2242: later dates do not fit a file's time in nanoseconds

_Grammar: TypeAlias = dict[str, "_Grammar"]


def _dav(name: str) -> str:
    return "{DAV:}" + name


_TEXTS = {_dav(name) for name in ("href", "status", "getcontentlength", "getlastmodified")}
_TEXTS.add(_dav("getetag"))
_PROP: _Grammar = {
    _dav("resourcetype"): {_dav("collection"): {}},
    _dav("getcontentlength"): {},
    _dav("getlastmodified"): {},
    _dav("getetag"): {},
}
#: The elements that are read, by their whole place in the document; all others are passed over.
_DOCUMENT: _Grammar = {
    _dav("multistatus"): {
        _dav("response"): {
            _dav("href"): {},
            _dav("status"): {},
            _dav("propstat"): {_dav("status"): {}, _dav("prop"): _PROP},
        }
    }
}
_NOTHING: _Grammar = {}


def read_listing(
    chunks: Iterable[bytes], base: Base, folder: TreePath, at: float
) -> list[Entry | UnknownFolder]:
    """What ``folder`` holds, itself left out, from the answer's body as it comes.

    ``at`` is the moment of the answer in seconds since 1970. A child that exists but whose
    properties the store keeps to itself comes as UnknownFolder. Raises ListingBroken.
    """
    listing = _Listing(base, folder, at)
    target: Any = listing  # lxml's stub asks for more methods than lxml does
    parser: Any = etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
    )
    size = 0
    try:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise listing.broken(f"is over {MAX_BYTES >> 20} MiB")
            parser.feed(chunk)
        if not size:
            raise listing.broken("is empty")
        parser.close()
    except etree.XMLSyntaxError as error:
        raise listing.broken("is not whole XML") from error
    return listing.result()


@dataclass(slots=True)
class _Propstat:
    status: int | None = None
    texts: dict[str, str] = field(default_factory=dict)
    typed: bool = False
    collection: bool = False


@dataclass(slots=True)
class _Response:
    href: str | None = None
    status: int | None = None
    propstats: list[_Propstat] = field(default_factory=list)


class _Listing:
    """What the XML parser calls while it reads (lxml's target protocol)."""

    def __init__(self, base: Base, folder: TreePath, at: float) -> None:
        self._base, self._folder, self._at = base, folder, at
        self._expected: list[_Grammar] = [_DOCUMENT]
        self._text: list[str] | None = None
        self._text_size = 0
        self._response = _Response()
        self._propstat = _Propstat()
        self._itself = False
        self._found: dict[TreePath, Entry | UnknownFolder | None] = {}
        self._responses = 0

    def broken(self, what: str) -> ListingBroken:
        """The error that names the folder; its words are ours, nothing of the body is in it."""
        return ListingBroken(f"the listing of /{self._folder[-120:]} {what}")

    def result(self) -> list[Entry | UnknownFolder]:
        """All that was read, once the document is closed."""
        if not self._itself:
            raise self.broken("does not list the folder itself")
        return [found for found in self._found.values() if found is not None]

    def doctype(self, *_: object) -> None:
        raise self.broken("has a DOCTYPE")

    def start(self, tag: str, _attributes: object) -> None:
        depth = len(self._expected)
        if depth == 1 and tag not in _DOCUMENT:
            raise self.broken("is not a WebDAV multistatus document")
        if depth > _MAX_DEPTH:
            raise self.broken("is nested without end")
        here = self._expected[-1]
        known = tag in here
        self._expected.append(here[tag] if known else _NOTHING)
        self._text = [] if known and tag in _TEXTS else None
        self._text_size = 0
        if not known:
            return
        if depth == 2:
            self._response = _Response()
        elif tag == _dav("propstat"):
            self._propstat = _Propstat()
        elif tag == _dav("resourcetype"):
            self._propstat.typed = True
        elif tag == _dav("collection"):
            self._propstat.collection = True

    def data(self, text: str) -> None:
        if self._text is None:
            return
        self._text.append(text)
        self._text_size += len(text)
        if self._text_size > _MAX_TEXT:
            raise self.broken("has a name or property without end")

    def end(self, tag: str) -> None:
        self._expected.pop()
        if tag not in self._expected[-1]:
            return
        if self._text is not None:
            self._take_text(tag, "".join(self._text))
            self._text = None
        elif tag == _dav("propstat"):
            self._response.propstats.append(self._propstat)
        elif tag == _dav("response"):
            self._take_response(self._response)

    def close(self) -> None:
        """The document is closed; what it meant is asked of :meth:`result`."""

    def _take_text(self, tag: str, text: str) -> None:
        depth = len(self._expected)
        if depth == 3 and tag == _dav("href"):
            if self._response.href is None:
                self._response.href = text
        elif depth == 3:
            self._response.status = self._status(text)
        elif depth == 4:
            self._propstat.status = self._status(text)
        elif self._propstat.texts.setdefault(tag, text) != text:
            raise self.broken("gives one property two values")

    def _status(self, text: str) -> int:
        found = re.fullmatch(r"HTTP/[0-9.]{1,5} +([1-5][0-9]{2})(?: .*)?", text.strip(), re.DOTALL)
        if not found:
            raise self.broken("has a status that is none")
        return int(found[1])

    def _take_response(self, response: _Response) -> None:
        self._responses += 1
        if self._responses > MAX_ENTRIES:
            raise self.broken(f"has over {MAX_ENTRIES} entries")
        if response.href is None:
            raise self.broken("has a response without a name")
        try:
            name = self._base.child_name(response.href, self._folder)
            path = self._folder if name is None else self._folder.child(name)
        except ValueError as error:
            raise self.broken(f"has a name that {error}") from error
        if path in self._found or (name is None and self._itself):
            raise self.broken("names one entry twice")
        if name is None:
            self._take_itself(response)
        else:
            self._found[path] = self._child(path, response)

    def _take_itself(self, response: _Response) -> None:
        known = self._known(response)
        if known is None or not known.collection:
            raise self.broken("does not say that it is a folder")
        self._itself = True

    def _known(self, response: _Response) -> _Propstat | None:
        """The properties that the store gave with 200, or None where it keeps them to itself."""
        if response.status is None and not response.propstats:
            raise self.broken("has a response without a status")
        if response.status not in (None, 200):
            return None
        known = _Propstat(200)
        for propstat in response.propstats:
            if propstat.status is None:
                raise self.broken("has properties without a status")
            if propstat.status == 200:
                known.typed |= propstat.typed
                known.collection |= propstat.collection
                for tag, text in propstat.texts.items():
                    if known.texts.setdefault(tag, text) != text:
                        raise self.broken("gives one property two values")
            elif propstat.status != 404 and propstat.typed:
                return None
        return known

    def _child(self, path: TreePath, response: _Response) -> Entry | UnknownFolder | None:
        if response.status in (404, 410):
            return None  # the store itself says that it is not there
        known = self._known(response)
        if known is None:
            return UnknownFolder(path, "the store keeps its properties to itself")
        modified = _seconds(known.texts.get(_dav("getlastmodified"), ""))
        fresh = modified is not None and modified >= self._at - _FRESH_SECONDS
        stamp = Stamp(_etag(known.texts.get(_dav("getetag"), "")), modified)
        if known.collection:
            return Entry(path, Kind.FOLDER, None, stamp, fresh)
        if not known.typed and (response.href or "").rstrip().endswith("/"):
            raise self.broken("does not say whether an entry is a folder")
        size = self._size(known.texts.get(_dav("getcontentlength"), ""))
        return Entry(path, Kind.FILE, size, stamp, fresh)

    def _size(self, text: str) -> int | None:
        text = text.strip()
        if re.fullmatch(r"-[0-9]+", text):
            raise self.broken("has a negative size")
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _etag(text: str) -> str:
    """Without weak prefix and quotes; ``""`` for none or one that can not be one."""
    text = text.strip().removeprefix("W/")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text if len(text) <= 512 and text.isprintable() else ""


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - reads as a row
_RFC_1123 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)"
)


def _seconds(text: str) -> int | None:
    """An RFC 1123 date as seconds since 1970; None for any other text."""
    found = _RFC_1123.fullmatch(text.strip())
    if not found or found[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    try:
        moment = datetime(
            year, _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC
        ).timestamp()
    except ValueError:
        return None
    return int(moment) if 0 <= moment < _LATEST else None
