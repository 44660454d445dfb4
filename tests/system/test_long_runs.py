"""Hours of schedule in fast time: a long first sync, many stores."""

import itertools
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Mapping
from email.utils import formatdate
from statistics import median
from typing import Any

import pytest

from mirrord.demo.misbehave import slow
from tests.system.shop import Shop, environment

#: The full counts are 10 hours, 40 stores, and a day of the whole schedule.
HOURS = float(os.environ.get("MIRRORD_SYNC_HOURS", "2"))
STORES = int(os.environ.get("MIRRORD_STORES", "6"))
SOAK = float(os.environ.get("MIRRORD_SOAK_HOURS", "2"))


def run_fast(shop: Shop, factor: float, hours: float, **env: str) -> list[dict[str, int]]:
    """The daemon for so many of its hours; what was seen of it at rest."""
    seconds = hours * 3_600 / factor
    done = subprocess.run(
        [sys.executable, "-m", "tests.system.accelerated", shop.config, str(factor), str(seconds)],
        env=environment(PYTHONPATH=os.getcwd(), MALLOC_ARENA_MAX="2", **env),
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    seen: list[dict[str, int]] = json.loads(done.stdout)
    return seen


def starts(shop: Shop, key: str, job: str) -> list[float]:
    """When the job's runs that ended well began, by the store's diary."""
    import sqlite3

    with sqlite3.connect(shop.mirror / key / ".mirrord/diary.db") as diary:
        query = "SELECT started FROM runs WHERE job = ? AND outcome = 'ok' ORDER BY id"
        return [row[0] for row in diary.execute(query, (job,))]


@pytest.mark.timeout(900)
def test_orders_are_on_time_during_a_sync_of_hours(shop: Shop) -> None:
    """Every quarter of an hour, whatever the files lane has to wait for."""
    factor = 240.0
    shop.set("schedule", files="6h", orders="15m", products="1h", customers="1h")
    planted = shop.store.misbehave.next("/dav/*", slow(HOURS * 3_600 / factor), times=None)
    run_fast(shop, factor, HOURS)
    began = starts(shop, "acme", "orders")
    gaps = [later - before for before, later in itertools.pairwise(began)]
    assert planted.fired
    assert starts(shop, "acme", "files") == []
    # the supervisor looks once a real second, which is `factor` of its own here; none is left out
    assert len(began) >= HOURS * 4 * 0.6
    assert max(gaps) < 2 * 900 + factor


@pytest.mark.timeout(900)
def test_an_hour_of_many_stores_leaves_nothing_behind(shop: Shop) -> None:
    """Threads, descriptors and memory at rest are the same after hundreds of jobs."""
    settings: Mapping[str, Any] = shop.settings()
    one = settings["stores"]["acme"]
    schedule = {"files": "30m", "orders": "15m", "products": "1h", "customers": "1h"}
    stores = {f"shop{n}": {**one, "schedule": schedule} for n in range(STORES)}
    shop.configure({**settings, "stores": stores})
    factor = 3_600 / (8 * STORES)
    seen = run_fast(shop, factor, 1.5, PYTHONMALLOC="malloc")
    for key in stores:
        assert len(starts(shop, key, "orders")) >= 3, key
        assert starts(shop, key, "files"), key
    # a thread that is just ending may be seen: the least of several looks is what stays; a leak
    # shows by the hundred, since so many jobs have run
    first, last = (
        {what: min(one[what] for one in looks) for what in looks[0]}
        for looks in (seen[len(seen) // 2 :][:10], seen[-10:])
    )
    assert last["descriptors"] <= first["descriptors"] + 4
    # the daemon's own, and four of watchdog for each house
    assert last["threads"] <= first["threads"] + 1 <= 9 + 4 * STORES
    assert last["memory"] <= min(first["memory"] * 1.1, 68 * 1024)


@pytest.mark.timeout(900)
def test_a_day_of_all_jobs_leaves_the_process_as_it_was(shop: Shop) -> None:
    """Every job of the schedule, again and again, in a shop that changes: nothing grows."""
    often = {"files": "20m", "orders": "5m", "products": "15m", "customers": "15m", "more": "1h"}
    rare = {"order_details": "30m", "themes": "1h", "snapshot": "*/30 * * * *", "verify": "2h"}
    shop.set("schedule", **often, **rare)
    shop.set("keep", snapshots={"hourly": 2}, exports={"daily": 2}, old_versions="1d")
    ended = threading.Event()
    trading = threading.Thread(target=trade, args=(shop, ended))
    trading.start()
    try:
        seen = run_fast(shop, 360.0, SOAK, PYTHONMALLOC="malloc")
    finally:
        ended.set()
        trading.join()
    for job, least in (("orders", 6), ("products", 2), ("files", 2), ("snapshot", 2)):
        assert len(starts(shop, "acme", job)) >= least * SOAK / 2, job
    # the first third is to warm up; a moment of rest may be one in which something just ends
    first, last = (
        {what: median(one[what] for one in looks) for what in looks[0]}
        for looks in (seen[len(seen) // 3 :][: len(seen) // 6], seen[-len(seen) // 6 :])
    )
    print(f"{len(seen)} looks in {SOAK} hours: {first} then, {last} at the end")
    assert (last["threads"], last["descriptors"]) == (first["threads"], first["descriptors"])
    assert last["memory"] <= first["memory"] * 1.05


def trade(shop: Shop, ended: threading.Event) -> None:
    """Orders and files change until the day is over."""
    dice = random.Random(1)
    while not ended.wait(0.5):
        number = dice.randrange(20)
        (shop.store.folder / f"content/{number}.bin").write_bytes(dice.randbytes(10_000))
        with shop.store.shop.lock:
            for order in list(shop.store.orders.values())[:5]:
                order.head |= {"staff_notes": str(number), "date_modified": formatdate()}
