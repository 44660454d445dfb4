"""The pace that an answer must keep: a store that drips or hangs is cut off, as is all at a stop.

A read timeout counts from byte to byte, so a byte every half second holds a thread for ever. Here
every connection is known by a second handle of its socket; whatever thread is blocked in it, TLS
handshake and headers included, wakes when it is shut down. This room must never read or write a
byte itself.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_TICK = 0.1


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a store may take, in seconds, and what it must bring, in bytes a second.

    ``connect`` to a connection; ``read`` between two reads; ``grace`` for an answer before its
    rate counts: after ``grace + bytes received / rate`` it is cut off.
    """

    connect: float = 10.0
    read: float = 30.0
    grace: float = 60.0
    rate: int = 1024


class Pace:
    """One thread's connection and the time that its present answer has left."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.overran = False  # the present answer was cut for its pace
        self.was_cut = False  # it was cut, for whatever reason: its end proves nothing
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._due: float | None = None
        self._left_open = False
        self._ended = False

    def hold(self, connection: socket.socket) -> socket.socket:
        """Take note of a new connection; OSError where all is over."""
        with self._lock:
            self._drop()
            if self._ended:
                connection.close()
                raise ConnectionAbortedError("closed on our side")
            self._socket = connection.dup()
            self._left_open = True
        return connection

    def let_go(self) -> None:
        """The connection was closed; an answer still being read out of it stays under watch."""
        with self._lock:
            self._left_open = False
            if self._due is None:
                self._drop()

    @contextmanager
    def answer(self) -> Iterator[None]:
        """One request and its answer, from the first byte asked to the last one read."""
        with self._lock:
            self.overran = self.was_cut = False
            self._due = time.monotonic() + self.patience.grace
        try:
            yield
        finally:
            with self._lock:
                self._due = None
                if not self._left_open:
                    self._drop()

    def got(self, size: int) -> None:
        """The answer brought bytes, and with them time."""
        with self._lock:
            if self._due is not None:
                self._due += size / self.patience.rate

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What we do ourselves with the bytes is no fault of the store."""
        began = time.monotonic()
        with self._lock:
            due, self._due = self._due, float("inf")
        try:
            yield
        finally:
            with self._lock:
                self._due = None if due is None else due + time.monotonic() - began

    def is_late(self, by: float = 0.0) -> bool:
        """Whether the present answer has used up its time, and ``by`` seconds more."""
        due = self._due
        return due is not None and time.monotonic() > due + by

    def enforce(self) -> None:
        """Cut the present answer if it is late; in one step, so that it is never the next one."""
        with self._lock:
            if self.is_late():
                self.overran = True
                self._shut_down()

    def cut(self) -> None:
        """Shut the connection down: whoever is blocked in it wakes."""
        with self._lock:
            self._shut_down()

    def end(self) -> None:
        """Cut, and let no new connection come up."""
        self._ended = True
        self.cut()

    def _shut_down(self) -> None:
        self.was_cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # already gone on the other side
                self._socket.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Pacer:
    """The thread that cuts off whichever answer is late."""

    def __init__(self, paces: Iterable[Pace]) -> None:
        self._paces = paces
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mirrord-pacer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_TICK):
            for pace in tuple(self._paces):
                pace.enforce()
