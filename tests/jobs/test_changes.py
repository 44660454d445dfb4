"""Pulling what changed: it costs what changed, and comes to what a full pull would have."""

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import Record
from mirrord.core.report import Outcome, Report
from mirrord.disk.house import House
from mirrord.disk.lossless import lossless_file, read_lines
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from tests.fakes import QuietPulse
from tests.fakes_records import MemorySource, record
from tests.houses import new_house

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z
WEEK = 7 * 86_400
PRODUCTS, ORDERS = DATASETS["products"], DATASETS["orders"]


class Shop:
    """A source in memory whose records bear the date of their last change, and its house."""

    def __init__(self, mirror: Path, dataset: Dataset = PRODUCTS) -> None:
        self.house: House = new_house(mirror)
        self.dataset = dataset
        self.source = MemorySource({dataset.name: []})
        self.now = NOON

    def put(self, number: int, name: str, *, dated: bool = True, **more: Any) -> None:
        """A record appears or changes; one that is not ``dated`` keeps its date."""
        there = {one.id: one for one in self.source.held[self.dataset.name]}
        old = there.get(number)
        at = datetime.fromtimestamp(self.now, UTC).isoformat()
        stamp = at if dated or old is None else old.fields["date_modified"]
        fields = {"id": number, "name": name, "date_modified": stamp, **more}
        there[number] = record(json.dumps(fields))
        self.source.held[self.dataset.name] = [there[key] for key in sorted(there, key=int)]

    def drop(self, number: int) -> None:
        """A record vanishes."""
        held = self.source.held[self.dataset.name]
        self.source.held[self.dataset.name] = [one for one in held if one.id != number]

    def pull(self, full: float = WEEK) -> Report:
        self.now += 3600
        plan = Plan(self.dataset.name, (self.dataset,), "REST API", UTC, full)
        self.source.asked.clear()
        return Export(self.house, self.source, plan, lambda: self.now).run(QuietPulse())

    def given(self) -> int:
        """How many records the source gave in the last pull."""
        return self.source.asked.get(self.dataset.name, 0)

    def receipt(self) -> dict[str, Any]:
        told = json.loads(self.house.room("exports/latest/receipts.json").read_bytes())
        found: dict[str, Any] = told[self.dataset.name]
        return found

    def held(self) -> list[str]:
        file = self.house.room("exports/latest") / lossless_file(self.dataset.name)
        return [text for _, text in read_lines(file)]

    def truth(self) -> list[str]:
        return [one.text for one in self.source.held[self.dataset.name]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Fifty products, pulled once."""
    shop = Shop(tmp_path)
    for number in range(1, 51):
        shop.put(number, f"product {number}")
    assert shop.pull().outcome is Outcome.OK
    shop.now += 86_400
    shop.put(50, "touched so that the overlap holds little")
    shop.pull()
    return shop


def test_a_pull_asks_for_what_changed_and_holds_all(shop: Shop) -> None:
    """Changed and new ones; fifty are held, three came."""
    shop.put(7, "another name")
    shop.put(51, "a new one")
    report = shop.pull()
    assert (report.outcome, report.counts["records"]) == (Outcome.OK, 51)
    assert (shop.held(), shop.receipt()["how"]) == (shop.truth(), "changes")
    assert shop.given() <= 3
    assert shop.receipt()["changes"] == {"appeared": 1, "changed": 1, "vanished": 0}


def test_what_vanished_is_found_by_the_ids(shop: Shop) -> None:
    """The store's count disagrees; the ids are listed, and no record is asked for again."""
    shop.drop(8)
    shop.put(9, "changed at the same time")
    assert shop.pull().outcome is Outcome.OK
    assert (shop.held(), shop.receipt()["how"]) == (shop.truth(), "changes and ids")
    assert shop.given() < 10


def test_as_many_gone_as_came_is_found_by_the_full_pull(shop: Shop) -> None:
    """One vanished, and one came with an old date: the counts agree, a full pull sees it."""
    shop.drop(8)
    shop.now -= 5 * 86_400
    shop.put(52, "imported with an old date")
    shop.now += 5 * 86_400
    shop.pull()
    assert shop.held() != shop.truth()
    shop.now += WEEK
    shop.pull()
    assert (shop.held(), shop.receipt()["how"]) == (shop.truth(), "full")


def test_a_change_without_a_new_date_comes_with_the_full_pull(shop: Shop) -> None:
    """Some fields change without one: views, stock. The receipt tells when all was pulled."""
    shop.put(3, "silently", dated=False)
    shop.pull()
    before = shop.receipt()["full"]
    assert shop.held() != shop.truth()
    shop.now += WEEK
    shop.pull()
    assert (shop.held() == shop.truth(), shop.receipt()["full"] > before) == (True, True)


def test_a_damaged_pull_is_nothing_to_merge_into(shop: Shop) -> None:
    """One byte turned in the lossless file: all is pulled, and the bad file kept aside."""
    newest = max(shop.house.room("exports").glob("2*")) / lossless_file("products")
    body = bytearray(newest.read_bytes())
    body[len(body) // 2] ^= 1
    newest.chmod(0o600)
    newest.write_bytes(body)
    report = shop.pull()
    assert (shop.held(), shop.receipt()["how"], report.exit_code) == (shop.truth(), "full", 3)


def test_after_an_incomplete_pull_all_is_pulled(shop: Shop) -> None:
    """What was not whole is no base."""
    shop.drop(8)
    real = shop.source.count
    shop.source.count = lambda dataset, pulse: 1000  # type: ignore[method-assign]
    assert shop.pull().outcome is Outcome.PARTIAL
    shop.source.count = real  # type: ignore[method-assign]
    shop.pull()
    assert (shop.held(), shop.receipt()["how"]) == (shop.truth(), "full")


def test_a_date_in_the_future_does_not_blind_us(shop: Shop) -> None:
    """The store's slip: from then on nothing would ever be newer."""
    real = shop.now
    shop.now += 400 * 86_400
    shop.put(50, "from the future")
    shop.now = real
    shop.pull()
    shop.put(4, "after it")
    shop.pull()
    assert shop.held() == shop.truth()


def test_archived_orders_stay(tmp_path: Path) -> None:
    """An order that is archived changes its date and no more."""
    shop = Shop(tmp_path, ORDERS)
    for number in range(1, 31):
        shop.put(number, "an order", status_id=10, is_deleted=False)
    shop.pull()
    shop.put(5, "an order", status_id=10, is_deleted=True)
    assert shop.pull().outcome is Outcome.OK
    assert (shop.held(), shop.receipt()["how"]) == (shop.truth(), "changes")


class Pulls(RuleBasedStateMachine):
    """Any shop, changed and pulled in any order, whose dates tell the truth."""

    @initialize(count=st.integers(0, 8))
    def open(self, count: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        # without a CSV: each pull would start a process to look at it
        self.shop = Shop(Path(self.folder.name), replace(PRODUCTS, tables=()))
        for number in range(1, count + 1):
            self.shop.put(number, "first")
        self.pulled = False

    @rule(number=st.integers(1, 12), name=st.sampled_from("abc"))
    def change(self, number: int, name: str) -> None:
        self.shop.put(number, name)
        self.pulled = False

    @rule(number=st.integers(1, 12))
    def vanish(self, number: int) -> None:
        self.shop.drop(number)
        self.pulled = False

    @rule(days=st.sampled_from([0, 1, 3]))
    def later(self, days: int) -> None:
        self.shop.now += timedelta(days=days).total_seconds()

    @rule()
    def pull(self) -> None:
        assert self.shop.pull().outcome is Outcome.OK
        self.pulled = True

    @invariant()
    def held_is_the_truth(self) -> None:
        if getattr(self, "pulled", False):
            assert self.shop.held() == self.shop.truth()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


test_whatever_happens_in_the_shop_a_pull_comes_to_the_truth = Pulls.TestCase
Pulls.TestCase.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)


def _with_options(one: Record, *ids: int) -> Record:
    options = tuple(record(json.dumps({"id": number})) for number in ids)
    return replace(one, companions={"options": options})


def test_what_was_asked_apart_of_an_unchanged_record_stays(shop: Shop) -> None:
    """Its companions are merged as it is itself."""
    held = shop.source.held["products"]
    shop.source.held["products"] = [_with_options(held[0], 1, 2), *held[1:]]
    shop.now += WEEK
    shop.pull()
    shop.put(2, "changed")
    shop.pull()
    file = shop.house.room("exports/latest") / lossless_file("product_options")
    assert list(read_lines(file)) == [(1, '{"id":1,"options":[{"id": 1},{"id": 2}]}')]
