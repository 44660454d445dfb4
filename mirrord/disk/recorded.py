"""MANIFEST.csv and SHA256SUMS read back, line by line: a damaged one spoils no other.

What was read waits in a small database beside the ledger, so that a million files need little
memory. Nothing that stands in a paper is believed here; see :mod:`mirrord.core.rebuild`.
"""

import csv
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Self, TextIO

from mirrord.core.entry import ROOT, Entry, Held, Kind, Stamp, TreePath
from mirrord.core.manifest import parse_sums
from mirrord.core.names import stands_for
from mirrord.core.pulse import Pulse
from mirrord.disk.database import database_errors
from mirrord.disk.durable import disk_errors
from mirrord.disk.manifest import HEADING
from mirrord.disk.rows import held_of, held_row

_SCHEMA = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE told (local TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE summed (local TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID;
BEGIN;
"""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,18}")
#: Columns that a manifest of an older mirrord may lack.
_LATER = frozenset({"listed size"})


class PaperDamaged(Exception):
    """No line of the paper can be trusted: it is not of the form that we write."""


class Papers:
    """What the two papers tell, by local path; every path is taken out once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.unlink(missing_ok=True)
        with self._errors():
            self._db = sqlite3.connect(file, isolation_level=None)
            self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._file.unlink(missing_ok=True)

    def read_manifest(self, paper: Path, pulse: Pulse) -> int:
        """Take MANIFEST.csv in; how many lines can not be right.

        PaperDamaged where none of it can be used, DiskError.
        """
        return self._read(_manifest_lines(paper), "told", pulse)

    def read_sums(self, paper: Path, pulse: Pulse) -> int:
        """The same for SHA256SUMS."""
        return self._read(_sum_lines(paper), "summed", pulse)

    def take(self, local: str) -> tuple[Held | None, str | None]:
        """What both tell of the path, and forget it; None where one is silent."""
        if not _is_text(local):
            return None, None
        with self._errors():
            row = self._take("told", "row", local)
            summed = self._take("summed", "sha256", local)
        return (None if row is None else held_of(tuple(json.loads(row)))), summed

    def left(self) -> Iterator[str]:
        """The paths that were not taken out, in order; each may be taken on the way."""
        while True:
            with self._errors():
                names = self._db.execute(
                    "SELECT local FROM told UNION SELECT local FROM summed ORDER BY local LIMIT 500"
                ).fetchall()
            if not names:
                return
            for (name,) in names:
                yield name

    def _read(self, lines: Iterator[tuple[str, str] | None], table: str, pulse: Pulse) -> int:
        damaged = 0
        with self._errors():
            for line in lines:
                pulse.beat()
                # a path that comes twice was written once: the second line is a damaged one
                damaged += line is None or not self._insert(table, line)
        return damaged

    def _insert(self, table: str, line: tuple[str, str]) -> bool:
        done = self._db.execute(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", line)  # noqa: S608
        return done.rowcount == 1

    def _take(self, table: str, column: str, local: str) -> str | None:
        found = self._db.execute(f"SELECT {column} FROM {table} WHERE local = ?", (local,))  # noqa: S608
        row = found.fetchone()
        if row is not None:
            self._db.execute(f"DELETE FROM {table} WHERE local = ?", (local,))  # noqa: S608
        return None if row is None else str(row[0])

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self._file, "check the disk, then run `mirrord reindex` again")


def _sum_lines(paper: Path) -> Iterator[tuple[str, str] | None]:
    with disk_errors(f"reading {paper}"), _opened(paper, "\n") as file:
        for line in file:
            try:
                (told,) = parse_sums([line])
                told[0].encode()  # what is no text is no local name
            except ValueError:
                yield None
            else:
                yield told


def _manifest_lines(paper: Path) -> Iterator[tuple[str, str] | None]:
    with disk_errors(f"reading {paper}"), _opened(paper, "") as file:
        rows = _csv_rows(file)
        heading = next(rows, None)
        if heading is None or not set(HEADING) - _LATER <= set(heading):
            raise PaperDamaged
        for cells in rows:
            try:
                held = _held_of_cells(dict(zip(heading, cells or (), strict=True)))
            except ValueError:
                yield None
            else:
                yield held.local, json.dumps(held_row(held))


def _csv_rows(file: Iterable[str]) -> Iterator[list[str] | None]:
    rows = csv.reader(file, strict=True)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield None


def _held_of_cells(cells: dict[str, str]) -> Held:
    """One line of MANIFEST.csv; ValueError where it can not be one that we wrote."""
    "".join(cells.values()).encode()
    path, local, kind = TreePath(cells["store path"]), cells["local path"], Kind(cells["kind"])
    is_file = kind is Kind.FILE
    if path == ROOT or not stands_for(local, path):
        raise ValueError("the local path is not that of the store path")
    if is_file != bool(_SHA256.fullmatch(cells["sha256"])):
        raise ValueError("a file has a checksum, a folder has none")
    listed = _number(cells.get("listed size", ""))
    stamp = Stamp(cells["etag"], _seconds(cells["last-modified"]))
    fetched = _seconds(cells["fetched at"]) or 0
    return Held(
        Entry(path, kind, listed, stamp),
        local,
        cells["sha256"],
        _number(cells["size"]) or 0,
        fetched=fetched,
        checked=fetched,  # it may have been compared since; once more does no harm
        as_served=bool(cells["as served"]),
    )


def _is_text(local: str) -> bool:
    try:
        local.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(text: str) -> int | None:
    if text and not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return int(text) if text else None


def _seconds(text: str) -> int | None:
    return round(datetime.fromisoformat(text).timestamp()) if text else None


def _opened(paper: Path, newline: str) -> TextIO:
    fd = os.open(paper, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return open(fd, encoding="utf-8", errors="surrogateescape", newline=newline)
