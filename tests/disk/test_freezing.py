"""Freezing files/ by this process alone, and with two others that link: the result is the same."""

import hashlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mirrord.disk import workers
from mirrord.disk.freezing import Freeze, Row
from mirrord.disk.house import House
from mirrord.disk.snapshots import hidden_folder
from mirrord.disk.twins import Frozen, Twins
from mirrord.errors import DiskError, Stopped
from tests.fakes import QuietPulse
from tests.houses import content, new_house

#: So many files are said to be there: with the second number, two processes help.
ALONE, HELPED = 0, 1_000_000
NAMES = ("plain.jpg", "ünï.jpg", "back\\slash", "line\nbreak", "not\udcffutf8", "n" * 255)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Three folders with 240 files each, and a folder without any."""
    house = new_house(tmp_path)
    for folder in ("content", "product_images/a", "product_images/a/deep"):
        house.room(f"files/{folder}").mkdir(parents=True)
        for name in (*NAMES, *(f"{number}.jpg" for number in range(234))):
            house.room(f"files/{folder}/{name}").write_bytes(f"{folder} {name!r}".encode())
    house.room("files/product_images/empty").mkdir()
    return house


def rows(house: House) -> list[Row]:
    """As the ledger would give them."""
    root = house.room("files")
    found = []
    for path in root.rglob("*"):
        local, there = os.fspath(path.relative_to(root)), path.lstat()
        if path.is_dir():
            found.append((local, "folder", "", 0, 0))
        else:
            sums = hashlib.sha256(path.read_bytes()).hexdigest()
            found.append((local, "file", sums, there.st_size, there.st_mtime_ns))
    return sorted(found, key=lambda row: os.fsencode(row[0]))


def freeze(house: House, name: str, held: list[Row] | Iterator[Row], total: int) -> Frozen:
    with Freeze(house, hidden_folder(house, name), "link") as freezing:
        freezing.files(held, total, QuietPulse())
        freezing.close()
    return freezing.told


def children() -> set[int]:
    """The processes that we have started and that are there yet."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(word) for task in tasks for word in task.read_text().split()}


def both_ways(house: House, held: list[Row]) -> Frozen:
    """What was told, it being the same alone and helped; as are the sums, names, bytes, times."""
    told = [freeze(house, "alone", held, ALONE), freeze(house, "helped", held, HELPED)]
    alone, helped = hidden_folder(house, "alone"), hidden_folder(house, "helped")
    assert told[0] == told[1]
    assert (alone / "SHA256SUMS").read_bytes() == (helped / "SHA256SUMS").read_bytes()
    assert content(alone) == content(helped)
    for path in (alone / "files").rglob("*"):
        twin, first = (helped / path.relative_to(alone)).lstat(), path.lstat()
        assert (twin.st_mtime_ns, twin.st_mode) == (first.st_mtime_ns, first.st_mode)
    for folder in (alone, helped):
        check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
        subprocess.run(check, cwd=folder, check=True)
    return told[1]


def test_the_result_is_the_same_with_help(house: House) -> None:
    """Of every name that a file may have."""
    held = rows(house)
    told = both_ways(house, held)
    assert (told.files, told.folders, told.copied) == (720, 5, 0)
    assert told.bytes == sum(row[3] for row in held)
    assert not told.missing
    assert not told.altered
    frozen = hidden_folder(house, "helped") / "files"
    assert content(frozen) == content(house.room("files"))
    assert (frozen / "content/0.jpg").samefile(house.room("files/content/0.jpg"))


