"""A cut before every step on the disk while others' exports are filed; and kills for real."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from tests.dropping import drop, export_text, names_in
from tests.faults.test_kill import KILLS, SEED
from tests.houses import content, new_house
from tests.jobs.test_filing import Shop
from tests.laws.cuts import PowerCut, cut_after

DROPPED = ["0.csv", "1.csv", "sub/2.csv"]
TODAY = "2026-11-23"


def ready(mirror: Path, *, alone: bool) -> Shop:
    """Something of every sort is at hand: exports of both sources, and what is none."""
    mirror.mkdir()
    shop = Shop(mirror, alone=alone)
    # the day has receipts already: what is added to them must not touch those that stand
    shop.drop("earlier.csv", export_text("customers", "default"))
    shop.file()
    shop.put("products.csv", export_text("products", "v3"))
    for number, name in enumerate(DROPPED):
        shop.drop(name, export_text("orders", "default", number + 1), age=900 - number)
    shop.drop("photo.jpg", b"x")
    return shop


def all_taken_once(shop: Shop) -> None:
    """Every file was filed once and moved once, and what is filed is whole."""
    inbox = shop.house.room("drop-here")
    taken = sorted(["earlier.csv", *DROPPED])
    assert names_in(inbox) == [*(f"taken/{TODAY}/{name}" for name in taken), "unknown/photo.jpg"]
    assert [line["path"] for line in shop.lines("drop-here")] == ["earlier.csv", *DROPPED]
    assert sorted(shop.filed("drop-here")) == ["0.csv", "1.csv", "earlier.csv", "sub_2.csv"]
    assert ([line["path"] for line in shop.lines("webdav")], shop.sums_agree()) == (
        ["exports/products.csv"],
        True,
    )
    staging = shop.house.room(".mirrord/staging")
    assert [name for name, body in content(staging).items() if body is not None] == []
    if shop.alone:
        assert (shop.latest("orders")["records"], shop.latest("products")["records"]) == (3, 2)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("alone", "stride"), [(False, 1), (True, 17)])
def test_a_cut_at_any_step_takes_each_file_once(
    tmp_path: Path, *, alone: bool, stride: int
) -> None:
    """The run after it finishes; where another program reads along, not every step is tried."""
    cuts = 0
    origin = ready(tmp_path / "ready", alone=alone).house.mirror
    for steps in count(0, stride):
        shop = Shop(shutil.copytree(origin, tmp_path / str(steps), symlinks=True), alone=alone)
        try:
            with cut_after(steps):
                shop.file()
        except PowerCut:
            cuts += 1
            assert shop.sums_agree(), f"cut after {steps} steps"
            shop.file()
        else:
            break
        all_taken_once(shop)
        shutil.rmtree(tmp_path / str(steps))
    all_taken_once(shop)
    assert cuts > 10, "no cut ever came"


_PROGRAM = """
import sys, time
from datetime import UTC
from pathlib import Path
from mirrord.disk.house import House
from mirrord.jobs import filing, taking
from mirrord.jobs.pulse import Heart
taking._AT_ONCE, taking._LOOK = 40, 0.01
print("go", flush=True)
Filing = filing.Filing(House(Path(sys.argv[1]), "acme"), time.time, UTC, alone=False)
Filing.run(Heart())
"""


def test_a_kill_at_any_moment_takes_each_file_once(tmp_path: Path) -> None:
    """Of some hundred files, while they are filed a few at a time."""
    dice = random.Random(SEED)
    struck = 0
    for number in range(max(3, KILLS // 5)):
        mirror = tmp_path / str(number)
        mirror.mkdir()
        house = new_house(mirror)
        wanted = [f"{one:03}.csv" for one in range(300)]
        for one, name in enumerate(wanted):
            drop(house, name, export_text("orders", "default", one % 7))
        while not _ended(mirror, dice.uniform(0.0, 0.25)):
            struck += 1
        lines = [line for day in house.room("exports").glob("2*") for line in _paths(day)]
        assert sorted(lines) == wanted, f"kill {number} of seed {SEED}"
        taken = sorted(Path(name).name for name in names_in(house.room("drop-here")))
        assert taken == wanted, f"kill {number} of seed {SEED}"
        shutil.rmtree(mirror)
    assert struck > 2, "no kill came in the midst"


def _ended(mirror: Path, seconds: float) -> bool:
    """Run it, kill it so long after it began to work; whether it had come to its end."""
    program = [sys.executable, "-c", _PROGRAM, str(mirror)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
        assert process.stdout is not None
        process.stdout.readline()
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            os.sched_yield()
        process.kill()
    assert process.returncode in (0, -signal.SIGKILL)
    return process.returncode == 0


def _paths(day: Path) -> list[str]:
    file = day / "more/from-drop-here.receipts.jsonl"
    return [json.loads(line)["path"] for line in file.read_text().splitlines()]
