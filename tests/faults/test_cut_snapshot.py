"""A snapshot is killed before its every step on the disk: it is whole, or not there."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mirrord.disk.snapshots import chain_findings, remove_snapshot
from tests.fakes import QuietPulse
from tests.points import Points

#: The interpreter tells of these steps before it takes them.
_STEPS = frozenset(
    {"os.link", "os.mkdir", "os.rename", "os.chmod", "os.utime", "os.remove", "open"}
)


@pytest.fixture
def points() -> Iterator[Points]:
    """A small shop on a disk in memory: a hundred cuts on a real one take minutes."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("needs a disk in memory (/dev/shm)")
    with TemporaryDirectory(dir="/dev/shm") as mirror:
        points = Points(Path(mirror))
        points.parts = replace(points.parts, datasets=())
        yield points


def _die_at(number: int) -> None:
    """Kill this process just before the Nth of these steps, from the first in snapshots/ on."""
    left = [number]
    begun = [False]

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _STEPS:
            return
        begun[0] = begun[0] or "/snapshots/" in str(arguments[0])
        left[0] -= begun[0]
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def _hidden(points: Points) -> list[str]:
    names = os.listdir(points.house.room("snapshots"))
    return [name for name in names if name.startswith(".")]


def _killed(points: Points, number: int, what: str) -> bool:
    """Do it in a process of its own, which dies at this step; False where it had ended before."""
    child = os.fork()
    if not child:
        code = 70
        try:
            _die_at(number)
            if what == "taking":
                points.take(QuietPulse())
            else:
                remove_snapshot(points.house, what, "old")
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def test_a_snapshot_that_is_killed_at_any_step_is_whole_or_not_there(points: Points) -> None:
    """And the next one sweeps what it left; CHAIN is in order."""
    points.take()
    number = 0
    while True:
        number += 1
        points.files.put(str(number).encode(), "content", "new.html")
        points.now += 60
        if not _killed(points, number, "taking"):
            break
        for name in points.names():
            assert (points.house.room("snapshots") / name / "VERDICT.txt").exists()
        for name in points.names():
            remove_snapshot(points.house, name, "makes room for the next")
        assert points.take().details["verdict"] == "COMPLETE (files only)"
        assert (_hidden(points), chain_findings(points.house)) == ([], [])
    assert number > 30


def test_a_removal_that_is_killed_at_any_step_is_finished_later(points: Points) -> None:
    """It is there, or it is gone and CHAIN tells why."""
    number = 0
    while True:
        number += 1
        points.files.put(str(number).encode(), "content", "new.html")
        points.take()
        if not _killed(points, number, points.names()[0]):
            break
        points.files.put(f"then {number}".encode(), "content", "new.html")
        points.take()
        assert (_hidden(points), chain_findings(points.house)) == ([], [])
    assert number > 10
