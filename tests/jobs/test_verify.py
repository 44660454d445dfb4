"""The check of what is held: what it finds, what it puts right, what it must never say."""

import os
import random
import threading
from pathlib import Path

import pytest

from mirrord.core.entry import TreePath
from mirrord.core.report import Outcome
from mirrord.disk.house import House
from mirrord.errors import Stopped
from mirrord.jobs.verify import Pace
from tests.disk.test_themes import place
from tests.estate import DAY, POINT, Estate, flip
from tests.fakes import QuietPulse
from tests.houses import content, modes
from tests.zips import packed

FLIPS = int(os.environ.get("MIRRORD_FLIPS", "300"))
CLEAN = int(os.environ.get("MIRRORD_CLEAN_RUNS", "8"))


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


def aside(house: House) -> list[bytes]:
    return [path.read_bytes() for path in house.room("set-aside").rglob("*") if path.is_file()]


def test_a_whole_house_is_clean_and_every_byte_was_read(estate: Estate) -> None:
    """Nothing is found, nothing is changed; an inode of many names is read once."""
    estate.export()
    estate.snapshot()
    before = estate.bytes_held()
    report = estate.verify()
    assert (report.outcome, report.exit_code, report.findings) == ("ok", 0, ())
    inodes = {
        path.stat().st_ino
        for room in ("files", "exports", "snapshots", "old-versions")
        for path in estate.house.room(room).rglob("*")
        if path.is_file()
        and path.name not in ("VERDICT.txt", "CHAIN")
        and not is_own_sums(estate, path)
    }
    assert report.counts["read"] == len(inodes)
    assert estate.bytes_held() == before


def test_a_theme_that_rots_is_found_and_healed_from_another_copy(estate: Estate) -> None:
    """By the checksums of its day; what was there is kept, and its group can read it still."""
    place(estate.house, {"u1": packed(), "u2": packed()}, {"u1": "[]"}, unpacked=True)
    assert estate.verify().findings == ()
    room = estate.house.room("themes")
    before = content(room)
    for name in ("Corner-u1.zip", "Corner-u1/config.json"):
        flip(room / "2026-11-23" / name, 77)
    report = estate.verify()
    assert (report.exit_code, report.counts["altered"], report.counts["put right"]) == (3, 2, 2)
    assert (content(room), estate.verify().findings) == (before, ())
    flip(room / "2026-11-23/SHA256SUMS", 3)
    assert "put right" in estate.verify().findings[0]
    assert (content(room), estate.verify().findings) == (before, ())
    assert {mode for name, mode in modes(room).items() if "." in name[1:]} == {"0o440"}


def test_a_theme_that_is_gone_is_found(estate: Estate) -> None:
    """And without another copy told each time."""
    place(estate.house, {"u1": packed()})
    estate.house.room("themes/2026-11-23/Corner-u1.zip").unlink()
    for _ in range(2):
        report = estate.verify()
        assert (report.exit_code, report.counts["missing"]) == (3, 1)
        assert "themes/2026-11-23/Corner-u1.zip: missing" in report.findings[0]


@pytest.mark.parametrize("gone", [False, True])
def test_a_bad_sheet_is_forgotten_until_a_pull_makes_it_anew(estate: Estate, *, gone: bool) -> None:
    """There is no other copy of it, and none is needed; it is told once."""
    estate.export()
    latest = estate.house.room("exports/latest")
    before = content(latest)
    (latest / "orders.xlsx").write_bytes(b"cells and cells")
    (latest / "SHA256SUMS").unlink()
    estate.write_sums(latest)
    assert estate.verify().findings == ()
    flip(latest / "orders.xlsx", 7)
    if gone:
        (latest / "orders.xlsx").unlink()
    assert "no good copy" not in estate.verify(heal=False).findings[0]
    report = estate.verify()
    assert (report.exit_code, report.counts["put right"]) == (3, 1)
    assert "the next pull makes it anew" in report.findings[0]
    assert (content(latest), estate.verify().findings) == (before, ())
    assert (b"cells and cells"[1:] in b"".join(aside(estate.house))) is not gone


def is_own_sums(estate: Estate, path: Path) -> bool:
    """Whether no checksums speak of it: checksums themselves, a verdict, the chain."""
    depth = len(path.relative_to(estate.house.root).parts)
    told = path.name in ("VERDICT.txt", "CHAIN") or path.name.endswith("SHA256SUMS")
    return told and depth <= 3


