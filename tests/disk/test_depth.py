"""What is remembered of asking a store for its whole tree, and for how long."""

from pathlib import Path

import pytest

from mirrord.disk.depth import may_be_deep, note_depth
from mirrord.disk.house import House
from tests.houses import NOW, new_house

URL = "https://shop.example/dav"
DAY = 86_400


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def test_a_store_that_was_never_asked_is_asked(house: House) -> None:
    """So is one that gave all of it."""
    assert may_be_deep(house, URL, NOW)
    note_depth(house, URL, NOW, deep=True)
    assert may_be_deep(house, URL, NOW + DAY)


@pytest.mark.parametrize(("later", "again"), [(1, False), (29, False), (31, True), (-1, True)])
def test_a_refusal_counts_for_a_month(later: int, again: bool, house: House) -> None:
    """A clock that went back proves nothing of how long ago it was."""
    note_depth(house, URL, NOW, deep=False)
    assert may_be_deep(house, URL, NOW + later * DAY) is again


def test_another_store_is_asked_anew(house: House) -> None:
    """The note is of one URL."""
    note_depth(house, URL, NOW, deep=False)
    assert may_be_deep(house, URL + "2", NOW)


@pytest.mark.parametrize("garbage", [b"", b"[]", b'{"url": 1}', b"\xff", b'{"url": "%s"}'])
def test_a_damaged_note_is_none(garbage: bytes, house: House) -> None:
    """It only costs a request."""
    house.room(".mirrord/depth.json").write_bytes(garbage.replace(b"%s", URL.encode()))
    assert may_be_deep(house, URL, NOW)
