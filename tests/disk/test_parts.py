"""Parts of large files: what came is not fetched again, and no wrong byte comes of it."""

import hashlib
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.entry import Entry, Kind, Stamp, TreePath
from mirrord.core.part import Part
from mirrord.disk.durable import Durable
from mirrord.disk.house import House
from mirrord.disk.partfile import PartFile
from mirrord.disk.parts import PART_FROM, Parts
from mirrord.disk.tree import Tree
from mirrord.errors import DiskError, Stopped
from tests.houses import NOW, content, modes, new_house
from tests.laws.examples import fast_disk, laws

MOMENT = "2025-11-23T121500Z"
FILM = Entry(TreePath("content/film.mp4"), Kind.FILE, PART_FROM, Stamp("e1", 1000))
NAME = hashlib.sha256(b"content/film.mp4").hexdigest()
DAY = 86_400


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


@contextmanager
def parts(house: House, now: int = NOW) -> Iterator[Parts]:
    """The room as one process sees it."""
    root = os.open(house.root, os.O_RDONLY)
    with closing(Durable(house.root)) as durable, closing(Parts(root, durable, now)) as room:
        yield room
    os.close(root)


def begin(room: Parts, entry: Entry = FILM) -> PartFile:
    part = room.open(entry, 0o440, 1000, lambda: None)
    assert part is not None
    return part


def keep(house: House, body: bytes, entry: Entry = FILM, now: int = NOW) -> None:
    """What a try that broke off leaves."""
    with parts(house, now) as room:
        part = begin(room, entry)
        part.write(body)
        part.keep("v1")


def kill(part: PartFile) -> None:
    """End as a killed process does: the kernel closes the file, nobody else does anything."""
    os.close(part._fd)
    part._fd = -1


def held(house: House, entry: Entry = FILM) -> Part | None:
    """What the next try is offered; it leaves it as it is."""
    with parts(house) as room:
        part = begin(room, entry)
        kill(part)
        return part.held


def room_of(house: House) -> Path:
    return house.room(".mirrord/parts")


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


# what came is gone on with


def test_a_file_that_broke_off_is_gone_on_with(house: House) -> None:
    """Only the rest is written; size and checksum are of the whole, which is placed as any file."""
    keep(house, b"first ")
    with Tree(house, MOMENT, NOW) as tree:
        staged = tree.stage(FILM)
        assert staged.held == Part(6, "v1", b"first ")
        staged.write(b"last")
        assert staged.close() == (10, digest(b"first last"))
        tree.make_durable()
        placed = tree.coming(FILM, staged, None)
        tree.place(placed, staged)
        assert not list(tree.lost([(placed.local, False, placed.size, placed.mtime)]))
    assert content(house.room("files"))["content/film.mp4"] == b"first last"
    assert modes(house.room("files"))["content/film.mp4"] == "0o440"
    assert content(room_of(house)) == {}


def test_the_tail_is_the_last_of_the_bytes(house: House) -> None:
    """64 KiB, however many chunks they came in."""
    body = os.urandom((3 << 20) + 7)
    keep(house, body)
    assert held(house) == Part(len(body), "v1", body[-65_536:])


def test_a_part_is_kept_over_many_tries(house: House) -> None:
    """Each goes on where the one before broke off."""
    for number in range(5):
        keep(house, bytes([number]) * 10)
    assert held(house) == Part(50, "v1", b"".join(bytes([n]) * 10 for n in range(5)))


@pytest.mark.parametrize(
    "other",
    [
        replace(FILM, size=PART_FROM + 1),
        replace(FILM, stamp=Stamp("e2", 1000)),
        replace(FILM, stamp=Stamp("e1", 1001)),
        replace(FILM, stamp=Stamp("e1")),
        replace(FILM, path=TreePath("content/film2.mp4")),
    ],
)
def test_a_part_is_of_one_version_only(house: House, other: Entry) -> None:
    """Another size, date or ETag in the listing: it begins anew, in a file of its own."""
    keep(house, b"old")
    with parts(house) as room:
        part = begin(room, other)
        part.write(b"new")
        assert (part.held, part.close()) == (None, (3, digest(b"new")))


def test_more_bytes_than_the_store_lists_are_no_part_of_a_file(house: House) -> None:
    """A range behind the end could not be asked for."""
    small = replace(FILM, size=3)
    keep(house, b"four", small)
    assert held(house, small) is None


