"""A text file in staging, packed or not, hashed as plain bytes."""

import gzip
import hashlib
from typing import Any, cast

from mirrord.disk.staging import StagedFile

_GZIP_LEVEL = 6
#: Bytes that are gathered before they are hashed, packed and written.
_AT_ONCE = 128 * 1024


class PlainText:
    """A text file in staging, hashed as plain bytes whether it is packed or not."""

    def __init__(self, staged: StagedFile, *, packed: bool) -> None:
        self.staged = staged
        self.lines = 0
        self.size = 0  # bytes, plain
        self._plain = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._flushed = 0
        # without a time and a name of its own, equal text gives equal bytes
        sink = cast(Any, _Writable(staged))
        self._gzip = gzip.GzipFile("", "wb", _GZIP_LEVEL, fileobj=sink, mtime=0) if packed else None

    def write(self, line: str) -> None:
        """Append one line, its line end included."""
        self.copy(line.encode(), 1)

    def copy(self, raw: bytes, lines: int) -> None:
        """Append so many lines that are text already."""
        self.lines += lines
        self.size += len(raw)
        self._waiting.append(raw)
        if self.size - self._flushed >= _AT_ONCE:
            self._flush()

    def close(self) -> str:
        """The sha256 of the plain text."""
        self._flush()
        if self._gzip is not None:
            self._gzip.close()
        self.staged.close()
        return self._plain.hexdigest()

    def _flush(self) -> None:
        raw = b"".join(self._waiting)
        self._waiting.clear()
        self._flushed = self.size
        self._plain.update(raw)
        if self._gzip is None:
            self.staged.write(raw)
        else:
            self._gzip.write(raw)


class _Writable:
    """What gzip wants of a file."""

    def __init__(self, staged: StagedFile) -> None:
        self.write = staged.write

    def flush(self) -> None:
        """Nothing is buffered."""
