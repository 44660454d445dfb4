"""The dated folders of records, and latest/: each only ever replaced whole.

A folder's successor is built unseen out of hard links and new files, and takes its place in one
step, so that a reader, a crash and a full disk all see a whole folder. What a pull replaces within
the day can be rebuilt from changes/. What is no longer as it was placed goes to set-aside/, and
nothing is built on it. Whoever places holds the lock ``exports``.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from mirrord.core.changes import Change, Line, changes
from mirrord.core.manifest import parse_sums, sum_line
from mirrord.disk.draft import Draft, Drafted, PlainText, lossless_file
from mirrord.disk.durable import Durable, disk_errors, swap, sync_path, undo_half_swap
from mirrord.disk.house import House, write_whole
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError

RECEIPTS, SUMS = "receipts.json", "SHA256SUMS"
Receipt = dict[str, Any]
#: Says in words what is suspect about a pull, ``""`` for nothing: by the dated folders as they are
#: about to stand, oldest first, and the files of changes that it leaves in the newest.
Judge = Callable[[Sequence[Path], Collection[str]], str]
_REMEDY = "copy it back from a backup, or move the folder aside"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Placed:
    """The day's folder, and which files of the pull before were no longer as they were placed."""

    folder: Path
    damaged: tuple[str, ...]


class Exports:
    """The room exports/ of one house."""

    def __init__(self, house: House, durable: Durable) -> None:
        self._room = house.room("exports")
        self._work = house.room(".mirrord/staging/days")
        self._aside = house.room("set-aside")
        self._durable = durable
        with disk_errors(f"making ready {self._room}"):
            for folder in (*self._days_aside(), self._room / "latest"):
                undo_half_swap(folder)

    def receipt(self, dataset: str) -> Receipt | None:
        """The receipt of the dataset's newest placed pull, whole or not; DiskError."""
        with disk_errors(f"reading {self._room}"):
            day = self._newest_with(dataset)
            return read_receipts(day).get(dataset) if day else None

    def place(
        self,
        draft: Draft,
        drafted: Drafted,
        receipt: Receipt,
        *,
        day: str,
        moment: str,
        staging: Staging,
        judge: Judge,
    ) -> Placed:
        """Place a closed draft in the day's folder, and in latest/ where it is complete.

        The receipt gets what ``judge`` says. The day is never an older one than the newest that
        stands. DiskError: what stood before stands still.
        """
        name = draft.dataset.name
        with disk_errors(f"placing the export of {name}"):
            folder = self._room / max([day, *(there.name for there in days(self._room))])
            before = self._newest_with(name)
            damaged = self._set_damaged_aside(draft, before, moment)
            self._start_work()
            new = self._work / folder.name
            link_tree(folder, new)
            sums = read_sums(new)
            sums |= self._place_files(draft, drafted, before, new, damaged)
            changed = self._write_changes(draft, before, new, moment, staging, damaged)
            sums |= changed
            standing = [one for one in days(self._room) if one.name < folder.name]
            receipt = receipt | {"suspect": judge([*standing, new], changed.keys())}
            placed = list(dict(draft.files()))
            self._finish(new, {name: receipt}, sums)
            swap(new, folder)
            if receipt["complete"]:
                self._renew_latest(folder, name, placed, receipt)
            sync_path(self._room)
            shutil.rmtree(self._work)
        return Placed(folder, damaged)

    def _set_damaged_aside(self, draft: Draft, before: Path | None, moment: str) -> tuple[str, ...]:
        """Which files of the pull before differ from their checksums; each is kept for a look."""
        if before is None:
            return ()
        sums = read_sums(before)
        there = (name for name, _ in draft.files() if (before / name).is_file())
        damaged = sorted(name for name in there if _sha256(before / name) != sums.get(name))
        for name in damaged:
            folder = self._aside / moment / "exports" / before.name
            (folder / name).parent.mkdir(0o700, parents=True, exist_ok=True)
            _link(before / name, folder / _free(folder, name, ""))
        return tuple(damaged)

    def _place_files(
        self,
        draft: Draft,
        drafted: Drafted,
        before: Path | None,
        new: Path,
        damaged: Collection[str],
    ) -> dict[str, str]:
        """Move the new files in; a file of equal content is a link to the one before."""
        old = read_receipts(before).get(draft.dataset.name, {}) if before else {}
        old_sums = read_sums(before) if before else {}
        sums = {}
        for name, file in draft.files():
            target = new / name
            target.parent.mkdir(0o700, exist_ok=True)
            target.unlink(missing_ok=True)
            same = old.get("plain_sha256", {}).get(name) == drafted.plain[name]
            same = same and name not in damaged
            if before and same and name in old_sums and _link(before / name, target):
                sums[name] = old_sums[name]
            else:
                sums[name] = file.staged.close()[1]
                file.staged.path.rename(target)
        return sums

    def _write_changes(
        self,
        draft: Draft,
        before: Path | None,
        new: Path,
        moment: str,
        staging: Staging,
        damaged: Collection[str],
    ) -> dict[str, str]:
        """Old and new text of every record that differs from the pull before, if any does."""
        if before is None:
            return {}
        sums = {}
        for lossless in [name for name, _ in draft.files() if name.endswith(".jsonl.gz")]:
            old_file, new_file = before / lossless, new / lossless
            if lossless in damaged or not old_file.exists() or old_file.samefile(new_file):
                continue
            stem = Path(lossless).name.removesuffix(".jsonl.gz")
            name = _free(new, f"changes/{stem}-{moment}", ".jsonl.gz")
            text = PlainText(staging.open(0o600, int(new_file.stat().st_mtime)), packed=True)
            for change in changes(read_lines(old_file), read_lines(new_file)):
                text.write(_change_line(change))
            text.close()
            (new / "changes").mkdir(0o700, exist_ok=True)
            text.staged.path.rename(new / name)
            sums[name] = text.staged.close()[1]
        return sums

    def _renew_latest(
        self, folder: Path, dataset: str, placed: list[str], receipt: Receipt
    ) -> None:
        latest, new = self._room / "latest", self._work / "latest"
        link_tree(latest, new)
        sums, of_day = read_sums(new), read_sums(folder)
        for name in placed:
            target = new / name
            target.parent.mkdir(0o700, exist_ok=True)
            target.unlink(missing_ok=True)
            _link(folder / name, target)
            sums[name] = of_day[name]
        self._finish(new, {dataset: receipt}, sums)
        swap(new, latest)

    def _finish(self, new: Path, receipts: dict[str, Receipt], sums: dict[str, str]) -> None:
        seal(new, read_receipts(new) | receipts, sums)
        self._durable.tree(new)

    def _start_work(self) -> None:
        if self._work.exists():
            shutil.rmtree(self._work)
        self._work.mkdir(0o700)

    def _days_aside(self) -> Iterator[Path]:
        for aside in self._room.glob(".*.aside"):
            yield self._room / aside.name.removeprefix(".").removesuffix(".aside")

    def _newest_with(self, dataset: str) -> Path | None:
        for day in reversed(days(self._room)):
            if (day / lossless_file(dataset)).exists():
                return day
        return None


