"""Building a snapshot under a hidden name: a twin of every file that the ledger and exports/ tell.

What is frozen is what was promised: a file that is not as it was placed gets no twin, and is named.
The sums are those of the ledger and of the exports; only what had to be copied is read. Whoever
freezes holds the locks ``files`` and ``exports``, so that nothing of ours moves meanwhile.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeAlias

from mirrord.core.entry import Kind, TreePath
from mirrord.core.manifest import parse_sums, sum_line
from mirrord.core.names import is_personal
from mirrord.core.pulse import Pulse
from mirrord.disk.duplicate import Way, duplicate, try_way
from mirrord.disk.durable import disk_errors
from mirrord.disk.exports import RECEIPTS
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.snapshots import SUMS
from mirrord.disk.staging import closing_fd

#: Local path, path, kind, sha256, size and mtime of what is held, as the ledger gives them.
Row: TypeAlias = tuple[str, str, str, str, int, int]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SHARED, _PRIVATE = 0o750, 0o700
_LATEST = "exports/latest"
_TOLD_EVERY = 500


@dataclass
class Frozen:
    """What was frozen, in numbers; what was not, by its path below files/ or exports/."""

    files: int = 0
    folders: int = 0
    bytes: int = 0
    copied: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)


def exports_sums(house: House) -> dict[str, str]:
    """Name and sha256 of every file of exports/latest/, its SHA256SUMS too; ``{}`` without any.

    DiskError where its SHA256SUMS can not be read.
    """
    file = house.room(_LATEST) / SUMS
    with disk_errors(f"reading {file}"):
        try:
            body = file.read_bytes()
        except FileNotFoundError:
            return {}
    lines = body.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    try:
        sums = dict(parse_sums(line for line in lines if line))
    except ValueError as error:
        with disk_errors(f"reading {file}"):
            raise OSError(f"{error}; the next pull writes it anew") from error
    return sums | {SUMS: hashlib.sha256(body).hexdigest()}


def content_sum(exports: Mapping[str, str], ledger: Ledger, facts: Iterable[str]) -> str:
    """One sha256 of all that a snapshot would hold now, and of what its verdict would say.

    When a pull took place is left out: the same records pulled again are the same content.
    """
    digest = hashlib.sha256("\0".join(facts).encode("utf-8", "surrogateescape"))
    for name in sorted(exports.keys() - {RECEIPTS, SUMS}):
        digest.update(f"\0{exports[name]} {name}".encode("utf-8", "surrogateescape"))
    for local, _, _, sha256, _, _ in ledger.held_plain():
        digest.update(f"\0{sha256} {local}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


class Freeze:
    """A hidden folder being filled. ``way``: by hard links, or by copies that share their blocks.

    CannotLink where the filesystem can not; DiskError.
    """

    def __init__(self, house: House, hidden: Path, way: Way) -> None:
        self.told = Frozen()
        self._way = way
        self._sums_file = hidden / SUMS
        with ExitStack() as ends, disk_errors(f"making {hidden}"):
            hidden.mkdir(_SHARED)
            hidden.chmod(_SHARED)
            self._root = ends.enter_context(closing_fd(os.open(house.root, _FOLDER)))
            self._hidden = ends.enter_context(closing_fd(os.open(hidden, _FOLDER)))
            try_way(way, self._hidden, str(hidden.parent))
            self._sums = ends.enter_context(self._sums_file.open("wb"))
            self._ends = ends.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def exports(self, sums: Mapping[str, str]) -> None:
        """Take in exports/latest/, whose files' sums these are."""
        if not sums:
            return
        with disk_errors("freezing exports/"), self._pair(_LATEST, "exports") as pair:
            for name in sorted(sums, key=os.fsencode):
                self._take(pair, name, sums[name], None)
            pair.stamp()

    def files(self, held: Iterable[Row], total: int, pulse: Pulse) -> None:
        """Take in files/, as the ledger tells of it, ascending by local path."""
        with disk_errors("freezing files/"), self._pair("files", "files") as pair:
            for number, (local, _, kind, sha256, size, mtime) in enumerate(held, 1):
                if not number % _TOLD_EVERY:
                    pulse.progress("freezing", number, total)
                if kind == Kind.FILE:
                    self._take(pair, local, sha256, (size, mtime))
                elif pair.go(local):
                    self.told.folders += 1
                else:
                    self.told.missing.append(pair.shown(local))
            pair.stamp()

    def close(self) -> str:
        """End SHA256SUMS; its sha256."""
        with disk_errors(f"writing {self._sums_file}"):
            self._sums.close()
            self._sums_file.chmod(0o440)
            with self._sums_file.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()

    def _pair(self, source: str, target: str) -> "_Pair":
        mode = _PRIVATE if target == "exports" else _SHARED
        os.mkdir(target, mode, dir_fd=self._hidden)
        os.chmod(target, mode, dir_fd=self._hidden)
        return _Pair(self._root, source, self._hidden, target)

    def _take(self, pair: "_Pair", path: str, sha256: str, as_left: tuple[int, int] | None) -> None:
        """Take in one file; ``as_left`` is its size and mtime, where they were noted."""
        above, _, name = path.rpartition("/")
        if not pair.go(above):
            self.told.missing.append(pair.shown(path))
            return
        try:
            copied = duplicate(self._way, name, pair.source, pair.target)
            there = os.stat(name, dir_fd=pair.target, follow_symlinks=False)
        except FileNotFoundError:
            self.told.missing.append(pair.shown(path))
            return
        except IsADirectoryError:
            self.told.altered.append(pair.shown(path))
            return
        same = as_left in (None, (there.st_size, there.st_mtime_ns)) and stat.S_ISREG(there.st_mode)
        if not same or (copied and _sha256(pair.target, name) != sha256):
            os.unlink(name, dir_fd=pair.target)
            self.told.altered.append(pair.shown(path))
            return
        self._sums.write(sum_line(sha256, pair.shown(path)).encode("utf-8", "surrogateescape"))
        self.told.files += 1
        self.told.bytes += there.st_size
        self.told.copied += copied


