"""What people decided: small files, replaced whole, never guessed at."""

from pathlib import Path

import pytest

from mirrord.disk.decisions import Pin, deciding, pin, pins, read_decision, release, unpin
from mirrord.disk.house import House, make_marker, open_house
from mirrord.errors import DiskError
from tests.fakes import QuietPulse

POINT = "snapshots/2026-11-23T030000Z"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with a marker."""
    make_marker(tmp_path)
    return open_house(tmp_path, "acme", "")


def test_what_was_decided_is_read_back(house: House) -> None:
    """Whole, and only where something changed is anything written."""
    with deciding(house, "answers", QuietPulse()) as told:
        told["x"] = {"a": 1}
    file = house.room("decisions/answers.json")
    before = file.stat().st_mtime_ns
    with deciding(house, "answers", QuietPulse()) as told:
        told["x"] = {"a": 1}
    assert (read_decision(house, "answers"), file.stat().st_mtime_ns) == ({"x": {"a": 1}}, before)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_decision_is_never_taken_for_none(house: House, body: bytes) -> None:
    """To forget a pin or an answer could cost what it protects."""
    house.room("decisions/pins.json").write_bytes(body)
    with pytest.raises(DiskError, match=r"pins\.json is damaged"):
        pins(house)


def test_a_decision_that_fails_half_way_changes_nothing(house: House) -> None:
    """As with every file of the house."""

    def decide() -> None:
        with deciding(house, "answers", QuietPulse()) as told:
            told["x"] = 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide()
    assert read_decision(house, "answers") == {}


def test_a_pin_by_hand_outlives_the_pin_of_a_hold(house: House) -> None:
    """An alarm pins by itself; its end releases its own pins only."""
    pin(house, POINT, Pin("before the import", 5.0), QuietPulse())
    pin(house, POINT, Pin("mass change", 6.0, "h1"), QuietPulse())
    pin(house, "snapshots/other", Pin("mass change", 6.0, "h1"), QuietPulse())
    release(house, "h1", QuietPulse())
    assert pins(house) == {POINT: Pin("before the import", 5.0)}
    assert (unpin(house, POINT, QuietPulse()), unpin(house, POINT, QuietPulse())) == (True, False)
