"""The dated folders of records, and latest/: each only ever replaced whole.

A folder's successor is built unseen out of hard links and new files, and takes its place in one
step, so that a reader, a crash and a full disk all see a whole folder. What a pull replaces within
the day can be rebuilt from changes/. What is no longer as it was placed goes to set-aside/, and
nothing is built on it. Whoever places holds the lock ``exports``.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from mirrord.core.changes import Kind, changes
from mirrord.core.datasets.kinds import Dataset
from mirrord.disk.dayfolder import (
    Receipt,
    damaged_in,
    days,
    free_name,
    link,
    link_tree,
    own_folder,
    read_receipts,
    read_sums,
    seal,
)
from mirrord.disk.draft import Draft, Drafted, table_file
from mirrord.disk.durable import Durable, disk_errors, make_folders, swap, sync_path, undo_half_swap
from mirrord.disk.house import House
from mirrord.disk.lossless import (
    Held,
    change_line,
    lossless_file,
    read_lines,
    stem_of,
)
from mirrord.disk.plaintext import PlainText
from mirrord.disk.staging import Staging

#: Says in words what is suspect about a pull, ``""`` for nothing: by the dated folders as they are
#: about to stand, oldest first, and the files of changes that it leaves in the newest.
Judge = Callable[[Sequence[Path], Collection[str]], str]


@dataclass(frozen=True, slots=True)
class Ready:
    """One dataset's closed draft, ready to be placed, with its receipt.

    ``changes`` are those that made it, by stem, where they are known; else they are found out.
    """

    draft: Draft
    drafted: Drafted
    receipt: Receipt
    changes: Mapping[str, PlainText] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """Changes of one dataset that are placed beside what stands, by stem, with the new receipt."""

    dataset: str
    files: Mapping[str, PlainText]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Placed:
    """The day's folder, and which files of the pull before were no longer as they were placed."""

    folder: Path
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest placed pull of a dataset: its dated folder and its receipt."""

    folder: Path
    receipt: Receipt

    @property
    def held(self) -> Held:
        """Its files, and the changes that are not in them yet."""
        return Held(self.folder, tuple(self.receipt.get("pending", ())))


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

    def standing(self, dataset: str) -> Standing | None:
        """The dataset's newest placed pull, whole or not; DiskError."""
        with disk_errors(f"reading {self._room}"):
            day = self._newest_with(dataset)
            receipt = read_receipts(day).get(dataset) if day else None
            return Standing(day, receipt) if day and receipt else None

    def place(
        self,
        ready: Sequence[Ready | Beside],
        *,
        day: str,
        moment: str,
        staging: Staging,
        judges: Mapping[str, Judge] | None = None,
    ) -> Placed:
        """Place closed drafts in the day's folder, and in latest/ those that are to be there.

        A dataset's receipt gets what its judge in ``judges`` says.
        The day is never an older one than the newest that stands. DiskError: what stood before
        stands still.
        """
        names = ", ".join(_name(one) for one in ready)
        with disk_errors(f"placing the export of {names}"):
            folder = self._room / max([day, *(there.name for there in days(self._room))])
            self._start_work()
            new = self._work / folder.name
            link_tree(folder, new)
            sums = read_sums(new)
            all_damaged: list[str] = []
            of_today = read_receipts(new)
            standing = [one for one in days(self._room) if one.name < folder.name]
            for one in ready:
                name = _name(one)
                # from when on this folder can tell how it was: see disk.earlier
                one.receipt["first"] = of_today.get(name, one.receipt).get("first", moment)
                if isinstance(one, Beside):
                    changed = _place_beside(one, new, moment)
                else:
                    before = self._newest_with(name)
                    damaged = self._set_damaged_aside(one.draft, before, moment)
                    sums |= self._place_files(one, before, new, damaged)
                    if one.changes is None:
                        changed = self._write_changes(one, before, new, moment, staging, damaged)
                    else:
                        changed = _place_changes(one.changes, new, moment)
                    all_damaged += damaged
                sums |= changed
                if judges and name in judges:
                    one.receipt["suspect"] = judges[name]([*standing, new], changed.keys())
            self._finish(new, {_name(one): one.receipt for one in ready}, sums)
            swap(new, folder)
            latest = [one for one in ready if one.receipt.get("latest", one.receipt["complete"])]
            if latest:
                self._renew_latest(folder, latest)
            sync_path(self._room)
            shutil.rmtree(self._work)
        return Placed(folder, tuple(all_damaged))

    def lend(self, standing: Standing, dataset: Dataset, folder: Path) -> Held | None:
        """Link the files of a placed pull into a folder that nobody else changes.

        None where a lossless one is not there or no longer as it was placed; a CSV file of which
        this is so is left out. DiskError.
        """
        held = standing.held
        names = [lossless_file(name) for name in (dataset.name, *dataset.files.values())]
        names += held.pending
        tables = [table_file(table) for table in dataset.tables]
        with disk_errors(f"reading {held.folder}"):
            there = [name for name in (*names, *tables) if (held.folder / name).is_file()]
            damaged = damaged_in(held.folder, there)
            sound = [name for name in there if name not in damaged]
            if not set(names) <= set(sound):
                return None
            folder.mkdir(0o700, exist_ok=True)
            for name in sound:
                make_folders(folder, name)
                link(held.folder / name, folder / name)
        return replace(held, folder=folder)

    def _set_damaged_aside(self, draft: Draft, before: Path | None, moment: str) -> tuple[str, ...]:
        """Which files of the pull before differ from their checksums; each is kept for a look."""
        if before is None:
            return ()
        damaged = damaged_in(before, (name for name, _ in draft.files()))
        for name in damaged:
            folder = self._aside / moment / "exports" / before.name
            make_folders(self._aside, f"{moment}/exports/{before.name}/{name}")
            link(before / name, folder / free_name(folder, name, ""))
        return damaged

    def _place_files(
        self, one: Ready, before: Path | None, new: Path, damaged: Collection[str]
    ) -> dict[str, str]:
        """Move the new files in; a file of equal content is a link to the one before."""
        old = read_receipts(before).get(one.draft.dataset.name, {}) if before else {}
        old_sums = read_sums(before) if before else {}
        sums = {}
        for name, file in one.draft.files():
            target = new / name
            own_folder(target.parent)
            target.unlink(missing_ok=True)
            same = old.get("plain_sha256", {}).get(name) == one.drafted.plain[name]
            same = same and name not in damaged
            if before and same and name in old_sums and link(before / name, target):
                sums[name] = old_sums[name]
            else:
                sums[name] = file.staged.close()[1]
                file.staged.path.rename(target)
        return sums

    def _write_changes(
        self,
        one: Ready,
        before: Path | None,
        new: Path,
        moment: str,
        staging: Staging,
        damaged: Collection[str],
    ) -> dict[str, str]:
        """Old and new text of every record that differs from the pull before, if any does.

        How many there are of each kind is written into the receipt.
        """
        dataset = one.draft.dataset
        counts: Counter[Kind] = Counter()
        if before is None:
            return {}
        receipt = read_receipts(before).get(dataset.name, {})
        held = Standing(before, receipt).held
        sums = {}
        for lossless in [name for name, _ in one.draft.files() if name.endswith(".jsonl.gz")]:
            old_file, new_file = before / lossless, new / lossless
            if lossless in damaged or not old_file.exists():
                continue
            stem = Path(lossless).name.removesuffix(".jsonl.gz")
            is_settled = not any(stem_of(name) == stem for name in held.pending)
            if old_file.samefile(new_file) and is_settled:
                continue
            own = lossless == lossless_file(dataset.name)
            keys = dataset.keys if own else dataset.companion_keys
            text = PlainText(staging.open(0o600, int(new_file.stat().st_mtime)), packed=True)
            for change in changes(held.lines(stem, keys), read_lines(new_file, keys)):
                text.write(change_line(change))
                counts[change.kind] += own
            text.close()
            if text.lines:
                name = free_name(new, f"changes/{stem}-{moment}", ".jsonl.gz")
                sums[name] = _move_in(text, new / name)
            else:
                text.staged.discard()
        one.receipt["changes"] = {str(kind): counts[kind] for kind in Kind}
        return sums

    def _renew_latest(self, folder: Path, ready: Sequence[Ready | Beside]) -> None:
        latest, new = self._room / "latest", self._work / "latest"
        link_tree(latest, new)
        sums, of_day = read_sums(new), read_sums(folder)
        whole = (one for one in ready if isinstance(one, Ready))
        for name in chain.from_iterable(dict(one.draft.files()) for one in whole):
            target = new / name
            own_folder(target.parent)
            target.unlink(missing_ok=True)
            link(folder / name, target)
            sums[name] = of_day[name]
        self._finish(new, {_name(one): one.receipt for one in ready}, sums)
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


def _name(one: Ready | Beside) -> str:
    return one.dataset if isinstance(one, Beside) else one.draft.dataset.name


def _place_beside(one: Beside, new: Path, moment: str) -> dict[str, str]:
    """Move the changes in; the receipt names them as not merged yet."""
    sums = _place_changes(one.files, new, moment)
    one.receipt["pending"] = [*one.receipt.get("pending", ()), *sums]
    return sums


def _place_changes(files: Mapping[str, PlainText], new: Path, moment: str) -> dict[str, str]:
    sums = {}
    for stem, file in files.items():
        name = free_name(new, f"changes/{stem}-{moment}", ".jsonl.gz")
        sums[name] = _move_in(file, new / name)
    return sums


def _move_in(text: PlainText, target: Path) -> str:
    """Give a closed file its place; its sha256."""
    own_folder(target.parent)
    text.staged.path.rename(target)
    return text.staged.close()[1]
