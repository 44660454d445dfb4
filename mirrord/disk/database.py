"""How the ledger and the diary open their SQLite files, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirrord.errors import DiskFull, LedgerBroken


def connect(file: Path) -> sqlite3.Connection:
    """An open database in WAL mode, so that a reader never waits; sqlite3.Error.

    A power cut may lose the newest rows, never a whole transaction's half.
    """
    database = sqlite3.connect(file, isolation_level=None, timeout=30)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    return database


@contextmanager
def database_errors(file: Path, remedy: str) -> Iterator[None]:
    """Translate what SQLite says: DiskFull, else LedgerBroken with the remedy."""
    try:
        yield
    except sqlite3.Error as error:
        if _is_full(error, file):
            raise DiskFull(
                f"no room left to write {file}: free some space, then run again"
            ) from error
        raise LedgerBroken(f"{file} can not be used ({error}): {remedy}") from error


def _is_full(error: sqlite3.Error, file: Path) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_FULL:
        return True
    # the shared memory of WAL mode, where there is no room for it, is an I/O error to SQLite
    if code & 0xFF not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return False
    room = os.statvfs(file.parent)
    return room.f_bavail == 0 or (room.f_files > 0 and room.f_favail == 0)
