"""The dated folders of themes: what is new is added, what lay there lies there still."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from mirrord.core.themes import Taken
from mirrord.disk.durable import Durable
from mirrord.disk.house import House
from mirrord.disk.staging import Staging
from mirrord.disk.themes import (
    FILE_MODE,
    Draft,
    Placed,
    Themes,
    newest_facts,
    read_taken,
    themes_sums,
    write_taken,
)
from mirrord.errors import DiskError
from tests.fakes import QuietPulse
from tests.houses import NOW, content, modes, new_house
from tests.laws.cuts import PowerCut, cut_after
from tests.zips import FILES, packed

STEMS = {"u1": "Corner-u1", "u2": "Fort-u2"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def place(
    house: House,
    zips: Mapping[str, bytes] | None = None,
    settings: Mapping[str, str] | None = None,
    *,
    day: str = "2026-11-23",
    moment: str = "2026-11-23T141500Z",
    unpacked: bool = False,
    active: str = "u1",
) -> Placed:
    """Stage and place what a run found."""
    with (
        closing(Durable(house.root)) as durable,
        closing(Staging(house, "themes", durable)) as staging,
    ):
        staged = []
        for bodies in (
            zips or {},
            {uuid: text.encode() for uuid, text in (settings or {}).items()},
        ):
            files = {uuid: staging.open(FILE_MODE, NOW) for uuid in bodies}
            for uuid, body in bodies.items():
                files[uuid].write(body)
                files[uuid].close()
            staged.append(files)
        room = Themes(house, durable, unpacked=unpacked)
        draft = Draft({"active": active}, STEMS, *staged)
        return room.place(draft, day=day, moment=moment, pulse=QuietPulse())


def held(house: House) -> dict[str, bytes | None]:
    return content(house.room("themes"))


def check_sums(house: House) -> None:
    """In each day, everything and nothing else is what its SHA256SUMS says."""
    for day in house.room("themes").iterdir():
        subprocess.run(
            ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"], cwd=day, check=True
        )
        lines = (day / "SHA256SUMS").read_text().splitlines()
        there = {name for name, body in content(day).items() if body is not None}
        assert there == {line.split("  ", 1)[1] for line in lines} | {"SHA256SUMS"}


def test_zips_and_settings_lie_in_the_folder_of_the_day(house: House) -> None:
    """Under the theme's name, with the facts of all themes and checksums; shared with the group."""
    placed = place(house, {"u1": packed()}, {"u1": "[]", "u2": "[1]"})
    assert placed == Placed("themes/2026-11-23")
    day = house.room("themes/2026-11-23")
    assert sorted(content(day)) == [
        "Corner-u1.settings.json",
        "Corner-u1.zip",
        "Fort-u2.settings.json",
        "SHA256SUMS",
        "themes.json",
    ]
    assert (day / "Corner-u1.zip").read_bytes() == packed()
    assert json.loads((day / "themes.json").read_text()) == {
        "active": "u1",
        "held": {
            "u1": {
                "settings": "2026-11-23/Corner-u1.settings.json",
                "zip": "2026-11-23/Corner-u1.zip",
            },
            "u2": {"settings": "2026-11-23/Fort-u2.settings.json"},
        },
    }
    told = modes(house.room("themes"))
    assert {mode for name, mode in told.items() if "/" not in name} == {"0o750"}
    assert {mode for name, mode in told.items() if "/" in name} == {"0o440"}
    check_sums(house)


def test_nothing_new_touches_nothing(house: House) -> None:
    """Not a byte, not a time, also on another day."""
    place(house, {"u1": packed()}, {"u1": "[]"})
    before = {path: path.stat().st_mtime_ns for path in house.room("themes").rglob("*")}
    assert place(house, day="2026-11-24") == Placed(None)
    assert {path: path.stat().st_mtime_ns for path in house.room("themes").rglob("*")} == before


