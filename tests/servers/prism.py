"""Prism, a mock server that lives by OpenAPI files, and a front that makes a store's API of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.tools import free_port, running

#: What begins a list; anything else asks for a page behind the first.
_BEGINNINGS = {"page": "1", "after": "", "id:greater": "0", "min_id": "1"}


def missing() -> str:
    """What has to be installed first, in words; ``""`` where Prism can run."""
    if shutil.which("node") is None:
        return "needs nodejs"
    return "" if shutil.which("prism") else "needs prism (@stoplight/prism-cli, by npm)"


@dataclass(frozen=True, slots=True)
class Said:
    """One request as Prism took it: ``path`` as ``/v3/...``, ``text`` what was wrong with it."""

    verb: str
    path: str
    query: str
    status: int
    text: str = ""


@dataclass
class Prism:
    """A store's API by its specification: every answer is an example out of it.

    An example is one page, the same for ever: it is given for the first page of a list, and behind
    it there is nothing. ``log`` has all requests, those behind the first page too.
    """

    url: str
    log: list[Said] = field(default_factory=list)

    def refused(self) -> list[Said]:
        """What Prism did not take, or what the specification does not know."""
        return [one for one in self.log if one.status >= 400]


@contextmanager
def prism(document: Mapping[str, Any], room: Path) -> Iterator[Prism]:
    """Prism on loopback, with the examples of this document, until the end of the block."""
    described, port = room / "openapi.json", free_port()
    described.write_text(json.dumps(document))
    command = ["prism", "mock", "-h", "127.0.0.1", "-p", str(port), "-v", "warn", str(described)]
    with running(command, port, room / "prism.log", patience=60), _front(port) as front:
        yield front


@contextmanager
def _front(port: int) -> Iterator[Prism]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            target = "/" + self.path.split("/", 3)[3]  # behind /stores/HASH
            path, _, query = target.partition("?")
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, body, text = _asked(port, self.command, target, self.headers, sent)
            front.log.append(Said(self.command, path, query, status, text))
            if status < 300 and _is_behind(query):
                status, body = (204, b"") if path.startswith("/v2/") else (200, _NOTHING)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """The log is the front's."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        front = Prism(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join()


_NOTHING = b'{"data":[],"meta":{}}'
_PASSED_ON = ("X-Auth-Token", "Accept", "Content-Type")


def _asked(
    port: int, verb: str, target: str, headers: Any, sent: bytes
) -> tuple[int, str, bytes, str]:
    passed = {name: headers[name] for name in _PASSED_ON if headers[name]}
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request(verb, target, sent or None, passed)
        answer = line.getresponse()
        body = answer.read()
        violations = answer.headers.get("sl-violations", "")
    kind = answer.headers.get("Content-Type", "application/json")
    said = violations or body.decode() if answer.status >= 400 else ""
    return answer.status, kind, body, said


def _is_behind(query: str) -> bool:
    return any(_BEGINNINGS.get(name, text) != text for name, text in parse_qsl(query))
