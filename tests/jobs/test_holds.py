"""What vanishes waits for a person: holds opened, kept up, answered, over; and mass changes."""

import copy
import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from mirrord.core.entry import TreePath
from mirrord.core.guard import Limits
from mirrord.core.report import Outcome, Report
from mirrord.disk.answers import Word, answers
from mirrord.disk.decisions import Pin, pin, pins
from mirrord.disk.holds import OpenHold, open_holds
from mirrord.disk.house import House
from mirrord.disk.papers import listed_paths
from mirrord.disk.planned import SMALL
from mirrord.errors import DiskError, DiskFull, StoreUnreachable
from mirrord.jobs.answering import answer_changed, answer_vanished, put_refused_away
from mirrord.jobs.room import Room, room_for
from mirrord.jobs.sync import Sync
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.houses import NOW, content, new_house

DAY = 86_400.0


class Shop:
    """A store in memory, its house, and a clock that moves six hours a sync."""

    def __init__(self, mirror: Path) -> None:
        self.house: House = new_house(mirror)
        self.store = MemoryFiles()
        self.now = float(NOW)
        self.exclude: tuple[str, ...] = ()

    def fill(self, folder: str, files: int) -> None:
        for number in range(files):
            self.store.put(f"{folder} {number}".encode(), folder, f"{number}.jpg")

    def lose(self, folder: str, *numbers: int) -> None:
        for number in numbers:
            self.store.remove(folder, f"{number}.jpg")

    def sync(self, days: float = 0.25, *, dry_run: bool = False) -> Report:
        self.now += days * DAY
        job = Sync(
            self.house, self.store, Limits(), self.exclude, lambda: self.now, dry_run=dry_run
        )
        return job.run(QuietPulse())

    def holds(self) -> tuple[OpenHold, ...]:
        return open_holds(self.house)

    def hold(self) -> OpenHold:
        (hold,) = self.holds()
        return hold

    def answer(self, word: Word) -> int:
        return answer_vanished(self.house, self.hold(), word, self.now, QuietPulse())

    def listed(self, hold: OpenHold) -> list[dict[str, str]]:
        file = self.house.room(f"holds/{hold.id}/list.csv")
        with file.open(newline="") as text:
            return list(csv.DictReader(text))

    def shown(self, folder: str) -> int:
        files = content(self.house.room("files"))
        return sum(path.startswith(f"{folder}/") for path in files)

    def old(self, folder: str) -> int:
        found = content(self.house.room("old-versions"))
        return sum(b is not None and f"/{folder}/" in p for p, b in found.items())


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("full"))
    shop.fill("product_images", 50)
    shop.fill("content", 500)
    shop.fill("template", 30)
    shop.sync()
    return shop


@pytest.fixture
def shop(full: Shop, tmp_path: Path) -> Shop:
    """A mirrored shop of three folders, of its own."""
    mirror = shutil.copytree(full.house.mirror, tmp_path / "mirror")
    shop = Shop(mirror)
    shop.store, shop.now = copy.deepcopy(full.store), full.now
    return shop


def papers(shop: Shop) -> dict[str, bytes | None]:
    return content(shop.house.room("holds"))


def test_a_hold_lists_exactly_what_waits(shop: Shop) -> None:
    """Store path, local path, size and checksum; HOLD.txt names numbers, folder and commands."""
    body = shop.store.tree[TreePath("product_images/7.jpg")]
    shop.lose("product_images", *range(45))
    shop.lose("content", 1)
    report = shop.sync()
    hold = shop.hold()
    assert (report.outcome, report.exit_code) == (Outcome.HELD, 4)
    assert (hold.kind, hold.top, hold.opened) == ("vanished", "product_images", shop.now)
    assert hold.id.endswith("Z-product_images")
    rows = {row["store path"]: row for row in shop.listed(hold)}
    assert set(rows) == {f"product_images/{n}.jpg" for n in range(45)}
    assert rows["product_images/7.jpg"]["size"] == str(len(body or b""))
    assert len(rows["product_images/7.jpg"]["sha256"]) == 64
    words = shop.house.room(f"holds/{hold.id}/HOLD.txt").read_text()
    for said in (
        "45 of 50 files in the folder product_images",
        f"mirrord holds follow {hold.id} --store acme",
        f"mirrord holds keep {hold.id} --store acme",
        "45 files in list.csv",
    ):
        assert said in words
    assert f"mirrord holds show {hold.id}" in report.findings[0]
    assert (shop.shown("product_images"), shop.shown("content"), shop.old("content")) == (
        50, 499, 1,
    )  # fmt: skip


