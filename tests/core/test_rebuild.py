"""What papers and disk tell, weighed: nothing is blessed."""

from dataclasses import replace

import pytest

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.core.rebuild import LOST, Fault, Found, Usable, weigh

TRUE, OTHER, THIRD = "a" * 64, "b" * 64, "c" * 64
ENTRY = Entry(TreePath("x/a.jpg"), Kind.FILE, 9, Stamp("tag", 1_000))
TOLD = Held(ENTRY, "x/a.jpg", TRUE, 9, 0, 5_000, 5_000)
FOLDER = Held(Entry(TreePath("x"), Kind.FOLDER), "x", fetched=5_000)
BOTH, MANIFEST, SUMS, NONE = (Usable(m, s) for m in (True, False) for s in (True, False))


def found(sha256: str = TRUE, local: str = "x/a.jpg") -> Found:
    return Found(local, Kind.FILE, 9, 77, sha256)


HELD = replace(TOLD, mtime=77)
LOST_ROW = replace(TOLD, mtime=LOST)


def silent(sha256: str, size: int = 9, mtime: int = 77) -> Held:
    """A row of which the store's dates and ETag are not known."""
    entry = Entry(TreePath("x/a.jpg"), Kind.FILE, size if mtime != LOST else None)
    return Held(entry, "x/a.jpg", sha256, size if mtime != LOST else 0, mtime)


@pytest.mark.parametrize(
    ("told", "summed", "there", "usable", "row", "fault"),
    [
        (TOLD, TRUE, found(), BOTH, HELD, None),
        (TOLD, TRUE, found(OTHER), BOTH, LOST_ROW, Fault.ALTERED),
        (TOLD, TRUE, found(""), BOTH, LOST_ROW, Fault.ALTERED),
        (TOLD, TRUE, None, BOTH, LOST_ROW, Fault.MISSING),
        (TOLD, TRUE, Found("x/a.jpg", None), BOTH, LOST_ROW, Fault.ALTERED),
        (TOLD, TRUE, Found("x/a.jpg", Kind.FOLDER), BOTH, LOST_ROW, Fault.ALTERED),
        (TOLD, OTHER, found(), BOTH, HELD, Fault.DISAGREED),
        (TOLD, OTHER, found(OTHER), BOTH, silent(OTHER), Fault.DISAGREED),
        (TOLD, OTHER, found(THIRD), BOTH, LOST_ROW, Fault.ALTERED),
        (TOLD, None, found(), BOTH, HELD, Fault.DISAGREED),
        (TOLD, None, found(), MANIFEST, HELD, None),
        (TOLD, None, found(OTHER), MANIFEST, LOST_ROW, Fault.ALTERED),
        (None, TRUE, found(), BOTH, silent(TRUE), Fault.DISAGREED),
        (None, TRUE, None, BOTH, None, Fault.DISAGREED),
        (None, None, found(), BOTH, None, Fault.UNEXPECTED),
        (None, None, found(), MANIFEST, None, Fault.UNEXPECTED),
        (None, None, Found("x", Kind.FOLDER), BOTH, None, Fault.UNEXPECTED),
        (None, TRUE, found(), SUMS, silent(TRUE), None),
        (None, TRUE, found(OTHER), SUMS, silent(TRUE, mtime=LOST), Fault.ALTERED),
        (None, TRUE, None, SUMS, silent(TRUE, mtime=LOST), Fault.MISSING),
        (None, None, found(), SUMS, None, Fault.UNEXPECTED),
        (None, None, found(OTHER), NONE, silent(OTHER), None),
        (None, None, found(""), NONE, None, Fault.UNEXPECTED),
        (None, None, Found("x/a.jpg", None), NONE, None, Fault.UNEXPECTED),
        (FOLDER, None, Found("x", Kind.FOLDER), BOTH, FOLDER, None),
        (FOLDER, None, None, BOTH, FOLDER, Fault.MISSING),
        (FOLDER, None, found(local="x"), BOTH, FOLDER, Fault.ALTERED),
        (None, None, Found("x", Kind.FOLDER), NONE, replace(FOLDER, fetched=0), None),
    ],
)
def test_every_constellation_has_its_row_and_its_fault(
    told: Held | None,
    summed: str | None,
    there: Found | None,
    usable: Usable,
    row: Held | None,
    fault: Fault | None,
) -> None:
    """The recorded checksum stays where the bytes differ; unknown bytes become no row."""
    local = told.local if told else there.local if there else "x/a.jpg"
    weighed = weigh(local, told, summed, there, usable)
    assert (weighed.row, weighed.fault) == (row, fault)


@pytest.mark.parametrize("local", ["a~0123456789abcdef", "../x", "a//b", "/etc/x", "x\udce9"])
def test_a_name_that_only_the_manifest_could_tell_is_not_guessed(local: str) -> None:
    """Nor can a paper name a place outside."""
    told = [
        weigh(local, None, None, found(local=local), NONE),
        weigh(local, None, TRUE, None, SUMS),
    ]
    assert {(one.row, one.fault) for one in told} == {(None, Fault.NAMELESS)}


def test_what_was_modified_as_it_was_fetched_is_read_again_first() -> None:
    """As before: its bytes may have moved under the listing."""
    young = replace(TOLD, entry=replace(ENTRY, stamp=Stamp("tag", 4_999)))
    rows = [weigh("x/a.jpg", one, TRUE, found(), BOTH).row for one in (TOLD, young)]
    assert [row is not None and row.entry.fresh for row in rows] == [False, True]
