"""Making what was written survive a power cut, and swapping whole folders.

``syncfs`` makes a batch durable at once and, on these filesystems since Linux 5.8, reports a
write that failed. Elsewhere every file is synced by itself.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirrord.errors import DiskError, DiskFull, MirrorMissing

_SYNCFS_TELLS = frozenset({"ext4", "xfs", "btrfs"})
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Translate what the operating system says of the disk; ``what`` was being done."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _NO_ROOM:
            raise DiskFull(f"no room left while {what}: free some space, then run again") from error
        if error.errno == errno.EROFS:
            raise DiskError(
                f"the disk is read-only, while {what}: remount it writable, then run again"
            ) from error
        if error.errno in (errno.ENODEV, errno.ESTALE):
            raise MirrorMissing(f"the disk went away while {what}: is it mounted?") from error
        raise DiskError(f"{what}: {reason}") from error


def filesystem(folder: Path) -> str:
    """The type of the filesystem that holds the folder (``ext4``), ``""`` where not known."""
    place = os.path.realpath(folder)
    best, kind = "", ""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
        for line in mounts:
            fields = line.split(" ")
            # spaces and the like stand as octal escapes
            point = fields[4].encode("latin-1", "replace").decode("unicode_escape")
            inside = place == point or place.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, fields[fields.index("-") + 1]
    return kind


class Durable:
    """Makes files durable on the filesystem of one folder, in the cheapest way that is safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.by_batch = filesystem(folder) in _SYNCFS_TELLS and _at_least(5, 8)

    def file(self, fd: int) -> None:
        """Called for every written file; works only where there is no :meth:`batch`."""
        if not self.by_batch:
            os.fsync(fd)

    def folder(self, fd: int) -> None:
        """Called for every open folder whose names changed; works only where there is no batch."""
        self.file(fd)

    def batch(self) -> None:
        """Make all that was written and renamed before durable; OSError if any of it failed."""
        if not self.by_batch:
            return
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if _libc.syncfs(fd) != 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        finally:
            os.close(fd)


def swap(new: Path, old: Path) -> None:
    """Put the folder ``new`` in the place of ``old``, whole; afterwards ``new`` is the old one.

    Where the filesystem can not exchange two names, the old folder steps aside under
    ``.NAME.aside`` for an instant; :func:`undo_half_swap` mends a cut in between.
    """
    if not old.exists():
        os.rename(new, old)
        return
    paths = (os.fsencode(new), os.fsencode(old))
    if _libc.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return
    code = ctypes.get_errno()
    if code not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        raise OSError(code, os.strerror(code), str(old))
    aside = _aside(old)
    os.rename(old, aside)
    os.rename(new, old)
    os.rename(aside, new)


def undo_half_swap(folder: Path) -> None:
    """If a cut left ``folder`` standing aside, bring it back."""
    aside = _aside(folder)
    if not aside.exists():
        return
    if not folder.exists():
        os.rename(aside, folder)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")


def _at_least(*wanted: int) -> bool:
    release = os.uname().release.split("-", 1)[0].split(".")
    return tuple(int(part) for part in release[:2] if part.isdigit()) >= wanted
