"""Retention on a real house: what is decided is what goes, whole, and nothing else."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mirrord.config import Keep, Retention
from mirrord.config.values import KeepExports
from mirrord.core.datasets import DATASETS
from mirrord.core.report import Outcome, Report
from mirrord.core.times import day_name, moment_name
from mirrord.disk import pruning as pruning_room
from mirrord.disk.decisions import Pin, pin
from mirrord.disk.diary import Diary
from mirrord.disk.draft import Draft
from mirrord.disk.durable import Durable
from mirrord.disk.exports import Exports, Ready
from mirrord.disk.house import House
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError, Stopped
from mirrord.jobs.prune import Prune
from tests.disk.test_exports import check_sums
from tests.fakes import QuietPulse
from tests.fakes_records import record
from tests.houses import content, new_house

START = datetime(2026, 11, 1, 3, tzinfo=UTC)
DAY = 86_400
PULSE = QuietPulse()


class Home:
    """A house and its rules, and a clock that goes from night to night."""

    def __init__(self, mirror: Path, **keep: Any) -> None:
        mirror.mkdir(exist_ok=True)
        self.house: House = new_house(mirror)
        self.keep = Retention(**keep)
        self.now = START.timestamp()

    def prune(self, pulse: QuietPulse = PULSE, *, dry_run: bool = False) -> Report:
        clock: Callable[[], float] = lambda: self.now  # noqa: E731
        return Prune(self.house, self.keep, clock, UTC, dry_run=dry_run).run(pulse)

    def told(self) -> dict[str, str]:
        points = self.prune(dry_run=True).details["points"]
        return {one["point"]: "; ".join(one["reasons"]) for one in points}

    def nights(self, count: int, *jobs: Callable[[], object]) -> None:
        for _ in range(count):
            self.now += DAY
            for job in jobs:
                job()

    def export(self, dataset: str = "orders", *, short: bool = False) -> None:
        """As the export job files a pull, but for the gates."""
        ended = datetime.fromtimestamp(self.now, UTC)
        with (
            closing(Durable(self.house.root)) as durable,
            closing(Staging(self.house, dataset, durable)) as staging,
        ):
            draft = Draft(DATASETS[dataset], staging, int(self.now))
            for number in (1, 2):
                draft.add(record(json.dumps({"id": number, "staff_notes": str(self.now)})))
            drafted = draft.close()
            receipt = {
                "records": drafted.records,
                "ended": ended.isoformat(),
                "complete": not short,
                "plain_sha256": dict(drafted.plain),
            }
            day, moment = day_name(self.now, UTC), moment_name(self.now)
            exports = Exports(self.house, durable)
            ready = [Ready(draft, drafted, receipt)]
            exports.place(ready, day=day, moment=moment, staging=staging)

    def snapshot(self, verdict: str = "COMPLETE") -> None:
        """As the room of snapshots builds one: links to what is held, sums and a verdict."""
        folder = self.house.room(f"snapshots/{moment_name(self.now)}")
        shutil.copytree(self.house.room("files"), folder / "files", copy_function=os.link)
        files = [path for path in folder.rglob("files/**/*") if path.is_file()]
        lines = (f"{_sha256(path)}  {path.relative_to(folder)}\n" for path in sorted(files))
        (folder / "SHA256SUMS").write_text("".join(lines))
        (folder / "VERDICT.txt").write_text(f"verdict: {verdict}\n\n")

    def place(self, name: str, body: bytes) -> Path:
        """A file in files/, and its line in SHA256SUMS."""
        file = self.house.room(f"files/{name}")
        file.write_bytes(body)
        self.tell()
        return file

    def retire(self, name: str) -> Path:
        """As a sync moves out what vanished from the shop."""
        target = self.house.room(f"old-versions/{moment_name(self.now)}/{name}")
        target.parent.mkdir()
        self.house.room(f"files/{name}").rename(target)
        self.tell()
        return target

    def tell(self) -> None:
        files = sorted(self.house.room("files").iterdir())
        lines = (f"{_sha256(path)}  {path.name}\n" for path in files)
        self.house.room("SHA256SUMS").write_text("".join(lines))

    def old_version(self, path: str = "content/a.txt") -> None:
        file = self.house.room(f"old-versions/{moment_name(self.now)}/{path}")
        file.parent.mkdir(parents=True)
        file.write_bytes(b"old")

    def days(self, room: str) -> list[str]:
        """The November days that stand in a room."""
        return [name[8:10] for name in sorted(os.listdir(self.house.room(room))) if name[0] == "2"]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


DAILY2 = Keep(daily=2)


def test_without_a_rule_nothing_is_dropped(tmp_path: Path) -> None:
    """It says so, and is fine."""
    home = Home(tmp_path)
    home.nights(3, home.export, home.snapshot, home.old_version)
    before = _visible(home.house)
    report = home.prune()
    assert (report.outcome, report.exit_code, report.counts["dropped"]) == (Outcome.OK, 0, 0)
    assert report.findings == ("no rule under `keep` in the config: nothing is ever dropped",)
    assert _visible(home.house) == before


def test_each_kind_follows_its_own_rules(tmp_path: Path) -> None:
    """Snapshots, exports, a dataset's own rule, old versions by age; all else stays as it is."""
    rules = KeepExports(daily=2, customers=Keep(daily=4))
    home = Home(tmp_path, snapshots=Keep(daily=3), exports=rules, old_versions=4 * DAY)
    home.house.room("files/a.txt").write_bytes(b"a")
    customers = lambda: home.export("customers")  # noqa: E731
    home.nights(10, home.export, customers, home.snapshot, home.old_version, home.prune)
    assert home.days("snapshots") == ["09", "10", "11"]
    assert home.days("exports") == ["08", "09", "10", "11"]
    assert home.days("old-versions") == ["05", "06", "07", "08", "09", "10", "11"]
    both = home.house.room("exports/2026-11-10")
    one = home.house.room("exports/2026-11-09")
    assert (both / "orders.csv").exists()
    assert not (one / "orders.csv").exists()
    assert (one / "customers.csv").exists()
    assert home.house.room("files/a.txt").read_bytes() == b"a"
    assert content(home.house.room(".mirrord/staging/prune")) == {}