class _Pair:
    """Two folder trees side by side, the one that is read and the one that is filled.

    ``source`` and ``target`` are the open folders of the path that it last went to.
    """

    def __init__(self, root: int, source: str, hidden: int, target: str) -> None:
        self._name = target
        self._private = target == "exports"
        self._made: list[str] = []
        with ExitStack() as ends:
            self._tops = [
                ends.enter_context(closing_fd(walk(fd, top.split("/"))))
                for fd, top in ((root, source), (hidden, target))
            ]
            self._ends = ends.pop_all()
        self._at: str | None = None
        self.source = self.target = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
        self._ends.close()

    def shown(self, path: str) -> str:
        """The path below the snapshot."""
        return f"{self._name}/{path}"

    def go(self, path: str) -> bool:
        """Open the folder ``path`` (``""``: the top) on both sides; False where it is no folder."""
        if path == self._at:
            return self.source >= 0
        self._leave()
        self._at = path
        try:
            self.source = walk(self._tops[0], path.split("/") if path else ())
        except (FileNotFoundError, NotADirectoryError):
            return False
        self.target = self._make(path)
        return True

    def stamp(self) -> None:
        """Give the folders their times, the deepest first, when all of them are filled."""
        for path in (*sorted(self._made, key=lambda one: -one.count("/")), ""):
            if self.go(path):
                seen = os.fstat(self.source)
                os.utime(self.target, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def _make(self, path: str) -> int:
        """Open the folder in the snapshot, made where it is missing."""
        fd = os.dup(self._tops[1])
        below = ""
        for name in path.split("/") if path else ():
            below = f"{below}/{name}".removeprefix("/")
            with closing_fd(fd):
                fd = self._step(fd, name, below)
        return fd

    def _step(self, fd: int, name: str, path: str) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=fd)
        except FileNotFoundError:
            pass
        personal = self._private or is_personal(TreePath(path.partition("/")[0]))
        os.mkdir(name, _PRIVATE, dir_fd=fd)
        os.chmod(name, _PRIVATE if personal else _SHARED, dir_fd=fd)
        self._made.append(path)
        return os.open(name, _FOLDER, dir_fd=fd)

    def _leave(self) -> None:
        for fd in (self.source, self.target):
            if fd >= 0:
                os.close(fd)
        self.source = self.target = -1


def walk(start: int, names: Iterable[str]) -> int:
    """Open a folder below an open one, step by step and through no link; OSError."""
    fd = os.dup(start)
    for name in names:
        with closing_fd(fd):
            fd = os.open(name, _FOLDER, dir_fd=fd)
    return fd


def _sha256(folder: int, name: str) -> str:
    with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
