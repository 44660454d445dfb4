"""Placing and retiring: whatever was held is still there, somewhere, afterwards."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.disk.house import MARKER, House
from mirrord.disk.tree import Staged, Tree
from mirrord.errors import DiskError, DiskFull, MirrorMissing
from tests.houses import NOW, content, modes, new_house

MOMENT = "2025-11-23T121500Z"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


@pytest.fixture
def tree(house: House) -> Iterator[Tree]:
    with Tree(house, MOMENT, NOW) as tree:
        yield tree


def entry(path: str, size: int | None = None, modified: int | None = 1000) -> Entry:
    return Entry(TreePath(path), Kind.FILE, size, Stamp("", modified))


def bring(
    tree: Tree, path: str, body: bytes, held: Held | None = None, modified: int = 1000
) -> Held:
    """Stage and place one file, as a sync does."""
    one = entry(path, len(body), modified)
    staged = tree.stage(one)
    staged.write(body)
    staged.close()
    tree.make_durable()
    kept = held and tree.keep(one, staged, held)
    return kept or place(tree, one, staged, held)


def place(tree: Tree, one: Entry, staged: Staged, held: Held | None = None) -> Held:
    """Place a staged file that is to be held as it came."""
    new = tree.coming(one, staged, held)
    tree.place(new, staged, held)
    return new


def intact(tree: Tree, held: Held) -> bool:
    """Whether it lies in files/ as it was left."""
    return not list(
        tree.lost([(held.local, held.entry.kind is Kind.FOLDER, held.size, held.mtime)])
    )


def test_a_file_comes_with_the_stores_time_and_is_read_only(house: House, tree: Tree) -> None:
    """Bytes, time and mode are set before anybody sees the file; folders on the way are made."""
    held = bring(tree, "product_images/a/photo.jpg", b"pixels")
    file = house.room("files/product_images/a/photo.jpg")
    assert file.read_bytes() == b"pixels"
    assert (file.stat().st_mtime, held.mtime) == (1000, 1000 * 10**9)
    assert modes(house.room("files")) == {
        ".": "0o750",
        "product_images": "0o750",
        "product_images/a": "0o750",
        "product_images/a/photo.jpg": "0o440",
    }
    assert intact(tree, held)


def test_what_the_shop_exports_is_private(house: House, tree: Tree) -> None:
    """Customers and orders in the shop's own folders are for the owner's eyes, old ones too."""
    held = bring(tree, "exports/orders.csv", b"people")
    bring(tree, "exports/orders.csv", b"more people", held)
    found = modes(house.root)
    assert {
        path: mode for path, mode in found.items() if "exports" in path and path != "exports"
    } == {
        "files/exports": "0o700",
        "files/exports/orders.csv": "0o600",
        f"old-versions/{MOMENT}/exports": "0o700",
        f"old-versions/{MOMENT}/exports/orders.csv": "0o600",
    }


def test_a_replaced_file_is_kept_under_its_old_path(house: House, tree: Tree) -> None:
    """The old bytes lie in old-versions/, the new ones in files/."""
    held = bring(tree, "content/style.css", b"old")
    bring(tree, "content/style.css", b"new", held)
    assert content(house.room("files"))["content/style.css"] == b"new"
    assert content(house.room("old-versions")) == {
        MOMENT: None,
        f"{MOMENT}/content": None,
        f"{MOMENT}/content/style.css": b"old",
    }


def test_equal_bytes_under_a_new_date_replace_nothing(house: House, tree: Tree) -> None:
    """Only the stamp moves; the inode, which snapshots may share, keeps its time."""
    held = bring(tree, "a", b"same")
    inode = house.room("files/a").stat().st_ino
    again = bring(tree, "a", b"same", held, modified=2000)
    assert house.room("files/a").stat().st_ino == inode
    assert (again.entry.stamp.modified, again.mtime) == (2000, held.mtime)
    assert content(house.room("old-versions")) == {}
    assert intact(tree, again)


def test_a_file_that_somebody_changed_here_is_set_aside(house: House, tree: Tree) -> None:
    """The stranger's bytes are kept for a look, the store's come back."""
    held = bring(tree, "a", b"ours")
    file = house.room("files/a")
    file.unlink()
    file.write_bytes(b"theirs!")
    assert not intact(tree, held)
    bring(tree, "a", b"ours", held)
    assert file.read_bytes() == b"ours"
    assert content(house.room("set-aside")) == {MOMENT: None, f"{MOMENT}/a": b"theirs!"}
    assert tree.set_aside == 1


def test_a_file_that_a_cut_run_placed_is_taken_for_our_own(house: House, tree: Tree) -> None:
    """Equal bytes without a row in the ledger: neither an old version nor a stranger's."""
    bring(tree, "a", b"ours")
    bring(tree, "a", b"ours", held=None)
    assert content(house.room("old-versions")) | content(house.room("set-aside")) == {}


