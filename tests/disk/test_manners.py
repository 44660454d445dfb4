"""What is remembered of how a store is best asked, and for how long."""

from pathlib import Path

import pytest

from mirrord.disk.house import House
from mirrord.disk.manners import Manners, manners_of, note_manners
from tests.houses import NOW, new_house

URL = "https://shop.example/dav"
DAY = 86_400


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def test_of_a_store_that_was_never_asked_nothing_is_known(house: House) -> None:
    """It is asked for all at once, and by a few at a time."""
    assert manners_of(house, URL, NOW) == Manners(deep=True, at_once=None)


def test_what_it_gave_and_bore_is_known(house: House) -> None:
    """A store that gave all of it is asked so again, and as much at a time."""
    note_manners(house, URL, NOW, was_deep=True, at_once=32)
    assert manners_of(house, URL, NOW + 400 * DAY) == Manners(deep=True, at_once=32)


@pytest.mark.parametrize(("later", "again"), [(1, False), (29, False), (31, True), (-1, True)])
def test_a_refusal_counts_for_a_month(later: int, again: bool, house: House) -> None:
    """A clock that went back proves nothing of how long ago it was."""
    note_manners(house, URL, NOW, was_deep=False, at_once=4)
    assert manners_of(house, URL, NOW + later * DAY).deep is again


def test_a_month_is_counted_from_the_last_time_that_it_was_asked(house: House) -> None:
    """Runs that did not ask for all at once do not make the refusal any younger."""
    note_manners(house, URL, NOW, was_deep=False, at_once=4)
    note_manners(house, URL, NOW + 20 * DAY, was_deep=None, at_once=8)
    assert manners_of(house, URL, NOW + 25 * DAY) == Manners(deep=False, at_once=8)
    assert manners_of(house, URL, NOW + 31 * DAY) == Manners(deep=True, at_once=8)


def test_another_store_is_found_out_anew(house: House) -> None:
    """The note is of one URL."""
    note_manners(house, URL, NOW, was_deep=False, at_once=4)
    assert manners_of(house, URL + "2", NOW) == Manners()


@pytest.mark.parametrize(
    "garbage",
    ["", "[]", '{"url": 1}', "\xff", '{"url": "%s"}', '{"url": "%s", "asked": "", "deep": 0}'],
)
def test_a_damaged_note_is_none(garbage: str, house: House) -> None:
    """It only costs a request, and is written anew."""
    house.room(".mirrord/manners.json").write_bytes(garbage.replace("%s", URL).encode("latin-1"))
    assert manners_of(house, URL, NOW) == Manners()
    note_manners(house, URL, NOW, was_deep=None, at_once=4)
    assert manners_of(house, URL, NOW).at_once == 4
