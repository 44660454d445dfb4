"""How the ledger and the diary open their SQLite files, and what its errors mean."""

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mirrord.errors import DiskFull, LedgerBroken

#: Seconds until a database that others write counts as stuck.
_PATIENCE = 30.0


def connect(file: Path) -> sqlite3.Connection:
    """An open database in WAL mode, so that a reader never waits; sqlite3.Error.

    A power cut may lose the newest rows, never a whole transaction's half.
    """
    database = sqlite3.connect(file, isolation_level=None, timeout=_PATIENCE)
    # it is made as open as the umask lets it, and what SQLite keeps beside it as open as it is; by
    # its name: to close a descriptor of it would let go of the locks that other threads have on it
    with suppress(OSError):
        file.chmod(0o600)
    try:
        _write_ahead(database)
        database.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def _busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _write_ahead(database: sqlite3.Connection) -> None:
    """Of several that make a new database at once, one is told at once that it is busy.

    Each of them holds what the others wait for, so that SQLite's own patience does not help.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            if not _busy(error) or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - parts the two, no secret


@contextmanager
def database_errors(file: Path, remedy: str) -> Iterator[None]:
    """Translate what SQLite says: DiskFull, else LedgerBroken with the remedy."""
    try:
        yield
    except sqlite3.Error as error:
        if _is_full(error, file):
            raise DiskFull(
                f"no room left to write {file}, or what SQLite keeps beside it for a while (in"
                " $TMPDIR or /var/tmp): free some space, then run again"
            ) from error
        raise LedgerBroken(f"{file} can not be used ({error}): {remedy}") from error


def _is_full(error: sqlite3.Error, file: Path) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_FULL:
        return True
    # the shared memory of WAL mode, where there is no room for it, is an I/O error to SQLite
    if code & 0xFF not in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return False
    try:
        room = os.statvfs(file.parent)
    except OSError:  # the disk is gone
        return False
    return room.f_bavail == 0 or (room.f_files > 0 and room.f_favail == 0)
