"""The pulse of a running program: it stops every job at its next step, and ends every wait."""

from collections.abc import Callable
from queue import Empty, SimpleQueue

from mirrord.errors import Stopped

Shown = Callable[[str, int, int | None], None]


class Heart:
    """A pulse whose owner can stop it; one heart may beat for many threads.

    ``shown`` takes progress: what, done, total (None: not known). ``stopping`` tells whether
    :meth:`stop` was called.
    """

    def __init__(self, shown: Shown = lambda _what, _done, _total: None) -> None:
        self.stopping = False
        # an Event that is set in a signal handler hangs when the signal comes inside its wait()
        self._ends: SimpleQueue[None] = SimpleQueue()
        self.shown = shown

    def stop(self) -> None:
        """End every job that holds this pulse at its next step. Safe in a signal handler."""
        self.stopping = True
        self._ends.put(None)

    def beat(self) -> None:
        """Stopped if the house is closing."""
        if self.stopping:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Wait; Stopped as soon as the house is closing."""
        self.beat()
        try:
            self._ends.get(timeout=max(0.0, seconds))
        except Empty:
            return
        self._ends.put(None)  # for the next one who waits
        raise Stopped

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Pass on how far the work is."""
        self.beat()
        self.shown(what, done, total)