def test_the_same_state_opens_no_second_hold_and_says_still(shop: Shop) -> None:
    """Not a byte of its papers changes; the exit code stays 4."""
    shop.store.remove("template")
    shop.sync()
    before = papers(shop)
    for _ in range(3):
        report = shop.sync()
        assert report.exit_code == 4
        assert report.findings[0].startswith("still held: 30 of 30 files in the folder template")
    assert papers(shop) == before


def test_a_hold_grows_and_shrinks_with_what_is_gone(shop: Shop) -> None:
    """More of the folder vanishes: the same hold; some are back: they are off the list."""
    shop.lose("product_images", *range(25))
    shop.sync()
    first = shop.hold()
    shop.lose("product_images", 30)
    report = shop.sync()
    assert (shop.hold().id, len(shop.listed(first))) == (first.id, 26)
    assert not report.findings[0].startswith("still")
    for number in range(20):
        shop.store.put(b"back", "product_images", f"{number}.jpg")
    assert shop.sync().exit_code == 4
    assert len(shop.listed(first)) == 6
    for number in (*range(20, 25), 30):
        shop.store.put(b"back", "product_images", f"{number}.jpg")
    report = shop.sync()
    assert (report.exit_code, shop.holds(), papers(shop)) == (0, (), {})
    assert "is over" in report.findings[0]


def test_a_list_stays_true_when_as_many_return_as_go(shop: Shop) -> None:
    """Its length is the same, and its files are others."""
    shop.lose("product_images", *range(40))
    shop.sync()
    shop.store.put(b"here again", "product_images", "7.jpg")
    shop.lose("product_images", 41)
    shop.sync()
    listed = {row["store path"] for row in shop.listed(shop.hold())}
    gone = {*range(40), 41} - {7}
    assert listed == {f"product_images/{number}.jpg" for number in gone}


def test_follow_moves_exactly_what_was_listed(shop: Shop) -> None:
    """A file that vanished after the answer is not covered by it."""
    shop.lose("product_images", *range(45))
    shop.sync()
    assert shop.answer("follow") == 45
    # again over the limits of what is left: a hold of its own
    shop.store.remove("content")
    shop.lose("product_images", 46)
    report = shop.sync()
    assert (report.exit_code, shop.hold().top) == (4, "content")
    assert (shop.old("product_images"), shop.shown("product_images")) == (46, 4)
    assert answers(shop.house) == {}
    (away,) = shop.house.room("holds/answered").iterdir()
    assert (away / "HOLD.txt").read_text().startswith("FOLLOWED")
    assert len((away / "list.csv").read_text().splitlines()) == 46


def test_a_follow_is_not_eroded_into_more(shop: Shop) -> None:
    """What vanishes of the same folder after the answer waits, where it is too much again."""
    shop.lose("content", *range(100))
    shop.sync()
    shop.answer("follow")
    shop.lose("content", *range(100, 200))
    shop.sync()
    assert (shop.old("content"), len(shop.listed(shop.hold()))) == (100, 100)


def test_keep_goes_on_showing_and_asks_no_more(shop: Shop) -> None:
    """Exit code 0 again; a small vanishing elsewhere is followed; nothing kept is ever retired."""
    shop.store.remove("template")
    shop.sync()
    assert shop.answer("keep") == 30
    shop.lose("content", 1)
    for _ in range(3):
        report = shop.sync()
        assert (report.outcome, report.findings) == (Outcome.OK, ())
    assert (shop.hold().answered, shop.shown("template"), shop.shown("content")) == (
        "kept", 30, 499,
    )  # fmt: skip
    assert "KEPT" in shop.house.room(f"holds/{shop.hold().id}/HOLD.txt").read_text()


def test_a_kept_file_that_the_store_changes_is_asked_about_again(shop: Shop) -> None:
    """It comes back, the new bytes are taken; gone again, it is a new matter."""
    shop.store.remove("template")
    shop.sync()
    shop.answer("keep")
    shop.fill("template", 25)
    assert shop.sync().exit_code == 0
    assert len(shop.listed(shop.hold())) == 5
    shop.store.remove("template")
    assert shop.sync().exit_code == 4
    kept, waits = shop.holds()
    assert (kept.answered, waits.answered) == ("kept", "")
    assert (len(shop.listed(kept)), len(shop.listed(waits))) == (5, 25)


