"""Where in the house people's data lie, by the names of folders alone: nothing is opened here.

So that the page about it can be made at the end of every run; and so that nothing of it leaks.
"""

import grp
import pwd
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from mirrord.core.names import PERSONAL_TOPS
from mirrord.core.personal import CATEGORIES, Span, span_of
from mirrord.disk.dayfolder import days
from mirrord.disk.durable import disk_errors
from mirrord.disk.holds import ANSWERED
from mirrord.disk.house import House

_LOSSLESS = ".jsonl.gz"
_DAY = len("2026-11-23")


def categories(house: House) -> Mapping[str, Span]:
    """Of each kind, the dated folders of exports/ that hold it; DiskError."""
    found: dict[str, list[str]] = {title: [] for title in CATEGORIES}
    for folder, names in _days(house).items():
        for title, datasets in CATEGORIES.items():
            if names.intersection(datasets):
                found[title].append(folder)
    return {title: span_of(folders) for title, folders in found.items()}


def dates_in(house: House, room: str) -> list[str]:
    """The days of what lies in one of :data:`ROOMS`, one for each copy; DiskError."""
    with disk_errors(f"looking for what is held of people in {room}"):
        return list(_ROOMS[room](house))


def readers_of(house: House, room: str) -> str:
    """Who may read what lies there, by the strictest folder on the way; DiskError."""
    inner = {"snapshots": "snapshots/*/exports", "old-versions": "old-versions/*/*"}.get(room, room)
    with disk_errors(f"looking at who may read {room}"):
        personal = (one for one in sorted(house.root.glob(inner)) if _is_personal(room, one))
        folder = next(personal, None)
        if folder is None:
            return "nobody yet"
        there = folder.stat()
    owner = _name(lambda: pwd.getpwuid(there.st_uid).pw_name, there.st_uid)
    if not there.st_mode & 0o077:
        return f"{owner} alone (0{there.st_mode & 0o777:o})"
    group = _name(lambda: grp.getgrgid(there.st_gid).gr_name, there.st_gid)
    others = ", and all others" if there.st_mode & 0o007 else ""
    return f"{owner}, and the group {group}{others} (0{there.st_mode & 0o777:o})"


def _is_personal(room: str, folder: Path) -> bool:
    return room != "old-versions" or folder.name in PERSONAL_TOPS


def _name(look: Callable[[], str], number: int) -> str:
    try:
        return look()
    except KeyError:
        return f"user id {number}"


def _days(house: House) -> dict[str, set[str]]:
    with disk_errors("looking for what is held of people in exports"):
        return {
            day.name: {
                one.name.removesuffix(_LOSSLESS) for one in sorted((day / "lossless").glob("*"))
            }
            for day in days(house.room("exports"))
        }


def _below(room: str) -> Callable[[House], Iterator[str]]:
    """The days of all in a room whose name begins with one."""

    def look(house: House) -> Iterator[str]:
        names = (one.name[:_DAY] for one in sorted(house.room(room).glob("*")))
        return (name for name in names if _is_day(name))

    return look


def _with_tops(room: str, inside: str) -> Callable[[House], Iterator[str]]:
    """The same, of those that hold a folder of people's data."""

    def look(house: House) -> Iterator[str]:
        for one in sorted(house.room(room).glob("*")):
            tops = [one / "exports", *(one / inside / top for top in sorted(PERSONAL_TOPS))]
            if _is_day(one.name[:_DAY]) and any(top.is_dir() for top in tops):
                yield one.name[:_DAY]

    return look


def _by_disk(room: str) -> Callable[[House], Iterator[str]]:
    """The days on which what lies in a room came there, by the disk's own time."""

    def look(house: House) -> Iterator[str]:
        for one in sorted(house.room(room).glob("*")):
            if (room, one.name) not in _APART:
                yield datetime.fromtimestamp(one.lstat().st_ctime, UTC).date().isoformat()

    return look


def _is_day(name: str) -> bool:
    try:
        datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


_APART = {("drop-here", "taken"), ("drop-here", "unknown"), ("holds", ANSWERED)}
_ROOMS: Mapping[str, Callable[[House], Iterator[str]]] = {
    "exports": _below("exports"),
    "snapshots": _with_tops("snapshots", "files"),
    "files/exports": _by_disk("files/exports"),
    "files/import_files": _by_disk("files/import_files"),
    "old-versions": _with_tops("old-versions", "."),
    "drop-here": _by_disk("drop-here"),
    "drop-here/taken": _below("drop-here/taken"),
    "drop-here/unknown": _by_disk("drop-here/unknown"),
    "holds": _below("holds"),
    "holds/answered": _below("holds/answered"),
    "set-aside": _below("set-aside"),
    "restore-kits": _by_disk("restore-kits"),
    "order-witnesses": _by_disk("order-witnesses"),
}
#: All places in which people's data may lie.
ROOMS = tuple(_ROOMS)
