"""The note beside a part of a large file: of what it is, and of which bytes.

A note is believed in nothing: what it says of the bytes is compared with them, what it says of the
file with the listing.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Self

from mirrord.core.entry import Entry, Stamp, TreePath
from mirrord.disk.steps import open_file

#: Behind the name of the bytes that it speaks of.
SUFFIX = ".json"
#: A path and a validator are some thousand bytes at the most.
_LONGEST = 1 << 20
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Note:
    """``size`` bytes with that ``sha256`` are the beginning of the file at ``path``.

    ``listed``, ``etag`` and ``modified`` as the store listed it; ``validator`` as the store named
    the version; ``kept`` when (seconds since 1970).
    """

    path: TreePath
    listed: int
    etag: str
    modified: int | None
    kept: int
    validator: str
    size: int
    sha256: str

    @classmethod
    def of(cls, entry: Entry, kept: int) -> Self:
        """Of a file of which nothing came yet."""
        stamp = entry.stamp
        return cls(entry.path, entry.size or 0, stamp.etag, stamp.modified, kept, "", 0, "")

    @property
    def name(self) -> str:
        """What the bytes are called: nothing that the store can choose."""
        return name_of(self.path)

    def is_of(self, entry: Entry) -> bool:
        """Whether it speaks of exactly this entry, of the same size and stamp."""
        same = self.path == entry.path and self.listed == entry.size
        return same and Stamp(self.etag, self.modified) == entry.stamp


def name_of(path: TreePath) -> str:
    """The name of a path's part."""
    return hashlib.sha256(path.encode()).hexdigest()


def read_note(folder: int, name: str) -> Note | None:
    """The note of the bytes of that name; None where there is none that makes sense."""
    try:
        with open(open_file(folder, name + SUFFIX), "rb") as file:
            told = json.loads(file.read(_LONGEST))
        note = Note(
            TreePath(told["path"]),
            int(told["listed"]),
            str(told["etag"]),
            None if told["modified"] is None else int(told["modified"]),
            int(told["kept"]),
            str(told["validator"]),
            int(told["size"]),
            str(told["sha256"]),
        )
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
        return None
    return note if note.name == name and 0 < note.size <= note.listed else None


def write_note(folder: int, note: Note) -> None:
    """Replace the note in one step: a kill leaves the old one or the new one. OSError."""
    new = f"{note.name}{SUFFIX}.new"
    with suppress(FileNotFoundError):
        os.unlink(new, dir_fd=folder)
    with open(os.open(new, _NEW_FILE, 0o600, dir_fd=folder), "wb") as file:
        file.write(json.dumps(asdict(note)).encode())
    os.rename(new, note.name + SUFFIX, src_dir_fd=folder, dst_dir_fd=folder)
