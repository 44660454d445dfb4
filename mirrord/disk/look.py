"""files/ against the ledger by lstat alone: cheap enough for every hour. Nothing is changed here.

The folder is walked in the order in which the ledger tells, so that a million files need little
memory.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from mirrord.core.entry import Held, Kind
from mirrord.core.names import is_dropping
from mirrord.disk.durable import disk_errors
from mirrord.disk.staging import closing_fd
from mirrord.disk.steps import FOLDER


class Seen(StrEnum):
    """How a place in files/ compares with the ledger."""

    SAME = "same"
    MISSING = "missing"
    ALTERED = "altered"
    UNEXPECTED = "unexpected"
    DROPPING = "dropping"


#: What the ledger records of a place, as :data:`mirrord.disk.rows.HELD` says.
Row = tuple[Any, ...]
#: One place below files/: its path, how it compares, what is recorded of it, what stands there.
Sight = tuple[str, Seen, Row | None, os.stat_result | None]

_DIRECTORY = Kind.FOLDER.value
_END = ("", None)


def look(root: int, rows: Iterable[Row]) -> Iterator[Sight]:
    """Every place that is recorded or there, ascending by the bytes of its path; DiskError.

    ``root`` is the open folder files/, ``rows`` are the ledger's, ascending. Below an unexpected
    folder everything comes by itself.
    """
    same, altered = Seen.SAME, Seen.ALTERED
    places = _places(root, "")
    place, there = next(places, _END)
    for row in rows:
        _, kind, _, _, _, local, _, size, mtime, _, _, _ = row
        if place != local:  # of millions, all but a few are equal
            key = _bytes(local)
            while there is not None and _bytes(place) < key:
                yield _stray(place, there)
                place, there = next(places, _END)
        if there is None or place != local:
            yield local, Seen.MISSING, row, None
            continue
        if kind == _DIRECTORY:
            as_left = stat.S_ISDIR(there.st_mode)
        else:
            as_left = (
                there.st_size == size and there.st_mtime_ns == mtime and stat.S_ISREG(there.st_mode)
            )
        yield local, same if as_left else altered, row, there
        place, there = next(places, _END)
    while there is not None:
        yield _stray(place, there)
        place, there = next(places, _END)


def compare(held: Held, there: os.stat_result) -> bool:
    """Whether it is as we left it, by kind, size and time."""
    if held.entry.kind is Kind.FOLDER:
        return stat.S_ISDIR(there.st_mode)
    same = there.st_size == held.size and there.st_mtime_ns == held.mtime
    return same and stat.S_ISREG(there.st_mode)


def _stray(local: str, there: os.stat_result) -> Sight:
    dropped = any(is_dropping(name) for name in local.split("/"))
    return local, Seen.DROPPING if dropped else Seen.UNEXPECTED, None, there


def _places(folder: int, above: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below an open folder, ascending by path: ``a`` and ``a.b`` before ``a/b``."""
    here: dict[str, os.stat_result] = {}
    with disk_errors(f"reading files/{above}"), os.scandir(folder) as entries:
        for entry in entries:
            try:
                here[entry.name] = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # a sync beside us has just moved it
    folders = {f"{name}/" for name, there in here.items() if stat.S_ISDIR(there.st_mode)}
    # ASCII sorts by characters as it does by bytes, and several times as fast
    by_bytes = None if "".join(here).isascii() else _bytes
    for key in sorted(here.keys() | folders if folders else here, key=by_bytes):
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
