"""Going from place to place below a folder, with what is shared of the way left open."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.disk.descent import Descent
from mirrord.disk.durable import Durable
from mirrord.disk.steps import FOLDER


@pytest.fixture
def descent(tmp_path: Path) -> Iterator[Descent]:
    start = os.open(tmp_path, FOLDER)
    with closing(Durable(tmp_path)) as durable, Descent(start, durable) as descent:
        yield descent
    os.close(start)


def there(fd: int) -> str:
    return os.readlink(f"/proc/self/fd/{fd}")


def opened() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_every_place_is_reached_from_every_other(descent: Descent, tmp_path: Path) -> None:
    """Up, down, aside and back, the start among them; missing folders are made."""
    deep = "/".join("d" * 40)
    places = ["", "a", "a/b", "a/b/c", "ab", "a/b", deep, f"{deep}/x", "", deep, "a/c"]
    for place in places:
        assert there(descent.into(place, 0o750)) == str(tmp_path / place).rstrip("/")


def test_a_place_that_is_not_there_leaves_one_where_one_can_go_on(
    descent: Descent, tmp_path: Path
) -> None:
    """A missing folder, a file or a link in the way; the folders before them are right after."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/file").write_bytes(b"")
    (tmp_path / "a/link").symlink_to(tmp_path / "a/b")
    for wrong in ("a/b/gone/deeper", "a/file/x", "a/link", "a/link/x"):
        descent.into("a/b")
        with pytest.raises((FileNotFoundError, NotADirectoryError)):
            descent.into(wrong)
        assert there(descent.into("a/b")) == str(tmp_path / "a/b")
        assert there(descent.into("a")) == str(tmp_path / "a")


def test_few_folders_stay_open_however_deep_it_goes(descent: Descent) -> None:
    """And none when it has come up again."""
    before = opened()
    descent.into("/".join(["d"] * 500), 0o750)
    assert opened() < before + 20
    descent.come_up()
    descent.come_up()
    assert opened() == before
