"""`mirrord holds` by the real program, against the sample store."""

import json
import shutil
from pathlib import Path

from tests.system.shop import KEY, Shop, told


def vanish(shop: Shop, top: str) -> int:
    """Take a top folder out of the store, with at least the guard's 20 files; how many."""
    folder = shop.store.folder / top
    for number in range(25):
        (folder / f"more {number}.txt").write_text(str(number))
    assert shop.mirrord("sync").returncode in (0, 3)
    files = sum(path.is_file() for path in (shop.files / top).rglob("*"))
    shutil.rmtree(folder)
    assert shop.mirrord("sync").returncode == 4
    return files


def held(shop: Shop) -> dict[str, str]:
    """The one hold of a vanishing, as `holds --json` tells it."""
    done = shop.mirrord("holds", "--json")
    assert done.returncode == 0
    (hold,) = [one for one in json.loads(done.stdout) if one["kind"] == "vanished"]
    assert isinstance(hold, dict)
    return hold


def test_a_vanishing_is_listed_shown_and_followed(shop: Shop) -> None:
    """Each command names the next one; the files lie in old-versions/ after the follow."""
    assert shop.mirrord("holds").stdout == "nothing waits for a person\n"
    files = vanish(shop, "content")
    hold = held(shop)
    status = shop.mirrord("status")
    assert status.returncode == 4
    assert f"mirrord holds show {hold['id']} --store {KEY}" in status.stdout
    assert hold["title"] in shop.mirrord("holds").stdout
    shown = shop.mirrord("holds", "show", hold["id"][:-3], "--store", KEY)
    assert (shown.returncode, "mirrord holds follow" in shown.stdout) == (0, True)
    done = shop.mirrord("holds", "follow", hold["id"])
    assert done.returncode == 0
    assert f"these {files:,} files move to old-versions/, kept for ever" in done.stdout
    moved = (shop.house / "old-versions").glob("*/content/**/*")
    assert sum(path.is_file() for path in moved) == files
    assert not (shop.files / "content").exists()
    assert "mirrord holds" not in shop.mirrord("status").stdout


def test_a_kept_vanishing_leaves_status_fine(shop: Shop) -> None:
    """At once, before the next sync; the hold is told as kept."""
    files = vanish(shop, "content")
    shop.mirrord("export")
    done = shop.mirrord("holds", "keep", held(shop)["id"])
    assert (done.returncode, done.stdout) == (0, f"files/ keeps showing these {files} files\n")
    assert shop.mirrord("status").returncode in (0, 3)  # 3: the sample's mass change, if one
    assert held(shop)["answered"] == "kept"
    assert (shop.files / "content").is_dir()


def test_an_id_that_is_none_is_answered_with_what_there_is(shop: Shop) -> None:
    """Wrong usage, with the ids; several that fit are named too."""
    nothing = shop.mirrord("holds", "show")
    assert (nothing.returncode, "nothing waits" in nothing.stderr) == (2, True)
    vanish(shop, "content")
    wrong = shop.mirrord("holds", "follow", "1999")
    assert wrong.returncode == 2
    assert held(shop)["id"] in told(wrong)
    refused(shop.house)
    several = shop.mirrord("holds", "keep", "20")
    assert (several.returncode, "fits several" in several.stderr) == (2, True)


def refused(house: Path) -> str:
    name = "2025-11-23T121500Z-orders"
    folder = house / "holds" / name
    folder.mkdir(parents=True)
    (folder / "HOLD.txt").write_text("no orders\x1b[2J here\n")
    return name


def test_a_refused_export_can_only_be_put_away(shop: Shop) -> None:
    """`follow` says why not; `keep` moves it to holds/answered/; nothing acts on the terminal."""
    assert shop.mirrord("sync").returncode == 0
    name = refused(shop.house)
    shown = shop.mirrord("holds", "show")
    assert "no orders\\x1b[2J here" in shown.stdout
    follow = shop.mirrord("holds", "follow", name)
    assert (follow.returncode, "never filed as it is" in follow.stderr) == (2, True)
    keep = shop.mirrord("holds", "keep", name)
    assert (keep.returncode, (shop.house / "holds/answered" / name).is_dir()) == (0, True)
