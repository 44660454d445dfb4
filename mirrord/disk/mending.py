"""Putting files right: what is wrong there goes to set-aside/, the true bytes take its place whole.

Good bytes are staged and checked, made durable, then renamed over the bad ones; every name that
the bad inode had gets the new one. Nothing is destroyed: what was there is kept for a look.
"""

import os
import stat
from contextlib import ExitStack, closing, suppress
from pathlib import PurePosixPath
from typing import Self

from mirrord.core.names import PERSONAL_TOPS
from mirrord.core.pulse import Pulse
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.house import House
from mirrord.disk.staging import StagedFile, Staging, closing_fd
from mirrord.disk.steps import FOLDER, free_name, link, open_file, walk

_SHARED, _PRIVATE = 0o750, 0o700
#: Rooms, and folders of files/, that are the owner's alone.
#: So many steps below the house is such a folder at the most: snapshots/<moment>/files/exports.
_DEEPEST = 4
_CHUNK = 1 << 20


class Mending:
    """The house while it is put right; ``moment`` names this run's folder in set-aside/."""

    def __init__(self, house: House, moment: str) -> None:
        self._house = house
        self._moment = moment
        with ExitStack() as ends, disk_errors(f"opening {house.root}"):
            self._durable = ends.enter_context(closing(Durable(house.root)))
            self.root = ends.enter_context(closing_fd(os.open(house.root, FOLDER)))
            self.staging = ends.enter_context(closing(Staging(house, "verify", self._durable)))
            self._ends = ends.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def stage(self, mode: int, mtime: int) -> StagedFile:
        """A file to write true bytes into, which will have this mode and time (ns)."""
        staged = self.staging.open(mode, 0)
        staged.mtime = mtime
        return staged

    def stage_copy(
        self, donor: str, sha256: str, mode: int, mtime: int, pulse: Pulse
    ) -> StagedFile | None:
        """The bytes of another file of the house, staged; None where they are not these."""
        try:
            source = open_file(self.root, donor)
        except OSError:
            return None
        staged = self.stage(mode, mtime)
        with closing_fd(source):
            try:
                while chunk := os.read(source, _CHUNK):
                    pulse.beat()
                    staged.write(chunk)
            except OSError:  # a second rotten copy; a full disk is a DiskError
                staged.discard()
                return None
            except BaseException:
                staged.discard()
                raise
        if staged.close()[1] == sha256:
            return staged
        staged.discard()
        return None

    def make_durable(self) -> None:
        """Let all that was staged and put right survive a power cut; DiskError."""
        self._house.still_there()
        with disk_errors("putting files right"):
            self._durable.batch()

    def put(self, staged: StagedFile, names: list[str]) -> str:
        """Put a staged, durable file in the place of each name; where the bad one is kept.

        ``""`` where there was none. DiskError where something is in the way of a folder.
        """
        with disk_errors(f"putting {names[0]} right"):
            folder, last = self._folder_of(names[0])
            with closing_fd(folder):
                kept = self._keep(folder, last, names[0])
                staged.move_to(folder, last)
                self._durable.folder(folder)
                for name in names[1:]:
                    self._put_again(folder, last, name)
        return kept

    def write(self, name: str, body: bytes, mode: int) -> str:
        """Replace a file of checksums with its true text, durably; where the bad one is kept."""
        folder, last = self._folder_of(name)
        with closing_fd(folder), suppress(FileNotFoundError):
            mode = stat.S_IMODE(os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode)
        staged = self.staging.open(mode, 0)
        try:
            staged.mtime = self._house.room(name).lstat().st_mtime_ns
            staged.write(body)
            staged.close()
            self.make_durable()
            kept = self.put(staged, [name])
            self.make_durable()
        finally:
            staged.discard()
        return kept

    def keep(self, name: str) -> str:
        """Give what stands at a place a second name in set-aside/; ``""`` where nothing does."""
        with disk_errors(f"keeping {name}"):
            folder, last = self._folder_of(name)
            with closing_fd(folder):
                return self._keep(folder, last, name)

    def move_aside(self, name: str) -> str:
        """Move what stands at a place to set-aside/; its new name below the house. DiskError."""
        with disk_errors(f"setting {name} aside"):
            folder, last = self._folder_of(name)
            with closing_fd(folder):
                kept = self._aside(folder, last, name, keep=False)
                self._durable.folder(folder)
        return kept

    def set_time(self, name: str, mtime: int) -> None:
        """Give a file whose bytes are right its own time (ns) again. DiskError."""
        with disk_errors(f"setting the time of {name}"):
            folder, last = self._folder_of(name)
            with closing_fd(folder):
                os.utime(last, ns=(mtime, mtime), dir_fd=folder, follow_symlinks=False)

    def remove_empty(self, name: str) -> None:
        """Remove a folder if nothing lies in it."""
        with disk_errors(f"removing the folder {name}"):
            folder, last = self._folder_of(name)
            with closing_fd(folder), suppress(OSError):
                os.rmdir(last, dir_fd=folder)

    def make_folder(self, name: str) -> None:
        """Make a folder that is missing; a file or a link in its place goes to set-aside/."""
        with disk_errors(f"making the folder {name}"):
            folder, last = self._folder_of(name)
            with closing_fd(folder):
                with suppress(FileNotFoundError):
                    there = os.stat(last, dir_fd=folder, follow_symlinks=False)
                    if not stat.S_ISDIR(there.st_mode):
                        self._aside(folder, last, name, keep=False)
                with closing_fd(walk(folder, (last,), _mode(f"{name}/"), self._durable)):
                    pass

    def _folder_of(self, name: str) -> tuple[int, str]:
        *above, last = name.split("/")
        return walk(self.root, tuple(above), _mode(name), self._durable), last

    def _keep(self, folder: int, last: str, name: str) -> str:
        try:
            there = os.stat(last, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return ""
        return self._aside(folder, last, name, keep=stat.S_ISREG(there.st_mode))

    def _aside(self, folder: int, last: str, name: str, *, keep: bool) -> str:
        """Give it a name in set-aside/; ``keep``: under the old one too, until it is replaced."""
        above = str(PurePosixPath("set-aside", self._moment, name).parent)
        with closing_fd(
            walk(self.root, tuple(above.split("/")), _PRIVATE, self._durable)
        ) as target:
            new = free_name(target, last)
            if not keep or not link(last, new, folder, target):
                os.rename(last, new, src_dir_fd=folder, dst_dir_fd=target)
            self._durable.folder(target)
        return f"{above}/{new}"

    def _put_again(self, folder: int, last: str, name: str) -> None:
        """Give the file just put there one more name, in the place of what stands at it."""
        target, there = self._folder_of(name)
        with closing_fd(target):
            staged = self.staging.path / "again"
            with closing_fd(os.open(self.staging.path, FOLDER)) as staging:
                staged.unlink(missing_ok=True)
                if link(last, "again", folder, staging):
                    os.rename("again", there, src_dir_fd=staging, dst_dir_fd=target)
                else:
                    self._copy(folder, last, target, there)
            self._durable.folder(target)

    def _copy(self, folder: int, last: str, target: int, there: str) -> None:
        with closing_fd(open_file(folder, last)) as source:
            seen = os.fstat(source)
            staged = self.stage(stat.S_IMODE(seen.st_mode), seen.st_mtime_ns)
            try:
                while chunk := os.read(source, _CHUNK):
                    staged.write(chunk)
                staged.close()
                staged.sync()
                staged.move_to(target, there)
            finally:
                staged.discard()


def _mode(name: str) -> int:
    """The mode of a folder above a file, if it has to be made."""
    above = name.split("/")[:-1]
    return _PRIVATE if PERSONAL_TOPS.intersection(above[:_DEEPEST]) else _SHARED