def test_a_version_without_a_strong_name_is_not_kept(house: House) -> None:
    """Nobody could say whether the rest belongs to it; nor is nothing kept."""
    with parts(house) as room:
        unnamed, empty = begin(room), begin(room, replace(FILM, path=TreePath("b")))
        unnamed.write(b"bytes")
        unnamed.keep("")
        empty.keep("v1")
    assert content(room_of(house)) == {}


def test_a_stop_keeps_many_parts_at_once(house: House) -> None:
    """32 open files are left as they are, without reading any of them again."""
    films = [replace(FILM, path=TreePath(f"content/{n}")) for n in range(32)]
    with parts(house) as room:
        open_parts = [begin(room, film) for film in films]
        for part in open_parts:
            part.write(b"some")
        for part in open_parts:
            part.keep("v1")
            part.discard()
    assert [held(house, film) for film in films] == [Part(4, "v1", b"some")] * 32


def test_a_part_thrown_away_begins_anew(house: House) -> None:
    """The store has another version: its bytes come from the start, under its own name."""
    keep(house, b"old old old")
    with parts(house) as room:
        part = begin(room)
        part.rewind()
        assert part.held is None
        part.write(b"new")
        part.keep("v2")
    assert held(house) == Part(3, "v2", b"new")


def test_a_small_file_has_no_part(house: House) -> None:
    """It is written in staging; to keep it is to discard it, to rewind it empties it."""
    small = replace(FILM, size=PART_FROM - 1)
    with Tree(house, MOMENT, NOW) as tree:
        one, two = tree.stage(small), tree.stage(small)
        one.write(b"wrong")
        one.rewind()
        one.expect("v1")
        one.write(b"right")
        assert (one.held, one.close()) == (None, (5, digest(b"right")))
        two.write(b"half")
        two.keep("v1")
        assert content(house.room(".mirrord/staging/files")) == {"0": b"right"}
    assert not room_of(house).exists()


def test_two_never_write_one_file(house: House) -> None:
    """A second one of the same path gets a file of its own; afterwards the part is free again."""
    with Tree(house, MOMENT, NOW) as tree:
        first, second = tree.stage(FILM), tree.stage(FILM)
        first.write(b"aaaa")
        second.write(b"bb")
        assert [first.close(), second.close()] == [(4, digest(b"aaaa")), (2, digest(b"bb"))]
        tree.place(tree.coming(FILM, first, None), first)
        assert content(house.room("files"))["content/film.mp4"] == b"aaaa"
        third = tree.stage(FILM)
        third.write(b"c")
        for done in (first, second):
            done.discard()
        third.keep("v1")
    assert held(house) == Part(1, "v1", b"c")


# a kill, a power cut, a stranger