def test_only_what_is_new_lies_in_a_new_day(house: House) -> None:
    """themes.json tells where the rest is."""
    place(house, {"u1": packed()}, {"u1": "[]"})
    before = content(house.room("themes/2026-11-23"))
    place(house, settings={"u1": "[2]"}, day="2026-11-24")
    assert content(house.room("themes/2026-11-23")) == before
    assert sorted(content(house.room("themes/2026-11-24"))) == [
        "Corner-u1.settings.json",
        "SHA256SUMS",
        "themes.json",
    ]
    assert newest_facts(house)["held"]["u1"] == {
        "settings": "2026-11-24/Corner-u1.settings.json",
        "zip": "2026-11-23/Corner-u1.zip",
    }
    assert sorted(themes_sums(house)) == [
        "2026-11-23/Corner-u1.zip",
        "2026-11-24/Corner-u1.settings.json",
        "2026-11-24/themes.json",
    ]
    check_sums(house)


def test_other_facts_alone_are_told_in_a_new_day(house: House) -> None:
    """Another theme was made the active one."""
    place(house, {"u1": packed()})
    place(house, day="2026-11-24", active="u2")
    assert sorted(content(house.room("themes/2026-11-24"))) == ["SHA256SUMS", "themes.json"]
    assert newest_facts(house)["active"] == "u2"


def test_a_second_version_of_one_day_takes_nothing_away(house: House) -> None:
    """It gets the moment in its name; a third of the same second a number."""
    for number in range(3):
        place(house, {"u1": packed({"n": b"%d" % number})}, {"u1": f"[{number}]"}, unpacked=True)
    names = [name for name in content(house.room("themes/2026-11-23")) if name.endswith(".zip")]
    assert sorted(names) == [
        "Corner-u1-141500Z-2.zip",
        "Corner-u1-141500Z.zip",
        "Corner-u1.zip",
    ]
    bodies = {house.room(f"themes/2026-11-23/{name}").read_bytes() for name in names}
    assert bodies == {packed({"n": b"%d" % number}) for number in range(3)}
    assert newest_facts(house)["held"]["u1"]["zip"] == "2026-11-23/Corner-u1-141500Z-2.zip"
    check_sums(house)


def test_nothing_is_put_into_an_older_day_than_the_newest(house: House) -> None:
    """A clock may go back; the newest folder is the one that tells where all lies."""
    place(house, {"u1": packed()})
    assert place(house, {"u2": packed()}, day="2026-11-20").folder == "themes/2026-11-23"


def test_a_view_lies_beside_its_zip_where_that_is_wanted(house: House) -> None:
    """With checksums as well; what can not be shown is named; no snapshot takes it in."""
    placed = place(house, {"u1": packed(FILES | {"../evil": b""})}, unpacked=True)
    assert placed.left_out == ("../evil",)
    view = house.room("themes/2026-11-23/Corner-u1")
    assert {name: body for name, body in content(view).items() if body is not None} == FILES
    assert (modes(view)["."], modes(view)["templates"]) == ("0o750", "0o750")
    check_sums(house)
    place(house, settings={"u1": "[]"})
    check_sums(house)
    assert place(house) == Placed(None)
    assert not any("/Corner-u1/" in name for name in themes_sums(house))


