"""One thread's line to the store: webdavclient3's Client on a session that can only read.

Everything that a foreign library could do too much is taken away here: redirects, cookies, proxies
and logins from the environment, unbounded error bodies, undone compression, every verb but the
four that read, every origin but the one of the config. What goes wrong leaves as our own errors,
in words, without a credential and without more than a line of what the store said.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase
from webdav3.client import Client

from mirrord.errors import AnswerBroken, StoreUnreachable
from mirrord.source.hrefs import Base
from mirrord.source.pace import Pace, Patience
from mirrord.source.reasons import translated
from mirrord.source.session import Gate, ReadingSession
from mirrord.source.site import HEADERS, READING

CHUNK = 256 * 1024
_ERROR_BODY = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body has not been read yet."""

    status: int
    headers: Mapping[str, str]
    _body: urllib3.BaseHTTPResponse
    _pace: Pace
    _where: str

    @property
    def length(self) -> int | None:
        """Content-Length in bytes; None where there is none that counts."""
        text = self.headers.get("Content-Length", "").strip()
        if "Transfer-Encoding" in self.headers or not (text.isascii() and text.isdigit()):
            return None
        return int(text[:19])

    @property
    def is_html(self) -> bool:
        """Whether it calls itself a web page."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return kind in ("text/html", "application/xhtml+xml")

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes over the wire, never decoded; StoreUnreachable where it breaks."""
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise AnswerBroken(f"{self._where} sent a compressed answer that nobody asked for")
        while True:
            with translated(self._where, self._pace):
                chunk = self._body.read1(CHUNK, decode_content=False)
            if not chunk:
                break
            self._pace.got(len(chunk))
            yield chunk
        if self._pace.was_cut:
            # without a length the end of a cut body looks like any other
            raise StoreUnreachable(f"{self._where} answers too slowly; given up")

    @property
    def is_framed(self) -> bool:
        """Whether its end is told by itself and not only by the end of the connection."""
        chunked = self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked"
        return chunked or self.length is not None

    def paused(self) -> Any:
        """A context in which the time is ours, not the store's."""
        return self._pace.paused()


class Line:
    """A Client of its own for one thread, with one connection that :class:`Pace` can end."""

    def __init__(
        self, base: Base, login: AuthBase, patience: Patience, ca: str | None = None
    ) -> None:
        self.pace = Pace(patience)
        self.base = base
        self._client = Client({"webdav_hostname": base.origin})
        self._client.webdav.root = base.root_path  # its own quoting folds // and dots
        self._client.requests = dict(READING)
        self._client.http_header = {}
        self._client.timeout = (patience.connect, patience.read)
        self._client.verify = ca or True
        self._client.session = _session(base, login, self.pace)

    @contextmanager
    def ask(
        self, action: str, path: str, body: str | None = None, headers: Sequence[str] = ()
    ) -> Iterator[Answer]:
        """Send one request for a percent-encoded path below the root; the answer, whatever status.

        Raises StoreUnreachable, or AnswerBroken for an answer that is no HTTP.
        """
        where = self.base.host
        with self.pace.answer():
            with translated(where, self.pace):
                response = self._send(action, path, body, headers)
            with closing(response):
                yield Answer(response.status_code, response.headers, response.raw, self.pace, where)

    def close(self) -> None:
        """Let go of the connection."""
        self.pace.end()
        self._client.session.close()

    def _send(
        self, action: str, path: str, body: str | None, headers: Sequence[str]
    ) -> requests.Response:
        try:
            response: requests.Response = self._client.execute_request(
                action, path, data=body, headers_ext=list(headers)
            )
        except _Refusal as refusal:
            return refusal.response
        return response


class _Refusal(Exception):
    """A status of 400 or more, taken before webdavclient3 drops its headers."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _Session(ReadingSession):
    """A session whose errors keep their headers."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().request(*args, **kwargs)
        if response.status_code >= 400:
            raise _Refusal(response)
        return response


class _Gate(Gate):
    """A gate that reads the start of an error body, where requests and the client read it whole."""

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        if resp.status >= 300:
            with closing(resp):
                start = resp.read(_ERROR_BODY, decode_content=False)
            response.raw = urllib3.HTTPResponse(io.BytesIO(start), preload_content=False)
        return response


def _session(base: Base, login: AuthBase, pace: Pace) -> requests.Session:
    session = _Session(_Gate(base.origin, READING.values(), pace), HEADERS)
    session.auth = login
    return session
