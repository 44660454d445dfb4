"""A large file that is being written, and may be gone on with by a later try or a later process.

Nothing is synced to the disk for the note's sake: whoever opens a part reads all of it again, and
believes the bytes alone.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mirrord.core.part import Part
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.partnote import SUFFIX, Note, write_note
from mirrord.errors import DiskError

if TYPE_CHECKING:
    from hashlib import _Hash

#: A kill loses so many bytes of a file at the most.
CHECKPOINT = 64 << 20


@dataclass(frozen=True, slots=True)
class PartPlace:
    """Where parts lie: the open folder; ``let_go`` is told the name when a file is done with."""

    folder: int
    durable: Durable
    let_go: Callable[[str], None]


class PartFile:
    """A large file being written, hashed on the way: a staged file that can be gone on with.

    ``held`` is what an earlier try left, None where nothing did; ``fd`` is open behind it, and
    writing goes on there. ``mtime`` is the time that it shall have.
    """

    def __init__(
        self,
        place: PartPlace,
        note: Note,
        fd: int,
        sha256: "_Hash",
        held: Part | None,
        *,
        mode: int,
        mtime: int,
    ) -> None:
        self.held = held
        self.mtime = mtime
        self._place = place
        self._note = note
        self._fd = fd
        self._sha256 = sha256
        self._size = self._noted = held.size if held else 0
        self._validator = held.validator if held else ""
        self._mode = mode
        self._over = False

    def expect(self, validator: str) -> None:
        """The version of the bytes to come: from now on a note is made of them on the way."""
        self._validator = validator

    def write(self, chunk: bytes) -> None:
        """Append; DiskError where the disk refuses."""
        rest = memoryview(chunk)
        with disk_errors("staging a large file"):
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        # counted when all of it is there: what a full disk took of it is cut off on opening
        self._sha256.update(chunk)
        self._size += len(chunk)
        if self._size - self._noted >= CHECKPOINT:
            self._checkpoint()

    def rewind(self) -> None:
        """Throw away what is there, and start from nothing, of a version not known yet."""
        self.held, self._validator = None, ""
        self._size = self._noted = 0
        self._sha256 = hashlib.sha256()
        with disk_errors("staging a large file"):
            remove(self._place.folder, self._note.name + SUFFIX)
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)

    def close(self) -> tuple[int, str]:
        """Set mode and time, as nobody sees it yet; size in bytes and sha256 in hex.

        ``mtime`` is then the time as the filesystem keeps it.
        """
        if self._fd >= 0:
            with disk_errors("staging a large file"):
                os.fchmod(self._fd, self._mode)
                os.utime(self._fd, ns=(self.mtime, self.mtime))
                self.mtime = os.fstat(self._fd).st_mtime_ns
                self._place.durable.file(self._fd)
                # a kill before it is placed shall not cost the whole of it
                self._checkpoint()
                self._close_fd()
        return self._size, self._sha256.hexdigest()

    def keep(self, validator: str) -> None:
        """Leave what came, of that version, for the next try, instead of discarding it.

        What can not be kept is dropped: a full disk is no reason to end a run for a hope.
        """
        if self._over:
            return
        self._validator = validator
        if self._validator and self._size:
            with suppress(OSError):
                self._write_note()
                self._leave()
                return
        with suppress(DiskError):
            self.discard()

    def move_to(self, folder: int, name: str) -> None:
        """Rename the closed file into a folder; OSError."""
        os.rename(self._note.name, name, src_dir_fd=self._place.folder, dst_dir_fd=folder)
        with suppress(OSError):  # a note alone is swept
            remove(self._place.folder, self._note.name + SUFFIX)
        self._leave()

    def discard(self) -> None:
        """Remove what was written; safe twice, and after the file was moved or kept."""
        if self._over:
            return
        try:
            with disk_errors("dropping a part"):
                drop(self._place.folder, self._note.name)
        finally:
            self._leave()  # last: from here on the name may be another one's

    def _checkpoint(self) -> None:
        self._noted = self._size
        if self._validator:
            with suppress(OSError):  # the note before is still true
                self._write_note()

    def _write_note(self) -> None:
        sha256 = self._sha256.hexdigest()
        write_note(
            self._place.folder,
            replace(self._note, validator=self._validator, size=self._size, sha256=sha256),
        )

    def _leave(self) -> None:
        self._over = True
        self._close_fd()
        self._place.let_go(self._note.name)

    def _close_fd(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def drop(folder: int, name: str) -> None:
    """Remove a part, its note first; OSError."""
    remove(folder, name + SUFFIX)
    remove(folder, name)


def remove(folder: int, name: str) -> None:
    """Remove whatever bears that name in the open folder, following nothing; OSError."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except IsADirectoryError:
        # a NAS puts folders of its own (`@eaDir`) wherever files appear
        shutil.rmtree(name, dir_fd=folder)
