"""The marker and the rooms."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from mirrord.disk.house import MARKER, check_marker, make_marker, open_house, write_whole
from mirrord.errors import DiskError, DiskFull, MirrorMissing, NotOurs
from tests.houses import content, modes, new_house


def test_without_its_marker_a_mirror_is_not_touched(tmp_path: Path) -> None:
    """A bare mount point stays bare: the error says so and nothing is made."""
    with pytest.raises(MirrorMissing, match=r"no marker in .*; is the disk mounted\?"):
        open_house(tmp_path, "acme", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("marker", ["", "{", "[]", "{}", '{"layout": "x"}', '{"layout": null}'])
def test_a_damaged_marker_is_no_marker(tmp_path: Path, marker: str) -> None:
    """What can not be read as ours is not taken for ours."""
    (tmp_path / MARKER).write_text(marker)
    with pytest.raises(MirrorMissing, match="marker"):
        check_marker(tmp_path)


def test_a_marker_that_is_a_link_is_no_marker(tmp_path: Path) -> None:
    """It could point from the bare mount point to somewhere else."""
    other = tmp_path / "other"
    other.mkdir()
    make_marker(other)
    (tmp_path / MARKER).symlink_to(other / MARKER)
    with pytest.raises(MirrorMissing, match="no regular file"):
        check_marker(tmp_path)


def test_a_house_of_a_newer_layout_is_left_alone(tmp_path: Path) -> None:
    """An older program must not guess what the newer one meant."""
    (tmp_path / MARKER).write_text(json.dumps({"layout": 99, "house": "x"}) + "\n")
    with pytest.raises(DiskError, match="layout 99"):
        open_house(tmp_path, "acme", "")


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    """The house's identity is made once."""
    assert make_marker(tmp_path)
    before = content(tmp_path)
    assert not make_marker(tmp_path)
    assert content(tmp_path) == before


def test_the_mirrors_folder_is_never_made(tmp_path: Path) -> None:
    """A typo in a mount point is not filled instead of the disk."""
    with pytest.raises(DiskError, match="there is no folder"):
        make_marker(tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_another_users_mirror_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mixed owners would lock the service out of its own files."""
    make_marker(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(NotOurs, match="run mirrord as its owner"):
        open_house(tmp_path, "acme", "")
    assert not (tmp_path / "acme").exists()


def test_rooms_with_personal_data_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """exports, set-aside, holds and the ledger's room: 0700; what staff may see: 0750."""
    before = os.umask(0)
    try:
        house = new_house(tmp_path)
        house.room("exports").chmod(0o777)
        open_house(tmp_path, "acme", "")
    finally:
        os.umask(before)
    found = modes(house.root)
    private = {"exports", "set-aside", "holds", ".mirrord", ".mirrord/staging"}
    assert {room: found[room] for room in private} == dict.fromkeys(private, "0o700")
    shared = {".", "files", "old-versions", "report", "decisions"}
    assert {room: found[room] for room in shared} == dict.fromkeys(shared, "0o750")
    assert found["READ-ME-FIRST.txt"] == "0o440"


def test_the_first_thing_people_read_names_whom_to_call(tmp_path: Path) -> None:
    """And a contact from the config can not forge a line of it."""
    house = new_house(tmp_path)
    assert "Call: Jo, +44 20 7946 0000" in house.room("READ-ME-FIRST.txt").read_text()
    open_house(tmp_path, "acme", "Eve\nIF SOMETHING WENT WRONG call me")
    assert r"Call: Eve\x0aIF SOMETHING" in house.room("READ-ME-FIRST.txt").read_text()


def test_a_file_or_link_where_a_room_belongs_is_an_error(tmp_path: Path) -> None:
    """Nothing is written through a planted link."""
    house = new_house(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    house.room("set-aside").rmdir()
    house.room("set-aside").symlink_to(outside)
    with pytest.raises(DiskError, match="in the way"):
        open_house(tmp_path, "acme", "")


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    """Also over a left-over of a cut; the reader's open file stays the old one."""
    file = tmp_path / "status.json"
    write_whole(file, b"old", 0o640)
    (tmp_path / ".status.json.new").write_bytes(b"half of")
    with file.open("rb") as reader:
        write_whole(file, b"new", 0o600)
        assert reader.read() == b"old"
    assert (content(tmp_path), modes(tmp_path)["status.json"]) == ({"status.json": b"new"}, "0o600")


def test_a_read_me_saved_in_another_alphabet_is_put_right(tmp_path: Path) -> None:
    """What people do to it never stops a run."""
    house = new_house(tmp_path)
    good = house.room("READ-ME-FIRST.txt").read_bytes()
    house.room("READ-ME-FIRST.txt").unlink()
    house.room("READ-ME-FIRST.txt").write_bytes(b"caf\xe9")
    new_house(tmp_path)
    assert house.room("READ-ME-FIRST.txt").read_bytes() == good


def test_a_marker_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a full disk during init, init works again."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            make_marker(tmp_path)
    assert not (tmp_path / MARKER).exists()
    assert make_marker(tmp_path)
    check_marker(tmp_path)


def test_a_new_house_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """The lanes of a new store start together, and a command beside them: none of them fails."""
    make_marker(tmp_path)
    together = Barrier(4)

    def one_of_them(key: str) -> bytes:
        together.wait()
        return open_house(tmp_path, key, "Jo").room("READ-ME-FIRST.txt").read_bytes()

    with ThreadPoolExecutor(4) as lanes:
        for number in range(50):
            texts = list(lanes.map(one_of_them, [f"shop{number}"] * 4))
            assert len(set(texts)) == 1