@pytest.mark.parametrize("inner", [True, False])
def test_what_comes_in_place_of_a_kept_file_is_not_left_out_in_silence(
    shop: Shop, inner: bool
) -> None:
    """A folder in the place of a file, or a file in that of a folder: asked anew, or taken."""
    shop.store.remove("template")
    shop.sync()
    shop.answer("keep")
    if inner:
        shop.store.put(b"new", "template", "7.jpg", "inner")
    else:
        shop.store.put(b"new", "template")
    report = shop.sync()
    assert report.exit_code == (0 if inner else 4)
    new = shop.house.room("files/template/7.jpg/inner")
    assert new.exists() == inner
    assert (shop.old("template"), shop.shown("template")) == ((1, 31) if inner else (0, 30))


def test_a_kept_hold_is_over_when_the_store_is_whole(shop: Shop) -> None:
    """Nothing of it is left behind."""
    shop.store.remove("template")
    shop.sync()
    shop.answer("keep")
    shop.fill("template", 30)
    shop.sync()
    assert (shop.holds(), answers(shop.house)) == ((), {})
    assert list(shop.house.room("decisions").glob("answer-*")) == []


def test_a_kept_hold_can_be_followed_after_all(shop: Shop) -> None:
    """The last word counts."""
    shop.store.remove("template")
    shop.sync()
    shop.answer("keep")
    shop.sync()
    assert shop.answer("follow") == 30
    assert shop.sync().exit_code == 0
    assert (shop.holds(), shop.old("template"), shop.shown("template")) == ((), 30, 0)


def test_an_answer_outlives_the_papers_and_the_ledger(shop: Shop) -> None:
    """Somebody clears holds/ out: what was kept stays kept, and its papers come back."""
    shop.store.remove("template")
    shop.sync()
    shop.answer("keep")
    folder = shop.house.room(f"holds/{shop.hold().id}")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert shop.sync().exit_code == 0
    assert (shop.hold().answered, len(shop.listed(shop.hold()))) == ("kept", 30)


def test_an_empty_store_waits_and_can_be_accepted(shop: Shop) -> None:
    """However often it answers empty; after a follow, and only then, files/ is empty too."""
    shop.store.tree.clear()
    for _ in range(2):
        assert shop.sync().exit_code == 4
    assert shop.hold().id.endswith("-whole-store")
    assert shop.answer("follow") == 580
    assert shop.sync().exit_code == 0
    assert content(shop.house.room("files")) == {}
    assert sum(shop.old(top) for top in ("content", "product_images", "template")) == 580
    assert shop.sync().exit_code == 0


def test_an_empty_store_can_be_kept(shop: Shop) -> None:
    """The mirror stays as it is, and nobody is asked again."""
    shop.store.tree.clear()
    shop.sync()
    shop.answer("keep")
    assert shop.sync().exit_code == 0
    assert sum(shop.shown(top) for top in ("content", "product_images", "template")) == 580


def test_nine_percent_a_run_does_not_erode_the_mirror(shop: Shop) -> None:
    """The second run within 30 days is held, whatever else comes in between."""
    shop.lose("content", *range(45))
    assert shop.sync().exit_code == 0
    shop.sync(days=9)
    shop.lose("content", *range(45, 86))
    assert shop.sync().exit_code == 4
    assert "45 left within the 30 days before" in (
        shop.house.room(f"holds/{shop.hold().id}/HOLD.txt").read_text()
    )
    assert len(shop.listed(shop.hold())) == 41


def test_a_run_that_breaks_off_counts_no_loss_that_was_not(shop: Shop) -> None:
    """A store that fails before anything was retired must not add up to a hold."""
    shop.lose("content", *range(30))
    shop.store.put(b"new", "content", "new")
    fetch_many = shop.store.fetch_many

    def broken(*_: object) -> object:
        raise StoreUnreachable("gone")

    for _ in range(5):
        shop.store.fetch_many = broken  # type: ignore[assignment,method-assign]
        with pytest.raises(StoreUnreachable):
            shop.sync()
    shop.store.fetch_many = fetch_many  # type: ignore[method-assign]
    assert shop.sync().exit_code == 0


