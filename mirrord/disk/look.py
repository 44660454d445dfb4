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
    held: Held | None
    there: os.stat_result | None


def look(root: int, ledger: Ledger) -> Iterator[Sight]:
    """Every place that is recorded or there, ascending by the bytes of its path; DiskError.

    ``root`` is the open folder files/. Below an unexpected folder everything comes by itself.
    """
    places = _places(root, "")
    place = next(places, None)
    for held in ledger.held_by_local():
        if place is None or place[0] != held.local:  # of millions, all but a few are equal
            key = _bytes(held.local)
            while place is not None and _bytes(place[0]) < key:
                yield _stray(*place)
                place = next(places, None)
        if place is not None and place[0] == held.local:
            yield Sight(held.local, _compare(held, place[1]), held, place[1])
            place = next(places, None)
        else:
            yield Sight(held.local, Seen.MISSING, held, None)
    while place is not None:
        yield _stray(*place)
        place = next(places, None)


def compare(held: Held, there: os.stat_result) -> bool:
    """Whether it is as we left it, by kind, size and time."""
    if held.entry.kind is Kind.FOLDER:
        return stat.S_ISDIR(there.st_mode)
    same = there.st_size == held.size and there.st_mtime_ns == held.mtime
    return same and stat.S_ISREG(there.st_mode)


def _compare(held: Held, there: os.stat_result) -> Seen:
    return Seen.SAME if compare(held, there) else Seen.ALTERED


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