def test_a_day_that_lost_a_dataset_is_still_true(tmp_path: Path) -> None:
    """Its changes and receipt go along, SHA256SUMS names what is there; latest/ is not touched."""
    home = Home(tmp_path, exports=KeepExports(orders=DAILY2))

    def pull() -> None:
        home.export("customers")
        home.export()
        home.now += 60
        home.export("customers")
        home.export()

    home.nights(4, pull)
    latest = {p: p.stat().st_ino for p in home.house.room("exports/latest").rglob("*")}
    inode = home.house.room("exports/2026-11-02/customers.csv").stat().st_ino
    home.prune()
    day = home.house.room("exports/2026-11-02")
    assert {name for name in content(day) if "order" in name} == set()
    assert list(json.loads((day / "receipts.json").read_bytes())) == ["customers"]
    assert len(list((day / "changes").glob("customers-*"))) == 1
    assert (day / "customers.csv").stat().st_ino == inode
    for name in ("2026-11-02", "2026-11-03", "2026-11-05", "latest"):
        check_sums(home.house.room(f"exports/{name}"))
    assert {p: p.stat().st_ino for p in home.house.room("exports/latest").rglob("*")} == latest


def test_what_somebody_put_into_a_day_keeps_its_folder(tmp_path: Path) -> None:
    """Only what mirrord wrote is removed."""
    home = Home(tmp_path, exports=KeepExports(daily=1))
    home.nights(1, home.export)
    note = home.house.room("exports/2026-11-02/note.txt")
    note.write_text("for the auditor")
    home.nights(1, home.export, home.prune)
    assert set(content(note.parent)) == {"note.txt", "receipts.json", "SHA256SUMS"}


def test_a_hard_link_frees_nothing(tmp_path: Path) -> None:
    """Bytes that lose a name and bytes that lose their last one are told apart, and beforehand."""
    home = Home(tmp_path, snapshots=Keep(daily=1), old_versions=0)
    home.place("kept", b"x" * 1000)
    home.place("gone", b"y" * 300)
    home.nights(2, home.snapshot)
    home.house.room("files/gone").unlink()
    home.nights(3, home.snapshot)
    told = home.prune(dry_run=True).counts
    report = home.prune()
    assert report.counts == told
    assert report.counts["dropped"] == 4
    assert report.counts["bytes dropped"] - report.counts["bytes freed"] == 4 * 1000 + 300
    assert home.house.room("files/kept").stat().st_nlink == 2


