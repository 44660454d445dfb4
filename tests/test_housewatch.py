"""The watch over a house goes on, whatever is done in there."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord import housewatch
from mirrord.housewatch import HouseWatch


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The room files/ of a house."""
    for room in ("files", "drop-here"):
        (tmp_path / room).mkdir()
    return tmp_path / "files"


@pytest.fixture
def watch(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HouseWatch]:
    """A watch that is ready, its first hint taken."""
    monkeypatch.setattr(housewatch, "_SETTLE", 0.0)
    monkeypatch.setattr(housewatch, "_CHECK", 0.0)
    watch = HouseWatch(files.parent)
    watch.keep_watching()
    assert _soon(watch)
    yield watch
    watch.close()


def _soon(watch: HouseWatch) -> bool:
    """Whether a hint comes within a time that is long even on a busy machine."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if watch.somebody_was_there():
            return True
        time.sleep(0.01)
    return False


def test_folders_that_come_and_go_at_once_end_no_watch(files: Path, watch: HouseWatch) -> None:
    """Made, renamed over each other and removed: what is done afterwards is seen as before.

    And nothing is said of it: a warning would be an error here, and fill the journal elsewhere.
    """
    for _ in range(300):
        (files / "one/below").mkdir(parents=True)
        (files / "one").rename(files / "two")
        (files / "one").mkdir()
        (files / "one").rename(files / "three")
        shutil.rmtree(files / "two")
        (files / "three").rename(files / "two")
        shutil.rmtree(files / "two")
    assert _soon(watch)
    watch.keep_watching()
    assert watch._arming is not None
    watch._arming.join()
    watch.it_was_us()
    (files / "later").write_bytes(b"x")
    assert _soon(watch)
    assert watch._observer is not None
    assert watch._observer._reader.is_alive()  # type: ignore[attr-defined]


def test_what_is_only_read_is_no_hint(files: Path, watch: HouseWatch) -> None:
    """A scan of our own, or a person who looks, changes nothing."""
    watch.it_was_us()
    list(files.iterdir())
    (files.parent / "drop-here" / "snapshot-now").touch()
    until = time.monotonic() + 30
    while not watch.something_was_dropped() and time.monotonic() < until:
        time.sleep(0.01)
    assert not watch.somebody_was_there()
