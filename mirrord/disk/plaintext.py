"""A text file in staging, packed or not, hashed as plain bytes."""

import gzip
import hashlib
from typing import Any, cast

from mirrord.disk.staging import StagedFile

_GZIP_LEVEL = 6


class PlainText:
    """A text file in staging, hashed as plain bytes whether it is packed or not."""

    def __init__(self, staged: StagedFile, *, packed: bool) -> None:
        self.staged = staged
        self.lines = 0
        self._plain = hashlib.sha256()
        # without a time and a name of its own, equal text gives equal bytes
        sink = cast(Any, _Writable(staged))
        self._gzip = gzip.GzipFile("", "wb", _GZIP_LEVEL, fileobj=sink, mtime=0) if packed else None

    def write(self, line: str) -> None:
        """Append one line, its line end included."""
        raw = line.encode()
        self._plain.update(raw)
        self.lines += 1
        if self._gzip is None:
            self.staged.write(raw)
        else:
            self._gzip.write(raw)

    def close(self) -> str:
        """The sha256 of the plain text."""
        if self._gzip is not None:
            self._gzip.close()
        self.staged.close()
        return self._plain.hexdigest()


class _Writable:
    """What gzip wants of a file."""

    def __init__(self, staged: StagedFile) -> None:
        self.write = staged.write

    def flush(self) -> None:
        """Nothing is buffered."""
