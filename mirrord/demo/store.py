"""The sample store as a whole: generated records and files, served on loopback until stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

from mirrord.demo.api import ALL_SCOPES, Api
from mirrord.demo.dav import MOUNT, make_dav
from mirrord.demo.front import Front, Logged
from mirrord.demo.misbehave import Misbehaviour
from mirrord.demo.orders import Order
from mirrord.demo.quota import Quota
from mirrord.demo.shapes import Record
from mirrord.demo.shop import Sizes, make_shop
from mirrord.demo.theme_store import ThemeStore
from mirrord.demo.tree import write_tree

THREADS = 8
PRO_QUOTA = 450
"""Requests in 30 seconds on BigCommerce's Pro plan."""


class SampleStore:
    """A BigCommerce store on ``127.0.0.1``, up between :meth:`start` and :meth:`stop`.

    ``folder`` becomes the WebDAV tree; it is written once, when it is empty or missing. The same
    ``seed`` and ``sizes`` give the same store. Tests change ``products``, ``customers``,
    ``orders`` and the folder while it runs (several steps under ``shop.lock``), take tokens or
    scopes out of ``tokens``, order faults by ``misbehave`` and read ``log``. Without ``packs`` no
    answer is compressed: packing takes half of the time of a large page.
    """

    def __init__(
        self,
        folder: Path,
        seed: int = 1,
        sizes: Sizes | None = None,
        *,
        username: str = "backup@sample-store.example.com",
        password: str = "sample-password",
        store_hash: str = "sample1",
        token: str = "sample-token",
        quota: int = PRO_QUOTA,
        clock: Callable[[], float] = time.monotonic,
        packs: bool = True,
    ) -> None:
        self._packs = packs
        self.folder = folder
        self.username = username
        self.password = password
        self.store_hash = store_hash
        self.token = token
        self.shop = make_shop(seed, sizes or Sizes(), store_hash)
        self.tokens: dict[str, frozenset[str]] = {token: ALL_SCOPES}
        self.misbehave = Misbehaviour()
        self.quota = Quota(quota, clock)
        self.shop.themes.clock = clock
        self._api = Api(self.shop, self.tokens, self.quota)
        self._server: Any = None
        self._front: Front | None = None
        self._thread: Thread | None = None
        if not folder.exists() or not any(folder.iterdir()):
            write_tree(folder, seed, self.shop.pictured(), self.shop.customers.values())

    @property
    def products(self) -> MutableMapping[int, Record]:
        """Whole products by id, with every sub-resource."""
        return self.shop.products

    @property
    def customers(self) -> dict[int, Record]:
        """Whole customers by id, with every sub-resource."""
        return self.shop.customers

    @property
    def orders(self) -> MutableMapping[int, Order]:
        """Orders by id, each in its parts."""
        return self.shop.orders

    @property
    def log(self) -> list[Logged]:
        """Every request since the start, in the order of their answers; kept after the stop."""
        return self._started().log

    @property
    def api_url(self) -> str:
        """Where ``/stores/{store_hash}/v3/...`` is asked for; kept after the stop."""
        self._started()
        host, port = self._server.bind_addr
        return f"http://{host}:{port}"

    @property
    def webdav_url(self) -> str:
        """The root of the tree."""
        return self.api_url + MOUNT

    @property
    def themes(self) -> ThemeStore:
        """The themes; tests change them, and how their downloads go."""
        return self.shop.themes

    def _started(self) -> Front:
        if self._front is None:
            raise RuntimeError("the sample store was never started; call start() first")
        return self._front

    def start(self) -> None:
        """Serve on a free port of 127.0.0.1; returns when requests are answered."""
        # imported here: generating records needs no server
        from cheroot.wsgi import Server

        dav = make_dav(self.folder, self.username, self.password)
        self._front = Front(self._api, dav, self.store_hash, self.misbehave, packs=self._packs)
        # cheroot's own 5 overflow when all lanes come at once; a lost one is taken 31 s later
        self._server = Server(
            ("127.0.0.1", 0), self._front, numthreads=THREADS, request_queue_size=128
        )
        self._server.expiration_interval = 0.05  # how soon its loop sees the stop
        self._server.prepare()
        self.shop.themes.links_at = self.api_url
        self._thread = Thread(target=self._server.serve, name="sample-store", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End every thread and close every socket; safe twice, and before any start."""
        if self._thread is None:
            return
        self._started().closing.set()
        self._server.stop()
        self._thread.join()
        self._thread = None

    def __enter__(self) -> SampleStore:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
