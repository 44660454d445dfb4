"""drop-here/ is open to others: what is opened there, when, and where it goes."""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mirrord.disk.dropped import DropHere, Sight, is_waiting
from mirrord.disk.durable import Durable
from mirrord.disk.house import House
from mirrord.errors import DiskError
from tests.dropping import drop, names_in
from tests.houses import new_house


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


@pytest.fixture
def room(house: House) -> Iterator[DropHere]:
    durable = Durable(house.root)
    with DropHere(house, durable) as room:
        yield room
    durable.close()


def only(room: DropHere) -> Sight:
    (sight,) = room.sights()
    return sight


def test_what_is_not_dropped_is_passed_over(house: House, room: DropHere) -> None:
    """The button, what a desktop leaves behind, and what was moved out of the way before."""
    inbox = house.room("drop-here")
    (inbox / "snapshot-now").touch()
    for name in (".DS_Store", "@eaDir/thumb.jpg", "taken/2026-11-23/a.csv", "unknown/b"):
        drop(house, name, b"x")
    assert (list(room.sights()), is_waiting(house)) == ([], False)
    drop(house, "folder/in/it.csv", b"x")
    assert (only(room).path, is_waiting(house)) == ("folder/in/it.csv", True)


@pytest.mark.parametrize("kind", ["link", "broken", "folder link", "pipe", "socket", "second name"])
def test_no_link_pipe_or_second_name_is_opened(house: House, room: DropHere, kind: str) -> None:
    """It is refused with the reason; moving it away moves the name alone."""
    inbox, secret = house.room("drop-here"), house.root.parent / "secret.csv"
    secret.write_bytes(b"not yours")
    there = inbox / "it.csv"
    server = socket.socket(socket.AF_UNIX)
    {
        "link": lambda: there.symlink_to(secret),
        "broken": lambda: there.symlink_to("nowhere"),
        "folder link": lambda: there.symlink_to(house.root),
        "pipe": lambda: os.mkfifo(there),
        "socket": lambda: server.bind(os.path.relpath(there)),
        "second name": lambda: there.hardlink_to(secret),
    }[kind]()
    server.close()
    sight = only(room)
    assert sight.refused
    assert room.move(sight, "unknown") == "unknown/it.csv"
    assert os.lstat(inbox / "unknown/it.csv").st_ino == sight.seen.st_ino
    assert secret.read_bytes() == b"not yours"


def test_a_folder_of_ours_that_is_a_link_is_never_followed(house: House, room: DropHere) -> None:
    """Who plants taken/ can not have files moved out of the house; the file stays."""
    outside = house.root.parent / "outside"
    outside.mkdir()
    (house.room("drop-here") / "taken").symlink_to(outside)
    file = drop(house, "a.csv", b"x")
    with pytest.raises(NotADirectoryError):
        room.move(only(room), "taken", "2026-11-23")
    assert (file.exists(), list(outside.iterdir())) == (True, [])


def test_a_room_that_is_a_link_is_not_entered(house: House) -> None:
    """Somebody made another folder of it."""
    house.room("drop-here").rename(house.root / "elsewhere")
    house.room("drop-here").symlink_to("elsewhere")
    with pytest.raises(DiskError, match="opening"):
        is_waiting(house)


def test_a_file_stands_still_when_nobody_touched_it_for_a_while(
    house: House, room: DropHere
) -> None:
    """One that was moved in with its old time at once, one that was just written later."""
    drop(house, "old.csv", b"x")
    drop(house, "new.csv", b"x", age=0)
    drop(house, "later.csv", b"x", age=11)
    drop(house, "big.csv.part", b"x", age=600)
    drop(house, ".big.csv.Xa8d2", b"x", age=600)
    drop(house, "from the future.csv", b"x", age=-900)
    still = {sight.path for sight in room.sights() if room.stands_still(sight)}
    assert still == {"old.csv", "later.csv"}
    with DropHere(house, None, wall=lambda: time.time() + 7_200) as later:
        assert all(later.stands_still(sight) for sight in later.sights())


def test_what_changed_between_two_looks_does_not_stand_still(house: House, room: DropHere) -> None:
    """Written to, replaced, or gone."""
    file = drop(house, "a.csv", b"x")
    sight = only(room)
    drop(house, "a.csv", b"xy")
    assert not room.stands_still(sight)
    assert room.open(sight) is None
    file.unlink()
    assert (room.stands_still(sight), room.open(sight), room.move(sight, "taken")) == (
        False,
        None,
        "",
    )


