"""One sync after another, against a shop in memory: the laws of the mirror."""

import csv
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mirrord.core.entry import Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.core.guard import Limits
from mirrord.core.report import Outcome, Report
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.naming import naming_of
from mirrord.errors import DiskFull, ListingBroken, MirrorMissing, Stopped, StoreUnreachable
from mirrord.jobs import sync as sync_room
from mirrord.jobs.sync import Sync
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.houses import NOW, content, new_house


class Shop:
    """A store in memory, its house, and a clock that moves a minute a sync."""

    def __init__(self, mirror: Path) -> None:
        self.house: House = new_house(mirror)
        self.store = MemoryFiles()
        self.now = float(NOW)
        self.exclude: tuple[str, ...] = ()

    def sync(self, pulse: QuietPulse | None = None, **options: Any) -> Report:
        self.now += 60
        job = Sync(self.house, self.store, Limits(), self.exclude, lambda: self.now, **options)
        return job.run(pulse or QuietPulse())

    def fill(self, folder: str, files: int) -> None:
        for number in range(files):
            self.store.put(f"{folder} {number}".encode(), folder, f"{number}.jpg")

    def files(self) -> dict[str, bytes | None]:
        return content(self.house.room("files"))

    def old(self) -> dict[str, bytes | None]:
        """Old versions by path, whatever the run."""
        found = content(self.house.room("old-versions"))
        return {p.split("/", 1)[1]: b for p, b in found.items() if "/" in p and b is not None}

    def check(self) -> None:
        """Law 1: files/ equals the store, manifest and checksums equal files/, no plan is left."""
        wanted = {"/".join(path.names): body for path, body in self.store.tree.items()}
        assert self.files() == wanted
        subprocess.run(
            ["sha256sum", "--quiet", "-c", "../SHA256SUMS"],
            cwd=self.house.room("files"),
            check=True,
        )
        sums = self.house.room("SHA256SUMS").read_text().count("\n")
        assert sums == sum(body is not None for body in wanted.values())
        assert self.house.room("MANIFEST.csv").read_text().count("\n") == len(wanted) + 1
        report = self.sync(dry_run=True)
        assert report.details["plan"] == []


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_first_sync_brings_the_whole_tree(shop: Shop) -> None:
    """Files with their times, empty folders, checksums, manifest; then nothing is left to do."""
    shop.fill("product_images", 3)
    shop.store.make_folder("content", "empty")
    shop.store.put(b"x" * 100, "content", "name with %2F, # and ?")
    report = shop.sync()
    assert (report.outcome, report.counts["fetched"], report.counts["folders"]) == ("ok", 4, 3)
    shop.check()


def test_a_second_sync_of_an_unchanged_shop_fetches_only_the_sample(shop: Shop) -> None:
    """And writes neither manifest nor checksums anew, unless a stamp moved."""
    shop.fill("product_images", 40)
    shop.sync()
    papers = [shop.house.room(name) for name in ("SHA256SUMS", "MANIFEST.csv")]
    before = [paper.stat().st_ino for paper in papers]
    shop.store.fetches.clear()
    report = shop.sync()
    assert (report.counts["fetched"], len(shop.store.fetches)) == (0, 5)
    assert [paper.stat().st_ino for paper in papers] == before
    shop.check()


@pytest.mark.parametrize("name", ["SHA256SUMS", "MANIFEST.csv"])
def test_a_manifest_that_was_taken_away_is_written_again(shop: Shop, name: str) -> None:
    """Also by a sync that finds nothing changed."""
    shop.fill("product_images", 3)
    shop.sync()
    paper = shop.house.room(name)
    before = paper.read_bytes()
    paper.unlink()
    shop.sync()
    assert paper.read_bytes() == before


def test_changes_replacements_and_removals_follow_the_shop(shop: Shop) -> None:
    """Law 1 after each; what left files/ lies in old-versions/ under its old path."""
    shop.fill("content", 5)
    shop.sync()
    shop.store.put(b"changed", "content", "0.jpg")
    shop.store.remove("content", "1.jpg")
    shop.store.put(b"added", "content", "deeper", "new.css")
    report = shop.sync()
    shop.check()
    assert (report.counts["fetched"], report.counts["retired"]) == (2, 1)
    assert shop.old() == {"content/0.jpg": b"content 0", "content/1.jpg": b"content 1"}