def test_a_snapshot_with_the_last_copy_of_a_file_stays_for_its_time(tmp_path: Path) -> None:
    """Where old-versions/ lost it; the newest one that has it, until old_versions has passed."""
    home = Home(tmp_path, snapshots=Keep(daily=1), old_versions=20 * DAY)
    home.place("kept", b"x")
    home.place("gone", b"y")
    home.nights(2, home.snapshot)
    moved = home.retire("gone")
    home.nights(2, home.snapshot)
    told = home.told()
    assert [why for why in told.values() if "last copy" in why] == []
    moved.unlink()
    told = home.told()
    assert told["snapshots/2026-11-03T030000Z"] == "it holds the last copy of 1 file"
    assert told["snapshots/2026-11-02T030000Z"] == "beyond daily 1"
    home.prune()
    assert home.days("snapshots") == ["03", "05"]
    home.nights(19, home.snapshot, home.prune)
    assert home.days("snapshots") == ["03", "24"]
    home.nights(2, home.snapshot, home.prune)
    assert home.days("snapshots") == ["26"]


def test_a_dry_run_tells_every_point_and_changes_nothing(tmp_path: Path) -> None:
    """What it says would go is what then goes."""
    home = Home(tmp_path, snapshots=DAILY2, exports=KeepExports(daily=1), old_versions=DAY)
    home.nights(5, home.export, home.snapshot, home.old_version)
    before = _visible(home.house)
    points = home.prune(dry_run=True).details["points"]
    assert _visible(home.house) == before
    assert not home.house.room("decisions/retention.json").exists()
    home.prune()
    gone = {one["point"] for one in points if not one["keep"]}
    stay = {one["point"] for one in points if one["keep"]}
    assert {one for one in stay if not _stands(home.house, one)} == set()
    assert {one for one in gone if _stands(home.house, one)} == set()
    assert (len(stay), len(gone)) == (2 + 1 + 4, 3 + 4 + 1)


def _stands(house: House, name: str) -> bool:
    room, moment, *rest = name.split("/")
    return house.room(name if room != "exports" else f"exports/{moment}/{rest[0]}.csv").exists()


def test_flawed_points_push_out_nothing(tmp_path: Path) -> None:
    """Incomplete pulls and suspect snapshots do not count."""
    home = Home(tmp_path, snapshots=DAILY2, exports=KeepExports(daily=2))
    home.nights(3, home.export, home.snapshot)
    short = lambda: home.export(short=True)  # noqa: E731
    home.nights(5, short, lambda: home.snapshot("SUSPECT"), home.prune)
    assert home.days("snapshots") == ["03", "04", "05", "06", "07", "08", "09"]
    assert home.days("exports") == ["03", "04", "05", "06", "07", "08", "09"]


def test_a_pinned_point_and_one_a_hold_refers_to_stay(tmp_path: Path) -> None:
    """Answered or not, the hold keeps it; unanswered, retention sleeps as well."""
    home = Home(tmp_path, snapshots=Keep(daily=1))
    home.nights(4, home.snapshot)
    first, second, third, _ = sorted(os.listdir(home.house.room("snapshots")))
    pin(home.house, f"snapshots/{first}", Pin("before the import", 0), PULSE)
    _hold(home.house, "2026-11-04T030000Z-template", refers=[f"snapshots/{second}"])
    told = home.told()
    assert told[f"snapshots/{third}"] == (
        "retention sleeps: the hold 2026-11-04T030000Z-template waits for an answer"
    )
    home.prune()
    assert home.days("snapshots") == ["02", "03", "04", "05"]
    answers = {"2026-11-04T030000Z-template": {"answer": "keep"}}
    home.house.room("decisions/answers.json").write_text(json.dumps(answers))
    told = home.told()
    assert told[f"snapshots/{first}"] == "pinned: before the import"
    assert told[f"snapshots/{second}"] == "the hold 2026-11-04T030000Z-template refers to it"
    home.prune()
    assert home.days("snapshots") == ["02", "03", "05"]


