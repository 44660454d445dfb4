"""The plan made of what differs is the plan made of all."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.core.guard import Tally
from mirrord.core.plan import Action, make_plan
from mirrord.disk.ledger import Ledger
from mirrord.disk.listed import Left
from mirrord.disk.planned import SMALL
from mirrord.errors import DiskFull

PATHS = [TreePath(f"{top}{below}") for top in ("a", "a b", "a!") for below in ("", "/f", "/g/h")]
TOLD = st.tuples(
    st.sampled_from([Kind.FILE, Kind.FILE, Kind.FILE, Kind.FOLDER]),
    st.sampled_from([None, 7, 8]),
    st.builds(Stamp, st.sampled_from(["", "x", "y"]), st.sampled_from([None, 5, 6])),
)
ENTRIES = st.dictionaries(st.sampled_from(PATHS), TOLD)


def entries(drawn: dict[TreePath, tuple[Kind, int | None, Stamp]]) -> list[Entry]:
    return [
        Entry(path, kind, size if kind is Kind.FILE else None, stamp)
        for path, (kind, size, stamp) in sorted(drawn.items())
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(PATHS, TOLD)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(PATHS, TOLD)),
    st.sets(st.sampled_from(PATHS)),
    st.sets(st.sampled_from(PATHS)),
)
def test_what_is_passed_over_would_have_been_no_action(
    listed: dict[TreePath, tuple[Kind, int | None, Stamp]],
    ours: dict[TreePath, tuple[Kind, int | None, Stamp]],
    spared: set[TreePath],
    lost: set[TreePath],
) -> None:
    """With unknown and excluded places, lost files, and stamps that say little or nothing."""
    held = [Held(entry, f"local {entry.path}", "f" * 64, 3, 5) for entry in entries(ours)]

    def missing(left: Iterable[Left]) -> Iterator[str]:
        yield from (local for local, *_ in left if local.removeprefix("local ") in lost)

    def rest(theirs: Iterable[Entry], mine: Iterable[Held]) -> Iterator[Action]:
        return make_plan(
            theirs, mine, spared=spared.__contains__, intact=lambda one: one.path not in lost
        )

    with TemporaryDirectory() as folder, Ledger(Path(folder, "ledger.db")) as ledger:
        ledger.record(held)
        ledger.listing.spool(reversed(entries(listed)))
        ledger.plan.keep(rest(entries(listed), held))
        whole = ledger.plan.lines(1_000)
        ledger.listing.compare(missing)
        ledger.plan.keep(rest(ledger.listing.unlike(), ledger.listing.unlike_held()))
        ledger.plan.keep_new()
        assert ledger.plan.lines(1_000) == whole


def test_nothing_is_left_to_plan_where_all_is_as_it_was(tmp_path: Path) -> None:
    """Not one row becomes an object; each is looked at here once, in the order of the paths."""
    told = [Entry(TreePath(f"a/{n}"), Kind.FILE, n, Stamp("", n)) for n in range(9)]
    looked: list[Left] = []

    def lost(left: Iterable[Left]) -> Iterable[str]:
        looked.extend(left)
        return ()

    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.record(Held(entry, entry.path, "f" * 64, 3, 5) for entry in told)
        ledger.listing.spool(told)
        ledger.listing.compare(lost)
        assert [*ledger.listing.unlike(), *ledger.listing.unlike_held()] == []
    assert looked == [(f"a/{n}", 0, 3, 5) for n in range(9)]


@settings(deadline=None)
@given(ENTRIES, st.sets(st.sampled_from(PATHS)))
def test_the_files_of_each_top_folder_are_all_counted(
    ours: dict[TreePath, tuple[Kind, int | None, Stamp]], waits: set[TreePath]
) -> None:
    """Also where a name sorts between a folder and what lies in it."""
    held = [Held(entry, entry.path, "f" * 64, 3, 5) for entry in entries(ours)]
    wanted: dict[str, Tally] = {}
    for one in held:
        if one.entry.kind is Kind.FILE:
            tally = wanted.get(one.path.top, Tally(0, 0))
            gone = tally.vanished + (one.path in waits)
            wanted[one.path.top] = Tally(tally.held + 1, gone)
    with TemporaryDirectory() as folder, Ledger(Path(folder, "ledger.db")) as ledger:
        ledger.record(held)
        ledger.plan.keep(
            make_plan(
                [one.entry for one in held if one.path not in waits],
                held,
                spared=lambda _: False,
                intact=lambda _: True,
            )
        )
        assert ledger.plan.tallies() == wanted


def test_pictures_come_first_and_large_files_last(tmp_path: Path) -> None:
    """Each in the order of the paths, the large ones by their size."""
    sizes = {
        "content/a": 1,
        "content/huge": SMALL + 2,
        "product_images/b": SMALL,
        "product_images/large": SMALL + 2,
        "product_images": None,
        "product_imagesx": 2,
        "video/large": SMALL + 1,
        "video/none": None,
        "video/too large": SMALL + 3,
    }
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.listing.spool(
            Entry(TreePath(path), Kind.FOLDER if path == "product_images" else Kind.FILE, size)
            for path, size in sizes.items()
        )
        ledger.plan.keep_new()
        assert [one.path for one in ledger.plan.files(SMALL + 2)] == [
            *("product_images/b", "content/a", "product_imagesx", "video/none"),
            *("video/large", "product_images/large", "content/huge"),
        ]


def test_the_tables_of_an_older_program_are_cleared_away(tmp_path: Path) -> None:
    """It kept listing and plan in the ledger itself, where a million rows would stay for ever."""
    file = tmp_path / "ledger.db"
    with Ledger(file):
        pass
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE listing (path TEXT)")
    database.execute("CREATE TABLE plan (path TEXT)")
    database.commit()
    with Ledger(file) as ledger:
        ledger.listing.spool([Entry(TreePath("a"))])
        ledger.plan.keep_new()
        assert ledger.plan.lines(9) == [("fetch", "a", "new")]
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    assert tables.fetchall() == [("coming",), ("held",), ("manifest",)]
    database.close()


def test_a_listing_for_which_there_is_no_room_is_told_as_that(tmp_path: Path) -> None:
    """Wherever SQLite keeps it: nothing of it is spooled, and the ledger goes on."""
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger._db.execute("PRAGMA temp.max_page_count = 20")
        with pytest.raises(DiskFull, match="/var/tmp"):
            ledger.listing.spool(Entry(TreePath(f"a/{n:0200}")) for n in range(9_000))
        assert list(ledger.listing.entries()) == []
        assert ledger.totals()["files"] == 0


def test_what_is_held_is_found_for_any_number_of_paths(tmp_path: Path) -> None:
    """More than SQLite takes in one question, and only what is there."""
    paths = [TreePath(f"a/{n:04}") for n in range(2_000)]
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.record(Held(Entry(path), path, "f" * 64) for path in paths[::2])
        assert list(ledger.held_among(paths)) == paths[::2]
        assert ledger.held_among([]) == {}
