"""The ledger lost under a mirror: it is rebuilt before anything goes by it."""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from mirrord.core.report import Outcome, Report
from mirrord.disk.diary import Diary
from mirrord.disk.house import House, open_house
from mirrord.disk.ledger import Ledger
from mirrord.errors import DiskError, LedgerBroken
from mirrord.jobs import running
from mirrord.jobs.lost_ledger import reindex_if_gone, with_rebuilt
from mirrord.jobs.reindex import Reindex
from mirrord.jobs.status import open_diary
from tests.fakes import QuietPulse
from tests.houses import NOW, content
from tests.jobs.test_sync import Shop

ROOMS = ("files", "old-versions", "set-aside")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of 30 files in two folders, one of them personal, mirrored."""
    shop = Shop(tmp_path)
    shop.fill("product_images", 25)
    shop.fill("exports", 5)
    shop.store.make_folder("content", "empty")
    assert shop.sync().outcome == "ok"
    shop.store.fetches.clear()
    return shop


def lose(house: House) -> None:
    """As a person does; the rooms are there again at the next command."""
    shutil.rmtree(house.room(".mirrord"))
    open_house(house.mirror, house.key, "Jo, +44 20 7946 0000")


def reindex(shop: Shop) -> Report:
    return Reindex(shop.house, lambda: shop.now).run(QuietPulse())


def held(house: House) -> dict[str, dict[str, bytes | None]]:
    return {room: content(house.room(room)) for room in ROOMS}


def test_after_a_rebuild_the_next_plan_is_empty(shop: Shop) -> None:
    """Law 6: nothing is fetched, moved or found; dates and ETags are those of before."""
    before = held(shop.house)
    lose(shop.house)
    report = reindex(shop)
    assert (report.outcome, report.findings, report.counts["files"]) == ("ok", (), 30)
    assert shop.sync(dry_run=True).details["plan"] == []
    assert (held(shop.house), shop.store.fetches) == (before, [])
    shop.check()


def test_what_was_taken_as_served_is_not_fetched_again(shop: Shop) -> None:
    """Its listed size, which is not that of the bytes, is in the manifest."""
    with Ledger(shop.house.room(".mirrord/ledger.db")) as ledger:
        before = list(ledger.held())
    lose(shop.house)
    reindex(shop)
    with Ledger(shop.house.room(".mirrord/ledger.db")) as ledger:
        assert list(ledger.held()) == before


def test_what_a_rebuild_finds_is_healed_by_the_next_sync(shop: Shop) -> None:
    """A turned bit under the old date, a file gone: fetched again, the bad bytes kept aside."""
    files = shop.house.room("files/product_images")
    rotten = files / "1.jpg"
    rotten.chmod(0o640)
    with rotten.open("r+b") as file:
        file.write(b"P")
    (files / "2.jpg").unlink()
    os.utime(rotten, (1_700_000_020, 1_700_000_020))
    lose(shop.house)
    report = reindex(shop)
    assert (report.exit_code, report.counts["altered"], report.counts["missing"]) == (3, 1, 1)
    assert [finding.split()[0] for finding in report.findings] == [
        "product_images/1.jpg",
        "product_images/2.jpg",
    ]
    shop.sync()
    shop.check()
    kept = [body for body in content(shop.house.room("set-aside")).values() if body]
    assert kept == [b"Product_images 1"]


def test_a_mirror_without_ledger_is_never_taken_for_a_new_one(shop: Shop) -> None:
    """Also where the shop is empty at that moment: what is held stays held."""
    before = held(shop.house)
    lose(shop.house)
    rebuilt = reindex_if_gone(shop.house, lambda: shop.now, QuietPulse())
    assert rebuilt is not None
    assert rebuilt.counts["files"] == 30
    assert reindex_if_gone(shop.house, lambda: shop.now, QuietPulse()) is None
    shop.store.tree.clear()
    assert shop.sync().outcome == "held"
    assert held(shop.house) == before


def test_a_job_tells_what_the_rebuild_before_it_found() -> None:
    """A good run is then one in part; a worse one stays as it is."""
    good = Report("files", "acme", NOW, NOW, Outcome.OK, findings=("own",))
    found = Report("reindex", "acme", NOW, NOW, Outcome.PARTIAL, 3, findings=("lost",))
    told = with_rebuilt(good, found)
    assert (told.outcome, told.exit_code, told.findings) == ("partial", 3, ("own", "lost"))
    failed = Report("files", "acme", NOW, NOW, Outcome.FAILED, 5)
    assert (with_rebuilt(failed, found).outcome, with_rebuilt(failed, found).exit_code) == (
        "failed",
        5,
    )
    assert with_rebuilt(good, None) == good


def test_without_any_paper_all_is_said_to_be_unproven(shop: Shop) -> None:
    """And compared with the shop's, the plan being empty."""
    for paper in ("MANIFEST.csv", "SHA256SUMS"):
        shop.house.room(paper).unlink()
    lose(shop.house)
    report = reindex(shop)
    assert (report.exit_code, len(report.findings)) == (3, 1)
    assert "proven by nothing" in report.findings[0]
    assert shop.sync(dry_run=True).details["plan"] == []
    assert shop.sync().counts["read again"] == 20
    shop.check()


