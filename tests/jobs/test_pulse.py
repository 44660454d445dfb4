"""The pulse of a running program."""

import sys
import threading
from types import FrameType
from typing import Any

import pytest

from mirrord.errors import Stopped
from mirrord.jobs.pulse import Bell, Heart


def waiting(heart: Heart, ended: list[str]) -> threading.Thread:
    def wait() -> None:
        try:
            heart.wait(60)
        except Stopped:
            ended.append("stopped")

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_a_stop_ends_every_wait_and_every_step() -> None:
    """Of all threads, those that wait and those that come later."""
    heart, ended = Heart(), list[str]()
    threads = [waiting(heart, ended) for _ in range(4)]
    heart.wait(0.0)
    heart.beat()
    heart.stop()
    threads.append(waiting(heart, ended))
    for thread in threads:
        thread.join(10)
    assert (ended, heart.stopping) == (["stopped"] * 5, True)
    with pytest.raises(Stopped):
        heart.progress("fetching", 1, None)


@pytest.mark.parametrize("step", range(25))
def test_a_signal_at_any_step_of_a_wait_never_hangs(step: int) -> None:
    """The handler runs in the waiting thread itself, between any two lines of the wait."""
    heart, ended, steps = Heart(), list[str](), iter(range(1000))

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line" and next(steps) == step:
            heart.stop()
        return trace

    def wait() -> None:
        sys.settrace(trace)
        try:
            for _ in range(10):
                heart.wait(0.001)
        except Stopped:
            ended.append("stopped")

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join(2)
    assert ended == ["stopped"]


def test_a_ring_wakes_one_wait_however_early_it_came() -> None:
    """A ring before the wait is not lost; each ring ends one wait."""
    bell = Bell()
    bell.ring()
    bell.ring()
    assert [bell.wait(), bell.wait(60), bell.wait(0)] == [True, True, False]
