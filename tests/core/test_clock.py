"""When time is trusted: from run to run, over jumps."""

import pytest

from mirrord.core.clock import Clock, look
from mirrord.core.retention import DAY, Point

NOW = 1_795_435_200.0


def nights(*days: float, flaw: str = "") -> list[Point]:
    return [Point(f"night {day}", NOW + day * DAY, flaw) for day in days]


def test_from_night_to_night_the_clock_is_trusted() -> None:
    """Also after a night without a run, and where a time server put it right by seconds."""
    clock = Clock(NOW)
    for later in (1.0, 3.0, 3.0 - 30 / DAY):
        clock, why = look(clock, NOW + later * DAY, {"snapshots": nights(0)})
        assert (clock, why) == (Clock(NOW + later * DAY), "")


@pytest.mark.parametrize("jump", [2.01, 366, -1, -0.01, -NOW / DAY], ids=str)
def test_after_a_jump_three_complete_points_must_be_made(jump: float) -> None:
    """Of one kind, in the new time; what stood before or is flawed does not count."""
    old = nights(*(n / 10 for n in range(-30, 0)))
    clock, why = look(Clock(NOW), NOW + jump * DAY, {"snapshots": old})
    assert why
    made: list[Point] = []
    for night in range(1, 4):
        made += [Point(f"new {night}", NOW + (jump + night) * DAY)]
        broken = [Point(f"broken {night}", NOW + (jump + night) * DAY, "suspect")]
        kinds = {"snapshots": [*old, *made, *broken], "exports/orders": made[:1]}
        clock, why = look(clock, NOW + (jump + night) * DAY, kinds)
        assert (f"({night} so far)" in why) == (night < 3)
    assert (why, clock) == ("", Clock(NOW + (jump + 3) * DAY))


def test_points_of_three_kinds_are_no_three_nights() -> None:
    """Three datasets pulled in one minute prove nothing of the time."""
    clock, _ = look(Clock(NOW), NOW + 9 * DAY, {})
    kinds = {name: [Point(name, NOW + 9 * DAY)] for name in ("orders", "products", "customers")}
    _, why = look(clock, NOW + 9 * DAY + 600, kinds)
    assert "(1 so far)" in why


def test_a_clock_put_back_to_the_truth_is_a_jump_of_its_own() -> None:
    """Points that were made in the wrong year do not vouch for the right one."""
    clock, _ = look(Clock(NOW), NOW + 366 * DAY, {})
    wrong = nights(367, 368, 369)
    clock, why = look(clock, NOW + 367 * DAY, {"snapshots": wrong[:1]})
    clock, why = look(clock, NOW + 368 * DAY, {"snapshots": wrong[:2]})
    clock, why = look(clock, NOW + 369 * DAY, {"snapshots": wrong})
    assert why == ""
    clock, why = look(clock, NOW + 4 * DAY, {"snapshots": wrong})
    assert "(0 so far)" in why
    _, why = look(clock, NOW + 5 * DAY, {"snapshots": [*wrong, *nights(5)]})
    assert "(1 so far)" in why


def test_where_no_run_is_remembered_the_newest_point_stands_for_it() -> None:
    """A first run on a house that lives is trusted; one years past it, or before it, is not."""
    kinds = {"snapshots": nights(-5, -1, 0)}
    assert look(Clock(), NOW + DAY, kinds)[1] == ""
    assert look(Clock(), NOW + 3 * DAY, kinds)[1] != ""
    assert look(Clock(), NOW - DAY, kinds)[1] != ""
    assert look(Clock(), NOW, {})[1] == ""
