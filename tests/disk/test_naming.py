"""Local names on disks that hold less than ours: stable, and never two in one place."""

import json
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, Held, Kind, TreePath
from mirrord.core.names import Naming, stands_for
from mirrord.disk.house import House
from mirrord.disk.naming import LocalNames, naming_of
from tests.houses import new_house

FOLDING = Naming(folds_case=True, normalises=True)


def held(path: TreePath, local: str) -> Held:
    return Held(Entry(path, Kind.FILE), local)


def names(naming: Naming, *rows: Held) -> LocalNames:
    by_path = {row.path: row for row in rows}
    return LocalNames(naming, by_path.get, lambda: rows)


@pytest.mark.parametrize(
    ("first", "second"), [("A.jpg", "a.JPG"), ("é", "e\u0301"), ("a", "a."), ("ß", "SS")]
)
def test_names_that_clash_on_this_disk_get_two_local_ones(first: str, second: str) -> None:
    """The second is escaped; on a disk that tells them apart, both are kept exactly."""
    one, two = TreePath.of(["x", first]), TreePath.of(["x", second])
    folding, plain = names(FOLDING), names(Naming())
    assert [plain.of(path) for path in (one, two)] == [f"x/{first}", f"x/{second}"]
    assert folding.of(one) == f"x/{first}"
    assert folding.of(two).startswith(f"x/{second}~")
    assert stands_for(folding.of(two), two)


def test_a_name_once_given_stays() -> None:
    """In the next run, whichever comes first; also below a folder that had to step aside."""
    upper, lower = TreePath("A"), TreePath("a")
    escaped = names(FOLDING, held(upper, "A")).of(lower)
    again = names(FOLDING, held(upper, "A"), held(lower, escaped))
    assert again.of(lower, held(lower, escaped)) == escaped
    assert again.of(TreePath("a/b")) == f"{escaped}/b"
    assert again.of(upper, held(upper, "A")) == "A"


def test_a_house_that_moved_keeps_its_names_until_they_clash() -> None:
    """From a short disk to a long one nothing is renamed; onto one that folds, the second is."""
    long = TreePath("x" * 200)
    short = names(Naming(longest=143)).of(long)
    assert len(short) == 143
    assert names(Naming(), held(long, short)).of(long, held(long, short)) == short
    both = [held(TreePath(name), name) for name in ("A", "a")]
    moved = names(FOLDING, *both)
    assert moved.of(TreePath("A"), both[0]) == "A"
    assert moved.of(TreePath("a"), both[1]).startswith("a~")


def test_what_a_disk_refuses_is_not_in_a_local_name() -> None:
    """Neither in the head of an escaped one."""
    local = names(Naming(refused=':?"')).of(TreePath.of(["what?", "a:b/c"]))
    assert not set(local) & set(':?"')
    assert local.count("/") == 1
    assert stands_for(local, TreePath.of(["what?", "a:b/c"]))


def test_a_reindex_keeps_a_name_that_stepped_aside() -> None:
    """A line of MANIFEST.csv is believed where its local name bears the true one's digits."""
    path = TreePath.of(["A", "b"])
    assert stands_for("A/b", path)
    assert stands_for(f"A/{Naming().escaped('b')}", path)
    assert not any(
        stands_for(one, path) for one in ("A/c", "A", "A/b/c", "../b", "A/b~" + "0" * 16)
    )


def test_the_disk_is_measured_once_and_anew_on_another(tmp_path: Path) -> None:
    """What is remembered lies in .mirrord/, and a damaged memory is no hindrance."""
    house: House = new_house(tmp_path)
    assert naming_of(house) == Naming()
    file = house.room(".mirrord/disk.json")
    told = json.loads(file.read_bytes())
    told["names"]["longest"] = 143
    file.write_text(json.dumps(told))
    assert naming_of(house).longest == 143
    told["disk"][1] += 1
    file.write_text(json.dumps(told))
    assert naming_of(house).longest == 255
    file.write_text("{")
    assert naming_of(house).longest == 255
    assert list(house.room("files").iterdir()) == []
