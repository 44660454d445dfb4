"""The disk goes while a job is at work, and comes back: each kind of job ends, none does harm."""

import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.dropping import export_text
from tests.houses import content
from tests.system.shop import Shop
from tests.system.test_bare_mount import mounted
from tests.system.test_run import SEED

#: How often the disk goes under each kind of job.
LOSSES = int(os.environ.get("MIRRORD_LOSSES", "1"))
#: Done, in part, the store, or the disk: never a bug.
_CODES = {0, 3, 6}


def _new_files(shop: Shop, house: Path) -> None:
    dice = random.Random(os.urandom(8))
    for number in range(30):
        (shop.store.folder / f"content/{number}.bin").write_bytes(dice.randbytes(20_000))


def _new_exports(shop: Shop, house: Path) -> None:
    folder = shop.store.folder / "exports"
    folder.mkdir(exist_ok=True)
    for number in range(5):
        text = export_text("customers", "default", 500, f"{time.time_ns()}")
        (folder / f"customers-{number}.csv").write_bytes(text)


def _new_theme(shop: Shop, house: Path) -> None:
    shutil.rmtree(house / "themes")
    (house / "themes").mkdir(0o750)


def _nothing(shop: Shop, house: Path) -> None:
    pass


#: The command of each kind of job, the lock that it holds at work, and what makes work for it.
JOBS: dict[str, tuple[str, str, Callable[[Shop, Path], None]]] = {
    "files": ("sync", "files", _new_files),
    "orders": ("export orders", "orders", _nothing),
    "exports": ("export", "catalogue", _nothing),
    "themes": ("export themes", "catalogue", _new_theme),
    "inbox": ("sync", "inbox", _new_exports),
    "snapshot": ("snapshot --label again", "upkeep", _new_files),
    "verify": ("verify --full", "upkeep", _nothing),
    "prune": ("prune", "upkeep", _nothing),
    "reindex": ("reindex", "files", _nothing),
}


def _at_work(pid: int, lock: str) -> bool:
    """Whether a program has the lock of its job open."""
    with suppress(OSError):  # it closed one meanwhile, or has ended
        for fd in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{fd}").endswith(f"/decisions/{lock}.lock"):
                return True
    return False


@pytest.mark.timeout(120 + 60 * LOSSES)
def test_a_disk_that_goes_under_a_job_is_told_and_comes_back_whole(shop: Shop) -> None:
    """At a random moment of its work: nothing on the bare mount point, and the next run is well.

    A job is told 6, or had all it needed; what was held before is held after.
    """
    dice = random.Random(SEED)
    seen: dict[str, list[int]] = {}
    with mounted(shop) as (small, bare):
        house, through = bare / "acme", small.through
        for words in ("export", "snapshot --label first"):
            assert shop.mirrord(*words.split(), through=through).returncode == 0
        for name, (words, lock, prepare) in JOBS.items():
            took = _run(shop, house, words, lock, prepare, through)
            for _ in range(LOSSES):
                prepare(shop, house)
                process = shop.start(*words.split(), through=through)
                while process.poll() is None and not _at_work(process.pid, lock):
                    time.sleep(0.002)
                time.sleep(dice.uniform(0.0, took))  # the moment is what is tried here
                small.do("umount", "--lazy", str(shop.mirror))
                done = shop.finished(process)
                assert done.returncode in _CODES, (name, done.stdout, done.stderr)
                assert content(bare) == {}, name
                small.do("mount", "--bind", str(shop.home / "the-disk"), str(shop.mirror))
                seen.setdefault(name, []).append(done.returncode)
        for words in ("sync", "snapshot --label last", "verify --full"):
            done = shop.mirrord(*words.split(), through=through)
            # 3: so many new files at once are an alarm
            assert done.returncode in (0, 3), (words, done.stdout, done.stderr)
            assert "damaged" not in done.stdout + done.stderr
        assert content(house / "files") == content(shop.store.folder)
        assert list(house.glob(".mirrord/staging/*/*")) == []
        small.do("umount", str(shop.mirror))
        assert content(bare) == {}
    print(f"codes by job: {seen}")
    assert 6 in {code for codes in seen.values() for code in codes}, seen


def _run(
    shop: Shop,
    house: Path,
    words: str,
    lock: str,
    prepare: Callable[[Shop, Path], None],
    through: tuple[str, ...],
) -> float:
    """Run a job to its end; how many seconds it had its lock."""
    prepare(shop, house)
    process = shop.start(*words.split(), through=through)
    began = time.monotonic()
    while process.poll() is None and not _at_work(process.pid, lock):
        began = time.monotonic()
        time.sleep(0.002)
    assert process.poll() is None, f"{words} never held {lock}"
    process.wait(60)
    took = time.monotonic() - began
    assert shop.finished(process).returncode in (0, 3), words
    return took
