"""A file's second name, or a copy that shares its blocks; a plain copy where neither can be.

Whether the filesystem can do it at all is tried before: a snapshot of plain copies would fill it.
"""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from typing import Literal

from mirrord.disk.staging import closing_fd
from mirrord.errors import CannotLink

Way = Literal["link", "reflink"]

#: _IOW(0x94, 9, int), the ioctl of `cp --reflink=always` (linux/fs.h).
_FICLONE = 0x40049409
_CAN_NOT = frozenset(
    {
        errno.EPERM,
        errno.EOPNOTSUPP,
        errno.ENOSYS,
        errno.EXDEV,
        errno.EINVAL,
        errno.ENOTTY,
        errno.EACCES,
    }
)
#: One file refuses a link: it has as many as may be, or is marked as never to be touched.
_NOT_THIS_ONE = frozenset({errno.EMLINK, errno.EPERM})
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
_REMEDY = {
    "link": "snapshots need hard links: put the mirror on a filesystem that has them (ext4, xfs,"
    " btrfs); everything else goes on",
    "reflink": "put the mirror on xfs or btrfs, or set `snapshots: {copy: link}`; everything else"
    " goes on",
}


def try_way(way: Way, folder: int, shown: str) -> None:
    """Try it in an open folder, leaving nothing behind; CannotLink with the remedy, OSError.

    ``shown`` names the place for people.
    """
    first, second = ".tries-links", ".tries-links.2"
    with closing_fd(os.open(first, _NEW, 0o600, dir_fd=folder)) as fd:
        os.write(fd, b"mirrord")
    try:
        _DO[way](first, second, folder, folder)
    except OSError as error:
        if error.errno not in _CAN_NOT:
            raise
        kind = {"link": "hard links", "reflink": "copies that share their blocks"}[way]
        raise CannotLink(f"the disk of {shown} knows no {kind}: {_REMEDY[way]}") from error
    finally:
        os.unlink(first, dir_fd=folder)
        with suppress(FileNotFoundError):
            os.unlink(second, dir_fd=folder)


def duplicate(way: Way, name: str, source: int, target: int) -> bool:
    """Give the file ``name`` of one open folder a twin in another; True where it was copied.

    A twin has the file's bytes, mode and time. Links are not followed: the twin of one is a link.
    IsADirectoryError for what can have none; other OSErrors, as where the file is not there;
    CannotLink between two filesystems.
    """
    try:
        _DO[way](name, name, source, target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise CannotLink(f"{name} lies on another filesystem: {_REMEDY[way]}") from error
        if way == "reflink" or error.errno not in _NOT_THIS_ONE:
            raise
        _copy(name, name, source, target)
        return True
    return False


def _link(name: str, new: str, source: int, target: int) -> None:
    os.link(name, new, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)


def _reflink(name: str, new: str, source: int, target: int) -> None:
    with (
        closing_fd(_regular(name, source)) as old,
        closing_fd(os.open(new, _NEW, 0o600, dir_fd=target)) as copy,
    ):
        fcntl.ioctl(copy, _FICLONE, old)
        _dress(old, copy)


def _copy(name: str, new: str, source: int, target: int) -> None:
    with (
        closing_fd(_regular(name, source)) as old,
        closing_fd(os.open(new, _NEW, 0o600, dir_fd=target)) as copy,
    ):
        while os.sendfile(copy, old, None, _CHUNK):
            pass
        _dress(old, copy)


def _regular(name: str, folder: int) -> int:
    try:
        fd = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise IsADirectoryError(errno.EISDIR, "a link", name) from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise IsADirectoryError(errno.EISDIR, "no regular file", name)
    return fd


def _dress(old: int, copy: int) -> None:
    seen = os.fstat(old)
    os.fchmod(copy, seen.st_mode & 0o7777)
    os.utime(copy, ns=(seen.st_atime_ns, seen.st_mtime_ns))


_DO = {"link": _link, "reflink": _reflink}
