"""A disk that is unmounted under the daemon, again and again, in the midst of its work."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.houses import content
from tests.system.disks import Disk, disk
from tests.system.shop import Shop
from tests.system.test_run import SEED, running

#: How often the disk is torn away.
TEARS = int(os.environ.get("MIRRORD_TEARS", "4"))


@contextmanager
def mounted(shop: Shop) -> Iterator[tuple[Disk, Path]]:
    """The mirror on a disk of its own; also what the mount point is without it, as seen inside."""
    apart = shop.mirror.rename(shop.home / "the-disk")
    shop.mirror.mkdir()
    with disk(apart, "512m") as small:
        bare = small.inside.parent / shop.mirror.name
        assert content(bare) == {}
        small.do("mount", "--bind", str(apart), str(shop.mirror))
        yield small, bare


@pytest.mark.timeout(60 + 20 * TEARS)
def test_nothing_is_ever_written_to_the_bare_mount_point(shop: Shop) -> None:
    """Whatever the daemon is at; it pauses, and mirrors on when the disk is back."""
    shop.set("schedule", files="1s", orders="1s", products="1h", customers="1h")
    dice = random.Random(SEED)
    with mounted(shop) as (small, bare), running(shop, through=small.through) as daemon:
        daemon.until((bare / "acme/exports/latest/orders.csv").exists)
        for tear in range(TEARS):
            for number in range(30):  # work to be torn away from
                body = dice.randbytes(20_000)
                (shop.store.folder / f"content/{tear}-{number}.bin").write_bytes(body)
            count = dice.randrange(1, 30)
            daemon.until(lambda t=tear, c=count: _arrived(bare, t) >= c)
            small.do("umount", "--lazy", str(shop.mirror))
            told = len(daemon.notified.told)
            daemon.until(lambda n=told: any(b"paused" in t for t in daemon.notified.told[n:]))
            assert content(bare) == {}, f"tear {tear}"
            small.do("mount", "--bind", str(shop.home / "the-disk"), str(shop.mirror))
            daemon.until(lambda: content(bare / "acme/files") == content(shop.store.folder))
        assert daemon.stop()[0] == 0
        small.do("umount", str(shop.mirror))
        assert content(bare) == {}


def _arrived(bare: Path, tear: int) -> int:
    """How many of the new files are written, seen or unseen."""
    house = bare / "acme"
    unseen = len([*house.glob(".mirrord/staging/files/*")])
    return max(unseen, len([*house.glob(f"files/content/{tear}-*")]))
