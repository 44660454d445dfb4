"""A server without any manners: it says, byte for byte, whatever a test wants it to say.

Every connection serves one request and ends; every wait of its own ends with the server.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    verb: str
    path: str
    headers: dict[str, str]
    wait: Callable[[float], bool] = field(compare=False, repr=False)

    @property
    def authorization(self) -> str:
        """What was sent to log in."""
        return self.headers.get("authorization", "")


class Reset(Exception):
    """Raised by an answer: end the connection with RST."""


Answer = Callable[[Asked], Iterable[bytes]]


class Hostile:
    """At ``url`` (the tree's root); ``log`` holds all requests, in the order of their coming."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.log: list[Asked] = []
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/dav"
        self._accepting = threading.Thread(target=self._accept, name="hostile")
        self._accepting.start()

    def paths(self, verb: str) -> list[str]:
        """The paths that were asked for by a verb."""
        return [asked.path for asked in self.log if asked.verb == verb]

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._server.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), name="hostile-one")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            with suppress(OSError):
                asked = self._read(connection)
                if asked is None:
                    return
                self.log.append(asked)
                try:
                    for piece in self.answer(asked):
                        if self._over.is_set():
                            return
                        connection.sendall(piece)
                except Reset:
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                    return
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.2)
                while connection.recv(65536) and not self._over.is_set():
                    pass  # what the client still has to say, so that closing is no RST

    def _read(self, connection: socket.socket) -> Asked | None:
        got = b""
        while b"\r\n\r\n" not in got:
            more = connection.recv(65536)
            if not more or len(got) > 1 << 20:
                return None
            got += more
        head, _, body = got.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        left = int(headers.get("content-length", "0")) - len(body)
        while left > 0 and (more := connection.recv(65536)):
            left -= len(more)
        verb, path, _ = first.split(" ", 2)
        return Asked(verb, path, headers, self._over.wait)


@contextmanager
def hostile(answer: Answer) -> Iterator[Hostile]:
    """A hostile server for the length of a test."""
    server = Hostile(answer)
    try:
        yield server
    finally:
        server.close()


def says(status: str, body: bytes = b"", *headers: str, length: int | None = -1) -> list[bytes]:
    """An answer; ``length`` None leaves Content-Length out, a number lies."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    lines.append("Connection: close")
    return ["\r\n".join(lines).encode() + b"\r\n\r\n", body]


def lists(*responses: str, date: str = "") -> list[bytes]:
    """A 207 with the responses in it."""
    body = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">' + "".join(responses)
    more = [f"Date: {date}"] if date else []
    kind = "Content-Type: application/xml; charset=utf-8"
    return says("207 Multi-Status", (body + "</d:multistatus>").encode(), kind, *more)


def folder(href: str) -> str:
    """A response that names a folder."""
    return _response(href, "<d:resourcetype><d:collection/></d:resourcetype>")


def file(href: str, size: int | str | None = 3, more: str = "") -> str:
    """A response that names a file."""
    length = "" if size is None else f"<d:getcontentlength>{size}</d:getcontentlength>"
    return _response(href, "<d:resourcetype/>" + length + more)


def _response(href: str, prop: str) -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{prop}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
