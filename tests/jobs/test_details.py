"""What orders have besides: asked of what changed, the newest first, piece by piece."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.records import Key
from mirrord.core.report import Outcome, Report
from mirrord.disk.house import House
from mirrord.disk.lossless import lossless_file, read_lines
from mirrord.errors import ScopeMissing
from mirrord.jobs import detailing
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from tests.fakes import QuietPulse
from tests.fakes_records import MemorySource, record
from tests.houses import new_house

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z


class Shop:
    """Orders in memory, each with a message; a house."""

    def __init__(self, mirror: Path) -> None:
        self.house: House = new_house(mirror)
        self.source = MemorySource({"orders": []})
        self.now = NOON

    def order(self, number: int, shipped: int = 0) -> None:
        self.now += 60
        at = datetime.fromtimestamp(self.now, UTC).isoformat()
        fields = {"id": number, "date_modified": at, "status_id": 10, "items_shipped": shipped}
        held = {one.id: one for one in self.source.held["orders"]}
        held[number] = record(json.dumps(fields))
        self.source.held["orders"] = [held[key] for key in sorted(held, key=int)]
        message = record(json.dumps({"id": number, "message": f"as of {at}"}))
        self.source.lists[number, "messages"] = [message]

    def run(self, name: str) -> Report:
        self.now += 60
        plan = Plan(name, (DATASETS[name],), "REST API", UTC, 7 * 86_400)
        self.source.asked.clear()
        return Export(self.house, self.source, plan, lambda: self.now).run(QuietPulse())

    def pull(self) -> Report:
        assert self.run("orders").exit_code == 0
        return self.run("order_details")

    def messages(self) -> dict[Key, str]:
        file = self.house.room("exports/latest") / lossless_file("order_details")
        told = {key: json.loads(text) for key, text in read_lines(file)}
        return {key: one["messages"][0]["message"] for key, one in told.items()}

    def truth(self) -> dict[Key, str]:
        return {
            key: str(some[0].fields["message"])
            for (key, name), some in self.source.lists.items()
            if name == "messages"
        }


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    for number in range(1, 6):
        shop.order(number)
    return shop


def test_only_orders_that_changed_are_asked_again(shop: Shop) -> None:
    """One of five: the others' details stay as they are."""
    assert (shop.pull().outcome, shop.messages()) == (Outcome.OK, shop.truth())
    shop.order(2, shipped=1)
    assert (shop.pull().outcome, shop.messages()) == (Outcome.OK, shop.truth())
    assert shop.source.asked["order_details"] == 1


def test_an_order_whose_list_is_not_needed_is_not_asked_for_it(shop: Shop) -> None:
    """Without anything shipped there is no shipment."""
    shop.order(3, shipped=2)
    shop.pull()
    file = shop.house.room("exports/latest") / lossless_file("order_details")
    with_shipments = [key for key, text in read_lines(file) if '"shipments"' in text]
    assert with_shipments == [3]


def test_a_long_history_comes_in_over_runs_the_newest_first(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left is said; what came is kept, though it is not all."""
    monkeypatch.setattr(detailing, "_AT_ONCE", 2)
    shop.order(1)  # an old order that has just changed
    left = []
    for held in ([1, 5], [1, 3, 4, 5], [1, 2, 3, 4, 5]):
        report = shop.pull()
        left.append((report.exit_code, report.findings))
        assert sorted(shop.messages()) == held
    words = "incomplete: {} orders not asked for their details yet"
    assert left == [(3, (words.format(3),)), (3, (words.format(1),)), (0, ())]


def test_a_run_ends_when_its_time_is_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lane has other datasets, too."""
    monkeypatch.setattr(detailing, "_AT_MOST", 0.0)
    shop.pull()
    assert shop.messages() == {}


def test_a_list_that_the_token_may_not_read_is_named_and_comes_when_it_may(shop: Shop) -> None:
    """The other lists come; with a better token what was missing comes, and nothing else."""
    shop.source.refused = {"transactions"}
    report = shop.pull()
    words = "incomplete: the token may not read their transactions"
    assert (report.exit_code, report.findings) == (3, (words,))
    assert shop.messages() == shop.truth()
    assert shop.pull().findings == (words,)
    assert "order_details" not in shop.source.asked
    shop.source.refused = set()
    assert (shop.pull().exit_code, shop.source.asked["order_details"]) == (0, 5)


def test_a_token_that_may_read_none_of_them_is_an_error(shop: Shop) -> None:
    """With the scope that it lacks."""
    shop.source.refused = {"transactions", "messages", "taxes", "coupons", "shipments"}
    shop.run("orders")
    with pytest.raises(ScopeMissing):
        shop.run("order_details")


def test_before_the_first_orders_there_is_nothing_to_ask(tmp_path: Path) -> None:
    """An empty file, complete."""
    shop = Shop(tmp_path)
    assert (shop.run("order_details").exit_code, shop.messages()) == (0, {})
