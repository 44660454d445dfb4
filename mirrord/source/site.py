"""How the store's tree is asked: URLs, verbs and headers, made of webdavclient3's own settings.

Pure. Of webdavclient3 only its settings are used here: the whole Client (requests with it) costs a
tenth of a second and is for who asks one thing at a time (:mod:`mirrord.source.wire`).
"""

from __future__ import annotations

from functools import lru_cache

from webdav3.connection import WebDAVSettings

from mirrord import __version__
from mirrord.source.exchange import Request
from mirrord.source.hrefs import Base

#: webdavclient3's words for the verbs that read; no others are ever known.
READING = {"options": "OPTIONS", "download": "GET", "check": "HEAD", "list": "PROPFIND"}
HEADERS = {
    "User-Agent": f"mirrord/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
}
PROPFIND = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<propfind xmlns="DAV:"><prop>'
    "<resourcetype/><getcontentlength/><getlastmodified/><getetag/>"
    "</prop></propfind>"
)
_XML = "Content-Type: application/xml; charset=utf-8"
_PLAIN = tuple(f"{name}: {value}" for name, value in HEADERS.items())


class Site:
    """The requests that can be made at all: below one root of one origin, and reading."""

    def __init__(self, base: Base, username: str, password: str) -> None:
        settings = WebDAVSettings(
            {"hostname": base.origin, "login": username, "password": password}
        )
        settings.is_valid()
        self.base = base
        self.username, self.password = settings.login, settings.password
        self._root = f"{settings.hostname}{base.root_path}"

    def get(self, path: str, *headers: str) -> Request:
        """One file, by its percent-encoded path below the root."""
        return Request(READING["download"], self._root + path, (*_PLAIN, *headers))

    def listing(self, path: str, depth: str) -> Request:
        """One folder, by its percent-encoded path below the root, and how deep to tell of it."""
        return Request(
            READING["list"], f"{self._root}{path}/", _listing_headers(depth), PROPFIND.encode()
        )


@lru_cache(maxsize=4)
def _listing_headers(depth: str) -> tuple[str, ...]:
    return (*_PLAIN, f"Depth: {depth}", _XML)
