"""What is about to be placed, written down before: a run that is cut leaves no file unknown.

A row of what is held follows only when its file is durable. Between the two the file stands in
files/ and nothing tells of it: were it gone from the store by the next run, it would stay for good.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from mirrord.core.entry import Held
from mirrord.disk.rows import held_of, held_row

# a ledger of an earlier program has no such table
_TABLE = "CREATE TABLE IF NOT EXISTS coming (batch INTEGER PRIMARY KEY, held TEXT NOT NULL)"


class Announced:
    """One table in the ledger, a row for each batch; its writer holds the files lane's lock."""

    def __init__(
        self,
        database: sqlite3.Connection,
        errors: Callable[[], AbstractContextManager[None]],
        transaction: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._db, self._errors, self._transaction = database, errors, transaction
        with errors():
            database.execute(_TABLE)

    def add(self, coming: Iterable[Held]) -> int | None:
        """Announce what will be held: the number of this batch, None where there is nothing in it.

        A sync of the disk before the first of it is placed makes this survive.
        """
        rows = [held_row(one) for one in coming]
        if not rows:
            return None
        with self._transaction():
            text = json.dumps(rows)
            return self._db.execute("INSERT INTO coming (held) VALUES (?)", (text,)).lastrowid

    def left(self) -> list[Held]:
        """What was announced and never recorded, ascending by path: the run before was cut."""
        with self._errors():
            batches = self._db.execute("SELECT held FROM coming ORDER BY batch").fetchall()
        left = [held_of(tuple(row)) for (text,) in batches for row in json.loads(text)]
        return sorted(left, key=lambda one: one.path)

    def drop(self, batch: int) -> None:
        """It is recorded, in the transaction that is open."""
        self._db.execute("DELETE FROM coming WHERE batch = ?", (batch,))

    def clear(self) -> None:
        """Nothing is coming any more."""
        with self._transaction():
            self._db.execute("DELETE FROM coming")
