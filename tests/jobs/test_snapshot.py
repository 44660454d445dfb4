"""One restore point after another, of a shop in memory: what is frozen, what the verdict says."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirrord.disk.asked import Wish, take_wish, wish
from mirrord.disk.decisions import pins
from mirrord.disk.durable import filesystem
from mirrord.disk.holds import facts_file, folder_of
from mirrord.disk.snapshots import chain_findings
from mirrord.errors import CannotLink, DiskError, ScopeMissing, Stopped, StoreUnreachable
from tests.disk.test_themes import place
from tests.fakes import QuietPulse
from tests.houses import content, modes
from tests.points import Points
from tests.zips import packed


@pytest.fixture
def points(tmp_path: Path) -> Points:
    return Points(tmp_path)


def first_line(points: Points) -> str:
    return points.verdict().splitlines()[0]


def missing(points: Points) -> list[str]:
    """What the verdict names."""
    return [line[4:] for line in points.verdict().splitlines() if line.startswith("  - ")][:-1]


def test_a_snapshot_holds_the_files_and_the_records_of_one_window(points: Points) -> None:
    """The same bytes under the same names, empty folders too, without room of their own."""
    report = points.take()
    assert (report.outcome, report.details["verdict"]) == ("ok", "COMPLETE")
    taken = points.newest()
    assert content(taken / "files") == content(points.house.room("files"))
    assert content(taken / "exports") == content(points.house.room("exports/latest"))
    for path in content(taken / "files"):
        live, frozen = points.house.room(f"files/{path}").stat(), (taken / "files" / path).stat()
        assert frozen.st_mtime_ns == live.st_mtime_ns
        assert (taken / "files" / path).is_dir() or frozen.st_ino == live.st_ino
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    subprocess.run(check, cwd=taken, check=True)
    listed = (taken / "SHA256SUMS").read_text().count("\n")
    assert listed == sum(path.is_file() for path in taken.rglob("*")) - 2
    assert chain_findings(points.house) == []


def test_personal_data_is_as_private_in_a_snapshot(points: Points) -> None:
    """Folders and files have the modes of the house."""
    points.take()
    told = modes(points.newest())
    assert {told[place] for place in ("exports", "exports/lossless", "files/exports")} == {"0o700"}
    assert {told[place] for place in (".", "files", "files/content")} == {"0o750"}
    assert told["files/exports/customers.csv"] == "0o600"
    assert {told[place] for place in ("SHA256SUMS", "VERDICT.txt")} == {"0o440"}


def test_a_snapshot_holds_the_newest_of_each_theme(points: Points) -> None:
    """Zip and settings by hard links, in the folders of their days; no view, nothing older."""
    place(points.house, {"u1": packed({"old": b""})}, {"u1": "[]"}, day="2025-11-20", unpacked=True)
    place(points.house, {"u1": packed()}, day="2025-11-21", unpacked=True)
    report = points.take()
    assert (report.outcome, report.details["verdict"]) == ("ok", "COMPLETE")
    taken, room = points.newest() / "themes", points.house.room("themes")
    held = {name for name, body in content(taken).items() if body is not None}
    assert held == {
        "2025-11-20/Corner-u1.settings.json",
        "2025-11-21/Corner-u1.zip",
        "2025-11-21/themes.json",
    }
    assert all((taken / name).samefile(room / name) for name in held)
    told = modes(taken)
    assert {told[name] for name in (".", "2025-11-20", "2025-11-21")} == {"0o750"}
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    subprocess.run(check, cwd=points.newest(), check=True)
    assert "themes/2025-11-21/Corner-u1.zip" in (points.newest() / "SHA256SUMS").read_text()


def test_a_theme_alone_gives_a_new_snapshot_and_never_changes_an_older_one(points: Points) -> None:
    """Law 5, and nothing new gives none."""
    place(points.house, {"u1": packed()})
    points.take()
    before = content(points.newest())
    points.take()
    assert len(points.names()) == 1
    place(points.house, {"u1": packed({"new": b""})})
    points.take()
    first, second = points.names()
    assert content(points.house.room(f"snapshots/{first}")) == before
    assert content(points.house.room(f"snapshots/{second}/themes")) != before
    assert chain_findings(points.house) == []


def test_a_snapshot_whose_line_stands_is_never_removed(
    points: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails right after the line was written; CHAIN never tells of one that is gone."""
    planted = []

    def fails(path: Path) -> None:
        planted.append(path)
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as broken:
        broken.setattr("mirrord.disk.chain.sync_path", fails)
        with pytest.raises(DiskError, match="CHAIN"):
            points.take()
    assert planted
    assert ([*points.names()] != [], chain_findings(points.house)) == (True, [])


def test_a_later_sync_changes_nothing_in_a_snapshot(points: Points) -> None:
    """Law 5: names, bytes and times stay."""
    points.take()
    taken, before = points.newest(), content(points.newest())
    points.files.put(b"another mug", "product_images", "a", "mug.jpg")
    points.files.remove("content", "page.html")
    points.take()
    assert content(taken) == before
    assert len(points.names()) == 2


