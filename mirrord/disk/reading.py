"""One of the processes that read what is held: ``python -P -m mirrord.disk.reading ROOT``.

It is asked on stdin and answers on stdout, a line of JSON for a line of JSON; it reads at the
lowest priority there is, and leaves the system's cache to others. It never writes to the house, and
imports next to nothing, to be at work soon.
"""

import errno
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress

from mirrord.disk.linking import open_below
from mirrord.disk.soundness import fault_of

#: ioprio_set(2): for this process, the class "idle"; its number differs by architecture.
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "armv7l": 314}
_THIS_PROCESS, _IDLE = 1, 3 << 13
#: A file of more bytes would push what others use out of the cache.
_LARGE = 1 << 20

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
#: Bytes that are read at once: a file of a shop mostly, and no more than the processor's own cache.
_CHUNK = 1 << 18

#: A folder below the house, and of its files: name, and how the content is looked at (or ``""``).
Asked = tuple[str, list[tuple[str, str]]]
#: sha256, what the system said instead (or ``""``), what is wrong with the content (or ``""``),
#: and of which inode, size in bytes and mtime in ns this is told.
Answer = tuple[str, str, str, int, int, int]


def answers(root: int, asked: Asked, room: memoryview) -> Iterator[Answer]:
    """Read files of one folder below the open folder ``root``; ``room`` is for their bytes."""
    path, files = asked
    try:
        folder = open_below(root, path)
    except OSError as error:
        for _ in files:
            yield _refused(error)
        return
    try:
        for name, kind in files:
            try:
                yield _answer(folder, name, kind, room)
            except OSError as error:
                yield _refused(error)
    finally:
        os.close(folder)


def _answer(folder: int, name: str, kind: str, room: memoryview) -> Answer:
    fd = os.open(name, _FILE, dir_fd=folder)
    try:
        there = os.fstat(fd)
        if not stat.S_ISREG(there.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        sha256 = hashlib.sha256()
        while count := os.readv(fd, (room,)):
            sha256.update(room[:count])
        fault = ""
        if kind:
            os.lseek(fd, 0, os.SEEK_SET)
            with open(fd, "rb", closefd=False) as file:
                fault = fault_of(file, kind)
        if there.st_size > _LARGE:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    return sha256.hexdigest(), "", fault, there.st_ino, there.st_size, there.st_mtime_ns


def _refused(error: OSError) -> Answer:
    return "", error.strerror or str(error), "", 0, 0, 0


def main() -> int:
    """Answer line by line until stdin ends."""
    _step_back()
    root = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    room = memoryview(bytearray(_CHUNK))
    for line in sys.stdin:
        told = [one for asked in json.loads(line) for one in answers(root, asked, room)]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return 0


def _step_back() -> None:
    """Let everybody else go first, where the system allows to ask for that (a unit may not)."""
    with suppress(OSError):
        os.nice(19)
    number = _IOPRIO_SET.get(os.uname().machine)
    if number is not None:
        import ctypes

        ctypes.CDLL(None, use_errno=True).syscall(number, _THIS_PROCESS, 0, _IDLE)


if __name__ == "__main__":
    sys.exit(main())
