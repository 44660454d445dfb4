"""Disks that really give up: no inode left, gone in the midst of a run, as the kernel does it."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mirrord.demo.misbehave import slow
from mirrord.demo.shop import Sizes
from tests.houses import content
from tests.laws.examples import fast_disk
from tests.system.disks import Disk, disk
from tests.system.shop import KEY, Shop, open_shop, told

SEED = int(os.environ.get("MIRRORD_SEED", "20261201"))
DEATHS = int(os.environ.get("MIRRORD_DEATHS", "4"))
NEW = 12

pytestmark = pytest.mark.timeout(120 + 10 * DEATHS)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop whose files and orders are held."""
    with (
        TemporaryDirectory(dir=fast_disk()) as home,
        open_shop(Path(home), Sizes(products=1, customers=2, orders=3)) as shop,
    ):
        for words in (["sync"], ["export", "orders"]):
            assert shop.mirrord(*words).returncode == 0
        yield shop


def _held(mounted: Disk) -> dict[str, bytes | None]:
    house = mounted.inside / KEY
    rooms = ("files", "old-versions", "exports")
    return {f"{room}/{p}": body for room in rooms for p, body in content(house / room).items()}


def _new_files(shop: Shop, dice: random.Random) -> None:
    for number in range(NEW):
        body = dice.randbytes(dice.randrange(1, 20_000))
        (shop.store.folder / f"content/new {number}.bin").write_bytes(body)


@pytest.mark.parametrize("leave", [0, 2, 5, 9])
def test_a_disk_without_inodes_is_6_and_heals(leave: int, shop: Shop) -> None:
    """Not a byte of what is held changes; with room for names again, all comes."""
    _new_files(shop, random.Random(SEED))
    with disk(shop.mirror, "450m,nr_inodes=2000") as small:
        before = _held(small)
        small.use_up_names(leave)
        for words in (["sync"], ["export", "orders"]):
            done = shop.mirrord(*words, through=small.through)
            assert (done.returncode, "no room left" in told(done)) == (6, True), done.stderr
            after = _held(small)
            assert {path: after.get(path) for path in before} == before
        small.do("rm", "-r", f"{shop.mirror}/names")
        assert shop.mirrord("sync", through=small.through).returncode == 0
        assert content(small.inside / KEY / "files") == content(shop.store.folder)
        staged = content(small.inside / KEY / ".mirrord/staging").values()
        assert [body for body in staged if body is not None] == []


def test_a_disk_that_dies_under_a_run_is_6_and_heals_when_it_is_back(shop: Shop) -> None:
    """It loses what was not made durable, as in a power cut; no run that it ended says 0."""
    dice = random.Random(SEED)
    shop.store.misbehave.next("/dav/content/new *", slow(0.05), times=None)
    struck = 0
    with disk(shop.mirror, "600m", "ext4") as real:
        for death in range(DEATHS):
            before = content(real.inside / KEY / "files")
            _new_files(shop, dice)
            store = content(shop.store.folder)
            process = shop.start("sync", through=real.through)
            time.sleep(dice.uniform(0.15, 0.6))  # the moment is what is drawn by lot
            real.die()
            done = shop.finished(process)
            assert done.returncode in (0, 6), done.stderr
            real.come_back()
            now = content(real.inside / KEY / "files")
            assert [
                path for path in now if now[path] not in (before.get(path), store.get(path))
            ] == []
            if done.returncode == 0:
                assert now == store, f"death {death}: it was told as done"
            else:
                struck += 1
                assert len(told(done).splitlines()) >= 1, "it said nothing"
            healed = shop.mirrord("sync", through=real.through)
            assert healed.returncode == 0, healed.stderr
            assert content(real.inside / KEY / "files") == store
        assert struck, "it never died in time"
