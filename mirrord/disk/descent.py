"""The open folders from one folder of the house down to where one works just now.

Whoever goes from place to place in the order of their paths opens every folder once, step by step
and following no link. What is open may be moved away by others meanwhile: stay for a batch, and
come up again.
"""

import os
from typing import Self

from mirrord.disk.durable import Durable
from mirrord.disk.steps import walk

#: So many folders stay open; what lies deeper is reached anew each time.
_DEEP = 16


class Descent:
    """Stands in a folder below the open folder ``start``; folders made on the way are durable's."""

    def __init__(self, start: int, durable: Durable) -> None:
        self._start = start
        self._durable = durable
        self._here: str | None = None
        self._names: list[str] = []
        self._open: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.come_up()

    def into(self, folder: str, mode: int | None = None) -> int:
        """The open folder of that local path (``""``: the start), to be used before the next call.

        Missing ones are made with the mode; with None, FileNotFoundError. NotADirectoryError where
        a file or a link is in the way.
        """
        if folder != self._here:
            self._go(folder, mode)
        return self._open[-1]

    def come_up(self) -> None:
        """Let go of every folder; safe twice."""
        self._here = None
        self._climb(0)
        while self._open:
            os.close(self._open.pop())

    def _go(self, folder: str, mode: int | None) -> None:
        self._here = None
        names = folder.split("/") if folder else []
        if len(names) > _DEEP:
            names = [*names[:_DEEP], "/".join(names[_DEEP:])]
        if not self._open:
            self._open.append(os.dup(self._start))
        shared = 0
        for ours, theirs in zip(self._names, names, strict=False):
            if ours != theirs:
                break
            shared += 1
        self._climb(shared)
        for name in names[shared:]:
            self._open.append(walk(self._open[-1], tuple(name.split("/")), mode, self._durable))
            self._names.append(name)
        self._here = folder

    def _climb(self, depth: int) -> None:
        """Let go of what lies deeper than so many folders below the start."""
        del self._names[depth:]
        while len(self._open) > depth + 1:
            os.close(self._open.pop())
