"""report/status.json, written by several lanes."""

import json
import os
import threading
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from mirrord.config import load
from mirrord.core.report import Outcome, Report
from mirrord.disk.diary import Diary
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.jobs.at_risk import note_orders
from mirrord.jobs.pulse import Heart
from mirrord.jobs.status import open_diary, write_status
from tests.houses import NOW, new_house

DAY = 86_400

CONFIG = """\
mirror: {mirror}
stores:
  acme:
    api:
      store_hash: abc123
      token: {{credential: acme-token}}
"""


def test_a_lane_that_ends_last_never_hides_what_another_one_did(tmp_path: Path) -> None:
    """While one waits to write, another ends: the file tells of both."""
    house = new_house(tmp_path)
    config_file = tmp_path / "mirrord.yaml"
    config_file.write_text(CONFIG.format(mirror=tmp_path))
    store = load(config_file).stores["acme"]
    waits = threading.Event()

    class Waiting(Heart):
        def wait(self, seconds: float) -> None:
            waits.set()
            super().wait(seconds)

    def write() -> None:
        with Diary(house.room(".mirrord/diary.db")) as diary:
            write_status(house, store, diary, UTC, NOW, Waiting())

    with Diary(house.room(".mirrord/diary.db")) as diary:
        with locked(house.lock_file("status"), "status", None):
            thread = threading.Thread(target=write)
            thread.start()
            assert waits.wait(10)
            number = diary.begin("orders", NOW)
            diary.end(number, Report("orders", "acme", NOW, NOW + 1, Outcome.OK))
        thread.join(10)
    told = json.loads(house.room("report/status.json").read_bytes())
    assert told["jobs"]["orders"]["last"]["outcome"] == "ok"


def test_the_disk_is_told_with_the_days_that_it_lasts(tmp_path: Path) -> None:
    """Free and total now; the days and a warning by what was free in the days before."""
    house = new_house(tmp_path)
    config_file = tmp_path / "mirrord.yaml"
    config_file.write_text(CONFIG.format(mirror=tmp_path))
    store = load(config_file).stores["acme"]
    room = os.statvfs(tmp_path)
    free = room.f_bavail * room.f_frsize
    samples = [[NOW - 2 * DAY, free + 2 * (free // 9)], [NOW - DAY, free + free // 9]]
    house.room("decisions/space.json").write_text(json.dumps(samples))
    with Diary(house.room(".mirrord/diary.db")) as diary:
        write_status(house, store, diary, UTC, NOW, Heart())
    disk = json.loads(house.room("report/status.json").read_bytes())["disk"]
    assert disk["total"] == room.f_blocks * room.f_frsize
    assert 7 < disk["days_left"] < 11  # others use this disk too
    assert "days at this pace" in disk["warning"]


def test_quiet_hours_show_in_what_is_due(tmp_path: Path) -> None:
    """The next sync of files and pull of products at their end, orders as ever; with the words."""
    house = new_house(tmp_path)
    config_file = tmp_path / "mirrord.yaml"
    config_file.write_text(
        CONFIG.format(mirror=tmp_path)
        + "    webdav: {url: https://x/dav, username: u, password: {credential: p}}\n"
        + "    quiet_hours: [08:00-20:00, 22:00-23:00]\n"
    )
    store = load(config_file).stores["acme"]
    with Diary(house.room(".mirrord/diary.db")) as diary:
        write_status(house, store, diary, UTC, NOW, Heart())
    jobs = json.loads(house.room("report/status.json").read_bytes())["jobs"]
    due = {name: jobs[name]["due"] - NOW for name in ("files", "products", "customers", "orders")}
    late = 7.75 * 3_600
    assert due == {"files": late, "products": late, "customers": late, "orders": 0}
    assert jobs["files"]["schedule"] == "6h, not 08:00-20:00, 22:00-23:00"


def _written(tmp_path: Path, schedule: str = "") -> dict[str, Any]:
    """What stands in the file, by a config with that schedule."""
    house = House(tmp_path, "acme")
    config_file = tmp_path / "mirrord.yaml"
    config_file.write_text(CONFIG.format(mirror=tmp_path) + schedule)
    store = load(config_file).stores["acme"]
    with open_diary(house) as diary:
        write_status(house, store, diary, UTC, NOW, Heart())
    told: dict[str, Any] = json.loads(house.room("report/status.json").read_bytes())
    return told


def test_what_is_at_risk_is_told_by_the_last_pull_of_orders(tmp_path: Path) -> None:
    """How many come in an hour, and since when they are unsaved; the next pull follows that."""
    house = new_house(tmp_path)
    assert _written(tmp_path)["at_risk"] is None
    since = NOW - 100
    note_orders(house, [since - 15 * number for number in range(2_000)], since, since + 5)
    with open_diary(house) as diary:
        number = diary.begin("orders", since)
        diary.end(number, Report("orders", "acme", since, since + 5, Outcome.OK))
    fixed = _written(tmp_path)
    per_hour = pytest.approx(240, rel=0.05)
    assert fixed["at_risk"] == {"per_hour": per_hour, "since": since, "most": None}
    assert fixed["jobs"]["orders"]["due"] == since + 900
    follows = _written(
        tmp_path, "    schedule: {orders: {max_at_risk: 25, every: 15m, at_least: 1m}}\n"
    )
    assert follows["at_risk"]["most"] == 25
    assert follows["jobs"]["orders"]["schedule"] == "1m to 15m, 25 at risk at the most"
    assert 190 < follows["jobs"]["orders"]["due"] - since < 210


def test_a_job_that_outlasted_its_interval_is_due_when_its_report_says(tmp_path: Path) -> None:
    """Not at once."""
    house = new_house(tmp_path)
    with open_diary(house) as diary:
        number = diary.begin("products", NOW - 5_000)
        details = {"next": NOW + 2_200.0}
        done = Report("products", "acme", NOW - 5_000, NOW, Outcome.OK, details=details)
        diary.end(number, done)
    assert _written(tmp_path)["jobs"]["products"]["due"] == NOW + 2_200
