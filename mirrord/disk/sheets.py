"""The sheets in exports/latest/: which ones are due, and placing them, all in one step.

A sheet has the time of the CSV that it was made of, which is how it is known to be current; nothing
else is noted. Only latest/ has sheets, and only its SHA256SUMS speaks of them. Whoever asks or
places holds the lock ``exports``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrord.core.names import sheet_of
from mirrord.disk.dayfolder import link_tree, read_receipts, read_sums, seal
from mirrord.disk.durable import Durable, disk_errors, swap, sync_path
from mirrord.disk.exports import Exports
from mirrord.disk.house import House

#: A CSV of at most so many bytes has its sheet made in some seconds: after every pull.
_SMALL = 4 << 20
#: One of so many bytes gets it once an hour at the most; between the two, in proportion.
_LARGE, _HOUR = 64 << 20, 3_600


@dataclass(frozen=True, slots=True)
class Due:
    """A second name of a CSV, where nobody replaces it, and where its sheet is to be written."""

    csv: Path
    sheet: Path


class Sheets:
    """The sheets of one house."""

    def __init__(self, house: House, durable: Durable) -> None:
        Exports(house, durable)  # mends a swap of two folders that was cut
        self._room = house.room("exports")
        self._latest = self._room / "latest"
        self._work = house.room(".mirrord/staging/sheets")
        self._durable = durable

    def due(self, names: Iterable[str], folder: Path, now: float) -> list[Due]:
        """Of these CSV files those whose sheet is due, linked into a folder of ours; DiskError."""
        with disk_errors(f"reading {self._latest}"):
            return list(self._due(names, folder, now))

    def _due(self, names: Iterable[str], folder: Path, now: float) -> Iterator[Due]:
        for name in names:
            csv, sheet = self._latest / name, self._latest / sheet_of(name)
            if not csv.is_file() or csv.is_symlink():
                continue
            there = csv.stat()
            made = sheet.lstat().st_mtime_ns if os.path.lexists(sheet) else None
            if made is None or (made != there.st_mtime_ns and _is_time(there.st_size, made, now)):
                try:
                    os.link(csv, folder / name, follow_symlinks=False)
                except OSError:  # no links here, or too many of this one
                    shutil.copy2(csv, folder / name)
                yield Due(folder / name, folder / sheet_of(name))

    def standing(self, names: Iterable[str]) -> list[str]:
        """Of these CSV files those that have a sheet."""
        return [name for name in names if os.path.lexists(self._latest / sheet_of(name))]

    def place(self, made: Sequence[Due], gone: Iterable[str] = ()) -> None:
        """Place what was made, and take away the sheets of other CSV files; DiskError."""
        with disk_errors(f"placing sheets in {self._latest}"):
            if self._work.exists():
                shutil.rmtree(self._work)
            self._work.mkdir(0o700)
            new = self._work / "latest"
            link_tree(self._latest, new)
            sums = read_sums(new)
            for name in map(sheet_of, gone):
                (new / name).unlink(missing_ok=True)
                sums.pop(name, None)
            for one in made:
                seen = one.csv.stat()
                os.utime(one.sheet, ns=(seen.st_mtime_ns, seen.st_mtime_ns))
                with one.sheet.open("rb") as body:
                    sums[one.sheet.name] = hashlib.file_digest(body, "sha256").hexdigest()
                one.sheet.rename(new / one.sheet.name)
            seal(new, read_receipts(new), sums)
            self._durable.tree(new)
            swap(new, self._latest)
            sync_path(self._room)
            shutil.rmtree(self._work)


def _is_time(size: int, made: int, now: float) -> bool:
    """Whether a CSV of this size has its turn: orders that come every minute must not wait."""
    if size <= _SMALL:
        return True
    # a clock that was ahead once must not hold it back for years
    return abs(now - made / 1e9) >= min(_HOUR, _HOUR * size / _LARGE)
