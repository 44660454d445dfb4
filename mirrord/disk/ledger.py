"""The ledger: what is held; while a sync runs, what the store listed and the plan beside it.

SQLite in .mirrord/. It can be deleted and rebuilt; the tree is the truth. It never runs ahead of
the disk: a row is written only after the file that it names is durable.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from math import ceil
from pathlib import Path
from typing import Any, Self

from mirrord.core.entry import Held, TreePath
from mirrord.disk.announced import Announced
from mirrord.disk.database import connect, database_errors
from mirrord.disk.listed import Listed
from mirrord.disk.planned import Planned
from mirrord.disk.rows import HELD, held_of, held_row, is_doubtful
from mirrord.errors import LedgerBroken

_VERSION = 1
#: SQLite takes at least so many values in one question, however old it is.
_ASKED = 900
#: So many rows are given together.
_AT_ONCE = 1_000
_REMEDY = "move `.mirrord/ledger.db` away and run `mirrord reindex`"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS held (
    path TEXT PRIMARY KEY, kind TEXT NOT NULL, listed_size INTEGER, etag TEXT NOT NULL,
    modified INTEGER, local TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    mtime INTEGER NOT NULL, fetched INTEGER NOT NULL, checked INTEGER NOT NULL,
    as_served INTEGER NOT NULL, doubtful INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_by_check ON held (doubtful, checked) WHERE kind = 'file';
CREATE TABLE IF NOT EXISTS manifest (due INTEGER NOT NULL);
INSERT INTO manifest SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM manifest);
"""