def test_every_flipped_bit_is_found_and_healed_where_a_good_copy_exists(tmp_path: Path) -> None:
    """Files, manifests, snapshots, exports: found, healed, each in one run; then all is clean."""
    estate = Estate(tmp_path, files=60)
    estate.export()
    estate.snapshot(copy=True)
    estate.verify()
    dice = random.Random(4)
    truth = estate.bytes_held()
    sums = [name for name in truth if name.endswith(("SHA256SUMS", "MANIFEST.csv"))]
    here = [name for name in truth if name.startswith(("files/", "exports/20"))]
    there = [name for name in truth if name.startswith((f"{POINT}/files/", "exports/latest/"))]
    left = FLIPS
    while left > 0:
        # a thing and its only other copy do not rot in one night, nor do checksums and files
        side = dice.choice(([dice.choice(sums)], here, there))
        files = [name for name in side if truth[name] and not name.endswith("receipts.json")]
        chosen = files if files == side else [n for n in files if n not in sums]
        chosen = dice.sample(chosen, min(left, 40, len(chosen)))
        for name in chosen:
            flip(estate.house.room(name), dice.randrange(len(truth[name] or b"") * 8))
        report = estate.verify()
        found = report.counts["altered"] + report.counts["missing"]
        assert (report.exit_code, found) == (3, report.counts["put right"]), report.findings
        assert found >= len(chosen)
        assert estate.bytes_held() == truth, (chosen, report.findings)
        left -= len(chosen)
    assert estate.verify().findings == ()


def test_a_rotten_old_version_is_found_and_told_each_time(estate: Estate) -> None:
    """No other copy of it is left anywhere: the bytes stay as they are, and so does the finding."""
    old = next(estate.house.room("old-versions").glob("*/content/0.txt"))
    flip(old, 7)
    rotten = old.read_bytes()
    for _ in range(2):
        report = estate.verify()
        assert (report.exit_code, report.counts["altered"], report.counts["put right"]) == (3, 1, 0)
    assert old.read_bytes() == rotten


def test_a_rotten_old_version_is_healed_from_a_snapshot(estate: Estate) -> None:
    """Any other inode of the house that has the same content on record will do."""
    estate.store.put(b"changed again", "content", "1.txt")
    point = estate.snapshot(copy=True)
    estate.sync()
    old = next(estate.house.room("old-versions").glob("*/content/1.txt"))
    good = old.read_bytes()
    flip(old, 7)
    assert estate.verify().counts["put right"] == 1
    assert (old.read_bytes(), estate.verify().exit_code) == (good, 0)
    assert point.is_dir()


def test_the_store_heals_what_it_still_has(estate: Estate) -> None:
    """Fetched, accepted by its sha256 alone, the rotten one kept; modes and times as recorded."""
    file = estate.house.room("files/content/3.txt")
    good, before = file.read_bytes(), file.stat()
    flip(file, 100)
    rotten = file.read_bytes()
    report = estate.verify()
    assert (report.exit_code, report.counts["put right"]) == (3, 1)
    after = file.stat()
    assert (file.read_bytes(), after.st_mode, after.st_mtime_ns) == (
        good,
        before.st_mode,
        before.st_mtime_ns,
    )
    assert aside(estate.house) == [rotten]
    assert estate.verify().exit_code == 0
    assert estate.sync().counts["fetched"] == 0


def test_another_version_at_the_store_is_never_taken_for_a_repair(estate: Estate) -> None:
    """It is said so; the next sync takes it, and the rotten one is told as an old version."""
    file = estate.house.room("files/content/3.txt")
    flip(file, 100)
    rotten = file.read_bytes()
    estate.store.tree[TreePath("content/3.txt")] = b"something else by now"
    report = estate.verify()
    assert file.read_bytes() == rotten
    assert "another version" in report.findings[0]
    estate.store.put(b"something else by now", "content", "3.txt")
    estate.sync()
    assert file.read_bytes() == b"something else by now"
    assert estate.verify().findings[0].startswith("old-versions/")