def days(room: Path) -> list[Path]:
    """The dated folders in exports/, oldest first; OSError."""
    named = (path for path in room.iterdir() if _DAY.fullmatch(path.name))
    return sorted(path for path in named if path.is_dir() and not path.is_symlink())


def seal(folder: Path, receipts: dict[str, Receipt], sums: dict[str, str]) -> None:
    """Write receipts.json and, from the checksums of all other files, SHA256SUMS; OSError."""
    body = json.dumps(receipts, indent=2, sort_keys=True).encode() + b"\n"
    write_whole(folder / RECEIPTS, body, 0o600)
    sums = sums | {RECEIPTS: hashlib.sha256(body).hexdigest()}
    lines = (sum_line(sums[name], name) for name in sorted(sums, key=os.fsencode))
    write_whole(folder / SUMS, "".join(lines).encode("utf-8", "surrogateescape"), 0o600)


def read_receipts(folder: Path) -> dict[str, Receipt]:
    """The receipts of a dated folder by dataset, ``{}`` where there are none; DiskError."""
    file = folder / RECEIPTS
    if not file.exists():
        return {}
    try:
        told: dict[str, Receipt] = json.loads(file.read_bytes())
    except ValueError as error:
        raise DiskError(f"{file} is damaged: {_REMEDY}") from error
    return told


def read_lines(file: Path) -> Iterator[Line]:
    """The lines of a lossless file with the id of each; ValueError where it is damaged."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            text = line.removesuffix("\n")
            yield json.loads(text)["id"], text


def read_changes(file: Path) -> Iterator[Change]:
    """What a file of changes/ says; ValueError where it is damaged."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            number, old, new = json.loads(line)
            yield Change(number, old, new)


def _free(folder: Path, stem: str, ending: str) -> str:
    """A name that is not taken: two pulls of one second must not share a file of changes."""
    names = chain([stem + ending], (f"{stem}-{number}{ending}" for number in count(2)))
    return next(name for name in names if not (folder / name).exists())


def _change_line(change: Change) -> str:
    """``[id, old, new]``: the records' own texts as JSON strings, null where there is none."""
    return json.dumps([change.id, change.old, change.new], ensure_ascii=False) + "\n"


def link_tree(old: Path, new: Path) -> None:
    """Make a folder of links with the same names as another's; empty where there is none."""
    new.mkdir(0o700)
    if old.is_symlink() or not old.exists():
        return
    for entry in sorted(old.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            link_tree(entry, new / entry.name)
        else:
            _link(entry, new / entry.name)


def _link(old: Path, new: Path) -> bool:
    """Give a file a second name, or a copy where the filesystem knows no links."""
    try:
        os.link(old, new, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError:
        shutil.copy2(old, new, follow_symlinks=False)
    return True


def read_sums(folder: Path) -> dict[str, str]:
    """The checksums of a folder's SHA256SUMS by name, ``{}`` where there are none; DiskError."""
    file = folder / SUMS
    if not file.exists():
        return {}
    try:
        with file.open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            return dict(parse_sums(lines))
    except ValueError as error:
        raise DiskError(f"{file} is damaged: {_REMEDY}") from error


def _sha256(file: Path) -> str:
    with file.open("rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()