def test_a_kill_loses_what_came_since_the_last_note(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the version is known a note is made on the way; what is behind it is cut off."""
    monkeypatch.setattr("mirrord.disk.partfile.CHECKPOINT", 10)
    with parts(house) as room:
        part = begin(room)
        part.expect("v1")
        for _ in range(3):
            part.write(b"seven__")
        kill(part)
    assert (room_of(house) / NAME).stat().st_size == 21
    assert held(house) == Part(14, "v1", b"seven__seven__")
    assert (room_of(house) / NAME).stat().st_size == 14


def test_a_kill_of_an_unnamed_version_leaves_nothing_to_go_on_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the version before it had a name: the note of that one is gone."""
    monkeypatch.setattr("mirrord.disk.partfile.CHECKPOINT", 10)
    keep(house, b"old")
    with parts(house) as room:
        part = begin(room)
        part.rewind()
        part.write(b"o" * 100)
        kill(part)
    assert held(house) is None


def test_a_whole_file_that_was_not_placed_yet_is_not_fetched_again(house: House) -> None:
    """Read-only as it is by then, it is taken up again, all of it."""
    with parts(house) as room:
        part = begin(room)
        part.expect("v1")
        part.write(b"whole")
        part.close()
    assert modes(room_of(house)) == {".": "0o700", NAME: "0o440", f"{NAME}.json": "0o600"}
    assert held(house) == Part(5, "v1", b"whole")


def _shorter(room: Path) -> None:
    os.truncate(room / NAME, 3)


def _zeros(room: Path) -> None:
    os.truncate(room / NAME, 0)
    os.truncate(room / NAME, 8)


def _turned_bit(room: Path) -> None:
    (room / NAME).write_bytes(b"moVed on")


def _no_note(room: Path) -> None:
    (room / f"{NAME}.json").unlink()


def _no_bytes(room: Path) -> None:
    (room / NAME).unlink()


def _half_a_note(room: Path) -> None:
    os.truncate(room / f"{NAME}.json", 40)


def _empty_note(room: Path) -> None:
    os.truncate(room / f"{NAME}.json", 0)


def _odd_note(room: Path) -> None:
    (room / f"{NAME}.json").write_text('{"path": "content/film.mp4", "size": {}}')


def _list_for_a_note(room: Path) -> None:
    (room / f"{NAME}.json").write_text("[1e999]")


def _another_ones_note(room: Path) -> None:
    note = room / f"{NAME}.json"
    note.write_text(note.read_text().replace("film.mp4", "song.mp3"))


def _folders(room: Path) -> None:
    for name in (NAME, f"{NAME}.json"):
        (room / name).unlink()
        (room / name).mkdir()
        (room / name / "@eaDir").mkdir()


def _second_name(room: Path) -> None:
    os.link(room / NAME, room.parent / "elsewhere")


@pytest.mark.parametrize(
    "harm",
    [
        _shorter,
        _zeros,
        _turned_bit,
        _no_note,
        _no_bytes,
        _half_a_note,
        _empty_note,
        _odd_note,
        _list_for_a_note,
        _another_ones_note,
        _folders,
        _second_name,
    ],
)
def test_a_damaged_part_begins_anew(house: House, harm: Callable[[Path], None]) -> None:
    """Bytes that are not exactly as noted are worth nothing; what has another name is left."""
    keep(house, b"moved on")
    harm(room_of(house))
    elsewhere = house.room(".mirrord/elsewhere")
    with parts(house) as room:
        part = begin(room)
        assert part.held is None
        part.write(b"new")
        assert part.close() == (3, digest(b"new"))
        assert (room_of(house) / NAME).read_bytes() == b"new"
        part.discard()
    assert content(room_of(house)) == {}
    assert not elsewhere.exists() or elsewhere.read_bytes() == b"moved on"


@pytest.mark.parametrize("note_first", [False, True])
def test_a_kill_between_bytes_and_note_costs_the_newest_at_most(
    house: House, *, note_first: bool
) -> None:
    """Bytes ahead of the note are cut off; a note ahead of the bytes is not believed."""
    keep(house, b"before")
    old = {path.name: path.read_bytes() for path in room_of(house).iterdir()}
    keep(house, b" and after")
    behind = NAME if note_first else f"{NAME}.json"
    (room_of(house) / behind).write_bytes(old[behind])
    assert held(house) == (None if note_first else Part(6, "v1", b"before"))


def test_a_planted_link_is_never_followed(house: House, tmp_path: Path) -> None:
    """For the bytes, the note or the note to come: what it points to stays as it is."""
    target = tmp_path / "target"
    for name in (NAME, f"{NAME}.json", f"{NAME}.json.new"):
        keep(house, b"some")
        target.write_bytes(b"not ours")
        planted = room_of(house) / name
        planted.unlink(missing_ok=True)
        planted.symlink_to(target)
        keep(house, b"more")
        assert (target.read_bytes(), oct(target.stat().st_mode & 0o777)) == (b"not ours", "0o644")
        with parts(house) as room:
            planted.unlink(missing_ok=True)
            planted.symlink_to(target)
            room.clear()
        assert (target.read_bytes(), content(room_of(house))) == (b"not ours", {})


def test_a_room_that_is_a_link_is_no_room(house: House, tmp_path: Path) -> None:
    """The run ends before anything is written through it."""
    (tmp_path / "elsewhere").mkdir()
    room_of(house).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError):
        Tree(house, MOMENT, NOW)


def test_no_name_of_the_store_becomes_a_name_in_the_room(house: House) -> None:
    """Whatever it lists: a hash, and the path as text in a private note."""
    odd = [TreePath(text) for text in ("a/..%2Fb", "x" * 5_000, "exports/%0A.csv")]
    for path in odd:
        keep(house, b"some", replace(FILM, path=path))
    names = sorted(digest(path.encode()) for path in odd)
    assert sorted(content(room_of(house))) == sorted([*names, *(f"{n}.json" for n in names)])
    assert set(modes(room_of(house)).values()) == {"0o700", "0o600"}


