"""What is held, listed and planned, in SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.core.guard import Tally
from mirrord.core.plan import Clear, Fetch, Retire, Why
from mirrord.disk.ledger import Ledger
from mirrord.disk.planned import SMALL
from mirrord.errors import LedgerBroken, StoreUnreachable


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


def entry(
    path: str, kind: Kind = Kind.FILE, size: int | None = 3, modified: int | None = 5
) -> Entry:
    return Entry(TreePath(path), kind, size, Stamp("", modified))


def held(path: str, kind: Kind = Kind.FILE, checked: int = 0, modified: int | None = 5) -> Held:
    return Held(entry(path, kind, modified=modified), path, "f" * 64, 3, 5, 1, checked)


def test_what_is_recorded_comes_back_the_same(ledger: Ledger, tmp_path: Path) -> None:
    """Every field, also from a file opened anew; a second recording replaces the first."""
    rows = [
        held("a", Kind.FOLDER),
        Held(
            Entry(TreePath.of(["a", "é"]), Kind.FILE, None, Stamp("tag", -1)),
            *("a/é", "0" * 64, 9, 8, 7, 6, True),
        ),
    ]
    ledger.record([held("a/%C3%A9")])
    ledger.record(rows)
    assert list(ledger.held()) == rows
    with Ledger(tmp_path / "ledger.db") as again:
        assert list(again.held()) == rows
        assert again.held_at(TreePath("a")) == rows[0]
        assert again.held_at(TreePath("b")) is None


def test_a_listing_that_breaks_off_leaves_the_one_before(ledger: Ledger) -> None:
    """A silent part never stands where a whole listing should."""
    ledger.listing.spool([entry("whole")])

    def broken() -> Iterator[Entry]:
        yield entry("part")
        raise StoreUnreachable("gone")

    with pytest.raises(StoreUnreachable):
        ledger.listing.spool(broken())
    assert list(ledger.listing.entries()) == [entry("whole")]


def test_an_entry_that_comes_twice_breaks_the_listing(ledger: Ledger) -> None:
    """Two answers for one place can not both be true."""
    with pytest.raises(LedgerBroken):
        ledger.listing.spool([entry("a"), entry("a")])
    assert list(ledger.listing.entries()) == []


def test_a_plan_is_kept_counted_and_told(ledger: Ledger) -> None:
    """What is fetched, cleared and retired, by kind, deepest first where things leave."""
    ledger.listing.spool([entry("new/f", size=10), entry("new", Kind.FOLDER), entry("x", size=7)])
    ledger.record([held("old"), held("old/deep"), held("x", Kind.FOLDER), held("kept/f")])
    x = ledger.held_at(TreePath("x"))
    assert x is not None
    ledger.plan.keep(
        [
            Fetch(entry("new", Kind.FOLDER), Why.NEW),
            Fetch(entry("new/f", size=10), Why.NEW),
            Retire(held("old")),
            Retire(held("old/deep")),
            Clear(x, entry("x")),
        ]
    )
    assert ledger.plan.numbers() == {
        "fetch": 2,
        "fetch_bytes": 20,
        "retire": 2,
        "clear": 1,
        "hold": 0,
    }
    assert [one.path for one in ledger.plan.files(SMALL)] == ["new/f", "x"]
    assert [one.path for one in ledger.plan.folders()] == ["new"]
    assert [one.path for one in ledger.plan.going()] == ["old/deep", "old"]
    assert ledger.plan.clears() == [(x, True)]
    assert ledger.plan.tallies() == {"old": Tally(2, 2), "kept": Tally(1, 0)}
    assert ledger.plan.lines(2) == [("fetch", "new", "new"), ("fetch", "new/f", "new")]


def test_a_kept_plan_replaces_the_one_before(ledger: Ledger) -> None:
    """No action of an earlier run is carried out again."""
    ledger.record([held("a")])
    ledger.plan.keep([Retire(held("a"))])
    ledger.plan.keep([])
    assert list(ledger.plan.going()) == []


def test_everything_below_a_folder_is_found_and_nothing_beside(ledger: Ledger) -> None:
    """Deepest first; `a-b` and `a.b` sort near but lie beside."""
    ledger.record([held(path) for path in ("a", "a-b", "a.b/c", "a/b", "a/b/c", "a0", "b")])
    assert [one.path for one in ledger.held_below(TreePath("a"))] == ["a/b/c", "a/b"]


def test_doubtful_files_are_read_again_in_turn(ledger: Ledger) -> None:
    """A share, at least so many, those first whose bytes were compared longest ago."""
    ledger.record([held(f"quiet{n}", checked=n, modified=None) for n in range(10)])
    ledger.record([held(f"sure{n}", checked=n) for n in range(10)])
    fresh = Entry(TreePath("fresh"), Kind.FILE, 3, Stamp("", 5), fresh=True)
    ledger.record([Held(fresh, "fresh", checked=99)])
    doubtful = ledger.least_checked(0.5, 1, doubtful=True)
    assert [one.path for one in doubtful] == [f"quiet{n}" for n in range(6)]
    sure = ledger.least_checked(0.0, 2, doubtful=False)
    assert [one.path for one in sure] == ["sure0", "sure1"]
    ledger.record([held("quiet0", checked=100, modified=None)])
    assert ledger.least_checked(0, 1, doubtful=True)[0].path == "quiet1"


def test_the_manifest_is_due_until_it_was_written(ledger: Ledger) -> None:
    """Also after a cut between the two, since the mark is written with the rows.

    That a file was compared once more is not told in it, and makes nothing due.
    """
    assert ledger.manifest_due()
    ledger.manifest_written()
    assert not ledger.manifest_due()
    ledger.record([held("a")])
    assert ledger.manifest_due()
    ledger.manifest_written()
    ledger.confirm([held("a", checked=9)])
    assert not ledger.manifest_due()
    ledger.record([held("a", modified=6)])
    assert ledger.manifest_due()
    ledger.manifest_written()
    ledger.forget([TreePath("a")])
    assert (ledger.manifest_due(), list(ledger.held())) == (True, [])


def test_totals_are_those_of_the_files(ledger: Ledger) -> None:
    """Folders are counted apart and weigh nothing."""
    assert ledger.totals() == {"files": 0, "folders": 0, "bytes": 0, "oldest_check": 0}
    ledger.record([held("a", checked=7), held("b", checked=9), Held(entry("c", Kind.FOLDER), "c")])
    assert ledger.totals() == {"files": 2, "folders": 1, "bytes": 6, "oldest_check": 7}


@pytest.mark.parametrize("damage", ["not SQLite", "a newer one"])
def test_a_ledger_that_is_not_ours_is_an_error_and_stays(tmp_path: Path, damage: str) -> None:
    """It is neither emptied nor rebuilt in silence: a person decides."""
    file = tmp_path / "ledger.db"
    if damage == "a newer one":
        import sqlite3

        database = sqlite3.connect(file)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        file.write_bytes(b"not a database at all, really not" * 100)
    before = file.read_bytes()
    with pytest.raises(LedgerBroken, match=r"ledger\.db"), Ledger(file):
        pass
    assert file.read_bytes() == before
