"""Rows kept aside in their order until all of them are known: a few MiB in memory, more in a file.

The file has no name and goes with whoever dropped it. Pure but for that.
"""

from __future__ import annotations

import marshal
import weakref
from collections.abc import Iterator
from typing import IO, Any, TypeAlias

#: Plain values: texts, numbers, None.
Row: TypeAlias = tuple[Any, ...]

_IN_MEMORY = 4 * 1024 * 1024
_ROWS = 4096  # so many are written, and read, at once
_HEADER = 4


class Spool:
    """Takes rows; gives them back, once or more often, when there are no more to come.

    Raises OSError where a disk is full.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._rows: list[Row] = []
        self._packed: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def add(self, rows: list[Row]) -> None:
        """Keep some more."""
        self._rows += rows
        if len(self._rows) >= _ROWS:
            self._pack()

    def rows(self) -> Iterator[Row]:
        """All that were added."""
        if self._file is not None:
            self._file.seek(0)
            while header := self._file.read(_HEADER):
                yield from _unpacked(self._file.read(int.from_bytes(header)))
        for packed in self._packed:
            yield from _unpacked(packed)
        yield from self._rows

    def _pack(self) -> None:
        packed = marshal.dumps(self._rows, 2)  # a later version looks for equal values in vain
        self._rows = []
        self._packed.append(packed)
        self._size += len(packed)
        if self._size > self._in_memory:
            self._write()

    def _write(self) -> None:
        if self._file is None:
            import tempfile  # takes longer to import than most listings to read

            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool, below
            weakref.finalize(self, self._file.close)
        for packed in self._packed:
            self._file.write(len(packed).to_bytes(_HEADER))
            self._file.write(packed)
        self._packed, self._size = [], 0


def _unpacked(packed: bytes) -> list[Row]:
    rows: list[Row] = marshal.loads(packed)  # noqa: S302 - what this process wrote just now
    return rows
