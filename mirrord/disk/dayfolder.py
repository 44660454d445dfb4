"""What a dated folder of records is made of: receipts, checksums, links to the one before.

No lock is taken and nothing is made durable here: whoever places does that.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path
from typing import Any

from mirrord.core.manifest import parse_sums, sum_line
from mirrord.disk.house import write_whole
from mirrord.errors import DiskError

RECEIPTS, SUMS = "receipts.json", "SHA256SUMS"
Receipt = dict[str, Any]
_REMEDY = "copy it back from a backup, or move the folder aside"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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


def free_name(folder: Path, stem: str, ending: str) -> str:
    """A name that is not taken: two pulls of one second must not share a file of changes."""
    names = chain([stem + ending], (f"{stem}-{number}{ending}" for number in count(2)))
    return next(name for name in names if not (folder / name).exists())


def link_tree(old: Path, new: Path) -> None:
    """Make a folder of links with the same names as another's; empty where there is none."""
    new.mkdir(0o700)
    if old.is_symlink() or not old.exists():
        return
    for entry in sorted(old.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            link_tree(entry, new / entry.name)
        else:
            link(entry, new / entry.name)


def own_folder(folder: Path) -> None:
    """A folder that we write into. A link in its place was planted, and leads out of the day."""
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(0o700, exist_ok=True)


def link(old: Path, new: Path) -> bool:
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


def damaged_in(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Which of these files differ from the folder's checksums; DiskError, OSError."""
    sums = read_sums(folder)
    there = (name for name in names if (folder / name).is_file())
    return tuple(sorted(name for name in there if _sha256(folder / name) != sums.get(name)))


def _sha256(file: Path) -> str:
    with file.open("rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()
