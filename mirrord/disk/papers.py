"""The papers of a hold: written whole, replaced whole, put away when it was answered."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, islice
from pathlib import Path

from mirrord.core import csvtext
from mirrord.core.entry import Held, TreePath
from mirrord.core.names import local_path
from mirrord.disk.durable import disk_errors, sync_path
from mirrord.disk.holds import (
    ANSWERED,
    FACTS,
    LIST,
    NO_COLUMNS,
    WORDS,
    HoldKind,
    facts_file,
    folder_of,
)
from mirrord.disk.house import House, write_whole

_HEADING = ("store path", "local path", "size", "sha256")


def write_papers(
    house: House,
    hold: str,
    kind: HoldKind,
    title: str,
    words: str,
    listed: Iterable[tuple[str, Held | None]] | None = None,
    *,
    top: str = "",
    refers: tuple[str, ...] = (),
    dataset: str = "",
    columns: Mapping[str, str] = NO_COLUMNS,
) -> None:
    """Write or replace HOLD.txt, hold.json and, where it lists files, list.csv; DiskError."""
    folder = folder_of(house, hold)
    with disk_errors(f"writing {folder}"):
        folder.mkdir(0o700, exist_ok=True)
        if listed is not None:
            _write_list(folder / LIST, listed)
        write_whole(folder / WORDS, words.encode(), 0o600)
        facts_file(folder, kind, title, top=top, refers=refers, dataset=dataset, columns=columns)
        sync_path(folder)
        sync_path(folder.parent)


def listed_paths(house: House, hold: str) -> Iterator[TreePath]:
    """The files that a hold lists; what a damaged list no longer names is left out. DiskError."""
    file = folder_of(house, hold) / LIST
    with disk_errors(f"reading {file}"):
        try:
            # only what ends a row of CSV ends a line: a name may hold any other line break
            text = io.StringIO(file.read_bytes().decode("utf-8", "replace"), newline="")
        except FileNotFoundError:
            return
    with suppress(csv.Error):
        for row in islice(csvtext.parse(text), 1, None):
            yield from _path(row)


def free_id(house: House, moment: str, what: str) -> str:
    """An id for a new hold: readable, sorted by time, used by no other."""
    readable = "".join(
        char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in what
    )[:60]
    names = (f"{moment}-{readable}" + (f"-{n}" if n > 1 else "") for n in count(1))
    room = house.room("holds")
    return next(
        name
        for name in names
        if not os.path.lexists(room / name) and not os.path.lexists(room / ANSWERED / name)
    )


def head(house: House, hold: str, note: str) -> None:
    """Put a note in front of what a hold tells people; DiskError."""
    file = folder_of(house, hold) / WORDS
    with disk_errors(f"writing {file}"):
        before = file.read_bytes() if file.exists() else b""
        write_whole(file, f"{note}\n\n".encode() + before, 0o600)


def put_away(house: House, hold: str, note: str) -> None:
    """Move a hold's folder to holds/answered/, with what became of it; DiskError."""
    folder = folder_of(house, hold)
    with disk_errors(f"putting {folder} away"):
        if not folder.is_dir():
            return
        head(house, hold, note)
        away = house.room("holds") / ANSWERED
        away.mkdir(0o700, exist_ok=True)
        names = (hold + (f"-{n}" if n > 1 else "") for n in count(1))
        folder.rename(away / next(name for name in names if not os.path.lexists(away / name)))
        sync_path(away)


def remove_papers(house: House, hold: str) -> None:
    """Take a hold's papers away: the store is whole again; what others put there stays."""
    folder = folder_of(house, hold)
    with disk_errors(f"removing {folder}"), suppress(FileNotFoundError):
        for name in (LIST, FACTS, WORDS):
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()


def _path(row: Sequence[str]) -> Iterator[TreePath]:
    with suppress(ValueError, IndexError):
        yield TreePath(row[0])


def _write_list(file: Path, listed: Iterable[tuple[str, Held | None]]) -> None:
    rows = (_row(TreePath(path), held) for path, held in listed)
    text = "".join(csvtext.lines([_HEADING])) + "".join(csvtext.lines(rows))
    write_whole(file, text.encode(), 0o600)


def _row(path: TreePath, held: Held | None) -> tuple[str, str, str, str]:
    if held is None:
        return path, local_path(path), "", ""
    return path, held.local, str(held.size), held.sha256