def test_a_part_without_room_for_its_note_is_dropped(house: House) -> None:
    """A full disk is no error of keeping, which is a hope; on the way the note before holds."""
    with parts(house) as room:
        part = begin(room)
        part.write(b"some")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
        try:
            part.keep("v1")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert not (room_of(house) / NAME).exists()
    with parts(house) as room:
        room.sweep(lambda note: True)
    assert content(room_of(house)) == {}


def test_reading_an_old_part_shows_life_and_can_be_stopped(house: House) -> None:
    """Gigabytes take a while; a stop meanwhile loses nothing of them."""
    keep(house, bytes(3 << 20))
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            raise Stopped

    with parts(house) as room:
        with pytest.raises(Stopped):
            room.open(FILM, 0o440, 1000, beat)
        again = begin(room)
        assert (again.held is not None, len(beats)) == (True, 3)
        again.keep("v1")


# what stays, and for how long


def test_a_start_sweeps_staging_and_leaves_parts(house: House) -> None:
    """A part outlives the run; what has no note, is old or is not wanted goes."""
    old, gone = replace(FILM, path=TreePath("old")), replace(FILM, path=TreePath("gone"))
    keep(house, b"young", now=NOW - 29 * DAY)
    keep(house, b"old", old, now=NOW - 31 * DAY)
    keep(house, b"gone", gone)
    for stray in ("stray", "stray.json", f"{NAME}.json.new"):
        (room_of(house) / stray).write_bytes(b"{}")
    (room_of(house) / "@eaDir").mkdir()
    house.room(".mirrord/staging/files").mkdir()
    house.room(".mirrord/staging/files/0").write_bytes(b"half")
    with Tree(house, MOMENT, NOW) as tree:
        left = tree.parts.sweep(lambda note: note.path != "gone")
    assert left == [(PART_FROM, 5)]
    assert set(content(room_of(house))) == {NAME, f"{NAME}.json"}
    assert content(house.room(".mirrord/staging/files")) == {}
    assert held(house) == Part(5, "v1", b"young")


def test_a_room_that_is_not_there_is_swept_and_cleared(house: House) -> None:
    """``.mirrord/`` may be deleted whenever mirrord is stopped."""
    with parts(house) as room:
        assert room.sweep(lambda note: True) == []
        room.clear()
    assert not room_of(house).exists()


@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=40),
            st.sampled_from(["keep", "kill", "rewind", "discard", "expect"]),
        ),
        max_size=25,
    )
)
@laws(examples=150, steps=1)
def test_whatever_breaks_off_the_file_is_what_a_plain_one_would_be(
    steps: list[bytes | str],
) -> None:
    """Writes, breaks, kills and new starts in any order: held is a true beginning, and the end
    the whole."""
    with (
        tempfile.TemporaryDirectory(dir=fast_disk()) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("mirrord.disk.partfile.CHECKPOINT", 30)
        house = new_house(Path(folder))
        with parts(house) as room:
            part, plain = begin(room), b""
            for step in steps:
                if isinstance(step, bytes):
                    part.write(step)
                    plain += step
                    continue
                part, plain = _step(room, part, plain, step)
            part.write(b"end")
            assert part.close() == (len(plain) + 3, digest(plain + b"end"))
            assert (room_of(house) / NAME).read_bytes() == plain + b"end"


def _step(room: Parts, part: PartFile, plain: bytes, step: str) -> tuple[PartFile, bytes]:
    """One step other than a write; the file to go on with, and the bytes that it must hold."""
    if step == "expect":
        part.expect("v1")
        return part, plain
    if step == "rewind":
        part.rewind()
        return part, b""
    if step == "kill":
        kill(part)
        room._let_go(NAME)
    elif step == "keep":
        part.keep("v1")
    else:
        part.discard()
    again = begin(room)
    size = again.held.size if again.held else 0
    if step == "keep":
        assert size == len(plain)
    if step == "discard":
        assert size == 0
    if again.held:
        assert again.held == Part(size, "v1", plain[:size][-65_536:])
    return again, plain[:size]