def test_without_one_paper_the_other_one_tells(shop: Shop) -> None:
    """Which, and what is less known for it, is a finding."""
    for paper, other in (("SHA256SUMS", "MANIFEST.csv"), ("MANIFEST.csv", "SHA256SUMS")):
        shop.house.room(paper).unlink()
        lose(shop.house)
        (finding,) = reindex(shop).findings
        assert finding.startswith(f"{paper}: missing; what it should tell was taken from {other}")
        assert shop.sync(dry_run=True).details["plan"] == []
        shop.sync()
        shop.check()


@pytest.mark.parametrize("damage", ["zeroed page", "no database", "another version"])
def test_a_damaged_ledger_is_moved_away_and_rebuilt(shop: Shop, damage: str) -> None:
    """The error says so, word by word; and then it works."""
    ledger = shop.house.room(".mirrord/ledger.db")
    if damage == "another version":
        database = sqlite3.connect(ledger)
        database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        with ledger.open("r+b") as file:
            file.seek(0 if damage == "no database" else 4096)
            file.write(b"\0" * 4096)
    remedy = "move `.mirrord/ledger.db` away and run `mirrord reindex`"
    with pytest.raises(LedgerBroken, match=remedy):
        shop.sync()
    ledger.rename(shop.house.room("moved-away.db"))
    assert reindex(shop).outcome == "ok"
    shop.check()


def test_a_ledger_deleted_under_a_run_spoils_no_later_one(shop: Shop) -> None:
    """The run under way may fail or end; the next one finds the ledger gone and rebuilds it."""
    before = held(shop.house)
    with Ledger(shop.house.room(".mirrord/ledger.db")) as orphan:
        assert orphan.totals()["files"] == 30
        lose(shop.house)
        assert reindex_if_gone(shop.house, lambda: shop.now, QuietPulse()) is not None
    # closing the old one must not take the new one's log with it
    assert shop.sync(dry_run=True).details["plan"] == []
    assert held(shop.house) == before
    shop.check()


def test_a_sync_whose_ledger_is_deleted_under_it_harms_nothing(shop: Shop) -> None:
    """Whatever becomes of that run, the next rebuild and sync make all whole again."""
    shop.store.put(b"new", "content", "new.css")
    shop.store.remove("product_images", "3.jpg")

    class Deleting(QuietPulse):
        def progress(self, what: str, done: int, total: int | None) -> None:
            if what == "fetching" and self.stop_at is None:
                shutil.rmtree(shop.house.room(".mirrord"), ignore_errors=True)

    with pytest.raises(DiskError):
        shop.sync(Deleting())
    open_house(shop.house.mirror, shop.house.key, "")
    assert reindex_if_gone(shop.house, lambda: shop.now, QuietPulse()) is not None
    shop.sync()
    shop.check()
    assert b"product_images 3" in shop.old().values()


def test_the_diary_learns_from_the_status_what_ran_before(tmp_path: Path) -> None:
    """Last runs, last good ones and so the due times are those of before; only once."""
    shop = Shop(tmp_path)
    good = Report("files", "acme", NOW, NOW + 5, Outcome.OK, counts={"fetched": 3})
    bad = Report("files", "acme", NOW + 60, NOW + 61, Outcome.FAILED, 5, findings=("gone",))
    with open_diary(shop.house) as diary:
        for report in (good, bad):
            diary.end(diary.begin("files", report.started), report)
        before = diary.last_reports()
    status = {"jobs": before | {"orders": {"last": None, "last_good": None}}}
    shop.house.room("report/status.json").write_text(json.dumps(status))
    lose(shop.house)
    for _ in range(2):
        with open_diary(shop.house) as diary:
            assert diary.last_reports() == before
            assert diary.last_start("files") == NOW + 60
    with Diary(shop.house.room(".mirrord/diary.db")) as diary:
        diary.remember([good])
        assert diary.last_reports() == before


@pytest.mark.parametrize("text", ["", "[]", '{"jobs": {"files": {"last": {"a": 1}}}}', "{"])
def test_a_status_that_tells_nothing_is_no_hindrance(tmp_path: Path, text: str) -> None:
    """The jobs are due at once then."""
    house = Shop(tmp_path).house
    house.room("report/status.json").write_text(text)
    with open_diary(house) as diary:
        assert diary.last_reports() == {}


def test_every_job_that_goes_by_the_ledger_has_it_rebuilt_first(shop: Shop) -> None:
    """By the files lane's lock, which a job of another lane takes for that time."""
    for name in ("files", "snapshot", "verify", "prune"):
        shop.house.room(".mirrord/ledger.db").unlink()
        rebuilt = running._with_ledger(shop.house, name, QuietPulse(), lambda: shop.now, wait=False)
        assert rebuilt is not None, name
    shop.house.room(".mirrord/ledger.db").unlink()
    for name in ("orders", "reindex"):
        told = running._with_ledger(shop.house, name, QuietPulse(), lambda: 0.0, wait=False)
        assert told is None
