"""A shop with a marked mirror for every test; one that is already mirrored, for those who read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of the test's own, nothing mirrored yet."""
    with open_shop(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose files and records are held; tests of the room share it."""
    with open_shop(tmp_path_factory.mktemp("mirrored")) as opened:
        assert [opened.mirrord(word).returncode for word in ("sync", "export")] == [0, 0]
        yield opened
