"""The pulse of a running program: it stops every job at its next step, and ends every wait."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from mirrord.errors import Stopped

Shown = Callable[[str, int, int | None], None]


class Time(Protocol):
    """The wall clock, which tests may let run faster."""

    def now(self) -> float:
        """Seconds since 1970."""

    def real(self, seconds: float) -> float:
        """How many real seconds so many of its seconds take."""


class RealTime:
    """The time that people live in."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def real(self, seconds: float) -> float:
        """The same."""
        return seconds


class Bell:
    """Wakes whoever waits; it may be rung in a signal handler.

    An Event may not: one that is set while the same thread is inside its wait() hangs.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake one who waits, or the next who will."""
        self._rings.put(None)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a ring, for ever without a limit; False where none came in time."""
        try:
            self._rings.get(timeout=None if seconds is None else max(0.0, seconds))
        except Empty:
            return False
        return True


class Heart:
    """A pulse whose owner can stop it and see when it last beat; it may beat for many threads.

    ``shown`` takes progress: what, done, total (None: not known). ``stopping`` tells whether
    :meth:`stop` was called.
    """

    def __init__(
        self,
        shown: Shown = lambda _what, _done, _total: None,
        clock: Time | None = None,
    ) -> None:
        self.shown = shown
        self.stopping = False
        self._bell = Bell()
        self._time = clock or RealTime()
        self._waiting = 0
        self._last = 0.0
        self._lock = threading.Lock()

    def stop(self) -> None:
        """End every job that holds this pulse at its next step. Safe in a signal handler."""
        self.stopping = True
        self._bell.ring()

    @property
    def last_beat(self) -> float:
        """When it last beat, on the monotonic clock; now, while somebody waits on purpose."""
        return time.monotonic() if self._waiting else self._last

    def beat(self) -> None:
        """Stopped if the house is closing."""
        self._last = time.monotonic()
        if self.stopping:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait; Stopped as soon as the house is closing."""
        self.beat()
        with self._lock:
            self._waiting += 1
        try:
            rang = self._bell.wait(self._time.real(seconds))
        finally:
            with self._lock:
                self._waiting -= 1
        if rang:
            self._bell.ring()  # for the next one who waits
        self.beat()

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Pass on how far the work is."""
        self.beat()
        self.shown(what, done, total)
