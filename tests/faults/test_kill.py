"""`kill -9` at random moments of the real program: nothing torn, nothing lost, the next run heals.

The moments are drawn by a seed. A kill that came after the program's end struck nothing and is
made again, earlier; a test whose kills all missed fails.
"""

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mirrord.demo.shop import Sizes
from tests.houses import content
from tests.servers.fault_proxy import fault_proxy
from tests.system.shop import KEY, Shop, open_shop

KILLS = int(os.environ.get("MIRRORD_KILLS", "25"))
SEED = int(os.environ.get("MIRRORD_SEED", "20261123"))
FILES, CHANGED = 100, 30

Tree = dict[str, bytes | None]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with some files of a few hundred kilobytes, behind a slow line."""
    _fill(tmp_path / "the-shop", random.Random(SEED))
    with (
        open_shop(tmp_path, Sizes(products=3, customers=5, orders=30)) as shop,
        fault_proxy(urlsplit(shop.store.api_url).port or 0) as proxy,
    ):
        proxy.set("latency", 0.001)
        shop.set("webdav", url=f"http://127.0.0.1:{proxy.port}/dav")
        shop.set("api", url=f"http://127.0.0.1:{proxy.port}")
        yield shop


def _fill(tree: Path, dice: random.Random) -> None:
    for number in range(FILES):
        file = tree / f"folder {number % 6}" / f"file {number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dice.randbytes(dice.randrange(1, 20_000)))


class Killer:
    """Kills a command, at a random moment of its usual time or as soon as something is seen."""

    def __init__(self, shop: Shop, *words: str) -> None:
        self._shop, self._words = shop, words
        self._dice = random.Random(f"{SEED} {words}")
        self.usually = self._learn()

    def kill(
        self, seen: Callable[[], bool] | None = None, anew: Callable[[], object] = lambda: None
    ) -> None:
        """Kill it once, for sure; where it ended before, ``anew`` and again."""
        for _ in range(20):
            moment = time.monotonic() + self._dice.uniform(0.25, self.usually)
            struck = seen or (lambda moment=moment: time.monotonic() > moment)
            process = self._shop.start(*self._words)
            while process.poll() is None and not struck():
                time.sleep(0.0005)
            process.kill()
            process.communicate()
            if process.returncode == -signal.SIGKILL:
                return
            self.usually *= 0.9
            anew()
        raise AssertionError("it always ended before it was killed")

    def _learn(self) -> float:
        began = time.monotonic()
        done = self._shop.mirrord(*self._words)
        assert done.returncode == 0, done.stderr
        return time.monotonic() - began


def _sums(tree: Tree) -> dict[str, str]:
    return {
        path: hashlib.sha256(body).hexdigest() for path, body in tree.items() if body is not None
    }


def _torn(shop: Shop, *versions: dict[str, str]) -> dict[str, str]:
    """What lies in files/ and is none of the versions that the store ever had under that name."""
    return {
        path: digest
        for path, digest in _sums(content(shop.files)).items()
        if digest not in {version.get(path) for version in versions}
    }


def _staged(shop: Shop) -> list[str]:
    staging = shop.house / ".mirrord/staging"
    return [path for path, body in content(staging).items() if body is not None]


def _old_versions(shop: Shop) -> set[tuple[str, str]]:
    """Path in the store and checksum of all that ever left files/."""
    sums = _sums(content(shop.house / "old-versions"))
    return {(path.partition("/")[2], digest) for path, digest in sums.items() if "/" in path}


def test_a_first_sync_that_is_killed_tears_nothing_and_heals(shop: Shop) -> None:
    """Each kill leaves whole files only; the next run that is left in peace brings the rest."""
    store = _sums(content(shop.store.folder))
    killer = Killer(shop, "sync")
    _forget(shop)
    dice = random.Random(SEED)
    held = []
    for number in range(KILLS):
        some = dice.randrange(FILES)
        seen = dice.choice([None, lambda some=some: _placed(shop) > some])
        killer.kill(seen, anew=lambda: _forget(shop))
        assert _torn(shop, store) == {}, f"after kill {number} of seed {SEED}"
        held.append(_placed(shop))
        if number % 8 == 7:
            _heals(shop)
        if held[-1]:
            _forget(shop)
    assert [count for count in held if 0 < count < FILES], f"no kill came in the midst: {held}"


def _placed(shop: Shop) -> int:
    """How many files are in place; counted while they come."""
    return sum(1 for _ in shop.files.glob("folder */*"))


def _heals(shop: Shop) -> None:
    """One run later all is well, and the run after it has nothing to do."""
    done = shop.mirrord("sync")
    assert done.returncode == 0, done.stderr
    assert (shop.mirrors_the_store(), shop.sums_agree(), _staged(shop)) == (True, True, [])
    assert (_plan(shop), content(shop.house / "set-aside")) == ([], {})


def _forget(shop: Shop) -> None:
    shop.house.rename(shop.home / f"before {time.monotonic_ns()}")


def _plan(shop: Shop) -> list[str]:
    """What a dry run would do."""
    (report,) = json.loads(shop.mirrord("sync", "--dry-run", "--json").stdout)
    plan: list[str] = report["details"]["plan"]
    return plan


def test_a_later_sync_that_is_killed_keeps_old_and_new(shop: Shop) -> None:
    """After each kill every file is the old or the new one; what was replaced is not lost."""
    killer = Killer(shop, "sync")
    dice = random.Random(SEED)
    struck = 0
    for round_ in range(max(1, KILLS // 8)):
        before = _sums(content(shop.store.folder))
        _change(shop.store.folder, dice, round_)
        after = _sums(content(shop.store.folder))
        old = _old_files(shop)
        for _ in range(2):
            some = old + dice.randrange(CHANGED)
            killer.kill(lambda some=some: _old_files(shop) > some)
            assert _torn(shop, before, after) == {}, f"round {round_} of seed {SEED}"
            _nothing_lost(shop, before)
            struck += _old_files(shop) > old
        _heals(shop)
        _nothing_lost(shop, before)
        if round_ % 5 == 4:  # what goes adds up over thirty days, and waits for a person then
            _forget(shop)
            _fill(shop.store.folder, dice)
            _heals(shop)
    assert struck, "no kill came while files were replaced"


def _old_files(shop: Shop) -> int:
    return sum(1 for _ in shop.house.glob("old-versions/*/folder */*"))


def _change(folder: Path, dice: random.Random, number: int) -> None:
    """Some files change, one goes, one comes, a file becomes a folder, and a folder a file."""
    files = sorted(path for path in folder.glob("folder */file *.bin") if path.is_file())
    for path in dice.sample(files, CHANGED):
        path.write_bytes(dice.randbytes(dice.randrange(1, 20_000)))
    dice.choice(files).unlink()
    (folder / "folder 0" / f"new {number}").write_bytes(dice.randbytes(1000))
    swapped = folder / "swapped"
    if swapped.is_dir():
        (swapped / "inner").unlink()
        swapped.rmdir()
        swapped.write_bytes(dice.randbytes(100))
        return
    swapped.unlink(missing_ok=True)
    swapped.mkdir()
    (swapped / "inner").write_bytes(dice.randbytes(100))


def _nothing_lost(shop: Shop, before: dict[str, str]) -> None:
    """All that was held is in files/ still, or in old-versions/ under its old path."""
    kept = set(_sums(content(shop.files)).items()) | _old_versions(shop)
    assert set(before.items()) - kept == set()


def test_an_export_that_is_killed_leaves_every_day_whole(shop: Shop) -> None:
    """Day folder and latest/ are the pull before or the new one, with the sums that fit."""
    killer = Killer(shop, "export", "orders")
    work = shop.house / ".mirrord/staging/days"
    dice = random.Random(SEED)
    seen = {_notes(shop.latest)}
    struck = 0
    for number in range(max(1, KILLS // 3)):
        with shop.store.shop.lock:
            for order in shop.store.orders.values():
                changed = {
                    "staff_notes": f"pull {number}",
                    "date_modified": formatdate(),
                }
                order.head |= changed
        killer.kill(dice.choice([None, work.exists, (work / "latest").exists]))
        struck += work.exists()
        for folder in _days(shop):
            assert _whole(folder), f"kill {number} of seed {SEED}"
        seen.add(f"pull {number}")
        assert _notes(shop.latest) in seen
    assert struck, "no kill came while a day was placed"
    assert shop.mirrord("export", "orders").returncode == 0
    assert _notes(shop.latest) == f"pull {number}"
    assert ([_whole(folder) for folder in _days(shop)], _staged(shop)) == ([True, True], [])
    extra = {path.name for path in (shop.house / "exports").iterdir()} - {"latest"}
    assert len(extra) == 1, "a folder of a swap that was cut lies about"


def _days(shop: Shop) -> list[Path]:
    return sorted(path for path in (shop.house / "exports").glob("[!.]*") if path.is_dir())


def _whole(folder: Path) -> bool:
    """Whether SHA256SUMS, receipts and files of a folder of exports speak of the same pull."""
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    if subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode:
        return False
    receipt = json.loads((folder / "receipts.json").read_bytes())["orders"]
    plain = {name: _plain(folder / name) for name in receipt["plain_sha256"]}
    return plain == receipt["plain_sha256"]


def _plain(file: Path) -> str:
    body = file.read_bytes()
    return hashlib.sha256(gzip.decompress(body) if file.suffix == ".gz" else body).hexdigest()


def _notes(folder: Path) -> str:
    """The staff's note that all orders of a pull share; more than one would be a mixture."""
    lines = gzip.decompress((folder / "lossless/orders.jsonl.gz").read_bytes()).splitlines()
    notes = {json.loads(line)["staff_notes"] for line in lines}
    return notes.pop() if len(notes) == 1 else "as generated"


def test_a_house_that_was_killed_holds_no_lock(shop: Shop) -> None:
    """The lock of a dead process is free at once, for `--no-wait` too."""
    Killer(shop, "sync").kill()
    assert (shop.house / "decisions/files.lock").exists()
    assert shop.mirrord("sync", "--no-wait", "--store", KEY).returncode == 0