def test_nothing_changed_gives_no_new_snapshot(points: Points) -> None:
    """The last one is noted as still true; the same records pulled again are the same."""
    points.take()
    before = content(points.house.room("snapshots"))
    report = points.take()
    assert content(points.house.room("snapshots")) == before
    assert (report.outcome, report.details["new"]) == ("ok", False)
    assert report.findings == (
        f"nothing changed since {points.names()[0]}: it is still true, and no new one was taken",
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda points: points.files.put(b"new", "content", "new.html"),
        lambda points: points.files.make_folder("content", "new"),
        lambda points: points.name("cup", "a/mug.jpg"),
        lambda points: wish(points.house, Wish("before the sale"), QuietPulse()),
    ],
    ids=["a file", "a folder", "a record", "a label"],
)
def test_whatever_is_new_gives_a_new_snapshot(points: Points, change: object) -> None:
    """A label is always taken: it stands in the snapshot itself."""
    points.take()
    assert callable(change)
    change(points)
    points.take()
    assert len(points.names()) == 2


def test_a_pin_alone_pins_the_one_that_is_still_true(points: Points) -> None:
    """It needs no new one."""
    points.take()
    wish(points.house, Wish(pin=True), QuietPulse())
    points.take()
    assert list(pins(points.house)) == [f"snapshots/{name}" for name in points.names()]
    assert len(points.names()) == 1


def test_two_snapshots_of_one_second_have_two_names(points: Points) -> None:
    """The later one gets the name of the next second."""
    points.take()
    points.now -= 60
    points.files.put(b"new", "content", "new.html")
    points.take()
    assert points.names() == ["2025-11-23T121600Z", "2025-11-23T121601Z"]


# --- what the verdict says


def test_a_missing_image_has_the_shop_asked_once_more(points: Points) -> None:
    """It may have been uploaded a moment ago: then all is complete."""
    points.name("mug", "a/mug.jpg", "a/late.jpg")

    def upload_late(job: str) -> None:
        if points.ran == ["products", "files", "files"]:
            points.files.put(b"late", "product_images", "a", "late.jpg")

    points.before = upload_late
    assert points.take().details["verdict"] == "COMPLETE"
    assert points.ran == ["products", "files", "files"]


def test_an_image_that_stays_missing_is_named(points: Points) -> None:
    """Also one whose name leads nowhere; what the config excludes is not missed."""
    points.name("mug", "a/mug.jpg", "a/lost.jpg", "../../x", "b/excluded.jpg")
    points.parts = replace(points.parts, exclude=("product_images/b/*",))
    report = points.take()
    assert (report.outcome, report.exit_code) == ("partial", 3)
    assert missing(points) == [
        "files/product_images/a/lost.jpg, an image of product 77",
        "an image of product 77 whose name leads nowhere: ../../x",
    ]


def test_a_sync_that_fails_gives_an_incomplete_snapshot_of_what_is_held(points: Points) -> None:
    """A failed job never stops the snapshot."""
    points.take()
    points.files.unreachable = True
    points.take()
    assert first_line(points) == "verdict: INCOMPLETE (missing: 1)"
    assert missing(points) == ["the run of files failed: memory: connection refused"]
    assert (points.newest() / "files/content/page.html").read_bytes() == b"a page"


def test_before_the_first_clean_sync_it_is_incomplete(points: Points) -> None:
    """A folder that could not be listed is one that is not here."""
    points.files.unknown = {path for path in points.files.tree if path == "content"}
    points.take()
    assert first_line(points).startswith("verdict: INCOMPLETE")


def test_files_or_records_alone_are_complete_in_their_own_words(points: Points) -> None:
    """What nobody asked for is not missing."""
    points.parts = replace(points.parts, datasets=())
    points.take()
    assert first_line(points) == "verdict: COMPLETE (files only)"
    points.parts = replace(points.parts, files=False, datasets=("products",))
    points.take()
    assert first_line(points) == "verdict: COMPLETE (records only)"
    assert sorted(path.name for path in points.newest().iterdir()) == [
        "SHA256SUMS",
        "VERDICT.txt",
        "exports",
    ]


def test_a_dataset_that_never_came_whole_is_pulled_and_else_missing(points: Points) -> None:
    """A first snapshot does not have to wait for the orders' own time."""

    def no_orders(job: str) -> None:
        if job == "orders":
            raise StoreUnreachable("no answer")

    points.before = no_orders
    points.parts = replace(points.parts, datasets=("products", "orders"))
    points.take()
    assert points.ran == ["products", "orders", "files"]
    assert missing(points) == [
        "the run of orders failed: no answer",
        "no complete export of orders yet",
    ]


def test_a_dataset_that_the_token_may_not_read_is_not_missed(points: Points) -> None:
    """A token made for other things is no failure; the verdict says what is not in it."""

    shutil.rmtree(points.house.room("exports"))
    points.before = refuse_products
    points.take()
    assert first_line(points) == "verdict: COMPLETE (files only)"


