"""Where files are written before anybody sees them; swept at every start.

Each lane has a staging folder of its own, on the filesystem of the rooms it serves.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import ExitStack, suppress
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
#: From 1970 up to here, every filesystem that syncs by batch keeps every whole second.
_SURE = ((1 << 31) - 1) * _SECOND


def nanoseconds(modified: int) -> int:
    """A store's date in seconds since 1970 as a file's time."""
    return min(max(modified, 0), _LAST) * _SECOND


class StagedFile:
    """A file being written where nobody looks; hashed on the way."""

    __slots__ = (
        "_closed", "_fd", "_folder", "_mode", "_name", "_sha256", "_size", "_staging", "mtime",
    )  # fmt: skip

    #: Nothing of before is ever found here: what is not placed is swept.
    held: Part | None = None

    def __init__(self, staging: Staging, folder: int, name: str, mode: int, modified: int) -> None:
        # elsewhere a file that nobody may write may be no file to write to
        first = mode if staging.durable.by_batch else 0o600
        self._fd = os.open(name, _NEW_FILE, first, dir_fd=folder)
        self._staging = staging
        self._folder = folder
        self._name = name
        self._mode = mode
        self._sha256 = hashlib.sha256()
        self._size = 0
        self._closed: tuple[int, str] | None = None
        self.mtime = nanoseconds(modified)

    def write(self, chunk: bytes) -> None:
        """Append; DiskError where the disk refuses."""
        self._sha256.update(chunk)
        size = len(chunk)
        self._size += size
        with disk_errors("staging a file"):
            written = os.write(self._fd, chunk)
            while written < size:
                written += os.write(self._fd, memoryview(chunk)[written:])

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
        if self._closed is None:
            if self._fd >= 0:
                with disk_errors("staging a file"):
                    self._finish(self._fd)
                    fd, self._fd = self._fd, -1
                    os.close(fd)
            self._closed = self._size, self._sha256.hexdigest()
        return self._closed

    def _finish(self, fd: int) -> None:
        durable, mtime = self._staging.durable, self.mtime
        if not self._staging.keeps(self._mode, fd):
            os.fchmod(fd, self._mode)
        os.utime(fd, ns=(mtime, mtime))
        sure = durable.by_batch and 0 <= mtime <= _SURE and not mtime % _SECOND
        if not sure:
            self.mtime = os.fstat(fd).st_mtime_ns
        durable.file(fd)

    @property
    def path(self) -> Path:
        """Where it lies, as long as it is staged."""
        return self._staging.path / self._name

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
        self.durable = durable
        self._numbers = count()
        self._kept: dict[int, bool] = {}
        with ExitStack() as ends, disk_errors(f"sweeping {self.path}"):
            self.path.mkdir(0o700, exist_ok=True)
            self._folder = os.open(self.path, _FOLDER)
            ends.callback(os.close, self._folder)
            self._sweep()
            ends.pop_all()

    def open(self, mode: int, modified: int) -> StagedFile:
        """A new file that will have this mode and time (seconds since 1970). Any thread may ask."""
        with disk_errors("staging a file"):
            return StagedFile(self, self._folder, str(next(self._numbers)), mode, modified)

    def keeps(self, mode: int, fd: int) -> bool:
        """Whether files made here have their mode from the start; asked of the first one's ``fd``.

        A umask, or a NAS's rules of inheritance, may take some of it away: the same for all.
        """
        kept = self._kept.get(mode)
        if kept is None:
            kept = self._kept[mode] = stat.S_IMODE(os.fstat(fd).st_mode) == mode
        return kept

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


class _ClosingFd:
    # no generator: it stands around every step down a path
    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def closing_fd(fd: int) -> _ClosingFd:
    """Close a descriptor at the end, whatever happens."""
    return _ClosingFd(fd)


def closing_folder(folder: Path) -> _ClosingFd:
    """A descriptor of a folder, closed at the end; DiskError where it has gone with its disk."""
    with disk_errors(f"opening {folder}"):
        return _ClosingFd(os.open(folder, _FOLDER))
