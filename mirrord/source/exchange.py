"""One request and the head of its answer, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a verb that reads, a URL of the store, headers ``Name: value``."""

    verb: str
    url: str
    headers: tuple[str, ...]
    body: bytes = b""


class Head:
    """Status and headers of an answer, the latter by their names in lower case."""

    __slots__ = ("_known", "_lines", "status")

    def __init__(self, status: int, lines: Sequence[bytes]) -> None:
        self.status = status
        self._lines = lines
        self._known: dict[str, str] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """All of them; of one that came twice, both values with a comma between."""
        if self._known is None:
            self._known = {}
            for line in self._lines:
                name, colon, value = line.decode("latin-1").partition(":")
                if colon:
                    name, value = name.strip().lower(), value.strip()
                    before = self._known.get(name)
                    self._known[name] = value if before is None else f"{before}, {value}"
        return self._known

    def get(self, name: str) -> str:
        """One header by its name in lower case; ``""`` where it is not there."""
        return self.headers.get(name, "")

    @property
    def length(self) -> int | None:
        """Content-Length in bytes; None where there is none that counts."""
        text = self.get("content-length")
        if "transfer-encoding" in self.headers or not (text.isascii() and text.isdigit()):
            return None
        return int(text[:19])

    @property
    def is_framed(self) -> bool:
        """Whether its end is told by itself and not only by the end of the connection."""
        chunked = self.get("transfer-encoding").lower() == "chunked"
        return chunked or self.length is not None or self._lines[0].startswith(b"HTTP/2")

    @property
    def is_html(self) -> bool:
        """Whether it calls itself a web page."""
        kind = self.get("content-type").partition(";")[0].strip().lower()
        return kind in ("text/html", "application/xhtml+xml")

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed, or changed otherwise on its way."""
        for line in self._lines:  # most answers are not looked at any closer
            if line[:17].lower() == b"content-encoding:":
                return self.get("content-encoding").lower() != "identity"
        return False


class Reader(Protocol):
    """Who takes an answer; whatever these raise ends the request and is raised again."""

    def head(self, head: Head, /) -> None:
        """Status and headers; of an answer of 300 and more no body follows."""

    def take(self, chunk: bytes, /) -> None:
        """The body as it comes over the wire, never decoded."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and by which means.

    ``scheme`` of the login is "digest" or "basic"; ``secure``: by TLS, and by nothing else;
    ``ca`` a file of certificates to trust instead of the usual ones; ``connect`` the time that a
    connection may take, in seconds.
    """

    username: str
    password: str
    scheme: str
    secure: bool = True
    ca: str | None = None
    connect: float = 10.0
