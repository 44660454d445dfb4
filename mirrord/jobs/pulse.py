"""The pulse of a running program: it stops every job at its next step, and ends every wait."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol

from mirrord.errors import Stopped

Shown = Callable[[str, int, int | None], None]


class Bell:
    """Wakes all who wait, from the moment that it rings until it is cleared.

    A signal handler may ring it at any step of a wait in its own thread; a threading.Event that is
    set there takes a lock which the wait may hold, and hangs for good.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()
        self.rung = False

    def ring(self) -> None:
        """Wake all who wait, and who come to wait."""
        self.rung = True
        self._rings.put(None)

    def clear(self) -> None:
        """Let them wait again."""
        self.rung = False
        with suppress(Empty):
            while True:
                self._rings.get_nowait()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait so long (None: for ever); True as soon as it rings."""
        try:
            self._rings.get(timeout=None if seconds is None else max(0.0, seconds))
        except Empty:
            return False
        self._rings.put(None)  # for the next one who waits
        return True


class Time(Protocol):
    """The wall clock and waiting, which tests may let run faster."""

    def now(self) -> float:
        """Seconds since 1970."""

    def wait(self, bell: Bell, seconds: float) -> bool:
        """Wait so many seconds of this time; True as soon as the bell rings."""


class RealTime:
    """The time that people live in."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def wait(self, bell: Bell, seconds: float) -> bool:
        """Wait; True as soon as the bell rings."""
        return bell.wait(seconds)


class Heart:
    """A pulse whose owner can stop it and see when it last beat; it may beat for many threads.

    ``shown`` takes progress: what, done, total (None: not known).
    """

    def __init__(
        self,
        shown: Shown = lambda _what, _done, _total: None,
        clock: Time | None = None,
    ) -> None:
        self.shown = shown
        self._time = clock or RealTime()
        self._stopping = Bell()
        self._waiting = 0
        self._last = 0.0
        self._lock = threading.Lock()

    def stop(self) -> None:
        """End every job that holds this pulse at its next step. Safe in a signal handler."""
        self._stopping.ring()

    @property
    def stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopping.rung

    @property
    def last_beat(self) -> float:
        """When it last beat, on the monotonic clock; now, while somebody waits on purpose."""
        return time.monotonic() if self._waiting else self._last

    def beat(self) -> None:
        """Stopped if the house is closing."""
        self._last = time.monotonic()
        if self._stopping.rung:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait; Stopped as soon as the house is closing."""
        with self._lock:
            self._waiting += 1
        try:
            stopped = self._time.wait(self._stopping, seconds)
        finally:
            with self._lock:
                self._waiting -= 1
        self.beat()
        if stopped:
            raise Stopped

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Pass on how far the work is."""
        self.beat()
        self.shown(what, done, total)
