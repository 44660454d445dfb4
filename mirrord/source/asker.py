"""A few questions to a WebDAV server, counted, timed, and read only so far.

For `doctor`: what answers whom, and how. It can send nothing but the verbs that read, on the same
wire as the runs; a mirror is never made of what comes through here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from mirrord.core.entry import ROOT, Entry, UnknownFolder
from mirrord.errors import StoreError, StoreRefused
from mirrord.source.hrefs import Base
from mirrord.source.multistatus import read_listing
from mirrord.source.pace import Pacer, Patience
from mirrord.source.site import PROPFIND
from mirrord.source.wire import Answer, Line
from mirrord.source.words import plain

#: So many requests at most, the ones that a login repeats among them.
REQUESTS = 30
#: A listing, and a file, are read so many bytes far.
LISTING_BYTES = 4 << 20
FILE_BYTES = 256 << 10
_PATIENCE = Patience(connect=10.0, read=20.0, grace=30.0)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, its body read as far as was wanted; ``whole``: to its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks of somebody who brings no login.

    ``schemes`` in lower case, as offered.
    """

    status: int
    schemes: tuple[str, ...]


def challenge(url: str, ca: str | None = None) -> Challenge:
    """Ask without a login; StoreError where nothing is answered."""
    with Asker(url, NoLogin(), ca) as asker:
        reply = asker.propfind("/", "0")
    offered = reply.headers.get("www-authenticate", "").lower()
    schemes = tuple(name for name in ("digest", "basic", "bearer", "ntlm") if name in offered)
    return Challenge(reply.status, schemes)


def top_listing(
    url: str, username: str, password: str, scheme: str, ca: str | None = None
) -> list[Entry | UnknownFolder]:
    """What lies in the root, judged as a run would judge it, by one request and its login.

    StoreRefused where the login is; StoreError in words for anything but a sound listing.
    """
    login = Digest(username, password) if scheme == "digest" else Basic(username, password)
    with Asker(url, login, ca) as asker:
        reply = asker.propfind("/", "1")
    if reply.status == 401:
        raise StoreRefused(f"the login of {plain(username)} is refused (answer 401)")
    if reply.status == 403:
        raise StoreRefused(f"{plain(username)} may log in and not read the root (answer 403)")
    if reply.status != 207:
        raise StoreError(f"the root was answered {reply.status} where WebDAV answers 207")
    if not reply.whole:
        raise StoreError(f"the root's listing is longer than {LISTING_BYTES >> 20} MiB")
    return read_listing([reply.body], asker.base, ROOT, time.time())


def server_time(url: str, ca: str | None = None) -> float | None:
    """What the server's clock says, in seconds since 1970; None where it keeps it to itself."""
    with Asker(url, NoLogin(), ca) as asker:
        told = asker.get("/", most=1024).headers.get("date", "")
    try:
        return parsedate_to_datetime(told).timestamp()
    except ValueError:
        return None


class NoLogin(AuthBase):
    """Whoever asks without a name."""

    def __call__(self, request: Any) -> Any:
        """The request as it is."""
        return request


class Basic(HTTPBasicAuth):
    """A login that is never asked for: it goes with every request."""

    refusals: tuple[tuple[float, str], ...] = ()


class Digest(HTTPDigestAuth):
    """Remembers when the server asked for a login, and in which words."""

    def __init__(self, username: str, password: str) -> None:
        super().__init__(username, password)
        self.refusals: list[tuple[float, str]] = []

    def handle_401(self, r: requests.Response, **kwargs: Any) -> requests.Response:
        """As the library does, after a note of it."""
        if r.status_code == 401:
            self.refusals.append((time.monotonic(), r.headers.get("WWW-Authenticate", "")))
        answer: requests.Response = super().handle_401(r, **kwargs)  # type: ignore[no-untyped-call]
        return answer


class Asker:
    """One line to the server that counts and times what it asks."""

    def __init__(self, url: str, login: AuthBase, ca: str | None, budget: int = REQUESTS) -> None:
        try:
            base = Base.of(url)
        except ValueError as error:
            raise StoreError(f"the WebDAV URL: {error}") from None
        self.login = login
        self.left = budget
        self.times: list[float] = []
        self.busy = 0
        self.base = base
        self._line = Line(base, login, _PATIENCE, ca)
        self._pacer = Pacer([self._line.pace])

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self._pacer.close()
        self._line.close()

    @property
    def refusals(self) -> Sequence[tuple[float, str]]:
        """The challenges so far: when (monotonic), and the header."""
        return getattr(self.login, "refusals", ())

    @staticmethod
    def now() -> float:
        """Seconds, monotonic, as in :attr:`refusals`."""
        return time.monotonic()

    def propfind(self, path: str, depth: str, most: int = LISTING_BYTES) -> Reply:
        """One listing."""
        headers = (f"Depth: {depth}", "Content-Type: application/xml; charset=utf-8")
        return self._ask("list", path, most, headers, PROPFIND)

    def get(self, path: str, *headers: str, most: int = FILE_BYTES) -> Reply:
        """One file, or what came of it."""
        return self._ask("download", path, most, headers)

    def options(self) -> Reply:
        """What the server says that it can."""
        return self._ask("options", "/", 4096)

    def _ask(
        self,
        action: str,
        path: str,
        most: int,
        headers: Sequence[str] = (),
        body: str | None = None,
    ) -> Reply:
        if self.left < 2:  # a login may double each request
            raise Spent
        challenged = len(self.refusals)
        began = time.monotonic()
        with self._line.ask(action, path, body, headers) as answer:
            read, whole = _read(answer, most)
            seconds = time.monotonic() - began
            known = {name.lower(): value for name, value in answer.headers.items()}
            reply = Reply(answer.status, known, read, whole, seconds)
        self.left -= 1 + len(self.refusals) - challenged
        self.times.append(seconds)
        self.busy += reply.status in (429, 503)
        return reply


class Spent(Exception):
    """All requests that a probe may send are sent."""


def _read(answer: Answer, most: int) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in answer.chunks():
        body += chunk
        if len(body) > most:
            return bytes(body[:most]), False
    return bytes(body), True
