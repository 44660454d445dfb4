"""Changes of a large dataset wait beside its files, and nothing is lost or told wrongly by it."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.report import Outcome
from mirrord.disk.dayfolder import read_receipts
from mirrord.disk.exports import Standing
from mirrord.disk.lossless import lossless_file
from mirrord.jobs import waiting
from tests.jobs.test_changes import NOON, Shop
from tests.jobs.test_earlier import History, _tree

ORDERS = replace(DATASETS["orders"], tables=())
MINUTE, HOUR = 60.0, 3_600.0


class Clock(Shop):
    """A shop whose pulls come every few minutes."""

    step = 5 * MINUTE

    def pull(self, full: float = 7 * 86_400) -> object:  # type: ignore[override]
        self.now += self.step - HOUR
        return super().pull(full)

    def held(self) -> list[str]:
        """The newest pull with what waits."""
        folder = max(self.house.room("exports").glob("2*"))
        receipt = read_receipts(folder)[self.dataset.name]
        held = Standing(folder, receipt).held
        return [text for _, text in held.lines(self.dataset.name, self.dataset.keys)]

    def file_time(self) -> int:
        folder = max(self.house.room("exports").glob("2*"))
        return (folder / lossless_file(self.dataset.name)).stat().st_ino


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large."""
    monkeypatch.setattr(waiting, "LARGE", -1)


@pytest.fixture
def shop(tmp_path: Path) -> Clock:
    shop = Clock(tmp_path, ORDERS)
    for number in range(1, 31):
        shop.put(number, f"order {number}", status_id=10)
    shop.pull()
    return shop


def test_changes_of_a_large_file_wait_and_are_merged_hourly(shop: Clock) -> None:
    """Within the hour the file is the same inode; after it everything is in it."""
    first = shop.file_time()
    for step in range(11):
        shop.put(step + 1, f"changed {step}", status_id=11)
        shop.put(100 + step, f"new {step}", status_id=10)
        assert shop.pull().outcome is Outcome.OK  # type: ignore[attr-defined]
        assert (shop.held(), shop.file_time()) == (shop.truth(), first)
    assert len(shop.receipt()["pending"]) == 11
    shop.now += HOUR
    shop.pull()
    assert shop.file_time() != first
    assert (shop.held(), shop.receipt().get("pending", [])) == (shop.truth(), [])
    assert shop.receipt()["records"] == 41


def test_a_pull_in_which_nothing_changed_writes_no_file(shop: Clock) -> None:
    """Only the receipt says when it was."""
    shop.pull()
    before = _tree(shop.house.room("exports"))
    shop.pull()
    after = _tree(shop.house.room("exports"))
    changed = {name for name in after if after[name] != before.get(name)}
    assert {Path(name).name for name in changed} == {"receipts.json", "SHA256SUMS"}


def test_what_vanished_is_merged_at_once(shop: Clock) -> None:
    """Changes alone can not tell it."""
    first = shop.file_time()
    shop.put(1, "changed", status_id=10)
    shop.pull()
    shop.drop(9)
    shop.pull()
    assert (shop.held(), shop.file_time() != first) == (shop.truth(), True)


def test_very_much_changed_is_merged_at_once(shop: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded."""
    monkeypatch.setattr(waiting, "_HELD", 100)
    first = shop.file_time()
    for number in range(1, 9):
        shop.put(number, "changed", status_id=10)
    shop.pull()
    assert (shop.held(), shop.file_time() != first) == (shop.truth(), True)


def test_a_day_that_is_over_has_all_of_its_changes_merged(shop: Clock) -> None:
    """The first pull of the next day settles it: its files alone are its last state."""
    shop.put(3, "changed in the evening", status_id=10)
    shop.pull()
    evening = shop.truth()
    day = max(shop.house.room("exports").glob("2*"))
    assert read_receipts(day)["orders"]["pending"]
    shop.now += 86_400
    shop.put(4, "changed in the morning", status_id=10)
    shop.pull()
    text = gzip.decompress((day / lossless_file("orders")).read_bytes()).decode()
    assert (text.splitlines(), read_receipts(day)["orders"]["pending"]) == (evening, [])
    assert shop.held() == shop.truth()


class Frequent(History):
    """Pulls every few minutes, whose state of then is known."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ORDERS)
        self.shop = Clock(folder / "mirror-of-its-own", ORDERS)
        self.truths: list[tuple[float, str]] = []

    def pull(self) -> None:
        assert self.shop.pull().exit_code == 0
        self.truths.append((self.shop.now, "".join(f"{text}\n" for text in self.shop.truth())))

    def lossless_at(self, moment: float) -> str:
        told = self.at(moment)
        assert told is not None
        return told[lossless_file("orders")].decode()


def test_every_pull_can_be_rebuilt_whether_its_changes_wait_or_not(tmp_path: Path) -> None:
    """Over a merge, a pull after it, and the end of the day."""
    (tmp_path / "mirror-of-its-own").mkdir()
    history = Frequent(tmp_path)
    history.shop.now = NOON + 9 * HOUR
    for step in range(45):
        history.shop.put(step % 7 + 1, f"step {step}", status_id=10)
        history.pull()
    told = [history.lossless_at(moment + 30) for moment, _ in history.truths]
    assert told == [truth for _, truth in history.truths]
    days = sorted((history.shop.house.room("exports")).glob("2*"))
    assert len(days) == 2
    assert json.loads((days[0] / "receipts.json").read_bytes())["orders"]["pending"] == []
