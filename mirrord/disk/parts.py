"""Parts of large files: what came before a try was broken off is gone on with, not fetched again.

The bytes lie in ``.mirrord/parts/`` under the sha256 of their path, a note beside them. Nothing
here is synced to the disk by itself: on opening, all bytes are read and hashed again, and what is
not as noted is dropped. So neither a kill nor a power cut, which may leave zeros, ever puts a wrong
byte into a file; the worst of it is that the file is fetched from its start.
"""

import hashlib
import os
import stat
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from mirrord.core.entry import Entry
from mirrord.core.part import Part
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.partfile import PartFile, PartPlace, drop, remove
from mirrord.disk.partnote import SUFFIX, Note, name_of, read_note
from mirrord.disk.staging import closing_fd, nanoseconds
from mirrord.disk.steps import FILE, walk

if TYPE_CHECKING:
    from hashlib import _Hash

    _Opened = tuple[int, _Hash, Part | None]

#: Files of so many bytes are worth a part.
PART_FROM = 8 << 20
#: So many bytes are shown to whoever goes on.
_TAIL = 64 << 10
_CHUNK = 1 << 20
#: Whoever has not gone on for so many seconds does not.
_OLDEST = 30 * 86_400

_ROOM = (".mirrord", "parts")
_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD_FILE = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


class Parts:
    """The room of parts below the open folder ``root``; made when the first one comes.

    ``now`` in seconds since 1970.
    """

    def __init__(self, root: int, durable: Durable, now: int) -> None:
        self._durable = durable
        self._folder = -1
        self._root = root
        self._now = now
        self._lock = threading.Lock()
        self._at_work: set[str] = set()
        with suppress(FileNotFoundError):
            self._folder = walk(root, _ROOM, None, durable)

    def close(self) -> None:
        """Let go of the folder; what lies there stays for the next run."""
        if self._folder >= 0:
            os.close(self._folder)

    def open(
        self, entry: Entry, mode: int, modified: int, beat: Callable[[], object]
    ) -> PartFile | None:
        """The entry's part to go on with, or a new one; DiskError. Any thread may ask.

        None while another one writes this path: two must not write one file. All bytes of an old
        part are read, which takes time: ``beat`` is called meanwhile.
        """
        name = name_of(entry.path)
        with disk_errors("staging a large file"):
            with self._lock:
                if name in self._at_work:
                    return None
                if self._folder < 0:
                    self._folder = walk(self._root, _ROOM, 0o700, self._durable)
                self._at_work.add(name)
            try:
                fd, sha256, held = self._resume(name, entry, beat) or self._begin(name)
            except BaseException:
                self._let_go(name)
                raise
        place = PartPlace(self._folder, self._durable, self._let_go)
        note = Note.of(entry, self._now)
        mtime = nanoseconds(modified)
        return PartFile(place, note, fd, sha256, held, mode=mode, mtime=mtime)

    def sweep(self, wanted: Callable[[Note], bool]) -> list[tuple[int, int]]:
        """Remove what is no part that ``wanted`` wants, or is too old; DiskError.

        Of each part left, the size that the store lists and how many bytes of it are here.
        """
        left: dict[str, Note] = {}
        with disk_errors("sweeping the parts"):
            names = set(self._names())
            for name in names:
                note = read_note(self._folder, name)
                young = note is not None and self._now - note.kept <= _OLDEST
                if note is not None and young and wanted(note):
                    left[name] = note
            for name in names:
                if name not in left and name.removesuffix(SUFFIX) not in left:
                    remove(self._folder, name)
        return [(note.listed, note.size) for note in left.values()]

    def clear(self) -> None:
        """Remove whatever lies in the room: all came that was wanted. DiskError."""
        with disk_errors("sweeping the parts"):
            for name in self._names():
                remove(self._folder, name)

    def _let_go(self, name: str) -> None:
        """Nobody writes there any more."""
        with self._lock:
            self._at_work.discard(name)

    def _names(self) -> list[str]:
        return os.listdir(self._folder) if self._folder >= 0 else []

    def _begin(self, name: str) -> "_Opened":
        drop(self._folder, name)
        fd = os.open(name, _NEW_FILE, 0o600, dir_fd=self._folder)
        return fd, hashlib.sha256(), None

    def _resume(self, name: str, entry: Entry, beat: Callable[[], object]) -> "_Opened | None":
        """What is there, if it is of this entry and exactly as noted, and cut to that."""
        note = read_note(self._folder, name)
        if note is None or not note.is_of(entry):
            return None
        with suppress(OSError), ExitStack() as ends:
            fd = _open_old(self._folder, name)
            ends.callback(os.close, fd)
            sha256, tail = _read(fd, note.size, beat)
            if sha256.hexdigest() == note.sha256:
                os.ftruncate(fd, note.size)
                ends.pop_all()
                return fd, sha256, Part(note.size, note.validator, tail)
        return None


def _open_old(folder: int, name: str) -> int:
    """Open a part to read it and to go on; OSError for what is no file of our own."""
    with closing_fd(os.open(name, FILE, dir_fd=folder)) as fd:
        there = os.fstat(fd)
        if not stat.S_ISREG(there.st_mode) or there.st_nlink != 1:
            raise OSError("it is no file of its own")
        os.fchmod(fd, 0o600)  # one that was whole has the mode of its place
    return os.open(name, _OLD_FILE, dir_fd=folder)


def _read(fd: int, size: int, beat: Callable[[], object]) -> tuple["_Hash", bytes]:
    """The sha256 of the first bytes, less where there are less, and the last of them; OSError."""
    sha256, tail, left = hashlib.sha256(), b"", size
    while chunk := os.read(fd, min(_CHUNK, left)):
        beat()
        sha256.update(chunk)
        tail = (tail + chunk)[-_TAIL:]
        left -= len(chunk)
    return sha256, tail
