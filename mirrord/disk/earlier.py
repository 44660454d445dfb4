"""A dataset as it was at an earlier pull: the state of a dated folder, and its changes undone.

Everything is streamed; of many files of changes a few at a time are made one, so that neither
memory nor open files grow with their number. What does not fit together is DiskError: an earlier
state is exact or there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from mirrord.core.changes import Change, Line, compose, redo, undo
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import Keys, Record
from mirrord.core.times import moment_name
from mirrord.disk.dayfolder import days, read_receipts
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.lossless import (
    change_line,
    joined,
    lossless_file,
    moment_of_changes,
    read_changes,
    read_lines,
    stem_of,
)
from mirrord.disk.plaintext import PlainText
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError

#: So many files of changes are open at a time.
_AT_ONCE = 64


def day_of(house: House, dataset: Dataset, at: float) -> Path | None:
    """The dated folder whose state leads back to a moment (seconds since 1970); DiskError.

    None where nothing was held yet.
    """
    moment = moment_name(at)
    begun = [day for day, first in _firsts(house, dataset) if first <= moment]
    return begun[-1] if begun else None


def first_day_of(house: House, dataset: Dataset) -> Path | None:
    """The oldest dated folder that has the dataset; DiskError."""
    return next((day for day, _ in _firsts(house, dataset)), None)


def _firsts(house: House, dataset: Dataset) -> list[tuple[Path, str]]:
    """Each dated folder that has the dataset, with the moment of its first pull."""
    with disk_errors("reading the exports"):
        told = ((day, read_receipts(day)) for day in days(house.room("exports")))
        return [
            (day, receipts[dataset.name].get("first", ""))
            for day, receipts in told
            if dataset.name in receipts and (day / lossless_file(dataset.name)).is_file()
        ]


def records_at(day: Path, dataset: Dataset, at: float, staging: Staging) -> Iterator[Record]:
    """Every record as the last pull until then held it, with companions, ascending; DiskError."""
    with disk_errors(f"reading {day}"):
        try:
            receipt = read_receipts(day).get(dataset.name, {})
            pending = frozenset(receipt.get("pending", ()))
            own = _lines_at(day, dataset.name, dataset.keys, at, staging, pending)
            sides = {
                name: _lines_at(day, stem, dataset.companion_keys, at, staging, pending)
                for name, stem in dataset.files.items()
            }
            yield from joined(own, sides, dataset)
        except ValueError as error:
            raise DiskError(
                f"{day} can not tell how the {dataset.name} were then: {error}; another copy of "
                "this folder, or a snapshot, may"
            ) from error


def _lines_at(
    day: Path, stem: str, keys: Keys, at: float, staging: Staging, pending: Collection[str]
) -> Iterator[Line]:
    """The file's own state led back, or on by changes that are not merged into it yet."""
    moment = moment_name(at)
    names = [f"changes/{file.name}" for file in (day / "changes").glob(f"{stem}-*")]
    ours = sorted((name for name in names if stem_of(name) == stem), key=moment_of_changes)
    later = [name for name in ours if name not in pending and moment_of_changes(name)[0] > moment]
    until = [name for name in ours if name in pending and moment_of_changes(name)[0] <= moment]
    whole = read_lines(day / lossless_file(stem), keys)
    if later:
        return undo(whole, compose(_streams(day, later, staging)))
    return redo(whole, compose(_streams(day, until, staging))) if until else whole


def _streams(day: Path, names: Sequence[str], staging: Staging) -> list[Iterator[Change]]:
    return [read_changes(file) for file in _few([day / name for name in names], staging)]


def _few(files: Sequence[Path], staging: Staging) -> list[Path]:
    """Files that say the same and can be open at once."""
    few = list(files)
    while len(few) > _AT_ONCE:
        few = [
            _joined(few[start : start + _AT_ONCE], staging)
            for start in range(0, len(few), _AT_ONCE)
        ]
    return few


def _joined(files: list[Path], staging: Staging) -> Path:
    text = PlainText(staging.open(0o600, 0), packed=True)
    for change in compose([read_changes(file) for file in files]):
        text.write(change_line(change))
    text.close()
    return text.staged.path
