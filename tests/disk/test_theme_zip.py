"""A zip is taken only if all of it is right; two that hold the same are the same."""

import zipfile
from pathlib import Path

import pytest

from mirrord.disk import theme_zip
from mirrord.disk.theme_zip import content_of, why_unsound
from tests.fakes import QuietPulse
from tests.zips import FILES, bomb, flipped, lying_bomb, packed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "theme.zip"


def test_a_sound_zip_is_sound(file: Path) -> None:
    """Hostile names too: they are never used as paths."""
    for files in (FILES, {"../../evil": b"x", "/etc/passwd": b"", "a\\b": b"", "dir/": b""}):
        file.write_bytes(packed(files))
        assert why_unsound(file, QuietPulse()) == ""


def test_every_cut_is_seen(file: Path) -> None:
    """Wherever the download broke off."""
    body = packed()
    for length in range(len(body)):
        file.write_bytes(body[:length])
        assert why_unsound(file, QuietPulse()), length


def test_a_flipped_bit_in_the_content_is_seen(file: Path) -> None:
    """Each member is read to its end and its CRC compared."""
    style = b"body { color: red }"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.css", style)
    body = file.read_bytes()
    start = body.index(style)
    for at in range(start, start + len(style)):
        file.write_bytes(flipped(body, at))
        assert why_unsound(file, QuietPulse()), at


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html><h1>Down</h1>", packed({}), b"PK\x03\x04"])
def test_what_is_no_zip_is_none(file: Path, body: bytes) -> None:
    """A web page, nothing, an empty one."""
    file.write_bytes(body)
    assert why_unsound(file, QuietPulse())


def test_a_bomb_is_refused_before_it_goes_off(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it says of itself; and where that is a lie, no more is read than it said."""
    monkeypatch.setattr(theme_zip, "UNPACKED", 1_000_000)
    monkeypatch.setattr(theme_zip, "MEMBERS", 100)
    for body in (bomb(1_000_001), packed({str(n): b"" for n in range(101)})):
        pulse = QuietPulse()
        file.write_bytes(body)
        assert "would unpack to" in why_unsound(file, pulse)
        assert pulse.beats == 0
    file.write_bytes(lying_bomb(900_000_0))
    assert "no sound zip" in why_unsound(file, QuietPulse())


def test_a_directory_without_an_end_is_not_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of empty members unpack to nothing, and would fill the memory all the same."""
    file.write_bytes(packed({str(number): b"" for number in range(100)}))
    assert why_unsound(file, QuietPulse()) == ""
    assert content_of(file)
    monkeypatch.setattr(theme_zip, "DIRECTORY", 1_000)
    assert "its directory has" in why_unsound(file, QuietPulse())
    assert content_of(file) == ""


def test_a_zip_made_anew_holds_the_same(file: Path) -> None:
    """Dates and the order of members are no content; names, sizes and bytes are."""
    told = []
    for body in (
        packed(year=2026),
        packed(dict(reversed(FILES.items())), year=2020),
        packed(FILES | {"config.json": b'{"version": 2}'}),
        packed({f"{name}x": content for name, content in FILES.items()}),
    ):
        file.write_bytes(body)
        told.append(content_of(file))
    assert told[0] == told[1]
    assert len({*told}) == 3
    file.write_bytes(packed()[:50])
    assert content_of(file) == ""
    file.unlink()
    assert content_of(file) == ""