def test_a_store_that_is_away_fails_no_verify(estate: Estate) -> None:
    """What can not be healed waits as a finding; what this house can heal is healed."""
    estate.snapshot(copy=True)
    estate.store.put(b"after the snapshot", "content", "new.txt")
    estate.sync()
    flip(estate.house.room("files/content/3.txt"), 1)
    flip(estate.house.room("files/content/new.txt"), 1)
    estate.store.unreachable = True
    report = estate.verify()
    assert (report.outcome, report.counts["put right"]) == (Outcome.PARTIAL, 1)
    assert any("could not be asked" in finding for finding in report.findings)
    estate.store.unreachable = False
    assert estate.verify().counts["put right"] == 1
    assert estate.verify().exit_code == 0


def test_no_name_keeps_a_rotten_inode(estate: Estate) -> None:
    """A snapshot shares it by hard link: both names get the same new inode."""
    estate.snapshot()
    file = estate.house.room("files/content/3.txt")
    other = estate.house.room(f"{POINT}/files/content/3.txt")
    good = file.read_bytes()
    flip(file, 100)
    assert other.read_bytes() == file.read_bytes() != good
    report = estate.verify()
    assert report.counts["put right"] == 2
    assert (file.read_bytes(), other.read_bytes()) == (good, good)
    assert file.samefile(other)
    assert estate.verify().exit_code == 0


