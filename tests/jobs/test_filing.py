"""Exports from elsewhere: what is filed where, what is shown, what is told, and each of it once."""

import hashlib
import json
import os
import subprocess
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from mirrord.core.discreet import discreet
from mirrord.core.guard import Limits
from mirrord.core.report import Report
from mirrord.disk.holds import open_holds
from mirrord.disk.house import House
from mirrord.errors import Stopped
from mirrord.jobs.filing import Filing
from mirrord.jobs.sync import Sync
from tests.dropping import drop, export_text, names_in
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.houses import content, new_house

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z
DAY = 86_400.0
TODAY = "2026-11-23"


class Shop:
    """A store in memory, its house, and a clock that moves a minute a job."""

    def __init__(self, mirror: Path, *, alone: bool) -> None:
        self.house: House = new_house(mirror)
        self.store = MemoryFiles()
        self.now = NOON
        self.alone = alone

    def file(self, pulse: QuietPulse | None = None) -> Report:
        self.now += 60
        job = Filing(self.house, lambda: self.now, UTC, alone=self.alone)
        return job.run(pulse or QuietPulse())

    def sync(self) -> None:
        self.now += 60
        Sync(self.house, self.store, Limits(), (), lambda: self.now).run(QuietPulse())

    def put(self, name: str, body: bytes) -> None:
        """Let the control panel save an export."""
        self.store.put(body, "exports", name)
        self.sync()

    def drop(self, name: str, body: bytes, age: float = 3_600.0) -> Path:
        return drop(self.house, name, body, age=age)

    def dropped(self) -> dict[str, bytes | None]:
        return {
            name: body
            for name, body in content(self.house.room("drop-here")).items()
            if body is not None
        }

    def filed(self, source: str, day: str = TODAY) -> dict[str, bytes | None]:
        folder = self.house.room(f"exports/{day}/more/from-{source}")
        return content(folder) if folder.exists() else {}

    def lines(self, source: str, day: str = TODAY) -> list[dict[str, Any]]:
        file = self.house.room(f"exports/{day}/more/from-{source}.receipts.jsonl")
        return [json.loads(line) for line in file.read_text().splitlines()]

    def latest(self, kind: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            self.house.room("exports/latest/receipts.json").read_bytes()
        )[kind]
        return told

    def shown(self, kind: str) -> bytes:
        return self.house.room(f"exports/latest/{kind}.csv").read_bytes()

    def sums_agree(self) -> bool:
        check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
        folders = [path for path in self.house.room("exports").iterdir() if path.is_dir()]
        runs = [_quiet(check, one) for one in folders]
        return all(run.returncode == 0 for run in runs)


