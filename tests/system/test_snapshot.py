"""Restore points by the real program: taken, unchanged, pinned; refused where nothing links."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mirrord.disk.durable import filesystem
from mirrord.disk.locks import locked
from tests.houses import content
from tests.system.no_links import CALLS
from tests.system.shop import KEY, Shop, open_shop, told


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of which all is mirrored."""
    with open_shop(tmp_path_factory.mktemp("snapshot")) as shop:
        assert shop.mirrord("export").returncode == 0
        yield shop


def names(shop: Shop) -> list[str]:
    return sorted(path.name for path in (shop.house / "snapshots").iterdir() if path.is_dir())


def status(shop: Shop) -> dict[str, object]:
    (one,) = json.loads(shop.mirrord("status", "--json").stdout)
    found: dict[str, object] = one["snapshots"]
    return found


def test_a_snapshot_is_taken_checked_and_told(shop: Shop) -> None:
    """Whole, of one window, with a verdict; every image that a product names is in it."""
    done = shop.mirrord("snapshot", "--label", "before the sale", "--pin")
    (name,) = names(shop)
    folder = shop.house / "snapshots" / name
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"COMPLETE: {folder}")
    assert content(folder / "files") == content(shop.store.folder)
    assert content(folder / "exports") == content(shop.latest)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    verdict = (folder / "VERDICT.txt").read_text()
    assert verdict.startswith("verdict: COMPLETE\n")
    assert "\nlabel: before the sale\n" in verdict
    assert json.loads((shop.house / "decisions/pins.json").read_bytes())[f"snapshots/{name}"]
    last = (shop.house / "snapshots/CHAIN").read_bytes().splitlines(keepends=True)[-1]
    summed = subprocess.run(["sha256sum"], input=last, capture_output=True, check=True).stdout
    said = status(shop)
    assert (said["newest"], said["verdict"], said["count"]) == (name, "COMPLETE", 1)
    assert said["fingerprint"] == summed.decode()[:16]
    assert said["after_snapshot"] == {"configured": False, "last_success": None, "last_error": ""}
    screen = shop.mirrord("status").stdout
    assert f"newest {name} COMPLETE" in screen
    assert re.search("off-site +no after_snapshot command", screen)


def test_nothing_changed_takes_none(shop: Shop) -> None:
    """And says which one is still true."""
    before = names(shop)
    (report,) = json.loads(shop.mirrord("snapshot", "--json").stdout)
    assert names(shop) == before
    assert (report["exit_code"], report["details"]["new"]) == (0, False)
    assert report["findings"][0].startswith(f"nothing changed since {before[-1]}")


def test_a_point_is_pinned_and_left_to_the_rules_again(shop: Shop) -> None:
    """By its name alone, or with its room; what is no point is refused."""
    (name,) = names(shop)
    pins = shop.house / "decisions/pins.json"
    assert shop.mirrord("unpin", name).stdout == f"{KEY} snapshots/{name}: left to the rules\n"
    assert json.loads(pins.read_bytes()) == {}
    done = shop.mirrord("unpin", f"snapshots/{name}")
    assert (done.returncode, done.stdout) == (0, f"{KEY} snapshots/{name}: was not pinned\n")
    assert shop.mirrord("pin", name, "--why", "audit").returncode == 0
    assert json.loads(pins.read_bytes())[f"snapshots/{name}"]["why"] == "audit"
    for wrong in ("2020-01-01T000000Z", "../files", "snapshots/..", "files/content", ""):
        done = shop.mirrord("pin", wrong)
        assert (done.returncode, "there is no point" in done.stderr) == (2, True)


def test_a_lane_at_work_is_not_waited_for_where_that_is_asked(shop: Shop) -> None:
    """`--no-wait` ends with 75, and leaves no wish behind."""
    with locked(shop.house / "decisions/files.lock", "files", None):
        done = shop.mirrord("snapshot", "--no-wait", "--label", "x")
    assert (done.returncode, "is at work" in told(done)) == (75, True)
    wish = shop.house / "decisions/next_snapshot.json"
    assert not wish.exists() or json.loads(wish.read_bytes()) == {}


def test_a_store_that_refuses_us_gives_an_incomplete_snapshot(shop: Shop) -> None:
    """What is held is frozen all the same; the verdict says that the runs failed."""
    settings = shop.settings()
    try:
        shop.set("webdav", password=shop.secret("wrong", "no-longer-valid"))
        done = shop.mirrord("snapshot")
    finally:
        shop.configure(settings)
    assert done.returncode == 3
    folder = shop.house / "snapshots" / names(shop)[-1]
    assert (folder / "VERDICT.txt").read_text().startswith("verdict: INCOMPLETE (missing: 1)\n")
    assert content(folder / "files") == content(shop.store.folder)


def test_a_disk_without_hard_links_refuses_snapshots_and_nothing_else(shop: Shop) -> None:
    """With a plain message, exit code 6, and no trace."""
    if platform.machine() not in CALLS:
        pytest.skip("needs a machine whose numbers of system calls are known")
    through = (sys.executable, Path(__file__).with_name("no_links.py"))
    (shop.store.folder / "content/new.html").write_text("new")
    before = content(shop.house / "snapshots")
    done = shop.mirrord("snapshot", through=[str(word) for word in through])
    assert done.returncode == 6
    assert "knows no hard links: snapshots need hard links" in told(done)
    assert content(shop.house / "snapshots") == before
    assert shop.mirrors_the_store()


def test_a_file_with_as_many_names_as_can_be_is_copied(shop: Shop) -> None:
    """And the copy is checked: its bytes are those of the ledger."""
    if filesystem(shop.house) != "ext4":
        pytest.skip("needs ext4, where a file has at most 65,000 names")
    (shop.store.folder / "content/new.html").write_text("many names")
    assert shop.mirrord("sync").returncode == 0
    names_of_it = shop.home / "names"
    names_of_it.mkdir()
    file = shop.files / "content/new.html"
    with suppress(OSError):
        for number in range(65_000):
            os.link(file, names_of_it / str(number))
    assert file.stat().st_nlink == 65_000
    (report,) = json.loads(shop.mirrord("snapshot", "--json").stdout)
    assert (report["outcome"], report["counts"]["copied"]) == ("ok", 1)
    twin = shop.house / "snapshots" / names(shop)[-1] / "files/content/new.html"
    assert (twin.read_text(), twin.stat().st_nlink) == ("many names", 1)
    shutil.rmtree(names_of_it)
