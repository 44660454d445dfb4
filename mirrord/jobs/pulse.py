"""The pulse of a running program: it stops every job at its next step, and ends every wait."""

import threading
from collections.abc import Callable

from mirrord.errors import Stopped

Shown = Callable[[str, int, int | None], None]


class Heart:
    """A pulse whose owner can stop it; one heart may beat for many threads.

    ``shown`` takes progress: what, done, total (None: not known).
    """

    def __init__(self, shown: Shown = lambda _what, _done, _total: None) -> None:
        self._stopping = threading.Event()
        self.shown = shown

    def stop(self) -> None:
        """End every job that holds this pulse at its next step. Safe in a signal handler."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopping.is_set()

    def beat(self) -> None:
        """Stopped if the house is closing."""
        if self._stopping.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait; Stopped as soon as the house is closing."""
        if self._stopping.wait(seconds):
            raise Stopped

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Pass on how far the work is."""
        self.beat()
        self.shown(what, done, total)
