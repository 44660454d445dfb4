"""What the house says of itself: every file that has a recorded checksum, by every name of it.

The ledger speaks of files/, a SHA256SUMS of each folder of exports/, themes/, snapshots/ and
old-versions/. Here it is only read.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mirrord.core.manifest import lenient_sums
from mirrord.core.names import is_dropping
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House

SUMS = "SHA256SUMS"
_POINT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{6}Z)?|latest")
_LEAVING = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|\0")


class Claim(NamedTuple):
    """That the file ``name`` (below the house) has this sha256; ``""``: not yet known.

    ``since``: when its bytes came, in seconds since 1970; None where its own time says so.
    """

    name: str
    sha256: str
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A folder (below the house) and the file that has the checksums of what lies in it."""

    folder: str
    sums: str


def points(house: House) -> Iterator[Point]:
    """Every folder with checksums of its own, oldest first, room by room; DiskError."""
    for room in ("exports", "themes", "snapshots", "old-versions"):
        with disk_errors(f"reading {house.room(room)}"):
            names = sorted(
                entry.name
                for entry in os.scandir(house.room(room))
                if _POINT.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            )
        for name in names:
            folder = f"{room}/{name}"
            yield Point(folder, f"{folder}.{SUMS}" if is_old(folder) else f"{folder}/{SUMS}")


def is_old(name: str) -> bool:
    """Whether it lies in old-versions/, where a file may not have its line yet."""
    return name.startswith("old-versions/")


def claims_of(house: House, point: Point) -> tuple[list[Claim], bool]:
    """What one folder's checksums say, and whether they can all be read; DiskError.

    A name that would lead out of the folder is none.
    """
    text = read_sums(house, point)
    told, sound = lenient_sums(text)
    inside = [(name, sha256) for name, sha256 in told if not _LEAVING.search(name)]
    claims = [Claim(f"{point.folder}/{name}", sha256) for name, sha256 in dict(inside).items()]
    if is_old(point.folder):
        known = {claim.name for claim in claims}
        claims += [Claim(name, "") for name in files_in(house, point.folder) if name not in known]
    spoken = bool(text) or is_old(point.folder)  # somebody may have taken the checksums away
    return claims, spoken and sound and len(inside) == len(told)


def read_sums(house: House, point: Point) -> bytes:
    """The text of one folder's checksums; of old versions without any, ``b""``."""
    with disk_errors(f"reading {point.sums}"):
        try:
            return house.room(point.sums).read_bytes()
        except FileNotFoundError:
            return b""


def files_in(house: House, folder: str) -> Iterator[str]:
    """Every regular file below a folder, as below the house; what was dropped there is left out."""
    with disk_errors(f"reading {house.room(folder)}"), os.scandir(house.room(folder)) as entries:
        here = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    for entry in here:
        name = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not is_dropping(entry.name):
                yield from files_in(house, name)
        elif entry.is_file(follow_symlinks=False) and not is_dropping(entry.name):
            yield name