def test_a_file_becomes_a_folder_and_a_file_again(shop: Shop) -> None:
    """Each kind makes way for the other, nothing of either is lost."""
    shop.store.put(b"file", "content", "thing")
    shop.sync()
    shop.store.remove("content", "thing")
    shop.store.put(b"inside", "content", "thing", "deep", "inner")
    shop.sync()
    shop.check()
    shop.store.remove("content", "thing")
    shop.store.put(b"file again", "content", "thing")
    shop.sync()
    shop.check()
    assert shop.old() == {"content/thing": b"file", "content/thing/deep/inner": b"inside"}


def test_a_removed_folder_goes_with_all_its_files(shop: Shop) -> None:
    """Few enough to be believed; empty folders leave no trace."""
    shop.fill("content", 300)
    shop.store.put(b"1", "content", "old", "a", "x")
    shop.sync()
    shop.store.remove("content", "old")
    shop.sync()
    shop.check()


def test_a_mass_vanishing_is_held_and_all_else_goes_on(shop: Shop) -> None:
    """Law 4: the vanished stay shown, additions and changes come, exit code 4, run after run."""
    shop.fill("product_images", 50)
    shop.fill("content", 500)
    shop.sync()
    shop.store.remove("product_images")
    shop.store.put(b"new", "content", "new")
    shop.store.put(b"changed", "content", "0.jpg")
    shop.store.remove("content", "1.jpg")
    for _ in range(2):
        report = shop.sync()
        assert (report.outcome, report.exit_code) == (Outcome.HELD, 4)
        assert "50 of 50 files in the folder product_images" in report.findings[0]
    files = shop.files()
    assert files["product_images/49.jpg"] == b"product_images 49"
    assert (files["content/new"], files["content/0.jpg"]) == (b"new", b"changed")
    assert "content/1.jpg" not in files


def test_a_shop_that_answers_empty_removes_nothing(shop: Shop) -> None:
    """However small it is."""
    shop.fill("content", 2)
    shop.sync()
    shop.store.tree.clear()
    assert shop.sync().exit_code == 4
    assert len(shop.files()) == 3


def test_a_hold_goes_by_itself_when_the_shop_is_whole_again(shop: Shop) -> None:
    """Nothing has to be answered then."""
    shop.fill("content", 40)
    shop.sync()
    whole = dict(shop.store.tree)
    shop.store.remove("content")
    assert shop.sync().exit_code == 4
    shop.store.tree = whole
    assert shop.sync().exit_code == 0
    shop.check()


def test_a_file_in_place_of_a_held_folder_waits_with_it(shop: Shop) -> None:
    """What a hold protects is not cleared away for what comes in its place."""
    shop.fill("product_images", 30)
    shop.fill("content", 30)
    shop.sync()
    shop.store.remove("product_images")
    shop.store.put(b"a file now", "product_images")
    assert shop.sync().exit_code == 4
    assert shop.files()["product_images/7.jpg"] == b"product_images 7"


def test_a_folder_that_could_not_be_listed_keeps_all_it_has(shop: Shop) -> None:
    """Unknown is not empty; the rest goes on, and the report names the folder."""
    shop.fill("content", 3)
    shop.fill("template", 3)
    shop.sync()
    shop.store.unknown = {TreePath("template")}
    shop.store.remove("content", "0.jpg")
    report = shop.sync()
    assert (report.outcome, report.exit_code) == (Outcome.PARTIAL, 3)
    assert "the folder template could not be listed" in report.findings[0]
    assert {path for path in shop.files() if path.startswith("template/")} == {
        f"template/{n}.jpg" for n in range(3)
    }
    assert "content/0.jpg" not in shop.files()


def test_a_file_that_the_store_would_not_tell_of_is_not_gone(shop: Shop) -> None:
    """A child whose properties are refused comes as unknown itself, without an entry."""
    shop.fill("content", 3)
    shop.sync()
    body = shop.store.tree.pop(TreePath("content/1.jpg"))
    real = shop.store.list

    def refusing(pulse: Any, known: Any) -> Any:
        yield from real(pulse, known)
        yield UnknownFolder(TreePath("content/1.jpg"), "its properties were refused (403)")

    shop.store.list = refusing  # type: ignore[method-assign]
    assert shop.sync().exit_code == 3
    assert shop.files()["content/1.jpg"] == body


