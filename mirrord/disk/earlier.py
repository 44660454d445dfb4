"""A dataset as it was at an earlier pull: the state of a dated folder, and its changes undone.

Everything is streamed; of many files of changes a few at a time are made one, so that neither
memory nor open files grow with their number. What does not fit together is DiskError: an earlier
state is exact or there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mirrord.core.changes import compose, undo
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import Keys, Record
from mirrord.core.times import moment_name
from mirrord.disk.draft import PlainText
from mirrord.disk.durable import disk_errors
from mirrord.disk.exports import days, read_receipts
from mirrord.disk.house import House
from mirrord.disk.lossless import change_line, joined, lossless_file, read_changes, read_lines
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError

#: So many files of changes are open at a time.
_AT_ONCE = 64
_CHANGES = re.compile(r"(.+)-([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z)(?:-([0-9]+))?\.jsonl\.gz")


def day_of(house: House, dataset: Dataset, at: float) -> Path | None:
    """The dated folder whose state leads back to a moment (seconds since 1970); DiskError.

    None where nothing was held yet.
    """
    moment = moment_name(at)
    found = None
    with disk_errors("reading the exports"):
        for day in days(house.room("exports")):
            receipt = read_receipts(day).get(dataset.name)
            there = (day / lossless_file(dataset.name)).is_file()
            if receipt is not None and there and receipt.get("first", "") <= moment:
                found = day
    return found


def records_at(day: Path, dataset: Dataset, at: float, staging: Staging) -> Iterator[Record]:
    """Every record as the last pull until then held it, with companions, ascending; DiskError."""
    with disk_errors(f"reading {day}"):
        try:
            own = _lines_at(day, dataset.name, dataset.keys, at, staging)
            sides = {
                name: _lines_at(day, stem, dataset.companion_keys, at, staging)
                for name, stem in dataset.files.items()
            }
            yield from joined(own, sides, dataset)
        except ValueError as error:
            raise DiskError(
                f"{day} can not tell how the {dataset.name} were then: {error}; another copy of "
                "this folder, or a snapshot, may"
            ) from error


def _lines_at(
    day: Path, stem: str, keys: Keys, at: float, staging: Staging
) -> Iterator[tuple[int | str, str]]:
    later = _changes_after(day, stem, at)
    whole = read_lines(day / lossless_file(stem), keys)
    return undo(whole, compose([read_changes(file) for file in _few(later, staging)]))


def _changes_after(day: Path, stem: str, at: float) -> list[Path]:
    """The files of changes of the pulls after a moment, the oldest first."""
    found = []
    for file in (day / "changes").glob(f"{stem}-*"):
        match = _CHANGES.fullmatch(file.name)
        if match and match[1] == stem and match[2] > moment_name(at):
            found.append((match[2], int(match[3] or 1), file))
    return [file for _, _, file in sorted(found)]


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
