"""What the store listed just now, spooled as it comes and compared with what is held.

Two tables of this run alone: they are SQLite's to keep in memory or in a file of its own, need no
sync, and lock nobody out. What is listed as it is held, and lies here as it was left, is passed
over without ever becoming an object; the plan is made of the rest.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

from mirrord.core.entry import Entry, Held, Kind, TreePath
from mirrord.disk.rows import COLUMNS, entry_of, held_of

_TABLES = """
CREATE TEMP TABLE listing (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, size INTEGER, etag TEXT NOT NULL, modified INTEGER,
    fresh INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TEMP TABLE unlike (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
#: The same stamps on both sides, and at least one of them says something: Held.likeness can not
#: find a change then. All else is for it to judge.
_ALIKE = """
    listing.kind = held.kind AND (held.kind = 'folder' OR (
        listing.size IS held.listed_size AND listing.etag = held.etag
        AND listing.modified IS held.modified
        AND (held.etag <> '' OR held.modified IS NOT NULL OR held.listed_size IS NOT NULL)
    ))
"""

#: What is to be found in files/: local path, whether it is a folder, size in bytes, mtime (ns).
Left = tuple[str, int, int, int]
Errors = Callable[[], AbstractContextManager[None]]
Transaction = Callable[[], AbstractContextManager[None]]


class Listed:
    """The spooled listing of an open ledger."""

    def __init__(self, db: sqlite3.Connection, errors: Errors, transaction: Transaction) -> None:
        self._db = db
        self._errors = errors
        self._transaction = transaction
        with errors():
            db.executescript(_TABLES)

    def spool(self, entries: Iterable[Entry]) -> None:
        """Take in a whole listing, in any order; what was spooled before is gone.

        Raises whatever the listing raises, and then nothing is spooled; LedgerBroken for an entry
        that comes twice.
        """
        with self._transaction():
            for table in ("listing", "plan"):
                # an older program kept them in the ledger itself
                self._db.execute(f"DROP TABLE IF EXISTS main.{table}")
            self._db.execute("DELETE FROM listing")
            self._db.executemany(
                "INSERT INTO listing VALUES (?, ?, ?, ?, ?, ?)", map(_row, entries)
            )

    def entries(self) -> Iterator[Entry]:
        """All of it, ascending by path."""
        yield from self._entries("SELECT * FROM listing ORDER BY path")

    def files(self) -> int:
        """How many files it has."""
        with self._errors():
            (files,) = self._db.execute(
                "SELECT count(*) FROM listing WHERE kind = 'file'"
            ).fetchone()
        return int(files)

    def at(self, path: TreePath) -> Entry | None:
        """One entry of it."""
        return next(self._entries("SELECT * FROM listing WHERE path = ?", str(path)), None)

    def compare(self, lost: Callable[[Iterable[Left]], Iterable[str]]) -> None:
        """Find what the plan has to be made of: what is held and not listed alike, or lost here.

        ``lost`` tells, of what should lie in files/, the local paths of what does not. What is
        listed and not held is new by that alone, and is no part of it.
        """
        with self._transaction():
            self._db.execute("DELETE FROM unlike")
            self._db.execute(
                "INSERT INTO unlike SELECT held.path FROM held LEFT JOIN listing USING (path)"
                f" WHERE listing.path IS NULL OR NOT ({_ALIKE})"
            )
            alike = self._db.execute(
                "SELECT local, kind = 'folder', size, mtime FROM held"
                " WHERE path NOT IN (SELECT path FROM unlike) ORDER BY path"
            )
            # read from one cursor, write by another: what is written was read before
            writer = self._db.cursor()
            writer.executemany(
                "INSERT INTO unlike SELECT path FROM held WHERE local = ?",
                ((local,) for local in lost(alike)),
            )

    def unlike(self) -> Iterator[Entry]:
        """What is held, and was found to be listed otherwise or lost, as listed; by path."""
        yield from self._entries(
            "SELECT listing.* FROM unlike CROSS JOIN listing USING (path) ORDER BY unlike.path"
        )

    def unlike_held(self) -> Iterator[Held]:
        """The same as held, and what is held and not listed; by path."""
        query = f"SELECT {COLUMNS} FROM unlike CROSS JOIN held USING (path) ORDER BY unlike.path"
        with self._errors():
            for row in self._db.execute(query):
                yield held_of(row)

    def _entries(self, query: str, *values: str) -> Iterator[Entry]:
        with self._errors():
            for row in self._db.execute(query, values):
                yield entry_of(row)


def _row(entry: Entry) -> tuple[object, ...]:
    # plain values: SQLite asks every other kind of value how it wants to be written
    stamp = entry.stamp
    kind = "file" if entry.kind is Kind.FILE else "folder"
    return str(entry.path), kind, entry.size, stamp.etag, stamp.modified, int(entry.fresh)
