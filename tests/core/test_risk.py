"""How often orders are pulled, so that few are unsaved."""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mirrord.core.records import Json
from mirrord.core.risk import (
    BIN,
    BURST,
    KEPT,
    Arrivals,
    aimed_at,
    arrivals,
    at_risk,
    created,
    foreseen,
    interval,
    rate,
)
from mirrord.core.schedule import AtRisk

NOW = 1_763_900_100.0
HOUR, DAY = 3_600.0, 86_400.0
RULE = AtRisk(most=25, every=900, at_least=60)


@dataclass(frozen=True)
class Pulled:
    """From one pull's start to the next one's end: its interval, and how many were unsaved."""

    start: float
    seconds: int
    unsaved: int


def simulate(
    rule: AtRisk,
    orders: list[float],
    until: float,
    took: float = 0.0,
    ours: Callable[[float], float] = lambda at: at,
) -> Iterator[Pulled]:
    """Pulls by the rule, each of which holds all orders that came before its start.

    ``ours`` is what our clock says at a moment. A pull that goes on when the next one is due
    delays it.
    """
    at = NOW
    while at < until:
        held = orders[: bisect_right(orders, at)]
        known = arrivals(held, ours(at), ours(at) + took)
        seconds = interval(rule, known).seconds
        after = at + max(seconds, took)
        unsaved = bisect_right(orders, after + took) - len(held)
        yield Pulled(at, seconds, unsaved)
        at = after


def evenly(per_second: float, start: float, end: float) -> list[float]:
    """Orders that come at equal distances."""
    return [start + number / per_second for number in range(int((end - start) * per_second))]


def scattered(
    rate_at: Callable[[float], float], most: float, until: float, seed: int
) -> list[float]:
    """Orders that come by chance, each without a thought of the others, at a rate that changes."""
    dice, at, found = random.Random(seed), NOW - DAY, []
    while at < until:
        at += dice.expovariate(most)
        if dice.random() * most < rate_at(at):
            found.append(at)
    return found


@given(
    st.integers(1, 200),
    st.integers(1, 3_600),
    st.integers(0, 7_200),
    st.lists(st.floats(-3 * DAY, DAY), max_size=60),
    st.floats(0, 2 * DAY),
    st.floats(-2 * DAY, 2 * DAY),
)
@settings(max_examples=200, deadline=None)
def test_the_interval_lies_between_its_bounds_whatever_is_known(
    most: int, at_least: int, more: int, dates: list[float], took: float, jump: float
) -> None:
    """Old dates and future ones, pulls of days, a clock that is days ahead or behind."""
    rule = AtRisk(most, at_least + more, at_least)
    started = NOW + jump
    known = arrivals([NOW + date for date in dates], started, started + took)
    assert rule.at_least <= interval(rule, known).seconds <= rule.every
    assert interval(rule, None).seconds == rule.every


@given(
    st.floats(0, 20 / HOUR),
    st.floats(1 / HOUR, 1_500 / HOUR),
    st.integers(10, 200),
    st.floats(0, 45),
    st.floats(0, HOUR),
)
@example(0.0, 600 / HOUR, 25, 10.0, 1_000.0)
@settings(max_examples=60, deadline=None)
def test_a_burst_is_held_from_its_first_minutes_on(
    quiet: float, burst: float, most: int, took: float, begins: float
) -> None:
    """A sale begins at some moment and stays: a pull that starts ten minutes after that, or later,
    and every one before it, leaves no more than the most unsaved, unless even the shortest
    interval is too long for that. In between no more come than in one longest interval."""
    rule = AtRisk(most, 900, 60)
    begin, end = NOW + begins, NOW + begins + 2 * HOUR
    orders = evenly(quiet, NOW - DAY, begin) if quiet else []
    orders += evenly(burst, begin, end + HOUR)
    for one in simulate(rule, orders, end, took):
        over = one.start + max(one.seconds, took) + took
        if over <= begin or one.start >= begin + BURST:
            assert one.unsaved <= most or one.seconds == rule.at_least
        assert one.unsaved <= math.ceil((quiet + burst) * (rule.every + 2 * took)) + 1


def test_even_the_shortest_interval_has_its_bound() -> None:
    """600 orders a minute, and a minute at the least: 600 and those of the pull, no more."""
    orders = evenly(10.0, NOW - HOUR, NOW + HOUR)
    pulls = list(simulate(RULE, orders, NOW + HOUR / 2, took=5.0))
    assert {one.seconds for one in pulls} == {60}
    assert max(one.unsaved for one in pulls) <= 10 * 65 + 1


def test_orders_that_come_by_chance_are_held() -> None:
    """Nights of three an hour, days of 60, for two days and eight times: hardly one pull in 500
    finds more than the most, and none half as many again."""

    def of_the_day(at: float) -> float:
        return (3 + 57 * max(0.0, math.sin(2 * math.pi * at / DAY))) / HOUR

    pulls: list[Pulled] = []
    for seed in range(8):
        orders = scattered(of_the_day, 60 / HOUR, NOW + 2 * DAY, seed)
        pulls += simulate(RULE, orders, NOW + 2 * DAY - HOUR, took=8.0)
    late = [one for one in pulls if one.unsaved > RULE.most]
    assert (len(late) <= len(pulls) / 500, max(one.unsaved for one in pulls) < 38) == (True, True)
    assert min(one.seconds for one in pulls) < RULE.every == max(one.seconds for one in pulls)