def test_a_missing_file_comes_back_from_a_snapshot(estate: Estate) -> None:
    """And a missing folder with all that lay in it."""
    estate.snapshot()
    before = estate.bytes_held()
    estate.store.unreachable = True
    for path in sorted(estate.house.room("files/content").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    estate.house.room("files/content").rmdir()
    report = estate.verify()
    assert report.exit_code == 3
    assert estate.bytes_held() == before
    assert estate.verify().exit_code == 0


def test_what_nobody_recorded_moves_aside_and_droppings_are_counted(estate: Estate) -> None:
    """A file, a folder of files, a link: kept in set-aside/. What a NAS leaves stays."""
    files = estate.house.room("files")
    (files / "content" / "malware.php").write_bytes(b"bad")
    (files / "mine").mkdir()
    (files / "mine" / "notes.txt").write_bytes(b"mine")
    (files / "content" / "link").symlink_to("/etc/passwd")
    (files / "content" / ".DS_Store").write_bytes(b"x")
    (files / "@eaDir").mkdir()
    (files / "@eaDir" / "thumb.jpg").write_bytes(b"x")
    report = estate.look()
    assert (report.exit_code, report.counts["unexpected"], report.counts["droppings"]) == (3, 3, 3)
    assert sorted(aside(estate.house), key=len)[:2] == [b"bad", b"mine"]
    assert sorted(path.name for path in files.iterdir()) == ["@eaDir", "content", "import_files"]
    assert (files / "content" / ".DS_Store").exists()
    assert estate.look().exit_code == 0


def test_a_file_that_somebody_changed_is_kept_aside_and_put_right(estate: Estate) -> None:
    """Seen by size and time, without reading any other file."""
    file = estate.house.room("files/content/3.txt")
    good = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(b"tampered")
    report = estate.look()
    assert "changed here by somebody" in report.findings[0]
    assert (file.read_bytes(), aside(estate.house)) == (good, [b"tampered"])
    assert estate.look().exit_code == 0


def test_a_folder_that_became_a_link_is_put_right(estate: Estate, tmp_path: Path) -> None:
    """Nothing is written through it."""
    elsewhere = tmp_path / "elsewhere"
    estate.house.room("files/content").rename(elsewhere)
    estate.house.room("files/content").symlink_to(elsewhere)
    estate.verify()
    assert not estate.house.room("files/content").is_symlink()
    assert estate.verify().exit_code == 0


def test_without_repair_all_is_told_and_nothing_is_touched(estate: Estate) -> None:
    """`--no-repair`."""
    estate.export()
    flip(estate.house.room("files/content/3.txt"), 100)
    flip(estate.house.room("exports/latest/SHA256SUMS"), 300)
    estate.house.room("files/content/stray").write_bytes(b"x")
    before = estate.bytes_held()
    report = estate.verify(heal=False)
    assert (report.exit_code, len(report.findings)) == (3, 3)
    assert (estate.bytes_held(), aside(estate.house)) == (before, [])


def test_old_versions_without_checksums_get_them_when_first_read(estate: Estate) -> None:
    """From then on rot shows."""
    sums = next(estate.house.room("old-versions").glob("*.SHA256SUMS"))
    text = sums.read_bytes()
    sums.unlink()
    report = estate.verify()
    assert (report.exit_code, report.counts["first seen"]) == (0, 1)
    assert sums.read_bytes() == text
    flip(next(estate.house.room("old-versions").glob("*/content/0.txt")), 3)
    assert estate.verify().counts["altered"] == 1


def test_what_the_shop_holds_broken_is_told_once_and_never_healed(estate: Estate) -> None:
    """An image, a zip, a CSV: their bytes are right; it is the shop that has to look."""
    estate.store.put(b"\xff\xd8\xff\xe0 cut off", "product_images", "a.jpg")
    estate.store.put(b"PK\x03\x04 cut off", "content", "theme.zip")
    estate.store.put(b'a,b\n1,"2\n', "content", "list.csv")
    estate.sync()
    before = estate.bytes_held()
    report = estate.verify()
    assert (report.exit_code, len(report.findings)) == (3, 3)
    assert all("damaged in the shop" in finding for finding in report.findings)
    again = estate.verify()
    assert (again.exit_code, again.counts["damaged in the shop"]) == (0, 3)
    assert estate.bytes_held() == before


def test_a_decision_that_can_not_be_read_is_a_finding(estate: Estate) -> None:
    """It can not be derived again."""
    estate.house.room("decisions/pins.json").write_bytes(b'{"snapshots/')
    assert "decisions/pins.json" in estate.verify().findings[0]


def test_every_byte_is_read_within_the_period_oldest_first(estate: Estate) -> None:
    """Each day a seventh; a run that found its share read before reads on where it ended."""
    pace = Pace(7 * DAY, DAY)
    estate.verify()
    reads = []
    for _ in range(7):
        estate.now += DAY
        reads.append(estate.verify(full=False, pace=pace).counts["read"])
    files = estate.verify().counts["read"]
    assert sum(reads) >= files
    assert max(reads) < files
    assert estate.verify(full=False, pace=Pace(None, DAY)).counts["read"] == files


def test_a_budget_that_does_not_suffice_says_so_with_figures(estate: Estate) -> None:
    """It is kept all the same, and a file larger than it is read."""
    estate.verify()
    estate.now += DAY
    report = estate.verify(full=False, pace=Pace(7 * DAY, DAY, budget=10))
    assert (report.exit_code, report.counts["read"]) == (3, 1)
    assert "verify.budget of 10 bytes" in report.findings[0]


def test_a_stop_in_the_middle_keeps_what_was_read(tmp_path: Path) -> None:
    """It ends at the next beat; no process is left; the next run is whole."""
    estate = Estate(tmp_path)
    for stop_at in (1, 8, 16, 18):  # it beats 17 times while it looks, then while it reads
        with pytest.raises(Stopped):
            estate.verify(pulse=QuietPulse(stop_at=stop_at))
    assert estate.verify().exit_code == 0


def test_clean_runs_raise_no_alarm(estate: Estate) -> None:
    """Not one, however often."""
    estate.export()
    estate.snapshot()
    assert [estate.verify().findings for _ in range(CLEAN)] == [()] * CLEAN


def test_a_sync_beside_it_is_no_damage(tmp_path: Path) -> None:
    """Files change, come and vanish while verify reads: nothing is found, nothing is healed."""
    estate = Estate(tmp_path, files=60)
    over = threading.Event()
    wrong: list[Exception] = []

    def change() -> None:
        from mirrord.disk.locks import locked

        try:
            for number in range(400):
                if over.is_set():
                    return
                estate.store.put(str(number).encode() * 9, "content", f"{number % 30}.txt")
                if number % 7 == 0:
                    estate.store.remove("content", f"{number % 50}.txt")
                with locked(estate.house.lock_file("files"), "files", QuietPulse()):
                    estate.sync()
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            wrong.append(error)

    thread = threading.Thread(target=change)
    thread.start()
    reports = [estate.verify() for _ in range(max(4, CLEAN // 4))]
    over.set()
    thread.join()
    assert (wrong, [report.findings for report in reports]) == ([], [()] * len(reports))
