"""What people ask of the next snapshot."""

import os
from pathlib import Path

import pytest

from mirrord.disk.asked import Wish, button_pressed, take_button, take_wish, wish
from mirrord.disk.house import House
from tests.fakes import QuietPulse
from tests.houses import new_house


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


@pytest.mark.parametrize("name", ["snapshot-now", "snapshot-now.txt", "Snapshot-Now.TXT"])
def test_an_empty_file_is_a_button_that_is_pressed_once(house: House, name: str) -> None:
    """Windows adds an ending to it and shows it to nobody."""
    button = house.room("drop-here") / name
    button.touch()
    assert button_pressed(house)
    assert take_button(house)
    assert not button.exists()
    assert not button_pressed(house)
    assert not take_button(house)


@pytest.mark.parametrize("kind", ["link", "second", "folder", "full", "pipe", "other"])
def test_nothing_but_an_empty_file_of_that_name_is_a_button(
    house: House, tmp_path: Path, kind: str
) -> None:
    """A folder, a link, a pipe and a file with something in it stay as they are."""
    button = house.room("drop-here/snapshot-now")
    (tmp_path / "empty").touch()
    {
        "link": lambda: button.symlink_to(tmp_path / "empty"),
        "second": lambda: button.hardlink_to(tmp_path / "empty"),
        "folder": button.mkdir,
        "full": lambda: button.write_text("x"),
        "pipe": lambda: os.mkfifo(button),
        "other": button.with_name("products.csv").touch,
    }[kind]()
    assert not take_button(house)
    assert len(list(house.room("drop-here").iterdir())) == 1


def test_a_wish_is_taken_once(house: House) -> None:
    """Whoever takes the next snapshot reads it; the one after has none."""
    pulse = QuietPulse()
    wish(house, Wish("before the sale", pin=True), pulse)
    assert take_wish(house, pulse) == Wish("before the sale", pin=True)
    assert take_wish(house, pulse) == Wish()
