"""Sheets beside the CSV files of latest/: when they are made, where, what they never do."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook

from mirrord.core.report import Report
from mirrord.disk import sheets as room
from mirrord.disk.freezing import Freeze, exports_sums
from mirrord.disk.snapshots import hidden_folder
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from tests.fakes import QuietPulse
from tests.fakes_records import MemorySource
from tests.houses import content, modes
from tests.jobs.test_export import ORDERS, Shop, orders


class Sheeted(Shop):
    """Whose orders get a sheet, as long as ``wanted``."""

    wanted = True

    def pull(self, *numbers: int) -> Report:
        self.source = MemorySource({"orders": orders(*numbers)})
        self.now += 60
        plan = Plan("orders", (ORDERS,), "REST API", self.zone, 0, sheets=self.wanted)
        return Export(self.house, self.source, plan, lambda: self.now).run(QuietPulse())

    @property
    def sheet(self) -> Path:
        return self.house.room("exports/latest/orders.xlsx")

    def told(self) -> list[str]:
        rows = load_workbook(self.sheet)["orders"].iter_rows(min_row=2, values_only=True)
        return [str(row[0]) for row in rows]


@pytest.fixture
def shop(tmp_path: Path) -> Sheeted:
    return Sheeted(tmp_path)


def sums(folder: Path) -> str:
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    subprocess.run(check, cwd=folder, check=True)
    return (folder / "SHA256SUMS").read_text()


def test_a_placed_pull_gets_its_sheet_in_latest_alone(shop: Sheeted) -> None:
    """For its owner's eyes, with a checksum there, and none in the day's folder."""
    assert shop.pull(1, 2, 3).outcome == "ok"
    assert shop.told() == ["1", "2", "3"]
    assert modes(shop.sheet)["."] == "0o600"
    assert "orders.xlsx" in sums(shop.sheet.parent)
    day = shop.house.room("exports/2026-11-23")
    assert (list(day.glob("*.xlsx")), "xlsx" in sums(day)) == ([], False)
    assert [path.name for path in shop.house.room(".mirrord/staging").glob("*/*")] == []


def test_a_sheet_is_made_anew_only_when_its_csv_changed(shop: Sheeted) -> None:
    """The same records again leave it as it is; others replace it, in the next day's pull too."""
    shop.pull(1, 2)
    first = shop.sheet.stat()
    shop.pull(1, 2)
    assert shop.sheet.stat().st_ino == first.st_ino
    shop.now += 86_400
    shop.pull(1, 2, 3)
    assert shop.told() == ["1", "2", "3"]
    assert "orders.xlsx" in sums(shop.sheet.parent)
    assert list(shop.house.room("exports").glob("2*/*.xlsx")) == []


def test_a_large_csv_gets_its_sheet_once_an_hour(
    shop: Sheeted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is pulled; then without a change of its own, too."""
    monkeypatch.setattr(room, "_SMALL", 0)
    monkeypatch.setattr(room, "_LARGE", 1)
    shop.pull(1)
    shop.pull(1, 2)
    assert (shop.told(), shop.rows()) == (["1"], ["1", "2"])
    shop.now += 3_600
    shop.pull(1, 2)
    assert shop.told() == ["1", "2"]


def test_a_middling_csv_waits_in_proportion(shop: Sheeted, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that orders that come every minute are not held up by their sheet."""
    size = 40 * 1024
    monkeypatch.setattr(room, "_SMALL", size)
    assert [room._is_time(size, 0, 0.0), room._is_time(size + 1, 0, 2.0)] == [True, False]
    assert room._is_time(size + 1, 0, 3.0)
    assert room._is_time(size + 1, 10**19, 0.0)  # made by a clock that was ahead


def test_a_sheet_that_can_not_be_made_fails_no_pull(shop: Sheeted) -> None:
    """It is a finding; the records are placed, and the sheet of before is there still."""
    shop.pull(1)
    made = shop.sheet.read_bytes()
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("mirrord.disk.sheet.sys", SimpleNamespace(executable="/bin/false"))
        report = shop.pull(1, 2)
    assert (report.outcome, report.exit_code) == ("partial", 3)
    assert report.findings == ("no sheet could be made of orders.csv: it ended with 1",)
    assert (shop.rows(), shop.sheet.read_bytes()) == (["1", "2"], made)
    shop.pull(1, 2)
    assert shop.told() == ["1", "2"]


def test_where_no_sheets_are_wanted_any_more_they_go(shop: Sheeted) -> None:
    """An old sheet beside new records would be read for what is true."""
    shop.pull(1)
    shop.wanted = False
    assert shop.pull(1).findings == ()
    assert (shop.sheet.exists(), "xlsx" in sums(shop.sheet.parent)) == (False, False)


def test_a_snapshot_has_no_sheets_and_its_checksums_are_true(shop: Sheeted) -> None:
    """Those of the frozen exports do not name what was left out."""
    shop.pull(1)
    frozen, told = _frozen(shop, "with")
    assert "orders.csv" in told
    assert "orders.xlsx" not in frozen
    shop.wanted = False
    shop.pull(1)
    without, _ = _frozen(shop, "without")
    assert without == frozen | {"receipts.json": without["receipts.json"]} | {
        "SHA256SUMS": without["SHA256SUMS"]
    }


def _frozen(shop: Sheeted, name: str) -> tuple[dict[str, bytes | None], str]:
    folder = hidden_folder(shop.house, name)
    with Freeze(shop.house, folder, "link") as freezing:
        freezing.exports(exports_sums(shop.house))
        freezing.close()
    sums(folder)
    assert freezing.told.missing == freezing.told.altered == []
    return content(folder / "exports"), sums(folder / "exports")
