"""The strict reader of a multistatus document: bytes in as they come, its responses out.

Pure. It never builds a tree of what the store sent, never loads or resolves anything that the
document names, and never guesses: what is no whole, plain multistatus document is ListingBroken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat

from mirrord.errors import ListingBroken

_MAX_TEXT = 16 * 1024  # one href or property
_MAX_TAG = 256 * 1024  # expat reads an unfinished one from its beginning with every chunk
_MAX_DEPTH = 64
_VERSION = re.compile(r"1\.[0-9]{1,3}")
#: What a name may be spelt in; any other encoding could make two names of one.
_ENCODINGS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "utf-16"})

#: Words about an answer in, the error that names the folder out; nothing of the body is in it.
Broken: TypeAlias = Callable[[str], ListingBroken]
_Grammar: TypeAlias = dict[str, "_Grammar"]


def dav(name: str) -> str:
    """A name of WebDAV's own namespace, as expat spells it: a namespace never ends in a word."""
    return "DAV: " + name


PROPERTIES = tuple(dav(name) for name in ("getcontentlength", "getlastmodified", "getetag"))
LENGTH, MODIFIED, ETAG = PROPERTIES
_TEXTS = {dav("href"), dav("status"), *PROPERTIES}
_PROP: _Grammar = {
    dav("resourcetype"): {dav("collection"): {}},
    **{name: {} for name in PROPERTIES},
}
#: The elements that are read, by their whole place in the document; all others are passed over.
_DOCUMENT: _Grammar = {
    dav("multistatus"): {
        dav("response"): {
            dav("href"): {},
            dav("status"): {},
            dav("propstat"): {dav("status"): {}, dav("prop"): _PROP},
        }
    }
}
_NOTHING: _Grammar = {}


@dataclass(slots=True)
class Propstat:
    """Some properties and how the store answered for them; ``typed``: resourcetype is there."""

    status: str | None = None
    texts: dict[str, str] = field(default_factory=dict)
    typed: bool = False
    collection: bool = False


@dataclass(slots=True)
class Response:
    """What the store says of one href: the texts as they stand there."""

    href: str | None = None
    status: str | None = None
    propstats: list[Propstat] = field(default_factory=list)


class Responses:
    """Fed with a document, it tells each response when that is closed.

    ``names``: where somebody puts a list there, each element's name is added to it as that opens.
    """

    def __init__(self, broken: Broken) -> None:
        self._depth = 0
        self.names: list[str] | None = None
        self._broken = broken
        self._closed: list[Response] = []
        self._size = 0
        self._expected: list[_Grammar] = [_DOCUMENT]
        self._text: list[str] | None = None
        self._text_size = 0
        self._response = Response()
        self._propstat = Propstat()
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True  # a list that nobody reads is made faster
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.CharacterDataHandler = self._data
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes) -> list[Response]:
        """The responses that end in the chunk. Raises ListingBroken."""
        self._size += len(chunk)
        self._parse(chunk, last=False)
        if self._size - self._parser.CurrentByteIndex > _MAX_TAG:
            raise self._broken("has a tag without end")
        closed, self._closed = self._closed, []
        return closed

    def close(self) -> None:
        """The document has to be whole by now: ListingBroken where it is not."""
        self._parse(b"", last=True)
        del self._parser  # it holds this, too, and would stay until the next collection

    def _parse(self, chunk: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise self._broken("is not whole XML") from error

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if not _VERSION.fullmatch(version):
            raise self._broken("is no XML 1.0")
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise self._broken("is in an encoding that WebDAV does not know")

    def _doctype(self, *_: object) -> None:
        raise self._broken("has a DOCTYPE")

    def _start(self, name: str, _attributes: object) -> None:
        depth = self._depth = self._depth + 1
        if depth == 1 and name not in _DOCUMENT:
            raise self._broken("is not a WebDAV multistatus document")
        if depth > _MAX_DEPTH:
            raise self._broken("is nested without end")
        if self.names is not None:
            self.names.append(name)
        here = self._expected[-1]
        known = name in here
        self._expected.append(here[name] if known else _NOTHING)
        self._text = [] if known and name in _TEXTS else None
        self._text_size = 0
        if not known:
            return
        if depth == 2:
            self._response = Response()
        elif name == dav("propstat"):
            self._propstat = Propstat()
        elif name == dav("resourcetype"):
            self._propstat.typed = True
        elif name == dav("collection"):
            self._propstat.collection = True

    def _data(self, text: str) -> None:
        if self._text is None:
            return
        self._text.append(text)
        self._text_size += len(text)
        if self._text_size > _MAX_TEXT:
            raise self._broken("has a name or property without end")

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._expected.pop()
        if name not in self._expected[-1]:
            return
        if self._text is not None:
            self._take_text(name, "".join(self._text))
            self._text = None
        elif name == dav("propstat"):
            self._response.propstats.append(self._propstat)
        elif name == dav("response"):
            self._closed.append(self._response)

    def _take_text(self, name: str, text: str) -> None:
        if self._depth == 2 and name == dav("href"):
            if self._response.href is None:
                self._response.href = text
        elif self._depth == 2:
            self._response.status = text
        elif self._depth == 3:
            self._propstat.status = text
        elif self._propstat.texts.setdefault(name, text) != text:
            raise self._broken("gives one property two values")
