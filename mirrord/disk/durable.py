"""Making what was written survive a power cut, and swapping whole folders.

``syncfs`` makes a batch durable at once and, on these filesystems since Linux 5.8, reports a
write that failed. Elsewhere every file is synced by itself.
"""

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from mirrord.core.discreet import discreet
from mirrord.errors import DiskError, DiskFull, MirrorMissing

_SYNCFS_TELLS = frozenset({"ext4", "xfs", "btrfs"})
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NEVER_OURS = frozenset(
    {*_NO_ROOM, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENODEV, errno.ESTALE}
)
_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_NOREPLACE = -100, 2, 1


class _DiskErrors:
    # no generator: it stands around every step of every file
    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise _told(error, self._what) from error


def disk_errors(what: str) -> _DiskErrors:
    """Translate what the operating system says of the disk; ``what`` was being done."""
    return _DiskErrors(what)


def _told(error: OSError, what: str) -> DiskError:
    reason, what = error.strerror or str(error), discreet(what)
    if error.errno in _NO_ROOM:
        return DiskFull(f"no room left while {what}: free some space, then run again")
    if error.errno == errno.EROFS:
        return DiskError(
            f"the disk is read-only, while {what}: remount it writable, then run again"
        )
    if error.errno in (errno.ENODEV, errno.ESTALE):
        return MirrorMissing(f"the disk went away while {what}: is it mounted?")
    return DiskError(f"{what}: {reason}")


def machine_error(error: OSError, what: str) -> DiskError | None:
    """The same for an error that came through no such door; None where it is no word of the disk's.

    Even to close a folder that was only read may fail on a dying disk: that is no bug of ours.
    """
    return _told(error, what) if error.errno in _NEVER_OURS else None


def filesystem(folder: Path) -> str:
    """The type of the filesystem that holds the folder (``ext4``), ``""`` where not known."""
    with open("/proc/self/mountinfo", "rb") as mounts:
        return mounted_type(mounts, os.fsencode(os.path.realpath(folder)))


def mounted_type(mounts: Iterable[bytes], place: bytes) -> str:
    """The same from the lines of ``mountinfo`` (proc(5)), for an absolute path without links."""
    best, kind = b"", b""
    for line in mounts:
        fields = line.split()
        # spaces and the like stand as octal escapes
        point = re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), fields[4])
        inside = place == point or place.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[fields.index(b"-") + 1]
    return os.fsdecode(kind)


class Durable:
    """Makes files durable on the filesystem of one folder, in the cheapest way that is safe.

    Open it before the first file is written: the kernel tells a failed write once to every
    descriptor that was open by then, and to a later one only if nobody else has asked.
    """

    def __init__(self, folder: Path) -> None:
        self.by_batch = filesystem(folder) in _SYNCFS_TELLS and _at_least(5, 8)
        self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let go of the folder; safe twice."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def file(self, fd: int) -> None:
        """Called for every written file; works only where there is no :meth:`batch`."""
        if not self.by_batch:
            os.fsync(fd)

    def folder(self, fd: int) -> None:
        """Called for every open folder whose names changed; works only where there is no batch."""
        self.file(fd)

    def tree(self, folder: Path) -> None:
        """Make a folder durable with all that lies in it; OSError if any of it failed."""
        if self.by_batch:
            self.batch()
        else:
            _sync_tree(folder)

    def batch(self) -> None:
        """Make all that was written and renamed before durable; OSError if any of it failed."""
        code = _called("syncfs", self._fd) if self.by_batch else 0
        if code:
            raise OSError(code, os.strerror(code))


def sync_path(path: Path) -> None:
    """Make one file, or the names in one folder, durable; OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_tree(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _sync_tree(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                sync_path(Path(entry.path))
    sync_path(folder)


def swap(new: Path, old: Path) -> None:
    """Put the folder ``new`` in the place of ``old``, whole; afterwards ``new`` is the old one.

    Where the filesystem can not exchange two names, the old folder steps aside under
    ``.NAME.aside`` for an instant; :func:`undo_half_swap` mends a cut in between.
    """
    if not old.exists():
        os.rename(new, old)
        return
    paths = (os.fsencode(new), os.fsencode(old))
    code = _called("renameat2", _AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
    if code == 0:
        return
    if code not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        raise OSError(code, os.strerror(code), str(old))
    aside = _aside(old)
    os.rename(old, aside)
    os.rename(new, old)
    os.rename(aside, new)


def rename_new(name: str, folder: int, new: str, target: int) -> None:
    """Move a name from one open folder to another; FileExistsError where it is taken; OSError."""
    names = (os.fsencode(name), os.fsencode(new))
    code = _called("renameat2", folder, names[0], target, names[1], _RENAME_NOREPLACE)
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        if new in os.listdir(target):
            code = errno.EEXIST
        else:
            os.rename(name, new, src_dir_fd=folder, dst_dir_fd=target)
            return
    if code:
        raise OSError(code, os.strerror(code), name)


def undo_half_swap(folder: Path) -> None:
    """If a cut left ``folder`` standing aside, bring it back; if its place is taken, remove it."""
    aside = _aside(folder)
    if not aside.exists():
        return
    if not folder.exists():
        os.rename(aside, folder)
        return
    # the successor came whole; what stands aside would be in the way of every later swap
    sync_path(folder.parent)
    from shutil import rmtree

    rmtree(aside)


def _called(name: str, *words: int | bytes) -> int:
    """Call a function of the C library that Python does not offer; its errno, 0 for none."""
    import ctypes  # who only reads makes nothing durable, and starts without it

    call = getattr(ctypes.CDLL(None, use_errno=True), name)
    return ctypes.get_errno() if call(*words) != 0 else 0


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.aside")


def _at_least(*wanted: int) -> bool:
    release = os.uname().release.split("-", 1)[0].split(".")
    return tuple(int(part) for part in release[:2] if part.isdigit()) >= wanted


def make_folders(above: Path, name: str, mode: int = 0o700) -> None:
    """Make the folders of a path below ``above``, which must be there; OSError.

    Never what lies above it: where the disk has gone, that would fill the bare mount point.
    """
    folder = above
    for step in PurePosixPath(name).parent.parts:
        folder /= step
        folder.mkdir(mode, exist_ok=True)