class Ledger:
    """An open ledger; whoever writes held rows holds the files lane's lock as well.

    ``listing`` is what the store listed just now, ``plan`` what was made of both; they end with it.
    ``announced`` is what a run is about to place.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._errors():
            self._db = connect(file)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create()
            elif version != _VERSION:
                self._db.close()
                raise LedgerBroken(
                    f"{file} is of version {version}, this program knows {_VERSION}: install the"
                    f" mirrord that wrote it, or {_REMEDY}"
                )
        self.listing = Listed(self._db, self._errors, self._own)
        self.plan = Planned(self._db, self._errors, self._own)
        self.announced = Announced(self._db, self._errors, self._transaction)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # what is held

    def held(self) -> Iterator[Held]:
        """All that is held, ascending by path."""
        yield from self._held("SELECT " + HELD + " FROM held ORDER BY path")

    def held_by_local(self) -> Iterator[Held]:
        """All that is held, ascending by the bytes of the local path."""
        yield from self._held("SELECT " + HELD + " FROM held ORDER BY local")

    def held_rows(self) -> Iterator[tuple[Any, ...]]:
        """The same as rows, in the order of :data:`mirrord.disk.rows.HELD`."""
        with self._errors():
            for row in self._db.execute(f"SELECT {HELD} FROM held ORDER BY local"):  # noqa: UP028
                yield row

    def held_lists(self) -> Iterator[list[tuple[Any, ...]]]:
        """The same rows, many at once, for who compares many at once."""
        with self._errors():
            cursor = self._db.execute(f"SELECT {HELD} FROM held ORDER BY local")
            while rows := cursor.fetchmany(_AT_ONCE):
                yield rows

    def held_plain(self) -> Iterator[tuple[str, str, str, int, int]]:
        """The same as plain values, for who reads all of it in a hurry.

        Local path, kind, sha256, size in bytes, mtime in nanoseconds.
        """
        with self._errors():
            # delegating would close the cursor of one who stops early, perhaps after the database
            for row in self._db.execute(  # noqa: UP028
                "SELECT local, kind, sha256, size, mtime FROM held ORDER BY local"
            ):
                yield row

    def folders(self) -> list[TreePath]:
        """The folders that are held."""
        with self._errors():
            rows = self._db.execute("SELECT path FROM held WHERE kind = 'folder'").fetchall()
        return [TreePath(path) for (path,) in rows]

    def held_at(self, path: TreePath) -> Held | None:
        """What is held at one path."""
        return next(self._held("SELECT " + HELD + " FROM held WHERE path = ?", path), None)

    def held_among(self, paths: list[TreePath]) -> dict[str, Held]:
        """What is held at some of these paths, by path."""
        found: dict[str, Held] = {}
        for first in range(0, len(paths), _ASKED):
            asked = paths[first : first + _ASKED]
            query = f"SELECT {HELD} FROM held WHERE path IN ({', '.join('?' * len(asked))})"
            found.update((held.path, held) for held in self._held(query, *map(str, asked)))
        return found

    def held_locally(self, local: str) -> Held | None:
        """What is held under one local path."""
        return next(self._held("SELECT " + HELD + " FROM held WHERE local = ?", local), None)

    def held_below(self, folder: TreePath) -> list[Held]:
        """What is held inside a folder, deepest first."""
        query = f"SELECT {HELD} FROM held WHERE path > ? AND path < ? ORDER BY path DESC"
        return list(self._held(query, f"{folder}/", f"{folder}0"))

    def least_checked(self, share: float, at_least: int, *, doubtful: bool) -> list[Held]:
        """The files whose bytes were compared with the store's longest ago: a share of them.

        What the kept plan speaks of is left out: it is fetched, or gone.
        """
        with self._errors():
            (files,) = self._db.execute(
                "SELECT count(*) FROM held WHERE kind = 'file' AND doubtful = ?", (doubtful,)
            ).fetchone()
        query = (
            f"SELECT {HELD} FROM held WHERE kind = 'file' AND doubtful = ?"
            " AND path NOT IN (SELECT path FROM plan) ORDER BY checked, path LIMIT ?"
        )
        return list(self._held(query, doubtful, max(at_least, ceil(share * files))))

    def totals(self) -> dict[str, int]:
        """Numbers of what is held: files, folders, bytes, and the oldest check (epoch seconds)."""
        with self._errors():
            row = self._db.execute(
                "SELECT sum(kind = 'file'), sum(kind = 'folder'), sum(size),"
                " min(CASE kind WHEN 'file' THEN checked END) FROM held"
            ).fetchone()
        names = ("files", "folders", "bytes", "oldest_check")
        return dict(zip(names, (value or 0 for value in row), strict=True))

    def record(self, held: Iterable[Held], announced: int | None = None) -> None:
        """Write rows of durable files and folders, and forget that this batch was ``announced``.

        Doubtful ones (nothing but the size speaks of them, or they changed as they were listed) are
        read again before all others.
        """
        with self._transaction():
            self._write(held)
            if announced is not None:
                self.announced.drop(announced)
            self._db.execute("UPDATE manifest SET due = 1")

    def confirm(self, held: Iterable[Held]) -> None:
        """Write rows of which nothing is new but when they were checked: the manifest stays."""
        with self._transaction():
            self._write(held)

    def forget(self, paths: Iterable[TreePath]) -> None:
        """Drop the rows of what was moved out of files/ for good."""
        with self._transaction():
            self._db.executemany("DELETE FROM held WHERE path = ?", ((path,) for path in paths))
            self._db.execute("UPDATE manifest SET due = 1")

    def manifest_due(self) -> bool:
        """Whether the manifest no longer tells what is held."""
        with self._errors():
            return bool(self._db.execute("SELECT due FROM manifest").fetchone()[0])

    def manifest_written(self) -> None:
        """Note that the manifest tells what is held."""
        with self._transaction():
            self._db.execute("UPDATE manifest SET due = 0")

    # how

    def _create(self) -> None:
        # another lane may be at it: one after the other, and the second finds all of it there
        self._db.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
        )

    def _write(self, held: Iterable[Held]) -> None:
        self._db.executemany(
            f"INSERT OR REPLACE INTO held ({HELD}, doubtful)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((*held_row(one), int(is_doubtful(one.entry))) for one in held),
        )

    def _held(self, query: str, *values: object) -> Iterator[Held]:
        with self._errors():
            for row in self._db.execute(query, values):
                yield held_of(row)

    def _own(self) -> AbstractContextManager[None]:
        """A transaction on this run's own tables alone."""
        return self._transaction("BEGIN")

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        with self._errors():
            self._db.execute(begin)
            try:
                yield
            except BaseException:
                # SQLite has done so by itself where the disk is full
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self._file, _REMEDY)
