"""Where files are written before anybody sees them; swept at every start.

Each lane has a staging folder of its own, on the filesystem of the rooms it serves.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from mirrord.core.part import Part
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.house import House

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SECOND = 1_000_000_000
#: The end of year 9999: a date beyond it is a server's slip.
_LAST = 253_402_300_799


def nanoseconds(modified: int) -> int:
    """A store's date in seconds since 1970 as a file's time."""
    return min(max(modified, 0), _LAST) * _SECOND


class StagedFile:
    """A file being written where nobody looks; hashed on the way."""

    #: Nothing of before is ever found here: what is not placed is swept.
    held: Part | None = None

    def __init__(
        self, staging: Path, folder: int, name: str, *, mode: int, modified: int, durable: Durable
    ) -> None:
        self._fd = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
        self._staging = staging
        self._folder = folder
        self._name = name
        self._mode = mode
        self._durable = durable
        self._sha256 = hashlib.sha256()
        self._size = 0
        self.mtime = nanoseconds(modified)

    def write(self, chunk: bytes) -> None:
        """Append; DiskError where the disk refuses."""
        self._sha256.update(chunk)
        self._size += len(chunk)
        rest = memoryview(chunk)
        with disk_errors("staging a file"):
            while rest:
                rest = rest[os.write(self._fd, rest) :]

    def expect(self, validator: str) -> None:
        """Of a small file nothing is noted on the way."""

    def rewind(self) -> None:
        """Throw away what was written, and start from nothing; DiskError."""
        self._size, self._sha256 = 0, hashlib.sha256()
        with disk_errors("staging a file"):
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)

    def keep(self, validator: str) -> None:  # noqa: ARG002 - as of a large file
        """A small file is sooner fetched again than kept in part: the same as discard."""
        self.discard()

    def close(self) -> tuple[int, str]:
        """Set mode and time, as nobody sees it yet; size in bytes and sha256 in hex.

        From then on ``mtime`` is the time as the filesystem keeps it (some have no year 2500, some
        no odd seconds).
        """
        if self._fd < 0:
            return self._size, self._sha256.hexdigest()
        with disk_errors("staging a file"):
            os.fchmod(self._fd, self._mode)
            os.utime(self._fd, ns=(self.mtime, self.mtime))
            self.mtime = os.fstat(self._fd).st_mtime_ns
            self._durable.file(self._fd)
            fd, self._fd = self._fd, -1
            os.close(fd)
        return self._size, self._sha256.hexdigest()

    @property
    def path(self) -> Path:
        """Where it lies, as long as it is staged."""
        return self._staging / self._name

    def sync(self) -> None:
        """Make this closed file durable by itself; OSError."""
        fd = os.open(self._name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self._folder)
        with closing_fd(fd):
            os.fsync(fd)

    def move_to(self, folder: int, name: str) -> None:
        """Rename the closed file into a folder; OSError."""
        os.rename(self._name, name, src_dir_fd=self._folder, dst_dir_fd=folder)

    def discard(self) -> None:
        """Remove what was written; safe twice, and after the file was moved."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
        with suppress(FileNotFoundError):
            os.unlink(self._name, dir_fd=self._folder)


class Staging:
    """One lane's staging folder, empty at the start and at the end, whatever was cut."""

    def __init__(self, house: House, lane: str, durable: Durable) -> None:
        self.path = house.room(".mirrord/staging") / lane
        self._durable = durable
        self._numbers = count()
        with ExitStack() as ends, disk_errors(f"sweeping {self.path}"):
            self.path.mkdir(0o700, exist_ok=True)
            self._folder = os.open(self.path, _FOLDER)
            ends.callback(os.close, self._folder)
            self._sweep()
            ends.pop_all()

    def open(self, mode: int, modified: int) -> StagedFile:
        """A new file that will have this mode and time (seconds since 1970). Any thread may ask."""
        with disk_errors("staging a file"):
            name = str(next(self._numbers))
            return StagedFile(
                self.path, self._folder, name, mode=mode, modified=modified, durable=self._durable
            )

    def close(self) -> None:
        """Remove what was not placed, and let go of the folder."""
        with closing_fd(self._folder), disk_errors(f"sweeping {self.path}"):
            self._sweep()

    def _sweep(self) -> None:
        with os.scandir(self._folder) as left:
            for entry in left:
                if entry.is_dir(follow_symlinks=False):
                    # a NAS puts folders of its own (`@eaDir`) wherever files appear
                    shutil.rmtree(entry.name, dir_fd=self._folder)
                else:
                    os.unlink(entry.name, dir_fd=self._folder)


@contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    """Close a descriptor at the end, whatever happens."""
    try:
        yield fd
    finally:
        os.close(fd)
