"""What all who ask one store have in common: a small note, and turns that one can hold.

The door; between processes both lie in files, in a room of the disk. Here is the one for a process
that is alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Turn(Protocol):
    """One of so many; the end of the process ends it, too."""

    def close(self) -> None:
        """It is somebody else's."""


class Common(Protocol):
    """Safe for all threads and processes that share it."""

    def change(self, by: Callable[[bytes], tuple[bytes, _T]], /) -> _T:
        """Give the note (``b""``: there is none) to ``by`` and keep what comes of it.

        Nobody else changes it in between; ``by`` must be quick. What ``by`` gives besides comes
        back. A note never outlives the running system: it may hold moments of its clock.
        """

    def turn(self, name: str, at_once: int, /) -> Turn | None:
        """One of the ``at_once`` turns of that name; None where all are taken. Never waits."""


class Alone:
    """One process, that shares with its threads only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._note = b""
        self._taken: Counter[str] = Counter()

    def change(self, by: Callable[[bytes], tuple[bytes, _T]]) -> _T:
        """See :meth:`Common.change`."""
        with self._lock:
            self._note, found = by(self._note)
            return found

    def turn(self, name: str, at_once: int) -> Turn | None:
        """See :meth:`Common.turn`."""
        with self._lock:
            if self._taken[name] >= at_once:
                return None
            self._taken[name] += 1
        return _Turn(self, name)

    def over(self, name: str) -> None:
        """A turn of that name has ended."""
        with self._lock:
            self._taken[name] -= 1


class _Turn:
    def __init__(self, of: Alone, name: str) -> None:
        self._of = of
        self._name = name

    def close(self) -> None:
        """See :class:`Turn`."""
        self._of.over(self._name)
