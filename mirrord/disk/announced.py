"""What is about to be placed, written down before: a run that is cut leaves no file unknown.

A row of what is held follows only when its file is durable. Between the two the file stands in
files/ and nothing tells of it: were it gone from the store by the next run, it would stay for good.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from mirrord.core.entry import Held, TreePath
from mirrord.disk.rows import HELD, held_of, held_row

# a ledger of an earlier program has no such table
_TABLE = f"CREATE TABLE IF NOT EXISTS announced ({HELD}, PRIMARY KEY (path)) WITHOUT ROWID"


class Announced:
    """One table in the ledger; whoever writes it holds the files lane's lock."""

    def __init__(
        self,
        database: sqlite3.Connection,
        errors: Callable[[], AbstractContextManager[None]],
        transaction: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._db, self._errors, self._transaction = database, errors, transaction
        with errors():
            database.execute(_TABLE)

    def add(self, coming: Iterable[Held]) -> None:
        """Announce what will be held; a sync of the disk before the first is placed keeps it."""
        marks = ", ".join("?" * len(HELD.split(",")))
        with self._transaction():
            rows = map(held_row, coming)
            self._db.executemany(f"INSERT OR REPLACE INTO announced VALUES ({marks})", rows)

    def left(self) -> list[Held]:
        """What was announced and never recorded, ascending by path: the run before was cut."""
        with self._errors():
            rows = self._db.execute(f"SELECT {HELD} FROM announced ORDER BY path").fetchall()
        return [held_of(row) for row in rows]

    def drop(self, paths: Iterable[TreePath]) -> None:
        """These are recorded, in the transaction that is open."""
        self._db.executemany("DELETE FROM announced WHERE path = ?", ((str(one),) for one in paths))

    def clear(self) -> None:
        """Nothing is coming any more."""
        with self._transaction():
            self._db.execute("DELETE FROM announced")