def test_a_file_that_is_open_to_write_is_not_opened(house: House, room: DropHere) -> None:
    """A copy over the network may pause; whoever writes has it open."""
    file = drop(house, "a.csv", b"x")
    sight = only(room)
    with file.open("r+b"):
        assert room.open(sight) is None
    fd = room.open(sight)
    assert fd is not None
    os.close(fd)


def test_a_disk_that_grants_no_lease_tells_nothing(house: House, room: DropHere) -> None:
    """As in the network: there a file would seem to be written to for ever."""
    drop(house, "a.csv", b"x")
    quiet = house.room("READ-ME-FIRST.txt")
    quiet.chmod(0o600)
    with quiet.open("r+b"), house.room("drop-here/a.csv").open("r+b"):
        fd = room.open(only(room))
    assert fd is not None
    os.close(fd)


def test_a_name_that_is_taken_gets_a_number(house: House, room: DropHere) -> None:
    """Nothing in taken/ or unknown/ is ever replaced; long names are cut before the number."""
    long = "x" * 251 + ".csv"
    for number in (1, 2, 3):
        for name in ("a.csv", "plain", long):
            drop(house, name, b"%d" % number)
        for sight in list(room.sights()):
            room.move(sight, "unknown")
    there = house.room("drop-here/unknown")
    cut = ["x" * 249 + "-2.csv", "x" * 249 + "-3.csv", long]
    numbered = ["a-2.csv", "a-3.csv", "a.csv", "plain", "plain-2", "plain-3"]
    assert sorted(names_in(there)) == sorted([*numbered, *cut])


def test_what_took_a_files_place_is_not_moved_for_it(house: House, room: DropHere) -> None:
    """It was never looked at."""
    drop(house, "a.csv", b"first")
    sight = only(room)
    other = drop(house, "b.csv", b"other")
    other.rename(house.room("drop-here/a.csv"))
    assert room.move(sight, "taken", "today") == ""
    assert house.room("drop-here/a.csv").read_bytes() == b"other"


class AtTheRename:
    """Does something at the very moment at which a name is about to be moved.

    Python tells an audit hook of every function of the C library that is looked up.
    """

    def __init__(self) -> None:
        self.act: Callable[[], object] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.act and event == "ctypes.dlsym" and "renameat2" in arguments:
            act, self.act = self.act, None
            act()


AT_THE_RENAME = AtTheRename()


def test_what_takes_a_files_place_at_the_last_moment_is_put_back(
    house: House, room: DropHere
) -> None:
    """Between our look and the move: it comes up again, as what it is."""
    drop(house, "a.csv", b"first")
    sight = only(room)
    other = drop(house, "b.csv", b"other")
    AT_THE_RENAME.act = lambda: other.rename(house.room("drop-here/a.csv"))
    assert room.move(sight, "taken", "today") == ""
    assert AT_THE_RENAME.act is None
    assert names_in(house.room("drop-here")) == ["a.csv"]
    assert house.room("drop-here/a.csv").read_bytes() == b"other"


def test_a_bottomless_folder_is_moved_as_it_is(house: House, room: DropHere) -> None:
    """It would take us down for ever."""
    drop(house, "/".join("d" * 40) + "/x.csv", b"x")
    sight = only(room)
    assert (len(sight.names), "too deep" in sight.refused) == (17, True)
    assert room.move(sight, "unknown")
    assert list(room.sights()) == []


def test_names_are_shown_on_one_line(house: House, room: DropHere) -> None:
    """A terminal does nothing of what a name says, nor of bytes that are no text; see discreet."""
    raw = os.fsencode(house.room("drop-here")) + b"/a\n\x1b[2J\xff.csv"
    with open(raw, "wb"):
        pass
    assert only(room).shown() == "drop-here/~74f49d.csv"


def test_emptied_folders_go_and_others_stay(house: House, room: DropHere) -> None:
    """With the folders above them, as far as nothing is left."""
    drop(house, "a/b/c.csv", b"x")
    drop(house, "a/kept.csv", b"x")
    house.room("drop-here/a/b/c.csv").unlink()
    room.tidy({("a", "b"), ("gone",)})
    assert names_in(house.room("drop-here")) == ["a/kept.csv"]
    assert not house.room("drop-here/a/b").exists()
