"""How much a first sync will take, told before it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from mirrord.config import Secret, Webdav
from mirrord.errors import StoreRefused
from mirrord.jobs.estimate import Estimate, estimate
from tests.fakes import QuietPulse
from tests.servers.tools import PASSWORD, USER
from tests.servers.wsgidav import wsgidav


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A store of three files and 1,500 bytes."""
    for name in ("a/one", "a/b/two", "three"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 500)
    with wsgidav(tmp_path / "tree") as peer:
        yield peer.url


def _dav(url: str, password: str = PASSWORD) -> Webdav:
    return Webdav(url=url, username=USER, password=Secret.typed(password))


def test_a_small_store_is_counted_to_the_end(url: str) -> None:
    """Files and their bytes."""
    told = estimate(_dav(url), QuietPulse(), 60)
    assert (told, str(told)) == (Estimate(3, 1_500, whole=True), "3 files, 0.00 GB")


def test_a_large_one_is_ended_in_time_and_says_so(url: str) -> None:
    """Nobody waits for a million files before the first answer is saved."""
    ticks = count(0, 10)
    told = estimate(_dav(url), QuietPulse(), 15, lambda: float(next(ticks)))
    assert (told.whole, told.files < 3, str(told)[:9]) == (False, True, "more than")


def test_a_refused_login_is_an_error_and_no_empty_store(url: str) -> None:
    """Zero files would look like good news."""
    with pytest.raises(StoreRefused):
        estimate(_dav(url, "wrong"), QuietPulse(), 60)
