"""What in the house could be dropped, snapshots apart, and which files each part is.

Only folders that mirrord named itself are told of, and what it put into them. What can not be read
as ours is named, so that it is left alone and not forgotten. This room changes nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from mirrord.disk.dayfolder import Receipt, days, read_receipts, read_sums
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.errors import DiskError

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z", re.ASCII)
_LOSSLESS = re.compile(r"lossless/(.+)\.jsonl\.gz")
_CHANGES = re.compile(r"changes/(.+)-\d{4}-\d{2}-\d{2}T\d{6}Z(-\d+)?\.jsonl\.gz", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filed:
    """One dataset in the folder of one day, with its receipt and its files below that folder."""

    day: date
    dataset: str
    receipt: Receipt
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OldVersions:
    """What left one top folder of files/ in one run; ``at`` in seconds since 1970."""

    moment: str
    top: str
    at: float


@dataclass(frozen=True, slots=True)
class PutBy:
    """What nobody needs any more: its path below the house, since when (seconds since 1970)."""

    name: str
    at: float


def filed_exports(house: House) -> tuple[list[Filed], list[str]]:
    """What lies in the dated folders, by day; and which folders can not be read, in words."""
    found: list[Filed] = []
    unread = []
    room = house.room("exports")
    with disk_errors(f"reading {room}"):
        folders = days(room)
    for folder in folders:
        try:
            found += _filed_on(folder)
        except (DiskError, ValueError, TypeError, KeyError, AttributeError):
            unread.append(
                f"nothing of exports/{folder.name} is ever dropped: its receipts or checksums can"
                " not be read; copy them back from a backup, or move the folder away"
            )
    return found, unread


def old_versions(house: House) -> list[OldVersions]:
    """What lies in old-versions/, oldest first; DiskError."""
    room = house.room("old-versions")
    found = []
    with disk_errors(f"reading {room}"):
        for folder in sorted(room.iterdir()):
            at = _moment(folder.name)
            if at is None or folder.is_symlink() or not folder.is_dir():
                continue
            found += [OldVersions(folder.name, top.name, at) for top in sorted(folder.iterdir())]
    return found


def put_by(house: House) -> list[PutBy]:
    """What lies in drop-here/ and was gone through, in holds/answered/ and set-aside/; DiskError.

    ``unknown/`` has no dates: a file counts from when it was moved there.
    """
    found = []
    for name, at_of in _PUT_BY.items():
        room = house.room(name)
        with disk_errors(f"reading {room}"), suppress(FileNotFoundError):
            for one in sorted(room.iterdir()):
                at = at_of(one)
                if at is not None:
                    found.append(PutBy(f"{name}/{one.name}", at))
    return found


def _day(path: Path) -> float | None:
    """The end of a day's folder, wherever its zone is."""
    try:
        day = date.fromisoformat(path.name)
    except ValueError:
        return None
    return datetime.combine(day, time(12), UTC).timestamp() + 86_400


_PUT_BY: Mapping[str, Callable[[Path], float | None]] = {
    "drop-here/taken": _day,
    "drop-here/unknown": lambda path: path.lstat().st_ctime,
    "holds/answered": lambda path: _moment(path.name.partition("Z-")[0] + "Z"),
    "set-aside": lambda path: _moment(path.name),
}


def _filed_on(folder: Path) -> Iterator[Filed]:
    """The datasets of one day; DiskError, or whatever a receipt of another shape leads to."""
    day = date.fromisoformat(folder.name)
    receipts, sums = read_receipts(folder), read_sums(folder)
    for dataset, receipt in sorted(receipts.items()):
        datetime.fromisoformat(receipt["ended"])
        yield Filed(day, dataset, receipt, _files_of(receipt, sums))


def _files_of(receipt: Receipt, sums: Mapping[str, str]) -> tuple[str, ...]:
    """The files that a receipt speaks of, and the changes of them."""
    own = set(receipt["plain_sha256"])
    lossless = {found[1] for name in own if (found := _LOSSLESS.fullmatch(name))}
    changes = {name for name in sums if (c := _CHANGES.fullmatch(name)) and c[1] in lossless}
    return tuple(sorted((own & sums.keys()) | changes))


def _moment(name: str) -> float | None:
    if not _MOMENT.fullmatch(name):
        return None
    try:
        return datetime.strptime(name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:  # a 30th of February
        return None
