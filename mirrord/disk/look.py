"""files/ against the ledger by lstat alone: cheap enough for every hour. Nothing is changed here.

The folder is walked in the order in which the ledger tells, so that a million files need little
memory.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from mirrord.core.entry import Held, Kind
from mirrord.core.names import is_dropping
from mirrord.disk.durable import disk_errors
from mirrord.disk.ledger import Ledger
from mirrord.disk.rows import HeldRow, held_of
from mirrord.disk.staging import closing_fd
from mirrord.disk.steps import FOLDER


class Seen(StrEnum):
    """How a place in files/ compares with the ledger."""

    SAME = "same"
    MISSING = "missing"
    ALTERED = "altered"
    UNEXPECTED = "unexpected"
    DROPPING = "dropping"


class Sight(NamedTuple):
    """One place below files/: how it compares, what is recorded of it, what stands there."""

    local: str
    seen: Seen
    row: HeldRow | None
    there: os.stat_result | None

    @property
    def held(self) -> Held | None:
        """What is recorded of it."""
        return None if self.row is None else held_of(self.row)


def look(root: int, ledger: Ledger) -> Iterator[Sight]:
    """Every place that is recorded or there, ascending by the bytes of its path; DiskError.

    ``root`` is the open folder files/. Below an unexpected folder everything comes by itself.
    """
    places = _places(root, "")
    place = next(places, None)
    for row in map(HeldRow._make, ledger.held_rows()):
        if place is None or place[0] != row.local:  # of millions, all but a few are equal
            key = _bytes(row.local)
            while place is not None and _bytes(place[0]) < key:
                yield _stray(*place)
                place = next(places, None)
        if place is not None and place[0] == row.local:
            yield Sight(row.local, _compare(row, place[1]), row, place[1])
            place = next(places, None)
        else:
            yield Sight(row.local, Seen.MISSING, row, None)
    while place is not None:
        yield _stray(*place)
        place = next(places, None)


def compare(held: Held, there: os.stat_result) -> bool:
    """Whether it is as we left it, by kind, size and time."""
    return _is_same(held.entry.kind, held.size, held.mtime, there)


def _compare(row: HeldRow, there: os.stat_result) -> Seen:
    same = _is_same(row.kind, row.size, row.mtime, there)
    return Seen.SAME if same else Seen.ALTERED


def _is_same(kind: str, size: int, mtime: int, there: os.stat_result) -> bool:
    if kind == Kind.FOLDER:
        return stat.S_ISDIR(there.st_mode)
    same = there.st_size == size and there.st_mtime_ns == mtime
    return same and stat.S_ISREG(there.st_mode)


def _stray(local: str, there: os.stat_result) -> Sight:
    dropped = any(is_dropping(name) for name in local.split("/"))
    return Sight(local, Seen.DROPPING if dropped else Seen.UNEXPECTED, None, there)


def _places(folder: int, above: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below an open folder, ascending by path: ``a`` and ``a.b`` before ``a/b``."""
    here: dict[str, os.stat_result] = {}
    with disk_errors(f"reading files/{above}"), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # a sync beside us has just moved it
                here[entry.name] = entry.stat(follow_symlinks=False)
    folders = {f"{name}/" for name, there in here.items() if stat.S_ISDIR(there.st_mode)}
    names = here.keys() | folders
    # ASCII sorts by characters as it does by bytes, and several times as fast
    for key in sorted(names, key=None if "".join(here).isascii() else _bytes):
        if key not in folders:
            yield above + key, here[key]
            continue
        try:
            below = os.open(key.removesuffix("/"), FOLDER, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            continue
        with closing_fd(below):
            yield from _places(below, above + key)


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
