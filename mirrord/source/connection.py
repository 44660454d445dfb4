"""Connections that a :class:`mirrord.source.pace.Pace` can end, and that know a cut head.

The standard library takes headers that break off for headers that end: a cut answer then looks like
a short one without a length, or like a login refused without a challenge. Here it is an error.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from mirrord.source.pace import Pace


class _Head:
    """A connection's stream while status and headers are read: its end is a break."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def readline(self, limit: int = -1) -> bytes:
        line = self._stream.readline(limit)
        if not line:
            raise http.client.RemoteDisconnected("the answer broke off before its body")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class WholeHead(http.client.HTTPResponse):
    """An answer whose status and headers have come to their end."""

    def begin(self) -> None:
        """Read status and headers; RemoteDisconnected where they break off."""
        stream = self.fp
        head: Any = _Head(stream)
        self.fp = head
        try:
            super().begin()
        finally:
            if self.fp is head:
                self.fp = stream


class PlainConnection(HTTPConnection):
    """HTTP, known to a pace."""

    response_class = WholeHead
    pace: Pace

    def _new_conn(self) -> Any:
        return self.pace.hold(super()._new_conn())

    def getresponse(self) -> Any:
        """The answer; where its headers make no sense, what was read of it is closed."""
        with _closing_half(self):
            return super().getresponse()

    def close(self) -> None:
        """Close it; the pace lets go."""
        super().close()
        self.pace.let_go()


class TlsConnection(HTTPSConnection):
    """HTTPS, known to a pace before its handshake."""

    response_class = WholeHead
    pace: Pace

    def _new_conn(self) -> Any:
        return self.pace.hold(super()._new_conn())

    def getresponse(self) -> Any:
        """The answer; where its headers make no sense, what was read of it is closed."""
        with _closing_half(self):
            return super().getresponse()

    def close(self) -> None:
        """Close it; the pace lets go."""
        super().close()
        self.pace.let_go()


@contextmanager
def _closing_half(connection: HTTPConnection) -> Iterator[None]:
    """Close the library's answer that urllib3 made nothing of: it would hold the socket."""
    heads: list[http.client.HTTPResponse] = []

    def remembered(*args: Any, **known: Any) -> http.client.HTTPResponse:
        heads.append(WholeHead(*args, **known))
        return heads[-1]

    connection.response_class = remembered  # type: ignore[assignment]
    try:
        yield
    except BaseException:
        for head in heads:
            head.close()
        raise
    finally:
        connection.response_class = WholeHead