def test_what_is_not_as_promised_is_left_out_and_named_with_help_too(house: House) -> None:
    """Gone, other bytes, other time, a link, a folder, a whole folder gone or a link now."""
    held = rows(house)
    here = house.room("files/content")
    (here / "1.jpg").unlink()
    (here / "2.jpg").write_bytes(b"longer than it was before")
    os.utime(here / "3.jpg", (5, 5))
    for number in (4, 5):
        (here / f"{number}.jpg").unlink()
    (here / "4.jpg").symlink_to("0.jpg")
    (here / "5.jpg").mkdir()
    deep = house.room("files/product_images/a/deep")
    deep.rename(deep.with_name("moved"))
    deep.symlink_to("moved")
    told = both_ways(house, held)
    assert told.files == 720 - 240 - 5
    assert told.altered == [f"files/content/{number}.jpg" for number in (2, 3, 4, 5)]
    assert told.missing[0] == "files/content/1.jpg"
    assert len(told.missing) == 1 + 1 + 240
    twins = content(hidden_folder(house, "helped") / "files/content")
    assert not twins.keys() & {f"{number}.jpg" for number in range(1, 6)}


def test_a_folder_that_goes_meanwhile_is_missing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its twin's making and its files' turn: no process dies of it."""
    make, asked = Twins.make_folder, []

    def make_and_lose(twins: Twins, path: str) -> Frozen:
        told = make(twins, path)
        asked.append(path)
        if path == "content" and asked.count(path) == 2:  # once for itself, once for its files
            house.room("files/content").rename(house.room("files/moved"))
        return told

    monkeypatch.setattr(Twins, "make_folder", make_and_lose)
    told = freeze(house, "lost", rows(house), HELPED)
    assert told.files == 480
    assert {name.rpartition("/")[0] for name in told.missing} == {"files/content"}
    assert len(told.missing) == 240


def test_no_question_is_longer_than_a_pipe_takes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the names consist of: asking never waits for who may wait for us."""
    house = new_house(tmp_path)
    for number in range(200):
        house.room(f"files/{number}{chr(0x1F600) * 60}").write_bytes(b"x")
    asked: list[int] = []
    framed = workers.framed

    def measured(question: object) -> bytes:
        body = framed(question)
        asked.append(len(body))
        return body

    monkeypatch.setattr(workers, "framed", measured)
    assert freeze(house, "emoji", rows(house), HELPED).files == 200
    assert max(asked) <= workers.QUESTION


def test_few_files_start_no_process(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would be done before it runs."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(workers.subprocess, "Popen", refuse)
    assert freeze(house, "few", rows(house), 4_999).files == 720
    with pytest.raises(AssertionError, match="started"):
        freeze(house, "many", rows(house), 5_000)


def test_what_the_system_refuses_is_told_as_it_is(house: House) -> None:
    """By the process that asks: a helper only leaves it undone."""
    held = rows(house)
    twice = [row for row in held if row[0] == "content/0.jpg"] * 2
    for total in (ALONE, HELPED):
        with pytest.raises(DiskError, match=re.escape("File exists")):
            freeze(house, f"twice{total}", iter(twice), total)


def interrupted(held: list[Row], act: Callable[[], object]) -> Iterator[Row]:
    """The rows, and the act amid them, when the helpers are at work."""
    for row in held:
        if row[0] == "product_images/a":
            act()
        yield row


def test_a_helper_that_dies_is_an_error_with_a_remedy(house: House) -> None:
    """And the other one has ended before anybody cleans up."""

    def kill() -> None:
        os.kill(min(children()), signal.SIGKILL)

    with pytest.raises(DiskError, match="take the snapshot again"):
        freeze(house, "killed", interrupted(rows(house), kill), HELPED)
    assert not children()


class Stops(QuietPulse):
    """A person stops it when the first part is done."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        assert len(children()) == 2
        raise Stopped


def test_a_stop_ends_the_helpers_first(house: House) -> None:
    """Whoever removes what they began, while the error goes up, finds nobody adding to it."""
    hidden = hidden_folder(house, "stopped")
    with Freeze(house, hidden, "link") as freezing, pytest.raises(Stopped) as caught:
        freezing.files(rows(house), HELPED, Stops())
    assert caught.tb is not None
    assert not children()
