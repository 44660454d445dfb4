"""Every lasting step in files/: place and retire. What is held is moved, never destroyed.

A file is staged unseen, checked, made durable and only then renamed into its place. What it
replaces gets a second name in old-versions/ before. Paths are walked one folder at a time without
following links, so that no name and no planted link leads outside the house.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Self, TypeAlias

from mirrord.core.entry import Entry, Held, Kind, TreePath
from mirrord.core.names import is_personal
from mirrord.disk.descent import Descent
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.flush import Flush
from mirrord.disk.house import House
from mirrord.disk.listed import Left
from mirrord.disk.naming import LocalNames
from mirrord.disk.oldsums import OldSums
from mirrord.disk.partfile import PartFile
from mirrord.disk.parts import PART_FROM, Parts
from mirrord.disk.staging import StagedFile, Staging, closing_fd
from mirrord.disk.steps import FOLDER, free_name, link, sha256_of, walk

#: A file that is written, checked and not placed yet: a large one may be a part for long.
Staged: TypeAlias = StagedFile | PartFile


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
        with ExitStack() as ends, disk_errors(f"opening {house.root}"):
            self._durable = ends.enter_context(closing(Durable(house.root)))
            self._root = ends.enter_context(closing_fd(os.open(house.root, FOLDER)))
            files = os.open("files", FOLDER, dir_fd=self._root)
            self._files = ends.enter_context(closing_fd(files))
            self.staging = ends.enter_context(closing(Staging(house, "files", self._durable)))
            self.parts = ends.enter_context(closing(Parts(self._root, self._durable, now)))
            self._sums = ends.enter_context(closing(OldSums(house, moment)))
            self._place = ends.enter_context(Descent(self._files, self._durable))
            self._flush = Flush(None)
            # before anything is closed: a sync that still runs works on an open folder
            ends.callback(self._wait)
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
        self.begin_durable().end()

    def begin_durable(self) -> Flush:
        """The same while other work goes on; what is staged or placed from now on is not meant."""
        self._place.come_up()
        self._house.still_there()
        with disk_errors("making the files durable"):
            self._sums.write()
        self._flush.wait()
        self._flush = Flush(self._durable)
        return self._flush

    def _wait(self) -> None:
        self._flush.wait()

    @contextmanager
    def steps(self) -> Iterator[None]:
        """Make, place or retire inside, best in the order of the paths; MirrorMissing.

        A folder stays open for the next step in it, but never longer than this.
        """
        self._house.still_there()
        try:
            yield
        finally:
            self._place.come_up()

    def make_folder(self, entry: Entry) -> Held:
        """Make the folder that the store lists."""
        local = self._names.of_folder(entry.path)
        with disk_errors(f"making the folder {entry.path}"):
            self._open_below_files(local, entry.path)
        return Held(entry, local, fetched=self.now, checked=self.now)

    def place(self, new: Held, staged: Staged, held: Held | None = None) -> None:
        """Rename a staged, durable file into its place; what it replaces is kept.

        ``new`` is what :meth:`coming` gave of it. A file there that is not ``held`` as we left it
        was put there by somebody else and goes to set-aside/.
        """
        with disk_errors(f"placing {new.path}"):
            above, _, name = new.local.rpartition("/")
            folder = self._open_below_files(above, new.path)
            self._keep_old(folder, name, new, held)
            staged.move_to(folder, name)
            self._durable.folder(folder)

    def coming(
        self, entry: Entry, staged: Staged, held: Held | None, *, as_served: bool = False
    ) -> Held:
        """What will be held of a staged file, of which nothing more is to be written."""
        local = self._names.of(entry.path, held)
        size, sha256 = staged.close()
        return Held(entry, local, sha256, size, staged.mtime, self.now, self.now, as_served)

    def keep(
        self, entry: Entry, staged: Staged, held: Held, *, as_served: bool = False
    ) -> Held | None:
        """Where the staged bytes are those held, and these are intact: only the stamp moves.

        The staged file is dropped, nothing is to be made durable. Else None.
        """
        size, sha256 = staged.close()
        if (size, sha256) != (held.size, held.sha256):
            return None
        local = self._names.of(entry.path, held)
        if any(self.lost([(local, False, held.size, held.mtime)])):
            return None
        with disk_errors(f"placing {entry.path}"):
            staged.discard()
        return Held(entry, local, sha256, size, held.mtime, held.fetched, self.now, as_served)

    def retire(self, held: Held) -> None:
        """Move what vanished from the store out of files/; an empty folder is just removed."""
        above, _, name = held.local.rpartition("/")
        with disk_errors(f"retiring {held.path}"):
            try:
                folder = self._place.into(above)
            except (FileNotFoundError, NotADirectoryError):
                return
            self._retire(folder, name, held)
            self._durable.folder(folder)

    def lost(self, left: Iterable[Left]) -> Iterator[str]:
        """The local paths of what does not lie in files/ as we left it, by kind, size and time.

        One lstat each, fastest in the order of the paths. Below a link nothing is as we left it.
        """
        with Descent(self._files, self._durable) as descent:
            into, lstat = descent.into, os.stat
            for local, is_folder, size, mtime in left:
                above, _, name = local.rpartition("/")
                try:
                    there = lstat(name, dir_fd=into(above), follow_symlinks=False)
                except OSError:
                    yield local
                    continue
                if is_folder:
                    same = stat.S_ISDIR(there.st_mode)
                else:
                    same = (
                        there.st_mtime_ns == mtime
                        and there.st_size == size
                        and stat.S_ISREG(there.st_mode)
                    )
                if not same:
                    yield local

    def _open_below_files(self, local: str, path: TreePath) -> int:
        """Open a folder of files/, made where it is missing; what stands in its way is set aside.

        ``path`` is that of the folder, or of what lies in it.
        """
        mode = 0o700 if is_personal(path) else 0o750
        try:
            return self._place.into(local, mode)
        except NotADirectoryError:
            self._clear_way(local.split("/"), path)
        return self._place.into(local, mode)

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
            if held.sha256 != new.sha256:  # the same bytes are no older version
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


def _intact(folder: int, name: str, held: Held) -> bool:
    there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if held.entry.kind is Kind.FOLDER:
        return stat.S_ISDIR(there.st_mode)
    same = there.st_size == held.size and there.st_mtime_ns == held.mtime
    return same and stat.S_ISREG(there.st_mode)