def test_what_somebody_took_away_is_not_held(house: House) -> None:
    """So that it is fetched again, and no snapshot waits for it in vain."""
    place(house, {"u1": packed()}, {"u1": "[]"})
    house.room("themes/2026-11-23/Corner-u1.zip").unlink()
    with closing(Durable(house.root)) as durable:
        room = Themes(house, durable)
        assert set(room.places["u1"]) == {"settings"}


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"held": 3}',
        '{"held": {"u1": 3}}',
        '{"held": {"u1": {"zip": "../../../etc/passwd"}}}',
        '{"held": {"u1": {"zip": "2026-11-23/.."}}}',
        '{"held": {"u1": {"zip": 3, "settings": null}}}',
    ],
)
def test_facts_that_somebody_damaged_say_nothing(house: House, text: str) -> None:
    """All is fetched anew, under names of its own; nothing outside the room is looked at."""
    place(house, {"u1": packed()})
    before = held(house)
    facts = house.room("themes/2026-11-23/themes.json")
    facts.chmod(0o600)
    facts.write_text(text)
    with closing(Durable(house.root)) as durable:
        assert [place for kinds in Themes(house, durable).places.values() for place in kinds] == []
    place(house, {"u1": packed({"n": b"2"})})
    assert held(house)["2026-11-23/Corner-u1.zip"] == before["2026-11-23/Corner-u1.zip"]
    assert newest_facts(house)["held"]["u1"]["zip"] == "2026-11-23/Corner-u1-141500Z.zip"


def test_a_cut_at_any_step_shows_whole_folders_only(tmp_path: Path) -> None:
    """Law 2: the folder is the old one or the new one, and the next run heals all."""
    (tmp_path / "ready").mkdir()
    ready = new_house(tmp_path / "ready")
    place(ready, {"u1": packed()}, {"u1": "[]"})
    old = held(ready)
    cuts = 0
    for steps in count(1):
        house = House(tmp_path / f"{steps}", "acme")
        shutil.copytree(ready.mirror, house.mirror)
        try:
            with cut_after(steps):
                place(house, {"u2": packed()}, {"u1": "[2]"}, unpacked=True)
        except PowerCut:
            cuts += 1
        else:
            break
        shown = {name: body for name, body in held(house).items() if not name.startswith(".")}
        if "2026-11-23/Fort-u2.zip" not in shown:
            assert shown.items() >= old.items()
        check_sums_of(house)
        place(house, {"u2": packed()}, {"u1": "[2]"}, day="2026-11-24")
        assert os.listdir(house.room(".mirrord/staging")) == ["themes"]
        assert [name for name in held(house) if name.startswith(".")] == []
        shutil.rmtree(house.mirror)
    assert cuts > 20


def check_sums_of(house: House) -> None:
    for day in house.room("themes").glob("2*"):
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=day, check=True)


def test_a_folder_that_a_cut_left_standing_aside_comes_back(house: House) -> None:
    """As it can on a filesystem that can not exchange two names."""
    place(house, {"u1": packed()})
    before = held(house)
    room = house.room("themes")
    (room / "2026-11-23").rename(room / ".2026-11-23.aside")
    assert place(house, day="2026-11-24") == Placed(None)
    assert held(house) == before


def test_a_disk_that_refuses_leaves_what_stood_and_no_trace(house: House) -> None:
    """In the midst of it: a view needs more room than its zip."""
    place(house, {"u1": packed()})
    before = held(house)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(DiskError, match="placing themes in"):
            place(house, {"u1": packed({"large": b"x" * 100_000})}, unpacked=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert held(house) == before
    assert os.listdir(house.room(".mirrord/staging")) == ["themes"]


def test_a_damaged_room_is_told_with_the_remedy(house: House) -> None:
    """Checksums that can not be read."""
    place(house, {"u1": packed()})
    sums = house.room("themes/2026-11-23/SHA256SUMS")
    sums.chmod(0o600)
    sums.write_bytes(b"nonsense\n")
    with pytest.raises(DiskError, match="damaged: copy it back"):
        themes_sums(house)


def test_when_a_theme_was_downloaded_is_known_until_somebody_clears_it(house: House) -> None:
    """It is no more than a note."""
    assert read_taken(house) == {}
    write_taken(house, {"u1": Taken(1.5, "said")})
    assert read_taken(house) == {"u1": Taken(1.5, "said")}
    for text in ("[]", "{", '{"u1": {}}', '{"u1": {"at": "x", "said": ""}}'):
        house.room(".mirrord/themes.json").write_text(text)
        assert read_taken(house) == {}
