"""report/status.json, written by several lanes."""

import json
import os
import threading
from datetime import UTC
from pathlib import Path

from mirrord.config import load
from mirrord.core.report import Outcome, Report
from mirrord.disk.diary import Diary
from mirrord.disk.locks import locked
from mirrord.jobs.pulse import Heart
from mirrord.jobs.status import write_status
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
    """The next sync of files at their end, the rest as ever; the words say why."""
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
    assert (jobs["files"]["due"] - NOW, jobs["orders"]["due"] - NOW) == (7.75 * 3_600, 0)
    assert jobs["files"]["schedule"] == "6h, not 08:00-20:00, 22:00-23:00"
