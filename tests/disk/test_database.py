"""How the SQLite files are opened, when many come at once and when the disk is gone."""

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.disk.database import connect
from mirrord.disk.diary import Diary
from mirrord.disk.ledger import Ledger
from mirrord.errors import LedgerBroken

LANES, ROUNDS = 4, 60


def test_all_lanes_can_open_a_new_database_at_once(tmp_path: Path) -> None:
    """Each makes it where it is not there yet; none is told that it is locked."""
    start = threading.Barrier(LANES)

    def opened(file: Path) -> str:
        start.wait()
        database = connect(file)
        try:
            return str(database.execute("PRAGMA journal_mode").fetchone()[0])
        finally:
            database.close()

    with ThreadPoolExecutor(LANES) as lanes:
        for number in range(ROUNDS):
            modes = lanes.map(opened, [tmp_path / f"{number}.db"] * LANES)
            assert list(modes) == ["wal"] * LANES


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_database_and_what_stands_beside_it_are_their_owners_alone(
    tmp_path: Path, umask: int
) -> None:
    """Under any umask; one that was made too open is put right as well."""
    old = tmp_path / "old.db"
    old.touch(0o644)
    before = os.umask(umask)
    try:
        for file in (old, tmp_path / "new.db"):
            with closing(connect(file)) as database:
                database.execute("CREATE TABLE names (name TEXT)")
                modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob(f"{file.name}*")}
                assert (len(list(tmp_path.glob(f"{file.name}*"))), modes) == (3, {0o600})
    finally:
        os.umask(before)


def test_all_lanes_can_make_a_new_ledger_at_once(tmp_path: Path) -> None:
    """The first run of a sync and the first look begin in the same moment."""
    start = threading.Barrier(LANES)

    def opened(file: Path) -> bool:
        start.wait()
        with Ledger(file) as ledger:
            return ledger.manifest_due()

    with ThreadPoolExecutor(LANES) as lanes:
        for number in range(ROUNDS):
            file = tmp_path / f"{number}.db"
            assert list(lanes.map(opened, [file] * LANES)) == [True] * LANES
            with closing(sqlite3.connect(file)) as database:
                assert database.execute("SELECT due FROM manifest").fetchall() == [(1,)]


def test_a_disk_that_is_gone_is_an_error_of_ours(tmp_path: Path) -> None:
    """The folder that is not there any more is no bug."""
    with pytest.raises(LedgerBroken, match="can not be used"):
        Diary(tmp_path / "gone" / "diary.db")
