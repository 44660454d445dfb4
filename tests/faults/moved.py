"""Whole commands in this process, by a clock that goes on whenever somebody waits on purpose."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mirrord.cli import run
from mirrord.demo.api import ALL_SCOPES
from mirrord.disk.house import make_marker
from mirrord.jobs import pulse
from mirrord.source.quota import QuotaKeeper
from tests.houses import content
from tests.system.shop import Shop, open_shop


class Moved:
    """Real time, and what was waited; ``waits`` are the pauses of a second and more."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return time.time() + self.ahead

    def real(self, seconds: float) -> float:
        self.ahead += seconds
        if seconds >= 1:
            self.waits.append(seconds)
        return 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


class Scene:
    """One shop of the room, a mirror of the test's own, and commands to run over it.

    ``like``: the mirror that it begins as a copy of.
    """

    def __init__(self, shop: Shop, mirror: Path, clock: Moved, like: Path | None = None) -> None:
        self.shop, self.clock = shop, clock
        shop.at = mirror
        if like is None:
            mirror.mkdir()
            make_marker(mirror)
        else:
            shutil.copytree(like, mirror, symlinks=True)
        shop.configure(shop.settings() | {"mirror": str(mirror)})

    def mirrord(self, *words: str) -> int:
        """The exit code; what it said is on stdout and stderr."""
        self.clock.waits.clear()
        return run(["--config", str(self.shop.config), *words])

    def asked(self) -> int:
        """How many requests the store has answered so far."""
        return len(self.shop.store.log)

    def exports(self) -> dict[str, bytes | None]:
        """All that is shown of the pulls."""
        return content(self.shop.house / "exports")

    def lossless(self) -> dict[str, bytes | None]:
        """The newest pull of each dataset, as it came."""
        return content(self.shop.latest / "lossless")

    def receipts(self) -> dict[str, Any]:
        """What is told of them."""
        told: dict[str, Any] = json.loads((self.shop.latest / "receipts.json").read_bytes())
        return told


class Stage:
    """One store for many tests, and a mirror into which all was exported while it was calm."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        calm = Scene(shop, shop.home / "calm", Moved())
        began = calm.asked()
        assert calm.mirrord("export") == 0
        self.calm, self.lossless, self.asked = calm, calm.lossless(), calm.asked() - began

    def scene(self, folder: Path, patch: pytest.MonkeyPatch, *, exported: bool = False) -> Scene:
        """Nothing mirrored yet, or all ``exported``; everyone waits by the scene's clock."""
        self.shop.store.misbehave.stop()
        self.shop.store.tokens[self.shop.store.token] = ALL_SCOPES
        clock = Moved()
        built = QuotaKeeper.__init__

        def by_our_clock(self: QuotaKeeper, share: float, _: object, *more: Any) -> None:
            built(self, share, clock.monotonic, *more)

        patch.setattr(QuotaKeeper, "__init__", by_our_clock)
        patch.setattr(pulse, "Heart", partial(pulse.Heart, clock=clock))
        like = self.shop.home / "calm" if exported else None
        return Scene(self.shop, folder / "mirror", clock, like)


@contextmanager
def staged(home: Path) -> Iterator[Stage]:
    """The stage of a module."""
    with open_shop(home) as shop:
        yield Stage(shop)
