"""``old-versions/<moment>.SHA256SUMS``: the checksums of what left files/ in one run.

Written beside the run's folder as its files come in, so that an old version that rots is known for
rotten. A run that was cut may have moved a file whose line is not written: it counts as not yet
seen, and its checksum is added when it is first read.
"""

import os

from mirrord.core.discreet import mode_of_list
from mirrord.core.manifest import sum_line
from mirrord.disk.house import House

_OWN, _SHARED = 0o600, 0o440
_NEW = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class OldSums:
    """The checksums of one run's old versions; its file is made when there is a first."""

    def __init__(self, house: House, moment: str) -> None:
        self._file = house.room(f"old-versions/{moment}.SHA256SUMS")
        self._fd = -1
        self._due: list[str] = []
        self._private = False

    def add(self, name: str, sha256: str) -> None:
        """Note a file by its name below the run's folder; :meth:`write` writes it."""
        self._due.append(sum_line(sha256, name))
        self._private = self._private or mode_of_list([name]) == _OWN

    def write(self) -> None:
        """Append what was noted; the caller makes it durable. OSError."""
        if not self._due:
            return
        if self._fd < 0:
            self._fd = os.open(self._file, _NEW, _OWN)
        # whatever the umask is
        os.fchmod(self._fd, _OWN if self._private else _SHARED)
        rest = memoryview("".join(self._due).encode("utf-8", "surrogateescape"))
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        self._due = []

    def close(self) -> None:
        """Let go of the file; safe twice."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
