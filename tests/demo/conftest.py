"""A small sample store for tests that change it, and one whole one for those that only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore

SMALL = Sizes(products=12, customers=12, orders=30)


class Client:
    """Asks the store as a client of the API would, with a good token."""

    def __init__(self, store: SampleStore) -> None:
        self.store = store
        self.session = requests.Session()
        self.session.headers["X-Auth-Token"] = store.token

    def get(self, path: str, **options: Any) -> requests.Response:
        """The answer to GET of ``/v3/...`` or ``/v2/...``."""
        root = f"{self.store.api_url}/stores/{self.store.store_hash}"
        return self.session.get(root + path, timeout=20, **options)

    def ids(self, path: str) -> list[int]:
        """The ids on one page, of either version; none for a 204."""
        answer = self.get(path)
        assert answer.status_code in (200, 204), answer.text
        content = answer.json() if answer.content else []
        rows = content if isinstance(content, list) else content["data"]
        return [row["id"] for row in rows]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The store in its full size; tests that use it must not change it."""
    with SampleStore(tmp_path_factory.mktemp("store"), quota=1_000_000) as store:
        client = Client(store)
        with client.session:
            yield client


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Opens a small store of the test's own, with the given arguments."""
    opened: list[Client] = []

    def start(**options: Any) -> Client:
        store = SampleStore(tmp_path / f"tree{len(opened)}", **{"sizes": SMALL, **options})
        store.start()
        opened.append(Client(store))
        return opened[-1]

    yield start
    for client in opened:
        client.session.close()
        client.store.stop()


@pytest.fixture
def small(open_store: Callable[..., Client]) -> Client:
    """A small store that the test may change."""
    return open_store()
