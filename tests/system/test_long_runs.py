"""Hours of schedule in fast time: a long first sync, many stores."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from mirrord.demo.misbehave import slow
from tests.system.shop import Shop, environment

#: The full counts are 10 hours and 40 stores.
HOURS = float(os.environ.get("MIRRORD_SYNC_HOURS", "2"))
STORES = int(os.environ.get("MIRRORD_STORES", "6"))


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