def _hold(house: House, name: str, refers: list[str]) -> None:
    opened = datetime.strptime(name[:18], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    facts = {"kind": "vanished", "title": "x", "top": "", "opened": opened, "refers": refers}
    house.room(f"holds/{name}").mkdir()
    house.room(f"holds/{name}/hold.json").write_text(json.dumps(facts))


def test_personal_data_does_not_outlive_a_forgotten_hold(tmp_path: Path) -> None:
    """After 90 days exports go again, the shop's own too; files and old versions sleep on."""
    home = Home(tmp_path, exports=KeepExports(daily=1), old_versions=DAY)
    home.nights(2, home.export, home.old_version, lambda: home.old_version("import_files/x.csv"))
    _hold(home.house, "2026-11-03T030000Z-content", [])
    home.nights(89, home.prune)
    assert (home.days("exports"), home.days("old-versions")) == (["02", "03"], ["02", "03"])
    home.nights(3, home.prune)
    assert home.days("exports") == ["03"]
    assert os.listdir(home.house.room("old-versions/2026-11-02T030000Z")) == ["content"]


def test_retention_sleeps_while_the_store_refuses_us(tmp_path: Path) -> None:
    """The newest run of a pulling job says so; when it is let in again, retention wakes."""
    home = Home(tmp_path, snapshots=Keep(daily=1))
    home.nights(2, home.snapshot)
    refused = {"error": "StoreRefused"}
    with Diary(home.house.room(".mirrord/diary.db")) as diary:
        failed = Report("orders", "acme", 0, 1, Outcome.FAILED, 5, {}, ("no",), refused)
        diary.end(diary.begin("orders", 0), failed)
        assert home.prune().findings == (
            "retention sleeps: the store refuses us (see the last run of orders)",
        )
        diary.end(diary.begin("orders", 2), Report("orders", "acme", 2, 3, Outcome.OK))
    assert home.prune().counts["dropped"] == 1


@pytest.mark.parametrize("jump", [timedelta(days=366), timedelta(days=-30), None], ids=str)
def test_after_a_jump_of_the_clock_nothing_is_dropped_for_three_nights(
    tmp_path: Path, jump: timedelta | None
) -> None:
    """A year ahead, a month back, back to 1970; it says so and ends with 3."""
    home = Home(tmp_path, snapshots=DAILY2, old_versions=60 * DAY)
    home.nights(5, home.snapshot, home.old_version)
    home.prune()
    home.nights(1, home.snapshot)
    home.now = 1_000_000.0 if jump is None else home.now + jump.total_seconds()
    for made in range(4):
        before = content(home.house.room("snapshots"))
        report = home.prune()
        assert (report.exit_code, report.counts["dropped"] == 0) == (
            (3, True) if made < 3 else (0, report.counts["dropped"] == 0)
        )
        assert made == 3 or content(home.house.room("snapshots")) == before
        home.nights(1, home.snapshot)
    stayed = set(home.days("old-versions"))
    assert (stayed == {"02", "03", "04", "05", "06"}) == (jump != timedelta(days=366))


def test_a_day_that_can_not_be_read_is_left_alone(tmp_path: Path) -> None:
    """The others are pruned; it is named and the run ends with 3."""
    home = Home(tmp_path, exports=KeepExports(daily=1))
    home.nights(3, home.export)
    home.house.room("exports/2026-11-03/receipts.json").chmod(0o600)
    home.house.room("exports/2026-11-03/receipts.json").write_text("[]")
    report = home.prune()
    assert report.exit_code == 3
    assert "exports/2026-11-03" in report.findings[0]
    assert home.days("exports") == ["03", "04"]


# --- cuts


def test_a_cut_at_any_step_leaves_wholes_and_the_next_run_ends_it(tmp_path: Path) -> None:
    """Stopped at the first, second, ... beat: each folder is whole or gone; then all is as if
    it had never been cut."""
    mould = Home(tmp_path / "mould", **_rules())
    customers = lambda: mould.export("customers")  # noqa: E731
    mould.nights(4, mould.export, customers, mould.snapshot, mould.old_version)
    whole = Home(tmp_path / "whole", **_rules())
    _cast(mould, whole)
    whole.prune()
    wanted = _visible(whole.house)
    cuts = 0
    for step in range(1, 1_000):
        home = Home(tmp_path / "cut", **_rules())
        _cast(mould, home)
        try:
            home.prune(QuietPulse(stop_at=step))
        except Stopped:
            cuts += 1
        else:
            break
        for day in home.days("exports"):
            check_sums(home.house.room(f"exports/2026-11-{day}"))
        home.prune()
        assert _visible(home.house) == wanted, f"cut at step {step}"
        assert content(home.house.room(".mirrord/staging/prune")) == {}
        shutil.rmtree(tmp_path / "cut")
    assert cuts > 10


def _rules() -> dict[str, Any]:
    exports = KeepExports(daily=1, orders=DAILY2)
    return {"snapshots": DAILY2, "exports": exports, "old_versions": 0}


def _cast(mould: Home, home: Home) -> None:
    """The same house again; files of one inode in the one are of one in the other."""
    shutil.rmtree(home.house.root)
    subprocess.run(["cp", "-a", mould.house.root, home.house.root], check=True)
    home.now = mould.now


def _visible(house: House) -> dict[str, bytes | None]:
    rooms = ("files", "exports", "snapshots", "old-versions")
    found = {f"{room}/{n}": b for room in rooms for n, b in content(house.room(room)).items()}
    return {name: body for name, body in found.items() if not name.endswith("CHAIN")}


@contextmanager
def _failing(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(pruning_room, name, fail)
        yield


@pytest.mark.parametrize("step", ["link_tree", "seal", "swap", "sync_path", "_remove"])
def test_a_disk_that_fails_in_the_middle_tears_no_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The run ends with DiskError, every day is whole, and the next run does it."""
    home = Home(tmp_path, exports=KeepExports(orders=Keep(daily=1)))
    home.nights(2, home.export, lambda: home.export("customers"))
    with _failing(monkeypatch, step), pytest.raises(DiskError, match="Input/output error"):
        home.prune()
    for day in home.days("exports"):
        check_sums(home.house.room(f"exports/2026-11-{day}"))
    home.prune()
    assert not home.house.room("exports/2026-11-02/orders.csv").exists()
    assert content(home.house.room(".mirrord/staging/prune")) == {}


def test_exports_go_on_after_a_prune(tmp_path: Path) -> None:
    """The next pull's changes are told against the newest day that stands."""
    home = Home(tmp_path, exports=KeepExports(daily=1))
    home.nights(3, home.export, home.prune)
    assert home.days("exports") == ["04"]
    home.nights(1, home.export)
    changes = os.listdir(home.house.room("exports/2026-11-05/changes"))
    assert changes == ["orders-2026-11-05T030000Z.jsonl.gz"]


def test_what_was_put_by_goes_by_its_age(tmp_path: Path) -> None:
    """All four rooms of it; what is young, what waits, and what bears no date of ours stay."""
    home = Home(tmp_path, put_by=30 * DAY)
    home.now = time.time()  # what lies in unknown/ counts from the disk's own time
    moment = moment_name(home.now)
    gone = (
        f"drop-here/taken/{day_name(home.now, UTC)}/orders.csv",
        "drop-here/unknown/Jane Doe/letter.txt",
        f"holds/answered/{moment}-orders/HOLD.txt",
        f"set-aside/{moment}/files/import_files/people.csv",
    )
    young = moment_name(home.now + 20 * DAY)
    kept = (
        f"drop-here/taken/{day_name(home.now + 20 * DAY, UTC)}/orders.csv",
        "drop-here/taken/notes/mine.txt",
        "drop-here/waiting.csv",
        f"set-aside/{young}/files/a.txt",
    )
    for name in (*gone, *kept):
        file = home.house.room(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    home.nights(30, home.prune)
    assert {name for name, body in content(home.house.root).items() if body == b"x"} == {
        *gone,
        *kept,
    }
    home.nights(6, home.prune)
    assert {name for name, body in content(home.house.root).items() if body == b"x"} == {*kept}
    home.keep = Retention()
    home.nights(40, home.prune)
    assert {name for name, body in content(home.house.root).items() if body == b"x"} == {*kept}


def test_no_hold_keeps_what_people_dropped_for_longer_than_ninety_days(tmp_path: Path) -> None:
    """Personal data sleeps no longer, whoever does not answer; the hold itself stays."""
    home = Home(tmp_path, put_by=DAY)
    for name in (
        f"holds/{moment_name(home.now)}-orders/HOLD.txt",
        f"drop-here/taken/{day_name(home.now, UTC)}/people.csv",
    ):
        home.house.room(name).parent.mkdir(parents=True)
        home.house.room(name).write_bytes(b"x")
    home.nights(90, home.prune)
    assert any("waits for an answer" in why for why in home.told().values())
    home.nights(1, home.prune)
    left = {name for name, body in content(home.house.root).items() if body == b"x"}
    assert left == {f"holds/{moment_name(START.timestamp())}-orders/HOLD.txt"}