def test_one_file_that_can_not_be_fetched_keeps_its_old_version(shop: Shop) -> None:
    """The others come; the run is done in part and names it."""
    shop.fill("content", 3)
    shop.sync()
    shop.store.put(b"newer", "content", "1.jpg")
    shop.store.put(b"newer", "content", "2.jpg")
    shop.store.broken = {TreePath("content/1.jpg")}
    report = shop.sync()
    assert (report.exit_code, report.counts["failed"]) == (3, 1)
    assert "content/1.jpg" in report.findings[0]
    assert shop.files()["content/1.jpg"] == b"content 1"
    assert shop.files()["content/2.jpg"] == b"newer"
    shop.store.broken.clear()
    shop.sync()
    shop.check()


def test_a_store_that_does_not_answer_retires_nothing(shop: Shop) -> None:
    """The error is raised, everything stays."""
    shop.fill("content", 3)
    shop.sync()
    before = content(shop.house.root)
    shop.store.unreachable = True
    with pytest.raises(StoreUnreachable):
        shop.sync()
    after = content(shop.house.root)
    assert {p: b for p, b in after.items() if ".mirrord" not in p} == {
        p: b for p, b in before.items() if ".mirrord" not in p
    }


def test_a_sync_that_breaks_off_still_tells_of_what_came(shop: Shop) -> None:
    """The checksums of a first sync that takes days are of use before its end."""
    shop.fill("content", 5)
    real = shop.store.fetch_many

    def breaking(*given: Any) -> Any:
        for number, one in enumerate(real(*given)):
            if number == 3:
                raise StoreUnreachable("gone")
            yield one

    shop.store.fetch_many = breaking  # type: ignore[method-assign]
    with pytest.raises(StoreUnreachable):
        shop.sync()
    sums = shop.house.room("SHA256SUMS").read_text()
    assert sums.count("\n") == len([body for body in shop.files().values() if body]) == 3


@pytest.mark.parametrize("why", [Stopped(), DiskFull("full"), StoreUnreachable("gone")])
def test_what_is_under_way_ends_before_its_staging_folder_does(
    shop: Shop, why: BaseException
) -> None:
    """Whatever ends the run: a transfer that is cut has files open there."""
    shop.fill("content", 5)
    real, left = shop.store.fetch_many, []

    class Ending(QuietPulse):
        def progress(self, what: str, done: int, total: int | None) -> None:
            if what == "fetching":
                raise why

    def watched(entries: Any, into: Any, pulse: Any) -> Any:
        try:
            yield from real(entries, into, pulse)
        finally:
            into(Entry(TreePath("content/late.jpg"), Kind.FILE, 4)).discard()
            left.append("in time")

    shop.store.fetch_many = watched  # type: ignore[method-assign]
    with pytest.raises(type(why)) as raised:
        shop.sync(Ending())
    assert (raised.value, left) == (why, ["in time"])


def test_what_is_lost_or_altered_here_comes_back(shop: Shop) -> None:
    """Each sync looks at every file it holds; the stranger's bytes are set aside."""
    shop.fill("content", 4)
    shop.store.make_folder("content", "empty")
    shop.sync()
    files = shop.house.room("files/content")
    (files / "0.jpg").unlink()
    (files / "1.jpg").unlink()
    (files / "1.jpg").write_bytes(b"ransom")
    os.utime(files / "2.jpg", (1, 1))
    (files / "empty").rmdir()
    report = shop.sync()
    assert (report.outcome, report.counts["set aside"]) == (Outcome.OK, 1)
    shop.check()
    aside = content(shop.house.room("set-aside"))
    assert [body for body in aside.values() if body is not None] == [b"ransom"]