def refuse_products(job: str) -> None:
    if job == "products":
        raise ScopeMissing("the token may not read products")


def test_a_snapshot_under_a_vanishing_that_waits_is_suspect(points: Points) -> None:
    """files/ shows what the shop no longer has: that is no state of the shop."""
    for number in range(40):
        points.files.put(b"a page", "content", f"{number}.html")
    assert points.take().exit_code == 0
    for number in range(40):
        points.files.remove("content", f"{number}.html")
    assert points.take().exit_code == 3
    assert first_line(points) == "verdict: SUSPECT (suspect: 1)"


@pytest.mark.parametrize("kind", ["changed", "refused"])
def test_a_snapshot_under_something_that_waits_is_suspect(points: Points, kind: str) -> None:
    """It names the hold; restores and retention prefer others."""
    folder = folder_of(points.house, "2027-01-01T000000Z-products")
    folder.mkdir()
    facts_file(folder, kind, "many files vanished")  # type: ignore[arg-type]
    assert points.take().exit_code == 3
    assert first_line(points) == "verdict: SUSPECT (suspect: 1)"
    assert missing(points) == ["many files vanished (holds/2027-01-01T000000Z-products)"]


def test_a_refused_export_that_a_good_one_followed_is_no_longer_suspect(points: Points) -> None:
    """What it was about is in the records that came since."""
    folder = folder_of(points.house, "2020-01-01T000000Z-products")
    folder.mkdir()
    facts_file(folder, "refused", "empty at once")
    assert points.take().details["verdict"] == "COMPLETE"


def test_a_mass_vanishing_makes_it_suspect(points: Points) -> None:
    """The files are here still, and the guard's words stand in the verdict."""
    for number in range(30):
        points.files.put(b"x", "content", f"{number}.html")
    points.take()
    points.files.remove("content")
    points.take()
    assert first_line(points).startswith("verdict: SUSPECT")
    assert (points.newest() / "files/content/page.html").exists()


def test_a_file_that_others_changed_is_never_frozen_unseen(points: Points) -> None:
    """Changed, replaced by a folder, a link or a pipe, or gone: named, and left out."""
    for number in range(4):
        points.files.put(b"x", "content", f"{number}.html")
    points.take()
    points.files.unreachable = True
    room = points.house.room("files/content")
    for name in ("0.html", "1.html", "2.html", "3.html", "page.html"):
        (room / name).unlink()
    (room / "0.html").write_bytes(b"y")
    (room / "1.html").mkdir()
    (room / "2.html").symlink_to("/etc/hostname")
    os.mkfifo(room / "3.html")
    points.take()
    assert first_line(points) == "verdict: SUSPECT (missing: 2, suspect: 4)"
    frozen = content(points.newest() / "files/content")
    assert frozen == {"empty": None}
    named = [f"files/content/{n}.html is not as mirrord placed it; left out" for n in range(4)]
    assert set(missing(points)) >= {"files/content/page.html is not there", *named}


def test_a_folder_that_became_a_link_is_not_followed(points: Points, tmp_path: Path) -> None:
    """Nothing from outside the house gets into a snapshot."""
    points.take()
    points.files.unreachable = True
    room = points.house.room("files/content")
    room.rename(tmp_path / "elsewhere")
    room.symlink_to(tmp_path / "elsewhere")
    points.take()
    assert "content" not in os.listdir(points.newest() / "files")
    assert "files/content/page.html is not there" in missing(points)


# --- links


def test_a_filesystem_without_reflinks_says_what_to_do(points: Points) -> None:
    """And leaves nothing behind."""
    if filesystem(points.house.root) != "ext4":
        pytest.skip("needs a filesystem without reflinks (ext4)")
    points.parts = replace(points.parts, way="reflink")
    with pytest.raises(CannotLink, match="xfs or btrfs"):
        points.take()
    assert content(points.house.room("snapshots")) == {}


# --- cuts


def steps(points: Points, snapshots: int = 1) -> Iterator[int]:
    """The pulse's beats of one snapshot."""
    pulse = QuietPulse()
    points.take(pulse)
    yield from range(1, pulse.beats + 1)


def test_a_stop_at_any_step_leaves_no_half_snapshot(tmp_path: Path) -> None:
    """There is none, and the next run takes one."""
    (tmp_path / "counted").mkdir()
    for number in steps(Points(tmp_path / "counted")):
        mirror = tmp_path / str(number)
        mirror.mkdir()
        points = Points(mirror)
        with pytest.raises(Stopped):
            points.take(QuietPulse(stop_at=number))
        assert points.names() == []
        assert points.take().details["verdict"] == "COMPLETE"


def test_a_wish_that_was_taken_is_not_granted_twice(points: Points) -> None:
    """The label is that of one snapshot."""
    wish(points.house, Wish("one"), QuietPulse())
    points.take()
    assert "label: one" in points.verdict()
    assert take_wish(points.house, QuietPulse()) == Wish()