def test_a_folder_that_could_not_be_listed_changes_no_hold(shop: Shop) -> None:
    """Unknown is not back: what waits there goes on waiting, and nothing new is thought gone."""
    shop.lose("template", *range(25))
    shop.sync()
    before = papers(shop)
    shop.store.unknown = {TreePath("template")}
    assert shop.sync().exit_code == 4
    shop.answer("follow")
    assert shop.sync().exit_code == 3  # followed, but not to be seen: it waits for the next one
    assert shop.shown("template") == 30
    shop.store.unknown = set()
    assert shop.sync().exit_code == 0
    assert (shop.shown("template"), len(before)) == (5, 4)


def test_what_is_excluded_is_no_part_of_a_hold(shop: Shop) -> None:
    """Neither thought gone, nor retired with the folder that a file takes the place of."""
    shop.store.put(b"log", "content", "deep", "x.log")
    shop.store.put(b"jpg", "content", "deep", "x.jpg")
    shop.sync()
    shop.exclude = ("*.log",)
    shop.store.remove("content", "deep")
    shop.store.put(b"a file now", "content", "deep")
    assert shop.sync().exit_code == 0
    assert content(shop.house.room("files/content/deep")) == {"x.log": b"log"}


def test_a_folder_in_place_of_a_held_file_waits_until_the_answer(shop: Shop) -> None:
    """The name can show one of them only; followed, the folder comes in the same run."""
    shop.lose("product_images", *range(45))
    shop.store.put(b"inner", "product_images", "7.jpg", "inner")
    assert shop.sync().exit_code == 4
    files = shop.house.room("files/product_images/7.jpg")
    assert files.read_bytes() == b"product_images 7"
    assert shop.answer("follow") == 45
    assert shop.sync().exit_code == 0
    assert (files / "inner").read_bytes() == b"inner"
    assert (shop.old("product_images"), shop.holds()) == (45, ())


def test_a_folder_stays_as_long_as_what_waits_in_it(shop: Shop) -> None:
    """Manifest and checksums tell of the folder too; followed, it goes with its files."""
    for number in range(30):
        shop.store.put(b"x", "template", "deep", "er", f"{number}")
    shop.sync()
    shop.store.remove("template")
    shop.sync()
    manifest = shop.house.room("MANIFEST.csv").read_text()
    assert "\ntemplate/deep/er,template/deep/er,folder," in manifest
    shop.answer("follow")
    shop.sync()
    assert not shop.house.room("files/template").exists()
    assert "template" not in shop.house.room("MANIFEST.csv").read_text()


def test_a_dry_run_writes_no_paper(shop: Shop) -> None:
    """It tells what would wait, with 4."""
    before = content(shop.house.root / "decisions")
    shop.store.remove("template")
    report = shop.sync(dry_run=True)
    assert (report.exit_code, report.counts["hold"], papers(shop)) == (4, 30, {})
    assert ("hold", "template/0.jpg", "") in report.details["plan"]
    assert content(shop.house.root / "decisions") == before


def test_a_damaged_baseline_stops_the_sync(shop: Shop) -> None:
    """It is never taken for an empty one."""
    shop.house.room("decisions/baselines.json").write_text('{"tops": 3}')
    with pytest.raises(DiskError, match=r"baselines\.json is damaged"):
        shop.sync()


def test_a_damaged_list_only_makes_its_files_wait_anew(shop: Shop) -> None:
    """Whatever became of list.csv or hold.json, nothing is retired."""
    shop.store.remove("template")
    shop.sync()
    for name, junk in (("list.csv", b'\x00"\xff'), ("hold.json", b"{")):
        shop.house.room(f"holds/{shop.holds()[0].id}/{name}").write_bytes(junk)
        assert shop.sync().exit_code == 4
        assert shop.shown("template") == 30


def test_hostile_names_are_harmless_in_the_papers(shop: Shop) -> None:
    """Line breaks, escapes and commas of a shop's names stay within their line and cell."""
    folder = "evil\n\x1b[2J,\u202e" + "x" * 200
    shop.fill(folder, 25)
    shop.sync()
    shop.store.remove(folder)
    shop.sync()
    _, hold = shop.holds()  # the first tells of the 25 long names that came
    assert len(shop.listed(hold)) == 25
    words = shop.house.room(f"holds/{hold.id}/HOLD.txt").read_text()
    assert all(line.isprintable() for line in (*words.splitlines(), hold.id, hold.title))


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0c", "\x1e", "\n", "\r"])
def test_no_line_break_in_a_name_lists_another_file(shop: Shop, mark: str) -> None:
    """The shop can not have an answer cover a file that the hold does not name."""
    shop.store.put(b"x", "template", f"a{mark}content", "0.jpg")
    shop.sync()
    shop.store.remove("template")
    shop.sync()
    listed = {*listed_paths(shop.house, shop.hold().id)}
    assert TreePath("content/0.jpg") not in listed
    assert (len(listed), {path.top for path in listed}) == (31, {"template"})


