"""Every lasting step in files/: place and retire. What is held is moved, never destroyed.

A file is staged unseen, checked, made durable and only then renamed into its place. What it
replaces gets a second name in old-versions/ before. Paths are walked one folder at a time without
following links, so that no name and no planted link leads outside the house.
"""

import os
import stat
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import Self, TypeAlias

from mirrord.core.entry import Entry, Held, Kind, TreePath
from mirrord.core.names import is_personal
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.house import House
from mirrord.disk.naming import LocalNames
from mirrord.disk.oldsums import OldSums
from mirrord.disk.partfile import PartFile
from mirrord.disk.parts import PART_FROM, Parts
from mirrord.disk.staging import StagedFile, Staging, closing_fd
from mirrord.disk.steps import FOLDER, free_name, link, sha256_of, walk

#: A file that is written, checked and not placed yet: a large one may be a part for long.
Staged: TypeAlias = StagedFile | PartFile

#: The system takes 4,096 bytes for a path in one call; a character has four at the most.
_LONG_PATH = 1_000


class Tree:
    """The store's files/ while one sync works on it.

    ``moment`` names the folder below old-versions/ and set-aside/ that takes in what this run
    replaces; ``now`` is the run's start in seconds since 1970; ``names`` knows what the disk can
    hold and what is held.
    """

    def __init__(
        self, house: House, moment: str, now: int, names: LocalNames | None = None
    ) -> None:
        self._names = names or LocalNames()
        self._house = house
        self.now = now
        self._moment = moment
        self.set_aside = 0
        self._linked: tuple[str, ...] = ()
        with ExitStack() as ends, disk_errors(f"opening {house.root}"):
            self._durable = ends.enter_context(closing(Durable(house.root)))
            self._root = ends.enter_context(closing_fd(os.open(house.root, FOLDER)))
            files = os.open("files", FOLDER, dir_fd=self._root)
            self._files = ends.enter_context(closing_fd(files))
            self.staging = ends.enter_context(closing(Staging(house, "files", self._durable)))
            self.parts = ends.enter_context(closing(Parts(self._root, self._durable, now)))
            self._sums = ends.enter_context(closing(OldSums(house, moment)))
            self._ends = ends.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def stage(self, entry: Entry, beat: Callable[[], object] = lambda: None) -> Staged:
        """Open a file to write the entry's bytes into. May be called from any thread.

        Of a large one, what an earlier try left is read and gone on with; ``beat`` is called
        meanwhile.
        """
        mode = 0o600 if is_personal(entry.path) else 0o440
        modified = self.now if entry.stamp.modified is None else entry.stamp.modified
        if entry.size is not None and entry.size >= PART_FROM:
            part = self.parts.open(entry, mode, modified, beat)
            if part is not None:
                return part
        return self.staging.open(mode, modified)

    def make_durable(self) -> None:
        """Let all that was staged, placed and retired so far survive a power cut.

        Ledger rows of a batch are due only after the call that follows the batch's placing.
        """
        self._house.still_there()
        with disk_errors("making the files durable"):
            self._sums.write()
            self._durable.batch()

    def make_folder(self, entry: Entry) -> Held:
        """Make the folder that the store lists."""
        local = self._names.of_folder(entry.path)
        with (
            disk_errors(f"making the folder {entry.path}"),
            closing_fd(self._open_below_files(local, entry.path)),
        ):
            pass
        return Held(entry, local, fetched=self.now, checked=self.now)

    def place(self, entry: Entry, staged: Staged, *, held: Held | None) -> Held:
        """Rename a staged, durable file into its place; what it replaces is kept.

        Bytes equal to what is held only move the stamp. A file there that is not ``held`` as we
        left it was put there by somebody else and goes to set-aside/.
        """
        local = self._names.of(entry.path, held)
        size, sha256 = staged.close()
        new = Held(entry, local, sha256, size, staged.mtime, fetched=self.now, checked=self.now)
        with disk_errors(f"placing {entry.path}"):
            folder, name = self._folder_of(local, entry.path)
            with closing_fd(folder):
                if held is not None and _is_there(folder, name, held, new):
                    staged.discard()
                    return replace(new, mtime=held.mtime, fetched=held.fetched)
                self._keep_old(folder, name, new, held)
                staged.move_to(folder, name)
                self._durable.folder(folder)
        return new

    def retire(self, held: Held) -> None:
        """Move what vanished from the store out of files/; an empty folder is just removed."""
        with disk_errors(f"retiring {held.path}"):
            try:
                folder, name = self._folder_of(held.local, held.path, make=False)
            except (FileNotFoundError, NotADirectoryError):
                return
            with closing_fd(folder):
                self._retire(folder, name, held)
                self._durable.folder(folder)

    def intact(self, held: Held) -> bool:
        """Whether it lies in files/ as we left it, by kind, size and time; one lstat.

        Ask for a folder before what lies in it: below one that is a link now, nothing is.
        """
        if held.local.startswith(self._linked):
            return False
        try:
            if len(held.local) < _LONG_PATH:
                return self._is_intact(self._files, held.local, held)
            folder, name = self._folder_of(held.local, held.path, make=False)
            with closing_fd(folder):
                return self._is_intact(folder, name, held)
        except OSError:
            return False

    def _is_intact(self, folder: int, name: str, held: Held) -> bool:
        intact = _intact(folder, name, held)
        if not intact and held.entry.kind is Kind.FOLDER:
            self._linked += (f"{held.local}/",)
        return intact

    def _folder_of(self, local: str, path: TreePath, *, make: bool = True) -> tuple[int, str]:
        above, _, name = local.rpartition("/")
        return self._open_below_files(above, path.parent, make=make), name

    def _open_below_files(self, local: str, path: TreePath, *, make: bool = True) -> int:
        """Open a folder of files/; with ``make``, whatever stands in its way is set aside."""
        names = local.split("/") if local else []
        if not make:
            return self._walk(("files", *names), None)
        mode = 0o700 if is_personal(path) else 0o750
        try:
            return self._walk(("files", *names), mode)
        except NotADirectoryError:
            self._clear_way(names, path)
        return self._walk(("files", *names), mode)

    def _clear_way(self, names: list[str], path: TreePath) -> None:
        """Set the first on the way aside that is no folder, but a file or a link."""
        for depth, name in enumerate(names):
            with closing_fd(self._walk(("files", *names[:depth]), None)) as above:
                there = os.stat(name, dir_fd=above, follow_symlinks=False)
                if not stat.S_ISDIR(there.st_mode):
                    stray = TreePath("/".join(path.split("/")[: depth + 1]))
                    self._move_out(above, name, "set-aside", stray, keep=False)
                    return

    def _walk(self, names: tuple[str, ...], mode: int | None, start: int | None = None) -> int:
        """Open a folder of the house step by step, following no link; missing ones are made.

        From the open folder ``start`` on, or from the house's root. With mode None nothing is
        made: FileNotFoundError.
        """
        return walk(self._root if start is None else start, names, mode, self._durable)

    def _retire(self, folder: int, name: str, held: Held) -> None:
        if held.entry.kind is Kind.FOLDER:
            # whatever else lies in it keeps the folder
            with suppress(OSError):
                os.rmdir(name, dir_fd=folder)
            return
        with suppress(FileNotFoundError):
            if _intact(folder, name, held):
                self._move_to_old(folder, name, held, held.path, keep=False)
            else:
                self._move_out(folder, name, "set-aside", held.path, keep=False)

    def _keep_old(self, folder: int, name: str, new: Held, held: Held | None) -> None:
        try:
            there = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(there.st_mode):
            self._move_out(folder, name, "set-aside", new.path, keep=False)
        elif held is not None and _intact(folder, name, held):
            self._move_to_old(folder, name, held, new.path, keep=True)
        elif there.st_size != new.size or sha256_of(folder, name) != new.sha256:
            self._move_out(folder, name, "set-aside", new.path, keep=True)
        # else: our own file, placed by a run that was cut before it could say so

    def _move_to_old(
        self, folder: int, name: str, held: Held, path: TreePath, *, keep: bool
    ) -> None:
        new = self._move_out(folder, name, "old-versions", path, keep=keep)
        self._sums.add(new, held.sha256)

    def _move_out(self, folder: int, name: str, room: str, path: TreePath, *, keep: bool) -> str:
        """Give ``folder/name`` a name in a room; ``keep`` leaves it under the old one too.

        The new name, as below the run's own folder there.
        """
        self.set_aside += room == "set-aside"
        above = self._names.of_folder(path.parent)
        with closing_fd(self._room_of_run(room)) as run:
            mode = 0o700 if room == "set-aside" or is_personal(path) else 0o750
            target = self._walk(tuple(above.split("/") if above else ()), mode, run)
        with closing_fd(target):
            new = free_name(target, name)
            if keep and link(name, new, folder, target):
                pass
            elif keep:
                self._copy(name, new, folder, target)
            else:
                os.rename(name, new, src_dir_fd=folder, dst_dir_fd=target)
            self._durable.folder(target)
        return f"{above}/{new}" if above else new

    def _room_of_run(self, room: str) -> int:
        # personal folders inside are private; the run's own is for all who may read the room
        return self._walk((room, self._moment), 0o700 if room == "set-aside" else 0o750)

    def _copy(self, name: str, new: str, folder: int, target: int) -> None:
        """Through staging, durable before it is placed: a cut leaves no half of an old version."""
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as old:
            there = os.fstat(old.fileno())
            staged = self.staging.open(stat.S_IMODE(there.st_mode), 0)
            staged.mtime = there.st_mtime_ns
            try:
                while chunk := old.read(1 << 20):
                    staged.write(chunk)
                staged.close()
                staged.sync()
                staged.move_to(target, new)
            finally:
                staged.discard()


def _is_there(folder: int, name: str, held: Held, new: Held) -> bool:
    same = held.sha256 == new.sha256 and held.size == new.size
    try:
        return same and _intact(folder, name, held)
    except FileNotFoundError:
        return False


def _intact(folder: int, name: str, held: Held) -> bool:
    there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if held.entry.kind is Kind.FOLDER:
        return stat.S_ISDIR(there.st_mode)
    same = there.st_size == held.size and there.st_mtime_ns == held.mtime
    return same and stat.S_ISREG(there.st_mode)
