"""What all who share a store's quota are promised, in one process and in several."""

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from mirrord.disk.shared import Shared
from mirrord.source.common import Alone, Common


@pytest.fixture(params=["alone", "shared"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Common]:
    """Gives what one who takes part holds in hand."""
    alone = Alone()
    return (lambda: alone) if request.param == "alone" else (lambda: Shared(tmp_path / "quota"))


def test_a_note_is_what_the_last_one_left(make: Callable[[], Common]) -> None:
    """Nothing at first; a shorter one leaves nothing of a longer one."""
    seen: list[bytes] = []

    def leave(note: bytes) -> None:
        make().change(lambda before: (note, seen.append(before)))

    for note in (b"a long one, with a line\nbreak", b"", b"short"):
        leave(note)
    leave(b"")
    assert seen == [b"", b"a long one, with a line\nbreak", b"", b"short"]


def test_no_change_is_lost(make: Callable[[], Common]) -> None:
    """Eight threads count to 200 together, each with a hand of its own."""

    def count() -> None:
        mine = make()
        for _ in range(200):
            mine.change(lambda before: (b"%d" % (int(before or 0) + 1), None))

    threads = [Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make().change(lambda before: (before, before)) == b"1600"


def test_there_are_so_many_turns_and_no_more(make: Callable[[], Common]) -> None:
    """Of each name; one that ended is free again."""
    turns = [make().turn("all", 3) for _ in range(5)]
    assert [turn is not None for turn in turns] == [True, True, True, False, False]
    assert make().turn("trees", 1) is not None
    assert turns[1] is not None
    turns[1].close()
    again = [make().turn("all", 3) for _ in range(2)]
    assert [turn is not None for turn in again] == [True, False]