# --- a mass change


def change(shop: Shop, files: int) -> None:
    for number in range(files):
        shop.store.put(f"defaced {number}".encode(), "content", f"{number}.jpg")


def snapshot(shop: Shop, name: str, verdict: str) -> None:
    folder = shop.house.room(f"snapshots/{name}")
    folder.mkdir()
    (folder / "VERDICT.txt").write_text(f"a snapshot\nverdict: {verdict}\n")


GOOD = "snapshots/2025-11-22T030000Z"


def with_snapshots(shop: Shop) -> None:
    snapshot(shop, "2025-11-21T030000Z", "COMPLETE")
    snapshot(shop, "2025-11-22T030000Z", "COMPLETE")
    snapshot(shop, "2025-11-23T030000Z", "SUSPECT (taken under a hold)")
    shop.house.room("snapshots/2025-11-23T040000Z").mkdir()
    shop.house.room("snapshots/CHAIN").touch()


def test_a_mass_change_is_taken_and_alarmed_once(shop: Shop) -> None:
    """Exit 3 in the run that found it; the newest complete snapshot from before is pinned."""
    with_snapshots(shop)
    change(shop, 300)
    report = shop.sync()
    hold = shop.hold()
    assert (report.outcome, report.exit_code, report.counts["fetched"]) == ("partial", 3, 300)
    assert (hold.kind, hold.refers) == ("changed", (GOOD,))
    assert pins(shop.house)[GOOD].by == hold.id
    words = shop.house.room(f"holds/{hold.id}/HOLD.txt").read_text()
    (old,) = (one for one in shop.house.room("old-versions").iterdir() if one.is_dir())
    assert f"old-versions/{old.name}/" in words
    assert GOOD in words
    assert (shop.sync().exit_code, len(shop.holds())) == (0, 1)


def test_a_second_mass_change_belongs_to_the_open_alarm(shop: Shop) -> None:
    """A later snapshot holds the damage, however complete it is: it is not pinned instead."""
    with_snapshots(shop)
    change(shop, 300)
    shop.sync()
    snapshot(shop, "2025-11-24T030000Z", "COMPLETE")
    shop.store.clock += 5
    for number in range(400):
        shop.store.put(f"again {number}".encode(), "content", f"{number}.jpg")
    assert shop.sync().exit_code == 3
    assert (shop.hold().refers, list(pins(shop.house))) == ((GOOD,), [GOOD])


@pytest.mark.parametrize(("word", "left"), [("follow", {}), ("keep", {GOOD: "hand"})])
def test_an_answer_to_a_mass_change_decides_the_pin(
    shop: Shop, word: Word, left: dict[str, str]
) -> None:
    """Meant: left to the rules again. Not meant: kept for good."""
    with_snapshots(shop)
    change(shop, 300)
    shop.sync()
    answer_changed(shop.house, shop.hold(), word, shop.now, QuietPulse())
    assert {point: one.by for point, one in pins(shop.house).items()} == left
    assert (shop.holds(), len(list(shop.house.room("holds/answered").iterdir()))) == ((), 1)


def test_a_pin_by_hand_outlives_a_mass_change_that_was_meant(shop: Shop) -> None:
    """What a person pinned, only a person releases."""
    with_snapshots(shop)
    pin(shop.house, GOOD, Pin("before the sale", 1.0), QuietPulse())
    change(shop, 300)
    shop.sync()
    answer_changed(shop.house, shop.hold(), "follow", shop.now, QuietPulse())
    assert pins(shop.house)[GOOD].why == "before the sale"


def test_equal_bytes_under_new_stamps_are_no_mass_change(shop: Shop) -> None:
    """A shop that moved to other servers: the alarm is taken back, and its pin."""
    with_snapshots(shop)
    for path, body in list(shop.store.tree.items()):
        if body is not None:
            shop.store.put(body, *path.names)
    report = shop.sync()
    assert (report.exit_code, report.counts["unchanged"]) == (0, 580)
    assert (shop.holds(), pins(shop.house), papers(shop)) == ((), {}, {})


