"""Two folder trees side by side: the one that is read, and the one that gets a twin of each file.

Folders are walked step by step and through no link. A twin that is not what was promised of its
file is taken away again at once.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from mirrord.core.entry import TreePath
from mirrord.core.names import is_personal
from mirrord.disk.duplicate import Way, duplicate
from mirrord.disk.linking import keeps, open_below
from mirrord.disk.staging import closing_fd

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SHARED, _PRIVATE = 0o750, 0o700


class Promise(NamedTuple):
    """One file: its path below the tree, and its sha256, size and mtime (ns) as it was placed.

    Size and mtime are None where nobody noted them.
    """

    path: str
    sha256: str
    size: int | None = None
    mtime: int | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[self.path.rfind("/") + 1 :]


@dataclass(slots=True)
class Frozen:
    """What got a twin, in numbers; what did not, by its path in the snapshot."""

    files: int = 0
    folders: int = 0
    bytes: int = 0
    copied: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)

    def add(self, other: "Frozen") -> None:
        """Take in the numbers and names of another part."""
        self.files += other.files
        self.folders += other.folders
        self.bytes += other.bytes
        self.copied += other.copied
        self.missing += other.missing
        self.altered += other.altered


class Twins:
    """The folder ``source`` below one open folder, and its twin, made as ``target`` in another."""

    def __init__(self, root: int, source: str, hidden: int, target: str, way: Way) -> None:
        self._name = target
        self._way = way
        self._private = target == "exports"
        self._made: list[str] = []
        with ExitStack() as ends:
            mode = _PRIVATE if self._private else _SHARED
            os.mkdir(target, mode, dir_fd=hidden)
            os.chmod(target, mode, dir_fd=hidden)
            self._source = ends.enter_context(closing_fd(open_below(root, source)))
            self._target = ends.enter_context(closing_fd(open_below(hidden, target)))
            self._ends = ends.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @property
    def fds(self) -> tuple[int, int]:
        """The two open folders: the one that is read, and its twin."""
        return self._source, self._target

    def make_folder(self, path: str) -> Frozen:
        """The twin of one folder."""
        with self._opened(path) as pair:
            shown = f"{self._name}/{path}"
            return Frozen(folders=1) if pair else Frozen(missing=[shown])

    def take(self, above: str, promises: Sequence[Promise]) -> Frozen:
        """The twins of some files of one folder; any thread may ask. OSError."""
        with self._opened(above) as pair:
            if pair is None:
                return Frozen(missing=[f"{self._name}/{promise.path}" for promise in promises])
            return self._take(*pair, promises)

    def stamp(self) -> None:
        """Give the folders their times, the deepest first, when all of them are filled."""
        for path in (*sorted(self._made, key=lambda one: -one.count("/")), ""):
            with self._opened(path) as pair:
                if pair:
                    seen = os.fstat(pair[0])
                    os.utime(pair[1], ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def _take(self, source: int, target: int, promises: Iterable[Promise]) -> Frozen:
        told = Frozen()
        start = f"{self._name}/"
        for path, sha256, size, mtime in promises:
            shown = start + path
            name = path[path.rfind("/") + 1 :]
            try:
                copied = duplicate(self._way, name, source, target)
                there = os.stat(name, dir_fd=target, follow_symlinks=False)
            except FileNotFoundError:
                told.missing.append(shown)
                continue
            except IsADirectoryError:
                told.altered.append(shown)
                continue
            if not keeps(there, size, mtime) or (copied and _sha256(target, name) != sha256):
                os.unlink(name, dir_fd=target)
                told.altered.append(shown)
                continue
            told.files += 1
            told.bytes += there.st_size
            told.copied += copied
        return told

    @contextmanager
    def _opened(self, path: str) -> Iterator[tuple[int, int] | None]:
        """The folder on both sides, in the twin made where it lacks; None where it is no folder."""
        with ExitStack() as ends:
            try:
                source = ends.enter_context(closing_fd(open_below(self._source, path)))
            except (FileNotFoundError, NotADirectoryError):
                yield None
                return
            yield source, ends.enter_context(closing_fd(self._make(path)))

    def _make(self, path: str) -> int:
        fd = os.dup(self._target)
        below = ""
        for name in path.split("/") if path else ():
            below += f"/{name}" if below else name
            with closing_fd(fd):
                fd = self._step(fd, name, below)
        return fd

    def _step(self, fd: int, name: str, path: str) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=fd)
        except FileNotFoundError:
            os.mkdir(name, _PRIVATE, dir_fd=fd)
        if not self._private and not is_personal(TreePath(path.partition("/")[0])):
            os.chmod(name, _SHARED, dir_fd=fd)
        self._made.append(path)
        return os.open(name, _FOLDER, dir_fd=fd)


def _sha256(folder: int, name: str) -> str:
    with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
