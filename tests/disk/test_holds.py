"""What waits in holds/, as programs read it."""

import json
from pathlib import Path

import pytest

from mirrord.disk.decisions import deciding
from mirrord.disk.holds import ANSWERS, OpenHold, facts_file, open_holds
from mirrord.disk.house import House
from tests.fakes import QuietPulse
from tests.houses import NOW, new_house

FIRST, SECOND = "2025-11-23T121500Z-content", "2025-11-23T131500Z-changed"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def folder(house: House, name: str) -> Path:
    made = house.room("holds") / name
    made.mkdir()
    return made


def test_a_house_without_holds_has_none(house: House) -> None:
    """Neither in an empty room nor without the room."""
    assert open_holds(house) == ()
    house.room("holds").rmdir()
    assert open_holds(house) == ()


def test_holds_are_told_by_time(house: House) -> None:
    """With what they are about, what they refer to, and whether a person kept them."""
    point = "snapshots/2025-11-23T030000Z"
    facts_file(folder(house, SECOND), "changed", "many changed", refers=(point,))
    facts_file(folder(house, FIRST), "vanished", "content is gone", top="content")
    with deciding(house, ANSWERS, QuietPulse()) as told:
        told[FIRST] = {"answer": "keep"}
    assert open_holds(house) == (
        OpenHold(FIRST, "vanished", NOW, "content is gone", (), "kept", "content"),
        OpenHold(SECOND, "changed", NOW + 3600, "many changed", (point,)),
    )


@pytest.mark.parametrize(
    "facts",
    [
        "",
        "[]",
        "{",
        "\x00\xff",
        json.dumps({"kind": "vanished"}),
        json.dumps({"kind": "odd", "title": "t", "refers": [], "top": "", "opened": 1}),
        json.dumps({"kind": "changed", "title": "t", "refers": "x", "top": "", "opened": 1}),
        json.dumps({"kind": "changed", "title": 3, "refers": [], "top": "", "opened": 1}),
        json.dumps({"kind": "changed", "title": "t", "refers": [], "top": "", "opened": []}),
    ],
)
def test_a_damaged_hold_is_still_told(house: House, facts: str) -> None:
    """By its folder's name, and with where to read on."""
    (folder(house, FIRST) / "hold.json").write_text(facts, "utf-8", "surrogateescape")
    (hold,) = open_holds(house)
    assert (hold.id, hold.opened, hold.kind) == (FIRST, NOW, "refused")
    assert "HOLD.txt" in hold.title


def test_what_others_put_into_the_room_is_no_hold(house: House) -> None:
    """Folders of people and desktops, loose files, links, what was answered."""
    for name in ("answered", "@eaDir", "notes of Jo", "2025-13-23T121500Z-no such month"):
        folder(house, name)
    (house.room("holds") / "2025-11-23T121500Z-a file").touch()
    (house.room("holds") / "2025-11-23T121500Z-a link").symlink_to("answered")
    assert open_holds(house) == ()
