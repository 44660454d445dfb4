"""The door of the sample store: one WSGI application for the REST API and the WebDAV tree.

It tells the two apart, keeps the request log, and lets ordered faults spoil an answer on its way
out. It must never know what a record or a file is.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event
from typing import Any

from mirrord.demo.answer import Answer, Refusal, refusal_answer
from mirrord.demo.api import Api
from mirrord.demo.misbehave import Misbehaviour
from mirrord.demo.query import Query
from mirrord.demo.themes import LINKS

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

SMALL = 1000
"""Bodies below this many bytes are not worth compressing."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as it was answered.

    ``path`` begins with ``/v2/``, ``/v3/`` or ``/dav``; ``query`` is the raw text after the
    question mark; ``unknown`` names the parameters that the route did not understand.
    """

    method: str
    path: str
    query: str
    status: int
    unknown: tuple[str, ...] = ()


class Front:
    """The WSGI application; ``log`` grows by one entry before each answer leaves.

    ``packs``: whether answers are compressed for those who take them so.
    """

    def __init__(
        self, api: Api, dav: App, store_hash: str, misbehave: Misbehaviour, *, packs: bool = True
    ) -> None:
        self._packs = packs
        self.log: list[Logged] = []
        self.closing = Event()
        self._api = api
        self._dav = dav
        self._root = f"/stores/{store_hash}"
        self._misbehave = misbehave

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One request, by PEP 3333."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if path == "/dav" or path.startswith("/dav/"):
            return self._from_tree(path, environ, start_response)
        path = path.removeprefix(self._root) if path.startswith(self._root + "/") else path
        answer = self._from_api(path, environ)
        return _sent(answer, start_response, self.closing)

    def _from_api(self, path: str, environ: Environ) -> Answer:
        query = Query(environ.get("QUERY_STRING", ""))
        if path.startswith(("/v2/", "/v3/")):
            token = environ.get("HTTP_X_AUTH_TOKEN", "")
            # left unread, a body would be taken for the connection's next request
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            answer = self._api.answer(environ["REQUEST_METHOD"], path, query, token)
        elif path.startswith(LINKS):
            answer = self._api.linked(path)
        else:
            answer = refusal_answer(path, Refusal(404, "The requested resource was not found."))
        answer = self._spoilt(path, answer)
        self._note(path, environ, answer.status, query.unknown)
        wants_gzip = self._packs and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        return _compressed(answer) if wants_gzip else answer

    def _spoilt(self, path: str, answer: Answer) -> Answer:
        rule = self._misbehave.rule_for(path)
        return answer if rule is None else rule.fault(path, answer)

    def _from_tree(
        self, path: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        rule = self._misbehave.rule_for(path)
        if rule is not None:
            answer = rule.fault(path, _collected(self._dav, environ))
            self._note(path, environ, answer.status)
            return _sent(answer, start_response, self.closing)

        def noting(status: str, headers: Any, exc_info: Any = None) -> Any:
            self._note(path, environ, int(status[:3]))
            return start_response(status, headers, exc_info)

        return self._dav(environ, noting)

    def _note(
        self, path: str, environ: Environ, status: int, unknown: tuple[str, ...] = ()
    ) -> None:
        query = environ.get("QUERY_STRING", "")
        self.log.append(Logged(environ["REQUEST_METHOD"], path, query, status, unknown))


def _collected(app: App, environ: Environ) -> Answer:
    """The whole answer of another application."""
    told: list[Any] = []

    def start(status: str, headers: Any, _exc_info: Any = None) -> None:
        told[:] = [int(status[:3]), tuple(headers)]

    chunks = app(environ, start)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    return Answer(told[0], body, told[1])


def _compressed(answer: Answer) -> Answer:
    if len(answer.body) < SMALL or answer.cut_at is not None:
        return answer
    body = gzip.compress(answer.body, compresslevel=1, mtime=0)
    headers = (*answer.headers, ("Content-Encoding", "gzip"))
    return Answer(answer.status, body, headers, delay=answer.delay)


def _sent(answer: Answer, start_response: StartResponse, closing: Event) -> Iterator[bytes]:
    """The answer, late or cut off where it asks for that."""
    if answer.delay:
        closing.wait(answer.delay)
    headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} {_reason(answer.status)}", headers)
    yield answer.body[: answer.cut_at]
    if answer.cut_at is not None:
        # the server closes the connection on this error, and keeps quiet about it
        raise ConnectionResetError(104, "cut on command")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