def test_a_silent_change_is_found_within_the_promised_runs(shop: Shop) -> None:
    """Same size, no stamps at all: the rotating sample reads every such file within 20 runs."""
    shop.fill("content", 100)

    def silent(path: TreePath, body: bytes | None) -> Entry:
        told = MemoryFiles._entry(shop.store, path, body)
        return Entry(told.path, told.kind, told.size, Stamp())

    shop.store._entry = silent  # type: ignore[method-assign]
    shop.sync()
    path = TreePath("content/77.jpg")
    shop.store.tree[path] = b"CONTENT 77"
    runs = [shop.sync() for _ in range(5)]  # 20 of 100 files a run
    assert sum(report.counts["silently changed"] for report in runs) == 1
    assert shop.files()["content/77.jpg"] == b"CONTENT 77"
    assert shop.old() == {"content/77.jpg": b"content 77"}


def test_a_dry_run_tells_the_plan_and_does_nothing(shop: Shop) -> None:
    """What would come and go, with the reason; the house stays as it is."""
    shop.fill("content", 2)
    shop.sync()
    shop.store.put(b"new", "content", "new")
    shop.store.remove("content", "0.jpg")
    before = shop.files()
    report = shop.sync(dry_run=True)
    assert report.details["plan"] == [
        ("retire", "content/0.jpg", ""),
        ("fetch", "content/new", "new"),
    ]
    assert (shop.files(), report.counts["fetch"], report.counts["retire"]) == (before, 1, 1)


def test_what_the_config_excludes_is_neither_fetched_nor_retired(shop: Shop) -> None:
    """A pattern names files or whole folders; what is held of them stays."""
    shop.store.put(b"log", "content", "big.log")
    shop.store.put(b"cache", "cache", "deep", "x")
    shop.store.put(b"keep", "content", "keep")
    shop.sync()
    shop.exclude = ("*.log", "cache")
    shop.store.put(b"changed", "content", "big.log")
    shop.store.remove("cache")
    report = shop.sync()
    assert report.outcome is Outcome.OK
    assert shop.files()["content/big.log"] == b"log"
    assert shop.files()["cache/deep/x"] == b"cache"