def test_a_first_sync_in_two_parts_is_no_mass_change(tmp_path: Path) -> None:
    """Until the store was held whole once, nothing is growth."""
    shop = Shop(tmp_path)
    shop.fill("content", 100)
    shop.store.broken = {TreePath(f"content/{n}.jpg") for n in range(90)}
    assert shop.sync().exit_code == 3
    shop.store.broken = set()
    assert (shop.sync().exit_code, shop.holds()) == (0, ())
    shop.fill("template", 200)
    assert shop.sync().exit_code == 3  # now it is


def test_a_mass_change_without_a_snapshot_says_so(shop: Shop) -> None:
    """Nothing to pin; the old versions are there all the same."""
    change(shop, 300)
    shop.sync()
    words = shop.house.room(f"holds/{shop.hold().id}/HOLD.txt").read_text()
    assert "no complete snapshot stood before it" in words
    assert pins(shop.house) == {}


def test_a_refused_export_is_put_away_by_an_answer(shop: Shop) -> None:
    """Nothing of it is deleted."""
    folder = shop.house.room("holds/2025-11-23T121500Z-orders")
    folder.mkdir()
    (folder / "HOLD.txt").write_text("why")
    put_refused_away(shop.house, shop.hold(), shop.now)
    away = shop.house.room("holds/answered/2025-11-23T121500Z-orders/HOLD.txt").read_text()
    assert (shop.holds(), away.splitlines()[-1]) == ((), "why")


# --- room on the disk


@pytest.mark.parametrize(
    ("sizes", "free", "room"),
    [
        ([], -1, Room(SMALL, 0)),
        ([(0, 3, 0)], -1, Room(SMALL, 0)),
        ([(10, 2, 20)], 20, Room(SMALL, 20)),
        ([(10, 2, 20)], 19, None),
        ([(10, 2, 20), (SMALL + 1, 2, 2 * SMALL + 2)], 40, Room(SMALL, 20, 2, 2 * SMALL + 2)),
        (
            [(10, 1, 10), (SMALL + 1, 1, SMALL + 1), (SMALL + 9, 1, SMALL + 9)],
            2 * SMALL,
            Room(SMALL + 1, SMALL + 11, 1, SMALL + 9),
        ),
    ],
)
def test_large_files_wait_for_room(
    sizes: list[tuple[int, int, int]], free: int, room: Room | None
) -> None:
    """All small ones or none; of the large ones as many as fit, the smaller first."""
    assert room_for(sizes, free) == room


def test_a_large_file_without_room_is_left_out_and_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All else comes, pictures of products first; the reserve is never touched."""
    monkeypatch.setattr("mirrord.disk.planned.SMALL", 100)
    monkeypatch.setattr("mirrord.jobs.room.SMALL", 100)
    shop.store.put(b"v" * 5_000, "content", "a film")
    shop.store.put(b"s" * 10, "content", "small")
    shop.store.put(b"p" * 10, "product_images", "picture")
    real = os.statvfs(shop.house.root)

    class Tight:
        f_frsize = 1
        f_bavail = (256 << 20) + 1_000

    monkeypatch.setattr(os, "statvfs", lambda _: Tight)
    shop.store.fetches.clear()
    report = shop.sync()
    assert (report.exit_code, report.counts["fetched"]) == (3, 2)
    assert "1 files, 5,000 bytes wait for room on the disk" in report.findings[0]
    assert shop.store.fetches[:2] == ["product_images/picture", "content/small"]
    Tight.f_bavail = (256 << 20) + 5
    shop.store.put(b"t" * 10, "content", "another")
    with pytest.raises(DiskFull):
        shop.sync()
    monkeypatch.setattr(os, "statvfs", lambda _: real)
    assert shop.sync().exit_code == 0
    assert shop.house.room("files/content/a film").stat().st_size == 5_000


def test_baselines_are_a_decision_of_their_own(shop: Shop) -> None:
    """Told in decisions/, so that they outlive the ledger."""
    told = json.loads(shop.house.room("decisions/baselines.json").read_text())
    assert {top: one["files"] for top, one in told["tops"].items()} == {
        "content": 500,
        "product_images": 50,
        "template": 30,
    }
