"""One pull after another, from a source in memory: what is filed, refused, called incomplete."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.pulse import Pulse
from mirrord.core.records import Record
from mirrord.core.report import Outcome, Report
from mirrord.disk.house import House
from mirrord.errors import Stopped, StoreUnreachable
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from tests.fakes import QuietPulse
from tests.fakes_records import MemorySource, record
from tests.houses import content, new_house

MIDNIGHT = 1_795_477_800.0  # 2026-11-23T23:50:00Z: the next day in Athens
ORDERS = DATASETS["orders"]


def orders(*numbers: int, note: str = "") -> list[Record]:
    return [record(json.dumps({"id": n, "staff_notes": note, "status_id": 10})) for n in numbers]


class Shop:
    """A source in memory and its house."""

    def __init__(self, mirror: Path) -> None:
        self.house: House = new_house(mirror)
        self.source = MemorySource({"orders": orders(1, 2, 3)})
        self.now = MIDNIGHT
        self.zone = UTC

    def export(self, pulse: QuietPulse | None = None, dataset: Dataset = ORDERS) -> Report:
        self.now += 60
        plan = Plan(dataset.name, (dataset,), "REST API", self.zone, 7 * 86_400)
        job = Export(self.house, self.source, plan, lambda: self.now)
        return job.run(pulse or QuietPulse())

    def rows(self, place: str = "exports/latest/orders.csv") -> list[str]:
        with self.house.room(place).open(newline="") as file:
            return [row["Order ID"] for row in csv.DictReader(file)]

    def receipt(self, folder: str = "latest") -> dict[str, object]:
        told = json.loads(self.house.room(f"exports/{folder}/receipts.json").read_bytes())
        found: dict[str, object] = told["orders"]
        return found


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_pull_is_filed_with_its_receipt(shop: Shop) -> None:
    """When, from where, how many, which columns stay empty and why, complete."""
    report = shop.export()
    assert (report.outcome, report.counts["records"], shop.rows()) == ("ok", 3, ["1", "2", "3"])
    receipt = shop.receipt()
    assert receipt["pulled_from"] == "REST API"
    assert receipt["started"] == "2026-11-23T23:51:00Z"
    assert (receipt["complete"], receipt["records"]) == (True, 3)
    assert receipt["rows"]["orders.csv"] == 3  # type: ignore[index]
    assert "Todays Date" in receipt["not_filled"]["orders.csv"]  # type: ignore[index]


def test_the_day_is_that_of_the_configured_zone(shop: Shop) -> None:
    """Ten to midnight in UTC is tomorrow in Athens."""
    shop.export()
    shop.zone = ZoneInfo("Europe/Athens")  # type: ignore[assignment]
    shop.export()
    days = sorted(path.name for path in shop.house.room("exports").glob("2*"))
    assert days == ["2026-11-23", "2026-11-24"]


def test_a_dataset_that_others_look_names_up_in_is_pulled_again_beside_them(shop: Shop) -> None:
    """In one run, of which the first left files of both."""
    some = {"redirects": [record('{"id": 1, "site_id": 7}')], "sites": [record('{"id": 7}')]}
    shop.source = MemorySource(some)
    both = (DATASETS["redirects"], DATASETS["sites"])
    for _ in range(2):
        shop.now += 60
        plan = Plan("more", both, "REST API", shop.zone, 7 * 86_400)
        report = Export(shop.house, shop.source, plan, lambda: shop.now).run(QuietPulse())
        assert (report.outcome, report.findings, report.counts["datasets"]) == ("ok", (), 2)


class Miscounting(MemorySource):
    """Says that it has more than it gives, as often as told."""

    lies = 0

    def count(self, dataset: Dataset, pulse: Pulse) -> int | None:
        self.lies -= 1
        return (super().count(dataset, pulse) or 0) + (5 if self.lies >= 0 else 0)


def test_a_pull_that_the_count_denies_is_made_once_more(shop: Shop) -> None:
    """And is complete when the second one agrees."""
    shop.source = Miscounting({"orders": orders(1, 2)})
    shop.source.lies = 2
    report = shop.export()
    assert (report.outcome, shop.receipt()["complete"]) == (Outcome.OK, True)


def test_a_pull_that_stays_short_is_filed_as_incomplete(shop: Shop) -> None:
    """With the reason, exit code 3; latest/ keeps the last complete one."""
    shop.export()
    shop.source = Miscounting({"orders": orders(1)})
    shop.source.lies = 99
    report = shop.export()
    assert (report.outcome, report.exit_code) == (Outcome.PARTIAL, 3)
    assert "1 records came, but the store counts 6" in report.findings[0]
    assert (shop.rows(), shop.rows("exports/2026-11-23/orders.csv")) == (["1", "2", "3"], ["1"])
    assert shop.receipt("2026-11-23")["why"] == "1 records came, but the store counts 6"


def test_a_store_that_breaks_off_files_nothing(shop: Shop) -> None:
    """Half a pull is no pull, and nothing stays in staging."""
    shop.export()
    before = content(shop.house.room("exports"))
    shop.source = MemorySource({"orders": orders(*range(100))}, fail_after=50)
    with pytest.raises(StoreUnreachable):
        shop.export()
    assert content(shop.house.room("exports")) == before
    assert content(shop.house.room(".mirrord/staging/orders")) == {}


def test_a_suddenly_empty_dataset_is_refused(shop: Shop) -> None:
    """It waits in holds/ with its reason, exit code 4; a second refusal is not kept twice."""
    shop.source = MemorySource({"orders": orders(*range(1, 31))})
    shop.export()
    shop.source = MemorySource({"orders": []})
    for _ in range(2):
        report = shop.export()
        assert (report.outcome, report.exit_code) == (Outcome.HELD, 4)
        assert "the store has no orders at all, and had 30" in report.findings[0]
    assert len(shop.rows()) == 30
    holds = sorted(shop.house.room("holds").iterdir())
    assert [path.name.split("-")[-1] for path in holds] == ["orders"]
    assert "had 30 at the pull before" in (holds[0] / "HOLD.txt").read_text()
    assert (holds[0] / "orders.csv").exists()


def test_a_small_or_always_empty_dataset_is_believed(shop: Shop) -> None:
    """A new shop has no orders; a shop with three may lose them."""
    shop.source = MemorySource({"orders": []})
    assert shop.export().outcome is Outcome.OK
    shop.source = MemorySource({"orders": orders(1, 2, 3)})
    shop.export()
    shop.source = MemorySource({"orders": []})
    assert shop.export().outcome is Outcome.OK
    assert shop.rows() == []


def test_what_the_store_withheld_makes_a_pull_partial(shop: Shop) -> None:
    """Filed, with a finding for each gap."""
    plain = orders(1)[0]
    gap = Record(1, plain.text, plain.fields, gaps=("order 1: its line items were refused",))
    shop.source = MemorySource({"orders": [gap]})
    report = shop.export()
    assert (report.outcome, report.findings) == (
        Outcome.PARTIAL,
        ("order 1: its line items were refused",),
    )


def test_what_is_withheld_of_every_record_is_told_once(shop: Shop) -> None:
    """A receipt and a report stay short however many records a shop has."""
    gaps = ("the store did not give the addresses",)
    shop.source = MemorySource({"orders": [replace(one, gaps=gaps) for one in orders(1, 2, 3)]})
    told = ["the store did not give the addresses (3 records)"]
    assert list(shop.export().findings) == told
    assert shop.receipt()["gaps"] == told


def test_a_stop_in_the_middle_leaves_the_last_pull_standing(shop: Shop) -> None:
    """At each step: latest/ is whole, and staging empty."""
    shop.export()
    before = content(shop.house.room("exports"))
    stopped = 0
    for stop_at in range(1, 30):
        shop.source = MemorySource({"orders": orders(1, 2, 3, 4, note=str(stop_at))})
        try:
            shop.export(QuietPulse(stop_at=stop_at))
        except Stopped:
            stopped += 1
            assert content(shop.house.room("exports")) == before
            assert content(shop.house.room(".mirrord/staging/orders")) == {}
        else:
            break
    assert stopped >= 8
    assert shop.rows() == ["1", "2", "3", "4"]


class Repeating(MemorySource):
    """Gives an id twice, which no source may."""

    def records(
        self, dataset: Dataset, pulse: Pulse, since: datetime | None = None
    ) -> Iterator[Record]:
        for one in super().records(dataset, pulse, since):
            yield one
            yield one


def test_an_id_that_comes_twice_is_refused(shop: Shop) -> None:
    """A key that is not unique can not be merged, nor imported."""
    shop.export()
    shop.source = Repeating({"orders": orders(1, 2)})
    report = shop.export()
    assert (report.outcome, report.exit_code) == (Outcome.HELD, 4)
    assert "twice" in report.findings[0]
    assert shop.rows() == ["1", "2", "3"]
