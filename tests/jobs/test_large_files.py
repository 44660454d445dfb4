"""Large files over many syncs: what came stays, what nobody wants goes, and the disk has room."""

import os
from pathlib import Path

import pytest

from mirrord.core.entry import TreePath
from mirrord.core.guard import Limits
from mirrord.core.report import Report
from mirrord.disk.house import House
from mirrord.disk.planned import SMALL
from mirrord.jobs.room import Room, room_beside
from mirrord.jobs.sync import Sync
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.houses import NOW, content, new_house

FILM = TreePath("content/film")


class Shop:
    """A store in memory with one large file, its house, and a clock that moves a minute a sync."""

    def __init__(self, mirror: Path) -> None:
        self.house: House = new_house(mirror)
        self.store = MemoryFiles()
        self.now = float(NOW)
        self.store.put(b"f" * 1_000, *FILM.names)
        self.store.put(b"small", "content", "small")

    def sync(self) -> Report:
        self.now += 60
        job = Sync(self.house, self.store, Limits(), (), lambda: self.now)
        return job.run(QuietPulse())

    def break_off(self, after: int) -> Report:
        """A sync in which the large file breaks off after so many bytes."""
        self.store.cut = {FILM: after}
        report = self.sync()
        self.store.cut = {}
        return report

    def parts(self) -> int:
        """How many parts lie there."""
        return len([*self.house.room(".mirrord/parts").glob("*.json")])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("mirrord.disk.tree.PART_FROM", 100)
    return Shop(tmp_path)


def test_a_large_file_that_breaks_off_comes_over_several_syncs(shop: Shop) -> None:
    """No byte is sent twice, however often; after the clean run nothing of it is left."""
    codes = [shop.break_off(after).exit_code for after in (300, 500, 900)]
    codes.append(shop.sync().exit_code)
    assert (codes, shop.store.served[FILM]) == ([3, 3, 3, 0], 1_000)
    assert content(shop.house.room("files")) == {
        "content": None,
        "content/film": b"f" * 1_000,
        "content/small": b"small",
    }
    assert content(shop.house.room(".mirrord/parts")) == {}


def test_a_file_that_changed_meanwhile_begins_anew(shop: Shop) -> None:
    """Nothing of the old version gets into the new one."""
    shop.break_off(300)
    shop.store.put(b"n" * 1_000, *FILM.names)
    assert shop.sync().exit_code == 0
    assert shop.house.room("files/content/film").read_bytes() == b"n" * 1_000


def test_a_part_of_what_the_store_no_longer_has_goes(shop: Shop) -> None:
    """Though other files fail, and the run is none that cleans up."""
    shop.break_off(300)
    shop.store.remove(*FILM.names)
    shop.store.put(b"b" * 50, "content", "broken")
    shop.store.broken = {TreePath("content/broken")}
    assert (shop.parts(), shop.sync().exit_code, shop.parts()) == (1, 3, 0)


def test_a_part_below_a_folder_that_could_not_be_listed_stays(shop: Shop) -> None:
    """Nobody knows whether the store still has the file."""
    shop.break_off(300)
    shop.store.unknown = {TreePath("content")}
    assert (shop.sync().exit_code, shop.parts()) == (3, 1)


def test_a_clean_sync_leaves_no_part(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that the store still lists, and that its file did not need."""
    shop.break_off(300)
    monkeypatch.setattr("mirrord.disk.tree.PART_FROM", 10_000)
    assert (shop.parts(), shop.sync().exit_code, shop.parts()) == (1, 0, 0)


def test_a_dry_run_leaves_parts_alone(shop: Shop) -> None:
    """It changes nothing at all."""
    shop.break_off(300)
    before = content(shop.house.room(".mirrord/parts"))
    shop.store.remove(*FILM.names)
    Sync(shop.house, shop.store, Limits(), (), lambda: shop.now, dry_run=True).run(QuietPulse())
    assert content(shop.house.room(".mirrord/parts")) == before


def test_a_part_is_room_that_its_file_has(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of which most is here needs room only for the rest."""
    for room in ("mirrord.disk.planned", "mirrord.jobs.room"):
        monkeypatch.setattr(f"{room}.SMALL", 100)
    shop.break_off(900)

    class Tight:
        f_frsize = 1
        f_bavail = (256 << 20) + 200

    monkeypatch.setattr(os, "statvfs", lambda _: Tight)
    assert (shop.sync().exit_code, shop.store.served[FILM]) == (0, 1_000)


@pytest.mark.parametrize(
    ("free", "parts", "room"),
    [
        (10, [], Room(SMALL, 10, 2, 2 * SMALL + 3)),
        (11, [(SMALL + 1, SMALL)], Room(SMALL + 1, SMALL + 11, 1, SMALL + 2)),
        (10, [(SMALL + 1, SMALL)], Room(SMALL, 10, 2, 2 * SMALL + 3)),
        (11, [(SMALL + 1, SMALL), (SMALL + 2, SMALL)], Room(SMALL + 1, SMALL + 11, 1, SMALL + 2)),
        (13, [(SMALL + 1, SMALL), (SMALL + 2, SMALL)], Room(SMALL + 2, 2 * SMALL + 13)),
        (9, [(SMALL + 1, SMALL)], None),
    ],
)
def test_a_part_of_a_file_that_waits_is_nobodys_room(
    free: int, parts: list[tuple[int, int]], room: Room | None
) -> None:
    """Its bytes stay where they are, and are promised to no other file."""
    sizes = [(10, 1, 10), (SMALL + 1, 1, SMALL + 1), (SMALL + 2, 1, SMALL + 2)]
    assert room_beside(lambda: sizes, free, parts) == room