@pytest.mark.parametrize("seed", range(8))
def test_a_black_friday_is_held(seed: int) -> None:
    """From ten an hour to 400 within a minute, for three hours: over the most only in intervals
    that began before its eleventh minute."""
    begin = NOW + 5_000

    def of_the_sale(at: float) -> float:
        return (400 if begin <= at < begin + 3 * HOUR else 10) / HOUR

    orders = scattered(of_the_sale, 400 / HOUR, NOW + 6 * HOUR, seed)
    pulls = list(simulate(RULE, orders, NOW + 5 * HOUR, took=8.0))
    late = [one for one in pulls if one.unsaved > RULE.most]
    first = [one for one in late if one.start < begin + BURST]
    assert (len(first) <= 3, len(late) - len(first) <= 1) == (True, True)
    assert pulls[-1].seconds > 2 * min(one.seconds for one in pulls)


@pytest.mark.parametrize("jump", [-DAY, -1_800.0, 1_800.0, DAY])
def test_after_a_jump_of_our_clock_all_is_well_when_it_is_right_again(jump: float) -> None:
    """While it is wrong the bounds hold; two pulls after it was put right so does the most."""
    orders = evenly(100 / HOUR, NOW - DAY, NOW + 12 * HOUR)
    wrong = (NOW + 2 * HOUR, NOW + 4 * HOUR)

    def ours(at: float) -> float:
        return at + jump if wrong[0] <= at < wrong[1] else at

    pulls = list(simulate(RULE, orders, NOW + 10 * HOUR, ours=ours))
    assert all(RULE.at_least <= one.seconds <= RULE.every for one in pulls)
    right = [one for one in pulls if one.start < wrong[0] - RULE.every or one.start >= wrong[1]]
    assert all(one.unsaved <= RULE.most for one in right)
    assert max(one.unsaved for one in pulls) <= 100 / HOUR * RULE.every + 1


def test_the_rate_is_the_highest_of_the_last_minutes_and_hours() -> None:
    """A sale that has just begun; a busy hour that is over; long hours without an order."""
    sale = [NOW - number for number in range(100)]
    assert 100 / BURST <= rate(arrivals(sale, NOW, NOW)) <= 100 / BIN
    hour = evenly(60 / HOUR, NOW - 1.5 * HOUR, NOW - 0.5 * HOUR)
    assert 5 / HOUR < rate(arrivals(hour, NOW, NOW)) < 60 / HOUR
    assert rate(arrivals(evenly(60 / HOUR, NOW - 20 * HOUR, NOW - 8 * HOUR), NOW, NOW)) == 0


def test_the_hour_to_come_is_foreseen_as_it_was_yesterday() -> None:
    """A shop that opens at noon: its first hour finds us ready; what is at risk now is not more
    for it."""
    yesterday = evenly(200 / HOUR, NOW - DAY, NOW - DAY + 2 * HOUR)
    known = arrivals(yesterday, NOW, NOW)
    assert foreseen(known) == pytest.approx(200 / HOUR, rel=0.1)
    assert interval(RULE, known).seconds == pytest.approx(aimed_at(25) / 200 * HOUR, rel=0.1)
    assert at_risk(known, NOW + 600) == 0


def test_what_is_at_risk_grows_with_the_time_since_the_last_pull_began() -> None:
    """48 an hour, a quarter of an hour ago: about twelve."""
    known = arrivals(evenly(48 / HOUR, NOW - 7 * HOUR, NOW), NOW, NOW + 20)
    assert at_risk(known, NOW + 900) == pytest.approx(12, abs=1.5)
    assert at_risk(known, NOW - 900) == 0


def test_only_two_days_are_kept_and_no_date_that_can_not_be_true() -> None:
    """A date of the year 5000 would make every other one old."""
    known = arrivals([NOW - KEPT - 1, NOW - KEPT + 1, NOW + 60, NOW + DAY, 1e11], NOW, NOW)
    assert (sum(known.counts.values()), known.until) == (2, NOW + 60)


def test_what_comes_during_a_pull_is_unsaved_until_its_end() -> None:
    """One that takes two minutes begins two minutes sooner; one that takes too long, at once."""
    orders = evenly(200 / HOUR, NOW - 7 * HOUR, NOW)
    seconds = [interval(RULE, arrivals(orders, NOW, NOW + took)).seconds for took in (0, 120, 9e3)]
    assert (seconds[0] - seconds[1], seconds[2]) == (120, RULE.at_least)


def test_there_is_room_for_chance_below_the_most() -> None:
    """Three standard deviations."""
    for most in (1, 5, 25, 1_000):
        aim = aimed_at(most)
        assert aim + 3 * math.sqrt(aim) == pytest.approx(most)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("Sun, 23 Nov 2025 12:15:00 +0000", NOW),
        ("Sun, 23 Nov 2025 14:15:00 +0200", NOW),
        ("Sun, 23 Nov 2025 12:15:00 -0000", NOW),
        ("", None),
        ("yesterday", None),
        ("Sun, 99 Nov 2025 12:15:00 +0000", None),
        (None, None),
        (1_763_900_100, None),
    ],
)
def test_an_order_tells_when_it_was_placed(told: Json, moment: float | None) -> None:
    """By the words of v2, in UTC; what is none is none."""
    assert created({"date_created": told}) == moment
    assert created({}) is None


def test_nothing_came_at_all() -> None:
    """A new shop: the longest interval."""
    assert interval(RULE, Arrivals(NOW, 0.0, NOW, {})).seconds == RULE.every