def _quiet(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A store with an API."""
    return Shop(tmp_path, alone=False)


@pytest.fixture
def lonely(tmp_path: Path) -> Shop:
    """A store without one."""
    return Shop(tmp_path, alone=True)


PRODUCTS = export_text("products", "v3")
ORDERS = export_text("orders", "default", 3)


def test_nothing_dropped_and_nothing_exported_writes_nothing(shop: Shop) -> None:
    """And waits for nothing: it comes up every few minutes."""
    shop.put("readme.pdf", b"no export")
    shop.file()
    before, pulse = content(shop.house.root), QuietPulse()
    report = shop.file(pulse)
    assert (report.outcome, report.findings, pulse.waits) == ("ok", (), [])
    assert content(shop.house.root) == before


def test_a_dropped_export_is_filed_with_its_receipt(shop: Shop) -> None:
    """Byte by byte, under its own source; the original moves to taken/ under the day."""
    shop.drop("folder/my products.csv", PRODUCTS)
    report = shop.file()
    assert (report.outcome, report.counts["filed"]) == ("ok", 1)
    assert shop.filed("drop-here") == {"folder_my products.csv": PRODUCTS}
    assert shop.dropped() == {f"taken/{TODAY}/folder/my products.csv": PRODUCTS}
    assert not shop.house.room("drop-here/folder").exists()
    (line,) = shop.lines("drop-here")
    assert (
        line.items()
        >= {
            "name": "more/from-drop-here/folder_my products.csv",
            "source": "drop-here/folder/my products.csv",
            "kind": "products",
            "template": "v3",
            "rows": 2,
            "columns": 50,
            "unknown_columns": [],
            "sha256": hashlib.sha256(PRODUCTS).hexdigest(),
            "encoding": "utf-8",
            "separator": ",",
        }.items()
    )
    assert shop.sums_agree()


def test_an_export_that_the_panel_saved_is_filed_once(shop: Shop) -> None:
    """In files/ it stays as all else; the same name with other bytes is another export."""
    shop.put("products-2026-11-23.csv", PRODUCTS)
    assert shop.file().counts["filed"] == 1
    assert shop.file().counts["filed"] == 0
    shop.put("products-2026-11-23.csv", export_text("products", "v3", 5))
    shop.put("orders-2026-11-23.xml", b'<?xml version="1.0"?><orders><order/></orders>')
    assert shop.file().counts["filed"] == 2
    assert sorted(shop.filed("webdav")) == [
        "orders-2026-11-23.xml",
        "products-2026-11-23-2.csv",
        "products-2026-11-23.csv",
    ]
    assert shop.lines("webdav")[0]["source"] == ("WebDAV exports/products-2026-11-23.csv")
    assert shop.sums_agree()


def test_where_there_is_an_api_nothing_from_elsewhere_is_shown(shop: Shop) -> None:
    """Anybody who can write there could forge it: it is filed, and latest/ stays as it is."""
    shop.put("products-2026-11-23.csv", PRODUCTS)
    shop.drop("orders.csv", ORDERS)
    shop.file()
    assert not shop.house.room("exports/latest").exists()
    assert all("latest" not in line for line in shop.lines("webdav") + shop.lines("drop-here"))


def test_without_an_api_the_newest_of_a_kind_is_shown(lonely: Shop) -> None:
    """Its receipt says where it came from; an older one that comes later is not."""
    lonely.put("products-2026-11-23.csv", PRODUCTS)
    lonely.drop("orders.csv", ORDERS)
    lonely.file()
    assert (lonely.shown("products"), lonely.shown("orders")) == (PRODUCTS, ORDERS)
    told = lonely.latest("orders")
    assert (told["pulled_from"], told["records"]) == ("drop-here/orders.csv", 3)
    assert lonely.latest("products")["pulled_from"] == "WebDAV exports/products-2026-11-23.csv"
    lonely.drop("old.csv", export_text("orders", "default", 9), age=90 * DAY)
    lonely.drop("new.csv", export_text("orders", "default", 4), age=60)
    lonely.file()
    assert lonely.latest("orders")["records"] == 4
    assert lonely.sums_agree()


def test_a_part_never_takes_the_place_of_a_whole(lonely: Shop) -> None:
    """A custom template with three columns is filed and no more."""
    lonely.drop("orders.csv", ORDERS)
    lonely.file()
    lonely.drop("part.csv", b"Order ID,Order Status,Order Date\r\n7,Shipped,1/2/2026\r\n", age=60)
    lonely.file()
    assert (lonely.shown("orders"), len(lonely.lines("drop-here"))) == (ORDERS, 2)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_what_is_written_otherwise_is_filed_and_not_shown(lonely: Shop, encoding: str) -> None:
    """What reads latest/ reads UTF-8 with commas."""
    body = export_text("orders", "default", 3, tail="ä").decode().encode(encoding)
    lonely.drop("orders.csv", body)
    assert lonely.file().counts["filed"] == 1
    assert lonely.filed("drop-here") == {"orders.csv": body}
    assert not lonely.house.room("exports/latest").exists()


def test_one_that_lost_many_rows_waits_for_a_second(lonely: Shop) -> None:
    """It is filed, held for a look and not shown; another one of about that size is believed."""
    many = export_text("orders", "default", 300)
    lonely.drop("a.csv", many)
    lonely.file()
    lonely.drop("b.csv", export_text("orders", "default", 200), age=60)
    report = lonely.file()
    assert (report.outcome, report.exit_code, report.counts["filed"]) == ("held", 4, 1)
    assert "has 200 rows, the one before 300" in report.findings[0]
    (hold,) = open_holds(lonely.house)
    kept = lonely.house.room("holds") / hold.id
    assert (hold.kind, (kept / "b.csv").exists(), lonely.shown("orders")) == (
        "refused",
        True,
        many,
    )
    assert lonely.file().outcome == "ok"
    lonely.drop("c.csv", export_text("orders", "default", 198), age=30)
    assert lonely.file().outcome == "ok"
    assert lonely.latest("orders")["records"] == 198
    assert lonely.sums_agree()


def test_a_few_rows_less_are_believed(lonely: Shop) -> None:
    """Ten in a hundred, or fewer than twenty in all."""
    for rows in (100, 90, 71):
        lonely.drop(f"{rows}.csv", export_text("orders", "default", rows), age=rows)
        assert lonely.file().outcome == "ok"
        assert lonely.latest("orders")["records"] == rows


def test_what_is_unknown_is_kept_and_told_once(shop: Shop) -> None:
    """A photo, a cut CSV, a link: all are in unknown/, each with a reason."""
    shop.drop("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(100))
    shop.drop("sub/cut.csv", ORDERS[:-5])
    (shop.house.room("drop-here") / "link").symlink_to("/etc/passwd")
    report = shop.file()
    assert (report.outcome, report.exit_code, report.counts["unknown"]) == ("partial", 3, 3)
    assert sorted(shop.dropped()) == ["unknown/link", "unknown/photo.jpg", "unknown/sub/cut.csv"]
    assert any(
        f"{discreet('drop-here/photo.jpg')}: it is none of" in one for one in report.findings
    )
    assert any(f"{discreet('drop-here/link')}: it is a link" in one for one in report.findings)
    assert any("row 4 has" in one for one in report.findings)
    assert not shop.house.room("exports/2026-11-23").exists()
    reminder = "not filed, in drop-here/unknown/: 3; remove what you do not need"
    for _ in range(2):
        report = shop.file()
        assert (report.outcome, report.findings) == ("ok", (reminder,))


def test_an_unknown_csv_of_the_shop_is_told_once(shop: Shop) -> None:
    """It stays in files/; other exports that come later change nothing of that."""
    shop.put("strange.csv", b"a,b\r\n1,2\r\n")
    report = shop.file()
    assert (report.outcome, report.counts["unknown"]) == ("partial", 1)
    assert discreet("exports/strange.csv") in report.findings[0]
    shop.put("orders.csv", ORDERS)
    assert shop.file().outcome == "ok"
    shop.house.room(".mirrord/filing.json").unlink()
    assert (shop.file().outcome, shop.file().outcome) == ("partial", "ok")


def test_many_unknown_files_are_counted_and_some_are_named(shop: Shop) -> None:
    """A report stays short."""
    for number in range(130):
        shop.drop(f"{number}.jpg", b"x")
    report = shop.file()
    assert (len(report.findings), report.findings[100]) == (102, "and 30 more")


def test_what_is_still_written_is_left_for_later(shop: Shop) -> None:
    """A fresh file, one that is open to write, one whose name says that it is not finished."""
    shop.drop("fresh.csv", ORDERS, age=0)
    shop.drop("half.csv.part", ORDERS[:100], age=600)
    with shop.drop("open.csv", ORDERS).open("r+b"):
        report = shop.file()
    assert (report.outcome, report.counts["filed"], report.counts["waiting"]) == ("ok", 0, 3)
    assert sorted(shop.dropped()) == ["fresh.csv", "half.csv.part", "open.csv"]
    shop.drop("fresh.csv", ORDERS)
    assert shop.file().counts["filed"] == 2


def test_the_same_bytes_under_the_same_name_are_filed_once(shop: Shop) -> None:
    """Dropped again they only move; under another name they are another export."""
    for _ in range(2):
        shop.drop("orders.csv", ORDERS)
        shop.file()
    shop.drop("orders (1).csv", ORDERS)
    shop.file()
    assert sorted(shop.filed("drop-here")) == ["orders (1).csv", "orders.csv"]
    assert sorted(names_in(shop.house.room(f"drop-here/taken/{TODAY}"))) == [
        "orders (1).csv",
        "orders-2.csv",
        "orders.csv",
    ]


def test_a_later_day_has_a_folder_of_its_own(shop: Shop) -> None:
    """And yesterday's does not change any more; what it filed is still known."""
    shop.drop("orders.csv", ORDERS)
    shop.file()
    before = content(shop.house.room(f"exports/{TODAY}"))
    shop.now += DAY
    shop.drop("orders.csv", ORDERS)
    shop.drop("products.csv", PRODUCTS)
    assert (shop.file().counts["known"], shop.file().counts["known"]) == (1, 0)
    assert content(shop.house.room(f"exports/{TODAY}")) == before
    assert list(shop.filed("drop-here", "2026-11-24")) == ["products.csv"]


def test_a_house_that_lost_its_ledger_gets_none_by_this(shop: Shop) -> None:
    """An empty one would be taken for a new house."""
    shop.put("orders.csv", ORDERS)
    for file in shop.house.room(".mirrord").glob("ledger.db*"):
        file.unlink()
    assert shop.file().counts["filed"] == 0
    assert not shop.house.room(".mirrord/ledger.db").exists()


def test_a_stored_export_that_rotted_is_filed_when_it_is_healed(shop: Shop) -> None:
    """Bytes that are not the recorded ones are nobody's export."""
    shop.put("orders.csv", ORDERS)
    file = shop.house.room("files/exports/orders.csv")
    file.unlink()
    file.write_bytes(PRODUCTS)
    assert shop.file().counts["filed"] == 0
    file.write_bytes(ORDERS)
    assert shop.file().counts["filed"] == 1


def test_personal_data_is_private(shop: Shop) -> None:
    """What was dropped may be anybody's; what is filed is the owner's alone."""
    file = shop.drop("customers.csv", export_text("customers", "default"))
    os.chmod(file, 0o666)
    shop.file()
    day = shop.house.room(f"exports/{TODAY}")
    modes = {path.stat().st_mode & 0o077 for path in (day, *day.rglob("*"))}
    assert modes == {0}


def test_names_that_no_disk_or_desktop_bears_are_made_harmless(shop: Shop) -> None:
    """Bytes that are no text, names as long as may be, names that a desktop acts upon."""
    folder = os.fsencode(shop.house.room("drop-here"))
    for raw in (b"\xff\n.csv", b"x" * 251 + b".csv", b"orders.lnk"):
        with open(folder + b"/" + raw, "wb") as file:
            file.write(ORDERS)
        os.utime(folder + b"/" + raw, (1, 1))
    assert shop.file().counts["filed"] == 3
    assert shop.sums_agree()
    assert not any(name.endswith(".lnk") for name in shop.filed("drop-here"))
    assert shop.file().counts["filed"] == 0


def test_a_stop_at_any_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The next run goes on; each file is filed once, and in taken/ once."""
    for stop_at in range(1, 60):
        shop = Shop(_made(tmp_path / str(stop_at)), alone=False)
        shop.put("products.csv", PRODUCTS)
        for number in range(5):
            shop.drop(f"{number}.csv", export_text("orders", "default", number + 1))
        shop.drop("photo.jpg", b"x")
        try:
            shop.file(QuietPulse(stop_at=stop_at))
        except Stopped:
            shop.file()
            done = False
        else:
            done = True
        taken = [f"{number}.csv" for number in range(5)]
        assert names_in(shop.house.room(f"drop-here/taken/{TODAY}")) == taken
        assert [line["path"] for line in shop.lines("drop-here")] == taken
        assert (len(shop.lines("webdav")), shop.sums_agree()) == (1, True)
        assert content(shop.house.room(".mirrord/staging")).keys() <= {"inbox", "files"}
        if done:
            break
    assert done


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
