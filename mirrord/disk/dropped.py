"""drop-here/: what people put into the house, by hand or over the network; it is a stranger's.

No link is followed, nothing but a regular file with one name is ever opened, and nothing is
removed: what was filed moves to ``taken/<day>/``, all else to ``unknown/``, each under a name that
is free. A file is taken only when it stands still.
"""

import errno
import fcntl
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Self

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.names import NAME_BYTES, is_dropping
from mirrord.disk.asked import is_button
from mirrord.disk.durable import Durable, disk_errors, rename_new
from mirrord.disk.house import House
from mirrord.disk.staging import closing_fd
from mirrord.disk.steps import FILE, FOLDER, walk

ROOM, TAKEN, UNKNOWN = "drop-here", "taken", "unknown"
_OURS = frozenset({TAKEN, UNKNOWN})
#: Seconds that a file must have been left alone; of one whose name says that it is not finished.
_QUIET, _QUIET_UNFINISHED = 10.0, 3_600.0
_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".tmp", ".temp", ".!sync")
#: Folders within folders, at the most: a person's fingers do no more.
_DEEPEST = 16
#: Whoever may put files here may take them out again.
_SHARED = 0o770

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What stands somewhere below drop-here/: its names from there down, and how it looks.

    ``refused``: why it is never opened, ``""`` for a regular file.
    """

    names: Names
    seen: os.stat_result
    refused: str = ""

    @property
    def path(self) -> str:
        """Its path below drop-here/."""
        return "/".join(self.names)

    def shown(self) -> str:
        """The same for people, told as :mod:`mirrord.core.discreet` does."""
        raw = discreet(f"{ROOM}/{self.path}").encode("utf-8", "surrogateescape")
        return displayed(raw.decode("utf-8", "backslashreplace"))


def is_waiting(house: House) -> bool:
    """Whether anything at all was dropped; DiskError."""
    with closing(DropHere(house, None)) as room:
        return next(room.sights(), None) is not None


def put_by(house: House, most: int) -> int:
    """How many things lie in unknown/, counted up to ``most``; DiskError."""
    with DropHere(house, None) as room:
        return sum(1 for _ in islice(room.put_by(), most))


class DropHere:
    """The open room. ``wall`` tells the time that the filesystem lives in."""

    def __init__(
        self, house: House, durable: Durable | None, wall: Callable[[], float] = time.time
    ) -> None:
        self._durable = durable
        self._wall = wall
        # a file that surely nobody has open to write, on the same disk
        self._quiet_file = house.room("READ-ME-FIRST.txt")
        with disk_errors(f"opening {house.room(ROOM)}"):
            self._root = os.open(house.room(ROOM), FOLDER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the room."""
        os.close(self._root)

    def sights(self) -> Iterator[Sight]:
        """All that was dropped, one after the other; what a desktop leaves behind is passed over.

        A folder comes as what lies in it. DiskError.
        """
        with disk_errors(f"reading {ROOM}/"):
            yield from self._below(self._root, ())

    def put_by(self) -> Iterator[Sight]:
        """All that was moved to unknown/, for a person to look at; DiskError."""
        with disk_errors(f"reading {ROOM}/{UNKNOWN}/"):
            try:
                folder = os.open(UNKNOWN, FOLDER, dir_fd=self._root)
            except (FileNotFoundError, NotADirectoryError):
                return
            with closing_fd(folder):
                yield from self._below(folder, (UNKNOWN,))

    def _below(self, folder: int, above: Names) -> Iterator[Sight]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_dropping(entry.name) or (not above and entry.name in _OURS):
                    continue
                try:
                    seen = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # somebody took it back
                if above or not is_button(entry.name, seen):
                    yield from self._sight(folder, (*above, entry.name), seen)

    def _sight(self, folder: int, names: Names, seen: os.stat_result) -> Iterator[Sight]:
        if not stat.S_ISDIR(seen.st_mode):
            yield Sight(names, seen, _why_not(seen))
            return
        if len(names) > _DEEPEST:
            yield Sight(names, seen, "it lies too deep in folders")
            return
        try:
            below = os.open(names[-1], FOLDER, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            yield Sight(names, seen, f"it can not be read: {error.strerror}")
            return
        with closing_fd(below):
            yield from self._below(below, names)

    def look(self, sight: Sight) -> Sight | None:
        """How it looks now; None where it is not there, or can not be reached."""
        try:
            with closing_fd(self._folder_of(sight.names)) as folder:
                now = os.stat(sight.names[-1], dir_fd=folder, follow_symlinks=False)
        except OSError:
            return None
        return replace(sight, seen=now, refused=sight.refused and (_why_not(now) or sight.refused))

    def stands_still(self, before: Sight) -> bool:
        """Whether it looks as it did, and, if it is a file, was left alone for a while."""
        again = self.look(before)
        if again is None or not same(before.seen, again.seen):
            return False
        now = again.seen
        if not stat.S_ISREG(now.st_mode):
            return True  # nobody writes to it
        # a time that was brought along may lie ahead of ours; when it came here is sure
        at = now.st_mtime if now.st_mtime <= self._wall() else now.st_ctime
        quiet = _QUIET_UNFINISHED if _looks_unfinished(before.names[-1]) else _QUIET
        return self._wall() - at >= quiet

    def open(self, sight: Sight) -> int | None:
        """Open the file that was seen; None where it is another one by now, or is written to."""
        try:
            with closing_fd(self._folder_of(sight.names)) as folder:
                fd = os.open(sight.names[-1], FILE, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EIO):
                raise
            return None
        if same(sight.seen, os.fstat(fd)) and not self._is_written_to(fd):
            return fd
        os.close(fd)
        return None

    def _is_written_to(self, fd: int) -> bool:
        """Whether somebody has it open to write, as far as the kernel tells us.

        It tells of files that are ours, and of all if we are root. A disk in the network refuses
        every lease: there nothing is told.
        """
        if not _is_busy(fd):
            return False
        try:
            with closing_fd(os.open(self._quiet_file, FILE)) as quiet:
                return not _is_busy(quiet)
        except OSError:
            return False

    def move(self, sight: Sight, *where: str) -> str:
        """Move what was seen to a folder of ours, for good; its new path, ``""``: it is not there.

        Something else that has its name by now stays. OSError.
        """
        if self._durable is None:
            raise ValueError("opened to look only")
        *above, name = sight.names
        with (
            closing_fd(self._folder_of(sight.names)) as folder,
            closing_fd(walk(self._root, (*where, *above), _SHARED, self._durable)) as target,
        ):
            if not _is_still(folder, name, sight):
                return ""
            for new in _numbered(name):
                with suppress(FileExistsError):
                    rename_new(name, folder, new, target)
                    break
            if not _is_still(target, new, sight):
                # somebody put another one in its place that very moment: it is not ours yet
                with suppress(FileExistsError):
                    rename_new(new, target, name, folder)
                return ""
            self._durable.folder(target)
            self._durable.folder(folder)
        return "/".join((*where, *above, new))

    def tidy(self, folders: set[Names]) -> None:
        """Remove these folders where nothing is left in them, and those above them."""
        for names in sorted(folders, key=len, reverse=True):
            for length in range(len(names), 0, -1):
                try:
                    with closing_fd(self._folder_of(names[:length])) as folder:
                        os.rmdir(names[length - 1], dir_fd=folder)
                except OSError:
                    break

    def _folder_of(self, names: Names) -> int:
        folder = os.dup(self._root)
        for step in names[:-1]:
            with closing_fd(folder):
                folder = os.open(step, FOLDER, dir_fd=folder)
        return folder


def same(before: os.stat_result, now: os.stat_result) -> bool:
    """Whether it is the same file, and nothing was written to it in between."""
    return (
        (before.st_dev, before.st_ino, before.st_mode) == (now.st_dev, now.st_ino, now.st_mode)
        and (before.st_size, before.st_mtime_ns) == (now.st_size, now.st_mtime_ns)
        and before.st_nlink == now.st_nlink
    )


def _is_still(folder: int, name: str, sight: Sight) -> bool:
    try:
        return same(sight.seen, os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _why_not(seen: os.stat_result) -> str:
    if stat.S_ISLNK(seen.st_mode):
        return "it is a link, and none is followed"
    if not stat.S_ISREG(seen.st_mode):
        return "it is no regular file"
    # whoever gives a file a second name here may have it changed after it was checked
    return "it has several names on this disk; drop a copy" if seen.st_nlink > 1 else ""


def _is_busy(fd: int) -> bool:
    """Whether the lease is refused that nobody gets of a file that is open to write."""
    # whoever opens it to write that very moment has us signalled, by default by one that kills
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _looks_unfinished(name: str) -> bool:
    low = name.lower()
    return low.endswith(_UNFINISHED) or low.startswith(".")


def _numbered(name: str) -> Iterator[str]:
    """The name, then ``products-2.csv``, ``products-3.csv``, ..."""
    yield name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(os.fsencode(ending)) > 16:
        stem, dot, ending = name, "", ""
    for number in count(2):
        tail = f"-{number}{dot}{ending}"
        head = os.fsencode(stem)[: NAME_BYTES - len(os.fsencode(tail))]
        yield os.fsdecode(head) + tail


numbered = _numbered
