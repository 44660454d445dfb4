"""Walking to a place in the house one folder at a time, following no link; names that are free.

Whatever lies in the house may have been planted there: every step is by an open folder.
"""

import errno
import hashlib
import os
import stat
from itertools import chain, count

from mirrord.core.names import NAME_BYTES
from mirrord.disk.durable import Durable
from mirrord.disk.staging import closing_fd

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK

#: A character of a path has four bytes at the most.
_LONG_PATH = 1_000


def walk(start: int, names: tuple[str, ...], mode: int | None, durable: Durable) -> int:
    """Open a folder below the open folder ``start``; missing ones are made with the mode.

    With mode None nothing is made: FileNotFoundError. NotADirectoryError where a file or a link is
    in the way.
    """
    if not names:
        return os.dup(start)
    first, *others = names
    fd = _step(start, first, mode, durable)
    for name in others:
        with closing_fd(fd):
            fd = _step(fd, name, mode, durable)
    return fd


def _step(fd: int, name: str, mode: int | None, durable: Durable) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=fd)
    except FileNotFoundError:
        if mode is None:
            raise
    os.mkdir(name, mode, dir_fd=fd)
    os.chmod(name, mode, dir_fd=fd)
    durable.folder(fd)
    return os.open(name, FOLDER, dir_fd=fd)


def lstat(root: int, name: str) -> os.stat_result:
    """What stands at a path below the open folder ``root``, however long; OSError."""
    folder, last = _open_long(root, name)
    try:
        return os.stat(last, dir_fd=folder, follow_symlinks=False)
    finally:
        _close(folder, root)


def open_file(root: int, name: str) -> int:
    """Open a regular file to read; OSError, also for what is no regular file."""
    folder, last = _open_long(root, name)
    try:
        fd = os.open(last, FILE, dir_fd=folder)
    finally:
        _close(folder, root)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no regular file")
    return fd


def _open_long(root: int, name: str) -> tuple[int, str]:
    """The system takes 4,096 bytes for a path in one call: go step by step for a longer one."""
    if len(name) < _LONG_PATH:
        return root, name
    folder = os.dup(root)
    *above, last = name.split("/")
    for step in above:
        with closing_fd(folder):
            folder = os.open(step, FOLDER, dir_fd=folder)
    return folder, last


def _close(folder: int, root: int) -> None:
    if folder != root:
        os.close(folder)


def free_name(folder: int, name: str) -> str:
    """The name, or the first of ``name~2``, ``name~3``, ... that is not taken."""
    candidates = chain([name], (_numbered(name, f"~{number}") for number in count(2)))
    return next(one for one in candidates if not _exists(folder, one))


def link(name: str, new: str, folder: int, target: int) -> bool:
    """Give a file a second name; False where there are no links, or too many of this inode."""
    try:
        os.link(name, new, src_dir_fd=folder, dst_dir_fd=target, follow_symlinks=False)
    except OSError:
        return False
    return True


def sha256_of(folder: int, name: str) -> str:
    """The sha256 of a file's bytes, in hex; OSError."""
    with open(os.open(name, FILE, dir_fd=folder), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _numbered(name: str, tail: str) -> str:
    head = os.fsencode(name)[: NAME_BYTES - len(tail)]
    return head.decode("utf-8", "ignore") + tail


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
