"""Every earlier pull can be rebuilt exactly from what the dated folders hold."""

import gzip
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.disk import earlier as earlier_room
from mirrord.disk.lossless import lossless_file
from mirrord.errors import DiskError
from mirrord.jobs.earlier import rebuild
from tests.fakes import QuietPulse
from tests.fakes_records import record
from tests.jobs.test_changes import NOON, PRODUCTS, Shop


def _tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, packed ones unpacked."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            body = file.read_bytes()
            packed = file.name.endswith(".gz")
            found[str(file.relative_to(folder))] = gzip.decompress(body) if packed else body
    return found


class History:
    """A shop, and what each of its pulls held."""

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        self.folder = folder
        self.shop = Shop(folder, dataset)
        self.pulls: list[tuple[float, dict[str, bytes]]] = []
        self.rebuilt = 0

    def change(self, number: int, name: str, options: int) -> None:
        self.shop.put(number, name)
        held = self.shop.source.held[self.shop.dataset.name]
        parts = tuple(record(json.dumps({"id": one})) for one in range(options))
        self.shop.source.held[self.shop.dataset.name] = [
            replace(one, companions={"options": parts} if parts else {})
            if one.id == number
            else one
            for one in held
        ]

    def pull(self) -> None:
        assert self.shop.pull().exit_code == 0
        latest = _tree(self.shop.house.room("exports/latest"))
        of_ours = {"receipts.json", "SHA256SUMS"}
        self.pulls.append((self.shop.now, {k: v for k, v in latest.items() if k not in of_ours}))

    def at(self, moment: float) -> dict[str, bytes] | None:
        self.rebuilt += 1
        to = self.folder / f"rebuilt-{self.rebuilt}"
        told = rebuild(self.shop.house, self.shop.dataset, moment, to, QuietPulse())
        return None if told is None else _tree(to)


class Rebuilding(RuleBasedStateMachine):
    """Pulls over days, of records with companions that appear, change and vanish."""

    @initialize()
    def open(self) -> None:
        self.scratch = tempfile.TemporaryDirectory()
        self.history = History(Path(self.scratch.name), replace(PRODUCTS, tables=()))

    @rule(number=st.integers(1, 6), name=st.sampled_from("abc"), options=st.integers(0, 2))
    def change(self, number: int, name: str, options: int) -> None:
        self.history.change(number, name, options)

    @rule(number=st.integers(1, 6))
    def vanish(self, number: int) -> None:
        self.history.shop.drop(number)

    @rule(hours=st.sampled_from([0, 7, 30]))
    def pull(self, hours: int) -> None:
        self.history.shop.now += hours * 3600
        self.history.pull()

    @invariant()
    def every_earlier_pull_is_there(self) -> None:
        if not hasattr(self, "history"):
            return
        for moment, held in self.history.pulls[-5:]:
            assert self.history.at(moment + 30) == held
        for moment, _ in self.history.pulls[:1]:
            assert self.history.at(moment - 30) is None

    def teardown(self) -> None:
        if hasattr(self, "scratch"):
            self.scratch.cleanup()


test_every_earlier_pull_can_be_rebuilt_exactly = Rebuilding.TestCase
Rebuilding.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path, PRODUCTS)


def test_the_csv_files_of_then_are_rebuilt_too(history: History) -> None:
    """products.csv and images.csv of the first of three pulls."""
    for name in ("first", "second", "third"):
        history.change(1, name, options=1)
        history.pull()
    moment, held = history.pulls[0]
    assert {"products.csv", "images.csv"} <= set(held)
    assert history.at(moment + 30) == held


def test_a_day_of_pulls_by_the_minute_needs_few_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many files of changes are made one, a few at a time, in several rounds."""
    monkeypatch.setattr(earlier_room, "_AT_ONCE", 3)
    history = History(tmp_path, replace(PRODUCTS, tables=()))
    history.shop.now = NOON - 12 * 3600
    for step in range(14):
        history.change(step % 4 + 1, f"step {step}", options=step % 3)
        history.pull()
    assert [history.at(moment + 30) for moment, _ in history.pulls] == [
        held for _, held in history.pulls
    ]


def test_changes_that_do_not_fit_are_an_error_and_no_guess(history: History) -> None:
    """A file of changes was lost: nothing is rebuilt in its place."""
    for name in ("first", "second", "third"):
        history.change(1, name, options=0)
        history.pull()
    changes = sorted((history.folder / "acme/exports").glob("2*/changes/products-*"))
    changes[-1].unlink()
    with pytest.raises(DiskError, match="can not tell how the products were then"):
        history.at(history.pulls[0][0] + 30)


def test_what_is_there_is_never_written_over(history: History) -> None:
    """Nor mixed with what somebody has in that folder."""
    history.change(1, "first", options=0)
    history.pull()
    to = history.folder / "mine"
    (to / "lossless").mkdir(parents=True)
    (to / lossless_file("products")).write_bytes(b"mine")
    with pytest.raises(DiskError, match="is there already"):
        rebuild(history.shop.house, DATASETS["products"], history.shop.now, to, QuietPulse())
    there: Any = (to / lossless_file("products")).read_bytes()
    assert there == b"mine"