def test_a_planted_link_is_never_followed(house: House, tree: Tree, tmp_path: Path) -> None:
    """Neither at the end of a path nor on the way; the target stays as it was."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"precious")
    house.room("files/link").symlink_to(outside / "file")
    house.room("files/folder").symlink_to(outside)
    bring(tree, "link", b"new")
    bring(tree, "folder/file", b"new")
    assert content(outside) == {"file": b"precious"}
    assert content(house.room("files")) == {"link": b"new", "folder": None, "folder/file": b"new"}
    assert sorted(content(house.room("set-aside"))) == [
        MOMENT,
        f"{MOMENT}/folder",
        f"{MOMENT}/link",
    ]


def test_something_of_the_wrong_kind_in_the_way_is_set_aside(house: House, tree: Tree) -> None:
    """A stray file where a folder comes, a stray folder with content where a file comes."""
    house.room("files/a").write_bytes(b"stray")
    house.room("files/b").mkdir()
    house.room("files/b/inside").write_bytes(b"stray too")
    bring(tree, "a/file", b"1")
    bring(tree, "b", b"2")
    assert content(house.room("files")) == {"a": None, "a/file": b"1", "b": b"2"}
    assert content(house.room("set-aside")) == {
        MOMENT: None,
        f"{MOMENT}/a": b"stray",
        f"{MOMENT}/b": None,
        f"{MOMENT}/b/inside": b"stray too",
    }


def test_a_retired_file_is_moved_and_not_removed(house: House, tree: Tree) -> None:
    """It is gone from files/ and lies in old-versions/, the same inode."""
    held = bring(tree, "content/gone", b"bytes")
    inode = house.room("files/content/gone").stat().st_ino
    tree.retire(held)
    assert content(house.room("files")) == {"content": None}
    assert house.room(f"old-versions/{MOMENT}/content/gone").stat().st_ino == inode


def test_retiring_what_is_not_there_any_more_is_no_error(house: House, tree: Tree) -> None:
    """Somebody else removed it, or its folder; there is nothing left to keep."""
    first, second = bring(tree, "a", b"1"), bring(tree, "folder/b", b"2")
    house.room("files/a").unlink()
    house.room("files/folder/b").unlink()
    house.room("files/folder").rmdir()
    tree.retire(first)
    tree.retire(second)
    assert content(house.room("old-versions")) == {}


def test_a_retired_folder_goes_only_when_it_is_empty(house: House, tree: Tree) -> None:
    """What lies in it unknown to us keeps it."""
    empty = tree.make_folder(Entry(TreePath("empty"), Kind.FOLDER))
    used = tree.make_folder(Entry(TreePath("used"), Kind.FOLDER))
    house.room("files/used/stray").write_bytes(b"x")
    tree.retire(empty)
    tree.retire(used)
    assert content(house.room("files")) == {"used": None, "used/stray": b"x"}


def test_two_versions_of_one_run_both_stay(house: House, tree: Tree) -> None:
    """A second old version under the same path gets a name of its own."""
    held = bring(tree, "a", b"1")
    held = bring(tree, "a", b"2", held)
    bring(tree, "a", b"3", held)
    assert content(house.room(f"old-versions/{MOMENT}")) == {"a": b"1", "a~2": b"2"}


def test_a_date_that_no_disk_keeps_does_not_come_back_every_run(house: House, tree: Tree) -> None:
    """The time in the row is the time that the filesystem really holds."""
    for at in (-5, 0, 253_402_300_799, 10**15):
        assert intact(tree, bring(tree, f"at {at}", b"x", modified=at))


def test_a_disk_that_went_away_ends_the_run_before_the_next_step(house: House, tree: Tree) -> None:
    """Without its marker nothing more is made durable, hence nothing is placed."""
    (house.mirror / MARKER).unlink()
    with pytest.raises(MirrorMissing):
        bring(tree, "a", b"x")
    assert content(house.room("files")) == {}


def test_what_a_cut_run_left_in_staging_is_swept(house: House) -> None:
    """At the next start and at the end."""
    left = house.room(".mirrord/staging/files")
    left.mkdir()
    (left / "0").write_bytes(b"half")
    with Tree(house, MOMENT, NOW) as tree:
        assert content(left) == {}
        tree.stage(entry("never placed")).write(b"half")
        assert len(content(left)) == 1
    assert content(left) == {}


def test_a_discarded_file_leaves_nothing(house: House, tree: Tree) -> None:
    """Before and after its end, and twice."""
    for finish in (False, True):
        staged = tree.stage(entry("a"))
        staged.write(b"x")
        if finish:
            staged.close()
        staged.discard()
        staged.discard()
    assert content(house.room(".mirrord/staging/files")) == {}


def test_no_hard_links_here_means_a_copy(
    house: House, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk without links keeps old versions all the same, with mode and time."""

    def no_links(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    held = bring(tree, "a", b"old")
    monkeypatch.setattr(os, "link", no_links)
    bring(tree, "a", b"new", held)
    old = house.room(f"old-versions/{MOMENT}/a")
    assert (old.read_bytes(), old.stat().st_mtime) == (b"old", 1000)
    assert modes(house.room("old-versions"))[f"{MOMENT}/a"] == "0o440"


def test_a_path_longer_than_the_system_takes_is_still_reached(house: House, tree: Tree) -> None:
    """Folders are opened step by step, so that only single names have a limit."""
    path = "/".join(["d" * 200] * 30)
    held = bring(tree, f"{path}/file", b"deep")
    assert intact(tree, held)
    tree.retire(held)
    assert not intact(tree, held)
    assert held.local.count("/") == 30


def test_a_folder_that_a_nas_left_in_staging_is_swept(house: House) -> None:
    """Synology makes `@eaDir` beside files; it must not stop every sync from then on."""
    dropping = house.room(".mirrord/staging/files/@eaDir")
    dropping.mkdir(parents=True)
    (dropping / "thumb").write_text("x")
    with Tree(house, MOMENT, NOW):
        assert not dropping.exists()


def test_a_tree_that_can_not_be_opened_leaves_nothing_open(house: House) -> None:
    """A daemon tries for weeks: descriptors are let go each time."""
    house.room("files").rmdir()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.raises(DiskError, match="opening"):
            Tree(house, MOMENT, NOW)
    assert len(os.listdir("/proc/self/fd")) < before + 20


def test_a_folder_deeper_than_the_system_takes_is_made(house: House, tree: Tree) -> None:
    """A shop's long path costs nobody else the sync."""
    path = TreePath("/".join(["d" * 200] * 30))
    for depth in range(1, 31):
        folder = tree.make_folder(Entry(TreePath("/".join(path.split("/")[:depth])), Kind.FOLDER))
    assert intact(tree, folder)
    assert intact(tree, bring(tree, f"{path}/file", b"deep"))


def test_what_lies_behind_a_link_is_not_ours(house: House, tree: Tree, tmp_path: Path) -> None:
    """Somebody moved a folder to another disk and left a link: all in it is fetched again."""
    folder = tree.make_folder(Entry(TreePath("a"), Kind.FOLDER))
    file = bring(tree, "a/file", b"x")
    house.room("files/a").rename(tmp_path / "elsewhere")
    house.room("files/a").symlink_to(tmp_path / "elsewhere")
    assert [intact(tree, folder), intact(tree, file)] == [False, False]


def test_what_left_files_has_its_checksum_beside_it(house: House, tree: Tree) -> None:
    """Replaced or removed, under whatever name it got: `sha256sum -c` finds it as it was."""
    held = bring(tree, "a/b.txt", b"new", bring(tree, "a/b.txt", b"old"))
    bring(tree, "a/b.txt", b"newest", held)
    tree.retire(bring(tree, "line%0Abreak", b"gone"))
    tree.make_durable()
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", f"../{MOMENT}.SHA256SUMS"],
        cwd=house.room(f"old-versions/{MOMENT}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.count(": OK")) == (0, 3)


def test_only_what_is_personal_is_private_in_old_versions(house: House, tree: Tree) -> None:
    """Whichever comes first: staff may look for an old theme file."""
    for path in ("exports/orders.csv", "themes/b"):
        bring(tree, path, b"new", bring(tree, path, b"old"))
    tree.make_durable()
    assert modes(house.room("old-versions")) == {
        ".": "0o750",
        f"{MOMENT}.SHA256SUMS": "0o440",
        MOMENT: "0o750",
        f"{MOMENT}/exports": "0o700",
        f"{MOMENT}/exports/orders.csv": "0o600",
        f"{MOMENT}/themes": "0o750",
        f"{MOMENT}/themes/b": "0o440",
    }


def test_a_second_version_under_the_longest_name_fits(house: House, tree: Tree) -> None:
    """And a name that holds the mark already keeps all of itself."""
    for name in ("n" * 255, "a~b"):
        held = bring(tree, name, b"1")
        held = bring(tree, name, b"2", held)
        bring(tree, name, b"3", held)
    assert content(house.room(f"old-versions/{MOMENT}")) == {
        "n" * 255: b"1",
        "n" * 253 + "~2": b"2",
        "a~b": b"1",
        "a~b~2": b"2",
    }


def test_a_copy_that_fails_leaves_no_half_of_an_old_version(
    house: House, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No links and a full disk: the file stays as it was, nothing half lies in old-versions/."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no")

    held = bring(tree, "a", b"old")
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DiskFull):
        bring(tree, "a", b"new", held)
    assert content(house.room("files")) == {"a": b"old"}
    assert [body for body in content(house.room("old-versions")).values() if body] == []


def test_the_mode_is_the_same_under_any_umask(house: House) -> None:
    """One that takes nothing away, and one that would take away the group's right to read."""
    for umask in (0o000, 0o077):
        before = os.umask(umask)
        try:
            with Tree(house, MOMENT, NOW) as tree:
                for name in ("a", "b", "exports/c"):
                    bring(tree, f"{name} {umask}", b"x")
        finally:
            os.umask(before)
    found = modes(house.room("files"))
    assert {mode for name, mode in found.items() if name[0] in "ab"} == {"0o440"}
    assert {mode for name, mode in found.items() if name.startswith("exports/")} == {"0o600"}


def test_a_folder_that_makes_way_for_a_file_is_not_placed_into_any_more(
    house: House, tree: Tree
) -> None:
    """A listing that knows no order: a file where a folder was a step before, and back."""
    with tree.steps():
        for path in ("a/b/file", "a/b", "a/b/again", "a/c"):
            staged = tree.stage(entry(path))
            staged.write(path.encode())
            staged.close()
            place(tree, entry(path), staged)
    assert content(house.room("files")) == {
        "a": None,
        "a/b": None,
        "a/b/again": b"a/b/again",
        "a/c": b"a/c",
    }
    assert [body for body in content(house.room("set-aside")).values() if body] == [
        b"a/b",
        b"a/b/file",
    ]


def test_bytes_that_came_again_make_no_old_version(house: House, tree: Tree) -> None:
    """A look that failed once had them fetched, and what lay there moved to old-versions/."""
    held = bring(tree, "a/photo.jpg", b"pixels")
    again = tree.stage(entry("a/photo.jpg", 6, 2000))
    again.write(b"pixels")
    again.close()
    now = place(tree, entry("a/photo.jpg", 6, 2000), again, held)
    assert (intact(tree, now), content(house.room("old-versions"))) == (True, {})


def test_a_link_that_is_planted_between_two_batches_is_not_followed(
    house: House, tree: Tree, tmp_path: Path
) -> None:
    """No folder stays open from one batch to the next."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for number in range(2):
        one = entry(f"a/{number}")
        staged = tree.stage(one)
        staged.close()
        with tree.steps():
            place(tree, one, staged)
        if number == 0:
            house.room("files/a").rename(outside / "moved")
            house.room("files/a").symlink_to(outside / "moved")
    assert sorted(content(outside)) == ["moved", "moved/0"]
    assert sorted(content(house.room("files"))) == ["a", "a/1"]
