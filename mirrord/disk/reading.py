"""One of the processes that read what is held; its argument is the house.

It is asked on stdin and answers on stdout; it reads at the lowest priority there is, and leaves the
system's cache to others. It never writes to the house, and imports next to nothing, to be at work
soon.
"""

import errno
import hashlib
import os
import stat
import sys

from mirrord.disk.framing import framed, received
from mirrord.disk.linking import open_below

#: ioprio_set(2): for this process, the class "idle"; its number differs by architecture.
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "armv7l": 314}
_THIS_PROCESS, _IDLE = 1, 3 << 13
#: A file of more bytes would push what others use out of the cache.
_LARGE = 1 << 20

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
#: Bytes that are read at once: a file of a shop mostly, and no more than the processor's own cache.
_CHUNK = 1 << 18

#: A folder below the house, the names of its files, and how the content of each is looked at (or
#: ``""``).
Asked = tuple[str, list[str], list[str]]
#: The place of a file among those that were asked for, and a few words about it.
Said = tuple[int, str]
#: Of all files of a question, in its order: their sha256 in one text, of which inode, size in bytes
#: and mtime in ns that is told. Then what the system said instead, and what is wrong with contents.
Answer = tuple[str, list[int], list[int], list[int], list[Said], list[Said]]

#: What stands for the sha256 of a file that could not be read.
_NONE = "-" * 64


class _Told:
    """What is read for one question; ``room`` is for a file's bytes."""

    def __init__(self, room: memoryview) -> None:
        self._room = room
        self._sums: list[str] = []
        self._inodes: list[int] = []
        self._sizes: list[int] = []
        self._mtimes: list[int] = []
        self._refused: list[Said] = []
        self._faults: list[Said] = []

    def answer(self) -> Answer:
        """All of it, by columns: a thousand files of one sort are told, and compared, at once."""
        sums = "".join(self._sums)
        return sums, self._inodes, self._sizes, self._mtimes, self._refused, self._faults

    def take(self, root: int, asked: Asked) -> None:
        """Read files of one folder below the open folder ``root``."""
        path, names, kinds = asked
        try:
            folder = open_below(root, path)
        except OSError as error:
            for _ in names:
                self._refuse(error)
            return
        try:
            for name, kind in zip(names, kinds, strict=True):
                try:
                    self._read(folder, name, kind)
                except OSError as error:
                    self._refuse(error)
        finally:
            os.close(folder)

    def _read(self, folder: int, name: str, kind: str) -> None:
        fd = os.open(name, _FILE, dir_fd=folder)
        try:
            there = os.fstat(fd)
            if not stat.S_ISREG(there.st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            size, room = there.st_size, self._room
            count = os.readv(fd, (room,))
            sha256 = hashlib.sha256(room[:count])
            if count != size or count == _CHUNK:  # most files are read by now
                while count := os.readv(fd, (room,)):
                    sha256.update(room[:count])
            if kind:
                self._look_into(fd, kind)
            if size > _LARGE:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(fd)
        self._tell(sha256.hexdigest(), there.st_ino, size, there.st_mtime_ns)

    def _look_into(self, fd: int, kind: str) -> None:
        from mirrord.disk.soundness import fault_of

        os.lseek(fd, 0, os.SEEK_SET)
        with open(fd, "rb", closefd=False) as file:
            fault = fault_of(file, kind)
        if fault:
            self._faults.append((len(self._sums), fault))

    def _refuse(self, error: OSError) -> None:
        self._refused.append((len(self._sums), error.strerror or str(error)))
        self._tell(_NONE, 0, 0, 0)

    def _tell(self, sha256: str, inode: int, size: int, mtime: int) -> None:
        self._sums.append(sha256)
        self._inodes.append(inode)
        self._sizes.append(size)
        self._mtimes.append(mtime)


def main() -> None:
    """Answer one question after the other until stdin ends."""
    _step_back()
    try:
        root = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # the disk has gone: whoever asks sees it too, and tells it
        return
    room = memoryview(bytearray(_CHUNK))
    for question in received(sys.stdin.buffer):
        told = _Told(room)
        for asked in question:
            told.take(root, asked)
        sys.stdout.buffer.write(framed(told.answer()))
        sys.stdout.buffer.flush()


def _step_back() -> None:
    """Let everybody else go first, where the system allows to ask for that (a unit may not)."""
    try:  # noqa: SIM105 - contextlib would be imported for nothing else
        os.nice(19)
    except OSError:
        pass
    number = _IOPRIO_SET.get(os.uname().machine)
    if number is not None:
        import ctypes

        ctypes.CDLL(None, use_errno=True).syscall(number, _THIS_PROCESS, 0, _IDLE)