def test_a_stop_in_the_middle_keeps_what_was_done(shop: Shop) -> None:
    """At every single step of a first sync: the next run heals, staging is clean."""
    shop.fill("content", 6)
    steps = 0
    for stop_at in range(1, 40):
        shutil.rmtree(shop.house.room("files"))
        shop.house.room("files").mkdir(0o750)
        shop.house.room(".mirrord/ledger.db").unlink(missing_ok=True)
        try:
            shop.sync(QuietPulse(stop_at=stop_at))
        except Stopped:
            steps += 1
        else:
            break
        assert content(shop.house.room(".mirrord/staging/files")) == {}
        for path, body in shop.files().items():
            assert shop.store.tree[TreePath.of(path.split("/"))] == body
        shop.sync()
        shop.check()
    assert 10 < steps < 39


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The total is compared with the free space first."""
    shop.fill("content", 2)
    real = os.statvfs(shop.house.root)

    class Full:
        f_bavail, f_frsize = 1, real.f_frsize

    monkeypatch.setattr(os, "statvfs", lambda _: Full)
    with pytest.raises(DiskFull, match="nothing was fetched"):
        shop.sync()
    assert shop.files() == {}


def test_a_lost_ledger_does_not_cost_a_byte(shop: Shop) -> None:
    """Everything is compared with the store again; equal bytes are recognised as ours."""
    shop.fill("content", 4)
    shop.sync()
    for file in shop.house.room(".mirrord").glob("ledger.db*"):
        file.unlink()
    report = shop.sync()
    assert (report.outcome, report.counts["set aside"], shop.old()) == (Outcome.OK, 0, {})
    shop.check()


def test_two_runs_of_one_second_do_not_share_a_folder_of_old_versions(shop: Shop) -> None:
    """The second one gets the next free name."""
    shop.fill("content", 30)
    shop.sync()
    for body in (b"second", b"third"):
        shop.store.put(body, "content", "0.jpg")
        shop.now -= 60
        shop.sync()
    old = content(shop.house.room("old-versions"))
    files = [body for path, body in old.items() if "/" in path and body is not None]
    assert sorted(files) == [b"content 0", b"second"]
    assert sum("/" not in path and body is None for path, body in old.items()) == 2


def test_a_mirror_that_goes_away_in_the_middle_gets_nothing_more(shop: Shop) -> None:
    """The marker is looked at before each step that lasts."""
    shop.fill("content", 3)

    class Unmounting(QuietPulse):
        def progress(self, what: str, done: int, total: int | None) -> None:
            if what == "listing":
                (shop.house.mirror / "MIRROR-DISK-DO-NOT-DELETE").unlink(missing_ok=True)

    with pytest.raises(MirrorMissing):
        shop.sync(Unmounting())
    assert shop.files() in ({}, {"content": None})


def test_a_listing_that_breaks_at_the_root_is_an_error(shop: Shop) -> None:
    """And nothing else happens."""
    shop.fill("content", 3)
    shop.sync()

    def broken(*_: object) -> Any:
        raise ListingBroken("the root answers HTML")

    shop.store.list = broken  # type: ignore[method-assign]
    with pytest.raises(ListingBroken):
        shop.sync()
    assert len(shop.files()) == 4


def test_names_that_no_disk_holds_are_told_in_the_manifest(shop: Shop) -> None:
    """The local name beside the true one, which can be computed back from its percent form."""
    long = "x" * 300
    shop.store.put(b"1", long)
    shop.store.put(b"2", "a/b")
    shop.sync()
    rows = shop.house.room("MANIFEST.csv").read_text().splitlines()[1:]
    by_store = {row.split(",")[1]: row.split(",")[0] for row in rows}
    assert set(by_store) == {long, "a%2Fb"}
    assert {shop.files()[local] for local in by_store.values()} == {b"1", b"2"}
    with Ledger(shop.house.room(".mirrord/ledger.db")) as ledger:
        assert ledger.totals()["files"] == 2


def test_a_name_with_any_line_break_is_one_row_of_the_manifest(shop: Shop) -> None:
    """Also one with a carriage return alone, which a reader of CSV takes for the end of a row."""
    names = ["a\rb", "a\nb", "a\r\nb", "\r"]
    for name in names:
        shop.store.put(name.encode(), "content", name)
    shop.sync()
    with shop.house.room("MANIFEST.csv").open(newline="") as file:
        told = [row["local path"] for row in csv.DictReader(file)]
    assert sorted(told) == sorted(["content", *(f"content/{name}" for name in names)])


def test_many_files_taken_as_served_are_counted_and_not_all_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that lists every size wrongly must not fill the report."""
    shop.fill("content", 105)
    real = MemoryFiles._entry

    def too_long(store: MemoryFiles, path: TreePath, body: bytes | None) -> Entry:
        entry = real(store, path, body)
        return entry if body is None else replace(entry, size=len(body) + 1)

    monkeypatch.setattr(MemoryFiles, "_entry", too_long)
    findings = shop.sync().findings
    assert len(findings) == 101
    assert findings[-1] == "and 5 more files taken as served"


def test_thousands_of_files_are_retired_batch_by_batch(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out between two batches, and folders go after what was in them."""
    monkeypatch.setattr(sync_room, "_RETIRED_AT_ONCE", 7)
    shop.fill("content", 400)
    for number in range(30):
        shop.store.put(b"x", "content", "old", f"{number}")
    shop.sync()
    shop.store.remove("content", "old")
    assert shop.sync().counts["retired"] == 30
    shop.check()


def test_on_a_disk_that_folds_names_both_of_a_pair_are_held(shop: Shop) -> None:
    """The second gets a local name and keeps it; a third run has nothing to do."""
    naming_of(shop.house)
    facts = shop.house.room(".mirrord/disk.json")
    facts.write_text(facts.read_text().replace('"folds_case": false', '"folds_case": true'))
    shop.store.put(b"upper", "A.jpg")
    shop.store.put(b"lower", "a.jpg")
    shop.store.put(b"in upper", "Dir", "x")
    shop.store.put(b"in lower", "dir", "x")
    shop.sync()
    first = shop.files()
    assert sorted(name.partition("~")[0] for name in first) == [
        *("A.jpg", "Dir", "Dir/x", "a.jpg", "dir", "dir"),
    ]
    assert {b"upper", b"lower", b"in upper", b"in lower"} <= set(first.values())
    shop.store.put(b"lower, changed", "a.jpg")
    shop.sync()
    assert shop.files().keys() == first.keys()
    assert shop.sync(dry_run=True).details["plan"] == []
