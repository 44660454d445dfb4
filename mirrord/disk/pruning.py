"""Retention's hand: the one room in which what is held is removed for good.

It drops what it is told to and decides nothing. What goes is renamed out of sight first, into a
folder of its own below .mirrord/staging/, and removed there: a cut leaves nothing half visible, and
the next run removes the rest. Never touched: latest/, snapshots/ (which a room of its own drops),
and files that mirrord did not write.
"""

import os
import stat
from collections.abc import Collection
from contextlib import suppress
from itertools import count
from pathlib import Path

from mirrord.core.manifest import parse_sums
from mirrord.core.pulse import Pulse
from mirrord.disk.dayfolder import RECEIPTS, SUMS, link_tree, read_receipts, read_sums, seal
from mirrord.disk.durable import Durable, disk_errors, swap, sync_path
from mirrord.disk.exports import Exports
from mirrord.disk.house import House, write_whole
from mirrord.disk.points import Filed, OldVersions, PutBy


class Pruning:
    """For whoever holds the lane ``upkeep`` and the lock ``exports``."""

    def __init__(self, house: House, durable: Durable, pulse: Pulse) -> None:
        self._house = house
        self._durable = durable
        self._pulse = pulse
        self._hidden = house.room(".mirrord/staging/prune")
        self._numbers = count()
        Exports(house, durable)  # mends a swap of two folders that was cut
        with disk_errors(f"sweeping {self._hidden}"):
            self._hidden.mkdir(0o700, exist_ok=True)
            for left in sorted(self._hidden.iterdir()):
                _remove(left, pulse)

    def drop_exports(self, gone: Collection[Filed]) -> None:
        """Take datasets out of their one day, with their changes; DiskError: it stands as it was.

        The folder's successor takes its place whole; with the last dataset the folder goes.
        """
        (day,) = {one.day.isoformat() for one in gone}
        folder = self._house.room(f"exports/{day}")
        self._house.still_there()
        with disk_errors(f"dropping from {folder}"):
            new = self._next()
            link_tree(folder, new)
            for name in (name for one in gone for name in one.files):
                (new / name).unlink(missing_ok=True)
            sums = {name: sum_ for name, sum_ in read_sums(new).items() if (new / name).exists()}
            receipts = read_receipts(new)
            for one in gone:
                receipts.pop(one.dataset, None)
            for below in sorted(new.rglob("*/"), reverse=True):
                with suppress(OSError):  # whatever else lies in it keeps the folder
                    below.rmdir()
            if receipts or {path.name for path in new.iterdir()} - {RECEIPTS, SUMS}:
                seal(new, receipts, sums)
                self._durable.tree(new)
                swap(new, folder)
            else:
                os.rename(folder, self._next())
            sync_path(folder.parent)
        self._sweep()

    def drop_old_versions(self, gone: OldVersions) -> None:
        """Remove one part of what one run moved aside; DiskError: it may still stand."""
        folder = self._house.room(f"old-versions/{gone.moment}")
        self._house.still_there()
        with disk_errors(f"dropping {folder / gone.top}"):
            os.rename(folder / gone.top, self._next())
            with suppress(OSError):  # the other parts of that run
                folder.rmdir()
            _forget_sums(folder, gone.top)
        self._sweep()

    def drop_put_by(self, gone: PutBy) -> None:
        """Remove what was put by, a file or a folder; DiskError: it may still stand."""
        path = self._house.room(gone.name)
        self._house.still_there()
        with disk_errors(f"dropping {gone.name}"):
            os.rename(path, self._next())
            sync_path(path.parent)
        self._sweep()

    def _next(self) -> Path:
        return self._hidden / str(next(self._numbers))

    def _sweep(self) -> None:
        with disk_errors(f"sweeping {self._hidden}"):
            for left in sorted(self._hidden.iterdir()):
                _remove(left, self._pulse)


def _forget_sums(folder: Path, top: str) -> None:
    """Take what went out of the run's checksums, which go with the last of its files; OSError."""
    sums = folder.with_name(f"{folder.name}.{SUMS}")
    if not folder.exists():
        sums.unlink(missing_ok=True)
    elif sums.exists():
        lines = sums.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not _is_of(line, top)]
        write_whole(sums, b"".join(kept), stat.S_IMODE(sums.stat().st_mode))


def _is_of(line: bytes, top: str) -> bool:
    """Whether a line tells of a top folder's files; a damaged one tells of none."""
    try:
        ((name, _),) = parse_sums([line.decode("utf-8", "surrogateescape")])
    except ValueError:
        return False
    return name.partition("/")[0] == top


def _remove(path: Path, pulse: Pulse) -> None:
    """Remove a file, or a folder with all that lies in it; no link is followed; OSError."""
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    for _, folders, files, above in os.fwalk(path, topdown=False):
        for name in files:
            pulse.beat()
            os.unlink(name, dir_fd=above)
        for name in folders:
            _remove_folder(name, above)
    path.rmdir()


def _remove_folder(name: str, above: int) -> None:
    try:
        os.rmdir(name, dir_fd=above)
    except NotADirectoryError:  # a link to a folder is told among the folders
        os.unlink(name, dir_fd=above)
