"""The view of a zip: all that is plain is shown, nothing leads out of its folder."""

import stat
from pathlib import Path

from mirrord.disk.unpacking import unpack
from tests.fakes import QuietPulse
from tests.houses import content, modes
from tests.zips import FILES, packed

LINK, DEVICE = stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666


def unpacked(tmp_path: Path, body: bytes) -> tuple[dict[str, bytes | None], list[str]]:
    file = tmp_path / "theme.zip"
    file.write_bytes(body)
    folder = tmp_path / "house" / "view"
    folder.parent.mkdir()
    left_out = unpack(file, folder, QuietPulse())
    assert set(tmp_path.iterdir()) == {file, folder.parent}
    return content(folder.parent), left_out


def test_a_theme_is_shown_as_it_is(tmp_path: Path) -> None:
    """Its folders, its files; read-only for the group."""
    shown, left_out = unpacked(tmp_path, packed(FILES | {"empty/": b""}))
    assert {f"view/{name}": body for name, body in FILES.items()}.items() <= shown.items()
    assert (shown["view/empty"], left_out) == (None, [])
    told = modes(tmp_path / "house/view")
    assert {told["."], told["templates"], told["empty"]} == {"0o750"}
    assert {told["config.json"], told["templates/home.html"]} == {"0o440"}


def test_nothing_leads_out_of_the_folder(tmp_path: Path) -> None:
    """Steps up, whole paths, links, devices, paths without an end: left out, and named."""
    hostile = {
        "../evil": b"x",
        "a/../../evil": b"x",
        "..\\evil": b"x",
        "/etc/evil": b"x",
        "link": b"/etc",
        "link/evil": b"x",
        "device": b"",
        "x/" * 60 + "deep": b"x",
        "l" * 1001: b"x",
        "./": b"",
    }
    attributes = {"link": LINK, "device": DEVICE}
    shown, left_out = unpacked(tmp_path, packed(hostile | {"good": b"good"}, 2026, attributes))
    assert shown == {
        "view": None,
        "view/good": b"good",
        "view/link": None,
        "view/link/evil": b"x",
    }
    assert set(left_out) == set(hostile) - {"link/evil"}


def test_names_that_a_desktop_acts_upon_are_made_plain(tmp_path: Path) -> None:
    """As everywhere in the house; a name of 300 characters is held, too."""
    shown, left_out = unpacked(tmp_path, packed({"desktop.ini": b"x", "n" * 300: b"y"}))
    names = [name for name, body in shown.items() if body is not None]
    assert left_out == []
    assert all("~" in name and len(name) <= 260 for name in names)
    assert sorted(body for body in shown.values() if body) == [b"x", b"y"]


def test_what_stands_in_the_way_of_another_is_named(tmp_path: Path) -> None:
    """The first wins: a file that is a folder as well, a name that comes twice."""
    shown, left_out = unpacked(tmp_path, packed({"a": b"1", "a/b": b"2", "c/d": b"3", "c": b"4"}))
    assert shown == {"view": None, "view/a": b"1", "view/c": None, "view/c/d": b"3"}
    assert left_out == ["a/b", "c"]
