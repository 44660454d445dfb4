"""The page on personal data, made of a real house: since when, how many, how long, for whom."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mirrord.config import Keep, Retention, Store
from mirrord.config.values import KeepExports
from mirrord.core.datasets import DATASETS
from mirrord.core.personal import CATEGORIES
from mirrord.disk.house import ROOMS as HOUSE_ROOMS
from mirrord.disk.house import House
from mirrord.disk.personal import ROOMS
from mirrord.jobs.personal import PAGE_FILE, write_page
from tests.houses import NOW, new_house
from tests.tell.test_personal import Reading

DAY = 86_400
EVER = "for ever: the config says nothing"
FILES = (
    "exports/2026-01-02/lossless/orders.jsonl.gz",
    "exports/2026-01-02/lossless/subscribers.jsonl.gz",
    "exports/2026-03-04/lossless/orders.jsonl.gz",
    "exports/latest/lossless/wishlists.jsonl.gz",
    "snapshots/2026-02-03T030000Z/exports/orders.csv",
    "snapshots/2026-02-04T030000Z/files/content/a.txt",
    "old-versions/2026-05-06T030000Z/import_files/people.csv",
    "old-versions/2026-06-07T030000Z/content/b.txt",
    "drop-here/taken/2026-07-08/Jane Doe.csv",
    "drop-here/taken/notes/mine.txt",
    "holds/2026-08-09T030000Z-orders/HOLD.txt",
    "holds/answered/2026-08-01T030000Z-orders/HOLD.txt",
    "set-aside/2026-09-10T030000Z/files/import_files/people.csv",
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Something of everything."""
    house = new_house(tmp_path)
    for name in FILES:
        file = house.room(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    for room in ("exports/2026-01-02", "snapshots/2026-02-03T030000Z/exports"):
        house.room(room).chmod(0o700)
    house.room("old-versions/2026-05-06T030000Z/import_files").chmod(0o700)
    return house


def rows(house: House, **keep: object) -> Mapping[str, list[str]]:
    """The rows of the page by their first cell."""
    write_page(house, Store(keep=Retention(**keep)), NOW)
    read = Reading(house.room(PAGE_FILE).read_text())
    assert "Jane Doe" not in house.room(PAGE_FILE).read_text()
    assert house.room(PAGE_FILE).stat().st_mode & 0o7777 == 0o640
    return {row[0]: row[1:] for row in read.rows}


def test_kinds_and_places_are_told_with_their_oldest_and_newest_copy(house: House) -> None:
    """What bears no date of ours, and what holds no people, counts for nothing."""
    told = rows(house)
    kinds = {title.partition(":")[0]: told[title][:3] for title in CATEGORIES}
    assert kinds["Orders"] == ["2026-01-02", "2026-03-04", "2"]
    assert kinds["Subscribers to the newsletter"] == ["2026-01-02", "2026-01-02", "1"]
    assert kinds["Wishlists"] == ["none", "none", "0"]
    spans = {name: told[f"{name}/"][1:4] for name in ROOMS if f"{name}/" in told}
    day = {
        "snapshots": "2026-02-03",
        "old-versions": "2026-05-06",
        "drop-here/taken": "2026-07-08",
        "holds": "2026-08-09",
        "holds/answered": "2026-08-01",
        "set-aside": "2026-09-10",
    }
    assert {name: spans[name] for name in day} == {name: [at, at, "1"] for name, at in day.items()}
    assert spans["exports"] == ["2026-01-02", "2026-03-04", "2"]
    assert spans["drop-here"] == ["none", "none", "0"]
    assert "restore-kits" not in spans


def test_periods_are_those_of_the_config(house: House) -> None:
    """Without a rule for ever, and it says so; a dataset's own rule stands beside that for all."""
    told = rows(house)
    assert {told[f"{name}/"][4] for name in ("exports", "snapshots", "old-versions")} == {EVER}
    exports = KeepExports(daily=30, orders=Keep(daily=90, monthly=24))
    told = rows(house, exports=exports, old_versions=400 * DAY, put_by=90 * DAY)
    kept = {name: told[f"{name}/"][4] for name in ROOMS if f"{name}/" in told}
    assert kept["exports"] == (
        "others: the last of 30 days; orders: the last of 90 days and 24 months"
    )
    assert kept["old-versions"] == "400 days, and two on top"
    put_by = ("drop-here/taken", "holds/answered", "set-aside")
    assert {kept[name] for name in put_by} == {"90 days, and two on top"}
    assert kept["holds"] == "until a person sees to it"
    text = house.room(PAGE_FILE).read_text()
    assert "a hold waits for an answer" in text


def test_readers_are_told_by_the_modes_that_stand(house: House) -> None:
    """The strict ones by the owner alone; drop-here/ by its group; one that went wrong is seen."""
    readers = {name: told[-1] for name, told in rows(house).items() if name.endswith("/")}
    for name in ("exports/", "snapshots/", "old-versions/", "holds/"):
        assert readers[name].endswith(" alone (0700)")
    assert "and the group" in readers["drop-here/"]
    house.room("exports").chmod(0o755)
    assert rows(house)["exports/"][-1].endswith(", and all others (0755)")


def test_every_dataset_and_room_of_people_is_known_to_the_page() -> None:
    """A dataset's name that is none would never be found; no room of the house is forgotten."""
    assert {name for names in CATEGORIES.values() for name in names} <= DATASETS.keys()
    private = {name for name, mode in HOUSE_ROOMS.items() if mode != 0o750}
    assert {name for name in private if not name.startswith(".mirrord")} <= {*ROOMS}
