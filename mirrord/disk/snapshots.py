"""The restore points in snapshots/: which there are, what each says of itself, and removing one.

A snapshot's names, bytes and times are never changed. It comes and goes by one rename of a hidden
folder: nobody ever sees a part of one, and what a cut left hidden is finished or swept away.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast, get_args

from mirrord.core import chain
from mirrord.core.chain import Sums
from mirrord.disk.chain import append, is_torn, read_chain
from mirrord.disk.durable import disk_errors, sync_path
from mirrord.disk.house import House, house_id
from mirrord.errors import DiskError

ROOM, VERDICT, SUMS = "snapshots", "VERDICT.txt", "SHA256SUMS"
Verdict = Literal["COMPLETE", "INCOMPLETE", "SUSPECT"]

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z", re.ASCII)
#: A hidden folder: being built, or being removed.
_NEW, _GONE = ".{}.new", ".{}.gone"
_HIDDEN = re.compile(r"\.(\d{4}-\d{2}-\d{2}T\d{6}Z)\.(new|gone)", re.ASCII)
#: What a person wrote into a VERDICT.txt is read no further than this.
_VERDICT_BYTES = 100_000
_FACT = re.compile(r"([a-z]+): (.*)")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One restore point, as its name and its VERDICT.txt tell of it.

    ``at``: when it was begun, in seconds since 1970; ``sums_sha256``: of its SHA256SUMS, ``""``
    where VERDICT.txt can not be read.
    """

    name: str
    at: float
    verdict: Verdict
    label: str
    sums_sha256: str


def snapshots(house: House) -> list[Snapshot]:
    """All of them, oldest first. One that can not be read as ours counts as INCOMPLETE."""
    return [_snapshot(name, at, facts(house, name)) for name, at in _names(house)]


def facts(house: House, name: str) -> dict[str, str]:
    """The lines ``fact: value`` at the head of a snapshot's VERDICT.txt; ``{}`` without any."""
    try:
        with (house.room(ROOM) / name / VERDICT).open("rb") as file:
            text = file.read(_VERDICT_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    head = text.partition("\n\n")[0].split("\n")
    return {found[1]: found[2] for line in head if (found := _FACT.fullmatch(line))}


def hidden_folder(house: House, name: str) -> Path:
    """Where a snapshot is built, until it has a line in CHAIN."""
    return house.room(ROOM) / _NEW.format(name)


def show(house: House, name: str) -> None:
    """Give a built snapshot its name, its line in CHAIN being durable; DiskError.

    Where that fails, the next :func:`finish_cut_work` does it.
    """
    hidden = hidden_folder(house, name)
    with disk_errors(f"taking the snapshot {name}"):
        os.rename(hidden, hidden.with_name(name))
        sync_path(hidden.parent)


def remove_snapshot(house: House, name: str, why: str) -> None:
    """Drop one for good; CHAIN keeps its name and the reason. DiskError: it may still stand.

    For whoever holds the lane ``upkeep``.
    """
    room = house.room(ROOM)
    if not _NAME.fullmatch(name):
        raise DiskError(f"{name!r} is no name of a snapshot: nothing was removed")
    house.still_there()
    gone = room / _GONE.format(name)
    with disk_errors(f"removing the snapshot {name}"):
        os.rename(room / name, gone)
        sync_path(room)
    append(house, chain.pruned(name, why))
    with disk_errors(f"removing the snapshot {name}"):
        shutil.rmtree(gone)


def finish_cut_work(house: House) -> None:
    """Finish or sweep away what a cut left hidden in the room; DiskError.

    A new snapshot that CHAIN tells of already lacks only its name; any other was not whole. For
    whoever holds the lane ``upkeep``, before it takes, drops or checks snapshots.
    """
    room = house.room(ROOM)
    with disk_errors(f"sweeping {room}"):
        for hidden in sorted(room.iterdir()):
            found = _HIDDEN.fullmatch(hidden.name)
            if found and found[2] == "new":
                _finish_new(house, found[1], hidden)
            elif found:
                _finish_gone(house, found[1], hidden)


def chain_findings(house: House) -> list[str]:
    """Where CHAIN was edited, or the snapshots disagree with it: sentences, ``[]`` for none.

    Every SHA256SUMS and VERDICT.txt is hashed; what these name is not. One that is hidden, since
    it comes or goes at this moment or a cut left it so, is there as long as CHAIN says so.
    """
    lines = read_chain(house)
    present = {name: _sums(house.room(ROOM) / name) for name, _ in _names(house)}
    for name in chain.standing(lines).keys() - present.keys():
        for form in (_NEW, _GONE):
            hidden = house.room(ROOM) / form.format(name)
            if _is_folder(hidden):
                present[name] = _sums(hidden)
    return chain.check(lines, present, house_id(house.mirror))


def fingerprint(house: House) -> str:
    """The first 16 hex digits of the sha256 of CHAIN's last whole line; ``""`` without any.

    Noted elsewhere, it is a witness of all snapshots so far: the line that follows begins with it.
    """
    lines = read_chain(house)
    whole = lines[:-1] if is_torn(lines) else lines
    return chain.line_sum(whole[-1])[:16] if whole else ""


def _finish_new(house: House, name: str, hidden: Path) -> None:
    told = chain.standing(read_chain(house)).get(name)
    if told is None or told != _sums(hidden) or os.path.lexists(hidden.with_name(name)):
        shutil.rmtree(hidden)
        return
    show(house, name)


def _finish_gone(house: House, name: str, hidden: Path) -> None:
    if name in chain.standing(read_chain(house)):
        append(house, chain.pruned(name, "its removal was cut short and is finished now"))
    shutil.rmtree(hidden)


def _names(house: House) -> Iterator[tuple[str, float]]:
    room = house.room(ROOM)
    with disk_errors(f"reading {room}"):
        found = sorted(path.name for path in room.iterdir() if _is_folder(path))
    for name in found:
        at = _moment(name)
        if at is not None:
            yield name, at


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _moment(name: str) -> float | None:
    if not _NAME.fullmatch(name):
        return None
    try:
        return datetime.strptime(name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:  # a 30th of February
        return None


def _snapshot(name: str, at: float, told: dict[str, str]) -> Snapshot:
    verdict = told.get("verdict", "").partition(" ")[0]
    known = cast(Verdict, verdict) if verdict in get_args(Verdict) else "INCOMPLETE"
    return Snapshot(name, at, known, told.get("label", ""), told.get("sums", ""))


def _sums(folder: Path) -> Sums:
    return Sums(_sha256(folder / SUMS), _sha256(folder / VERDICT))


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as body:
            return hashlib.file_digest(body, "sha256").hexdigest()
    except OSError:  # missing or unreadable: no sum of CHAIN's
        return ""
