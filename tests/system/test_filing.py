"""What comes from elsewhere, filed by the real daemon with real watches."""

import json
import os
import subprocess

from mirrord.disk.house import House
from tests.dropping import drop, export_text
from tests.system.shop import KEY, Shop
from tests.system.test_run import running

SELDOM = dict.fromkeys(("files", "orders", "products", "customers"), "1h")


def test_what_is_dropped_is_filed_by_itself(shop: Shop) -> None:
    """Dropped while it was stopped, moved in while it runs, and saved by the control panel.

    The job itself comes up every five minutes: what comes sooner came by a hint.
    """
    shop.set("schedule", **SELDOM)
    body = export_text("orders", "default", 4)
    house = House(shop.mirror, KEY)
    drop(house, "before.csv", body)
    taken = house.room("drop-here/taken")
    with running(shop) as daemon:
        daemon.until(lambda: any(taken.glob("*/before.csv")))
        daemon.until(lambda: daemon.ran("files", "ok"))
        # what the panel had saved came with the files, and is filed after them
        daemon.until(lambda: any(shop.house.glob("exports/2*/more/from-webdav/products-*.csv")))
        daemon.until(lambda: daemon.ran("filing", "ok"))
        moved = shop.home / "moved in.csv"
        moved.write_bytes(body)
        os.utime(moved, (1, 1))
        moved.rename(house.room("drop-here/moved in.csv"))
        daemon.until(lambda: any(taken.glob("*/moved in.csv")))
        daemon.until(lambda: daemon.ran("orders", "ok"))
        code, seconds, log = daemon.stop()
    assert (code, seconds < 10) == (0, True)
    filed = {path.name for path in shop.house.glob("exports/2*/more/from-drop-here/*")}
    assert filed == {"before.csv", "moved in.csv"}
    assert "nothing changed" not in "".join(line for line in log.splitlines() if "filing" in line)
    assert (shop.latest / "orders.csv").read_bytes() != body
    for day in shop.house.glob("exports/2*"):
        check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
        assert subprocess.run(check, cwd=day, check=False).returncode == 0


def test_a_store_without_an_api_shows_what_came_from_elsewhere(shop: Shop) -> None:
    """A snapshot holds it, verify finds all as recorded, and status says what was filed."""
    settings = shop.settings()
    del settings["stores"][KEY]["api"]
    shop.configure(settings)
    house = House(shop.mirror, KEY)
    drop(house, "orders.csv", export_text("orders", "default", 4))
    shop.set("schedule", files="1h", snapshot="30d")
    with running(shop) as daemon:
        daemon.until((shop.latest / "orders.csv").exists)
        daemon.until((shop.latest / "products.csv").exists)
        daemon.until(lambda: daemon.ran("snapshot", "ok") and daemon.ran("filing", "ok"))
        assert daemon.stop()[0] == 0
    assert shop.mirrord("snapshot").returncode == 0
    (newest,) = sorted(shop.house.glob("snapshots/2*"))[-1:]
    assert (newest / "exports/orders.csv").read_bytes() == (shop.latest / "orders.csv").read_bytes()
    assert "orders: 4" in (newest / "VERDICT.txt").read_text()
    assert shop.mirrord("verify", "--full").returncode == 0
    assert "filing" in shop.mirrord("status").stdout


def test_sync_by_hand_files_what_the_panel_saved(shop: Shop) -> None:
    """Once: where nothing new came, nothing more is done or told. A dry run files nothing."""
    assert shop.mirrord("sync", "--dry-run").returncode == 0
    assert not list(shop.house.glob("exports/2*"))
    told = [json.loads(shop.mirrord("sync", "--json").stdout) for _ in range(2)]
    assert [[report["job"] for report in one] for one in told] == [["files", "filing"], ["files"]]
    assert list(shop.house.glob("exports/2*/more/from-webdav/products-*.csv"))


def test_export_by_hand_files_what_was_dropped(shop: Shop) -> None:
    """Beside all pulls, and by itself where there is no API; not with a dataset that is named."""
    house = House(shop.mirror, KEY)
    drop(house, "one.csv", export_text("orders", "default", 4))
    assert [
        one["job"] for one in json.loads(shop.mirrord("export", "brands", "--json").stdout)
    ] == ["brands"]
    assert (house.room("drop-here/one.csv")).exists()
    done = shop.mirrord("export", "--json")
    assert json.loads(done.stdout)[-1]["job"] == "filing"
    assert list(shop.house.glob("exports/2*/more/from-drop-here/one.csv"))
    settings = shop.settings()
    del settings["stores"][KEY]["api"]
    shop.configure(settings)
    drop(house, "two.csv", export_text("orders", "default", 5))
    done = shop.mirrord("export", "--json")
    assert [one["job"] for one in json.loads(done.stdout)] == ["filing"]
    assert list(shop.house.glob("exports/2*/more/from-drop-here/two.csv"))
    assert "has no `api`" in shop.mirrord("export", "orders", "--store", KEY).stderr
