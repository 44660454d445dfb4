"""Which points are kept and why, over made-up histories; no fixture, no clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.retention import (
    DAY,
    Cause,
    Decision,
    Point,
    Rules,
    Sleep,
    Spared,
    decide,
    decide_by_age,
)

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
EVERYTHING = Rules(3, 3, 3, 3, 3)


def point(moment: str, flaw: str = "", zone: ZoneInfo = LONDON) -> Point:
    """A point at a local time, named for it; a `+` behind it is the second of two equal hours."""
    at = datetime.fromisoformat(moment.removesuffix("+")).replace(tzinfo=zone)
    return Point(moment, at.replace(fold=int(moment.endswith("+"))).timestamp(), flaw)


def kept(points: list[Point], rules: Rules, now: float = NOW) -> list[str]:
    """The names of those that stay, oldest first."""
    told = decide(points, rules, now=now, zone=LONDON)
    return [one.point.name for one in reversed(told) if one.keep]


def reasons(points: list[Point], rules: Rules, **more: object) -> dict[str, str]:
    told = decide(points, rules, now=NOW, zone=LONDON, **more)  # type: ignore[arg-type]
    return {one.point.name: "; ".join(one.reasons) for one in told}


def days(first: str, count: int) -> list[Point]:
    start = datetime.fromisoformat(first)
    return [point((start + timedelta(days=n)).isoformat()) for n in range(count)]


# --- the rules


def test_of_each_of_the_newest_days_the_last_point_is_kept() -> None:
    """Days without a point do not count."""
    points = [
        point("2026-11-01T03:00"),
        point("2026-11-05T03:00"),
        point("2026-11-05T15:00"),
        point("2026-11-09T03:00"),
    ]
    assert kept(points, Rules(daily=2)) == ["2026-11-05T15:00", "2026-11-09T03:00"]


def test_every_point_has_its_reasons() -> None:
    """By which rule, and as which of how many; or why by none."""
    points = [
        point("2026-09-30T03:00"),
        point("2026-10-30T03:00"),
        point("2026-11-21T01:00"),
        point("2026-11-21T03:00"),
        point("2026-11-22T03:00"),
        point("2026-11-22T09:00"),
    ]
    assert reasons(points, Rules(daily=2, monthly=2)) == {
        "2026-11-22T09:00": "the newest complete one; daily 1 of 2; monthly 1 of 2",
        "2026-11-22T03:00": "not the last of its day; not the last of its month",
        "2026-11-21T03:00": "daily 2 of 2",
        "2026-11-21T01:00": "not the last of its day; not the last of its month",
        "2026-10-30T03:00": "monthly 2 of 2",
        "2026-09-30T03:00": "beyond daily 2; beyond monthly 2",
    }


def test_without_a_rule_nothing_is_dropped() -> None:
    """And a rule of zeros is none."""
    points = [*days("2020-01-01", 3), point("2020-01-01T05:00", "suspect")]
    told = reasons(points, Rules())
    assert set(told) == {one.name for one in points}
    assert told["2020-01-01T00:00:00"] == "no rule: nothing is dropped"
    assert len(kept(points, Rules())) == 4


def test_weeks_are_those_of_iso_and_years_those_of_the_calendar() -> None:
    """1 January 2027 is a Friday of the week 53 of 2026."""
    points = [point("2026-12-31T03:00"), point("2027-01-01T03:00"), point("2027-01-04T03:00")]
    later = point("2027-02-01T00:00").at
    assert kept(points, Rules(weekly=9), later) == ["2027-01-01T03:00", "2027-01-04T03:00"]
    assert kept(points, Rules(yearly=9), later) == ["2026-12-31T03:00", "2027-01-04T03:00"]


def test_a_leap_day_is_a_day() -> None:
    """28 and 29 February and 1 March are three days, of two months."""
    points = [point(f"2028-{day}T03:00") for day in ("02-28", "02-29", "03-01")]
    later = point("2028-04-01T00:00").at
    assert len(kept(points, Rules(daily=3), later)) == 3
    assert kept(points, Rules(monthly=3), later) == ["2028-02-29T03:00", "2028-03-01T03:00"]


def test_the_hour_that_comes_twice_is_two() -> None:
    """In autumn both are kept by the hour; the day is one."""
    points = [point("2026-10-25T01:30"), point("2026-10-25T01:30+"), point("2026-10-25T02:30")]
    assert points[1].at - points[0].at == 3600
    assert len(kept(points, Rules(hourly=3))) == 3
    assert kept(points, Rules(daily=3)) == ["2026-10-25T02:30"]


def test_days_are_local_on_both_sides_of_a_change_of_clocks() -> None:
    """Half past midnight in summer is the day before in UTC, and yet today's."""
    points = [point("2026-03-28T23:30"), point("2026-03-29T03:00"), point("2026-03-30T00:30")]
    assert len(kept(points, Rules(daily=3))) == 3


# --- what is never dropped


def test_only_complete_and_unsuspicious_points_count() -> None:
    """A month of broken nights pushes out no good one."""
    good = days("2026-09-01", 3)
    broken = [Point(p.name, p.at, "suspect") for p in days("2026-10-01", 30)]
    assert set(kept([*good, *broken], Rules(daily=3))) >= {one.name for one in good}


def test_a_flawed_point_stays_until_a_complete_one_is_newer() -> None:
    """Then it stays as the only one of its period, as far back as the rule reaches."""
    points = [
        point("2026-11-10T03:00", "suspect"),
        point("2026-11-11T03:00"),
        point("2026-11-12T03:00", "incomplete"),
        point("2026-11-13T03:00", "incomplete"),
        point("2026-11-13T09:00"),
        point("2026-11-14T03:00", "suspect"),
    ]
    assert reasons(points, Rules(daily=2)) == {
        "2026-11-14T03:00": "suspect, and newer than the newest complete one;"
        " suspect, and its day has no complete one",
        "2026-11-13T09:00": "the newest complete one; daily 1 of 2",
        "2026-11-13T03:00": "incomplete, and not the last of its day",
        "2026-11-12T03:00": "incomplete, and its day has no complete one",
        "2026-11-11T03:00": "daily 2 of 2",
        "2026-11-10T03:00": "beyond daily 2",
    }


def test_without_any_complete_point_nothing_is_dropped() -> None:
    """However many flawed ones there are."""
    broken = [Point(p.name, p.at, "incomplete") for p in days("2026-10-01", 30)]
    assert len(kept(broken, Rules(daily=3))) == 30


def test_a_point_of_the_future_counts_for_nothing_and_stays() -> None:
    """It pushes no other one out, and is not the newest complete one."""
    points = [*days("2026-11-20", 3), point("2027-11-20T03:00")]
    told = reasons(points, Rules(daily=2))
    assert told["2027-11-20T03:00"] == "dated in the future: counted for nothing, never dropped"
    assert told["2026-11-22T00:00:00"].startswith("the newest complete one; daily 1 of 2")


def test_pins_and_holds_keep_what_they_name_and_what_lies_below() -> None:
    """Each with its word; `exports/DAY` speaks of all datasets of that day."""
    at = point("2020-01-01T00:00").at
    points = [
        Point("exports/2020-01-01/orders", at),
        Point("exports/2020-01-02/orders", at + DAY),
        Point("exports/2020-01-03/orders", at + 2 * DAY),
        Point("exports/2020-01-04/orders", at + 3 * DAY),
    ]
    spared = Spared({"exports/2020-01-01": "audit"}, {"exports/2020-01-02/orders": "H"})
    assert reasons(points, Rules(daily=1), spared=spared) == {
        "exports/2020-01-04/orders": "the newest complete one; daily 1 of 1",
        "exports/2020-01-03/orders": "beyond daily 1",
        "exports/2020-01-02/orders": "the hold H refers to it",
        "exports/2020-01-01/orders": "pinned: audit",
    }


# --- sleep


def test_retention_sleeps_while_something_is_open() -> None:
    """What the rules would drop stays, and says for what; the others keep their reasons."""
    sleep = Sleep(causes=(Cause("the hold X waits", NOW - DAY),))
    told = reasons(days("2026-11-20", 2), Rules(daily=1), sleep=sleep)
    assert list(told.values()) == [
        "the newest complete one; daily 1 of 1",
        "retention sleeps: the hold X waits",
    ]


def test_personal_data_sleeps_90_days_at_most() -> None:
    """From the oldest cause on; other data sleeps on, and a clock that is wrong has no limit."""
    causes = (Cause("new", NOW), Cause("old", NOW - 91 * DAY))
    awake, asleep = Sleep(causes=causes), Sleep("the clock", causes)
    assert awake.why(NOW, personal=True) == ""
    assert awake.why(NOW, personal=False) == "old"
    assert asleep.why(NOW, personal=True) == "the clock"
    assert Sleep(causes=causes[:1]).why(NOW, personal=True) == "new"


# --- by age


def test_old_versions_go_by_age_alone() -> None:
    """With two days on top; without a rule they stay."""
    points = [Point(f"{age}", NOW - age * DAY) for age in (400, 401, 402, 403)]

    def gone(longest: int | None) -> list[str]:
        return [one.point.name for one in decide_by_age(points, longest, now=NOW) if not one.keep]

    assert gone(400 * DAY) == ["403"]
    assert gone(None) == []
    told = {one.point.name: one.reasons for one in decide_by_age(points, 400 * DAY, now=NOW)}
    assert (told["400"], told["403"]) == (("within 400 days",), ("beyond 400 days",))


# --- laws

_MOMENTS = st.floats(min_value=NOW - 900 * DAY, max_value=NOW + 30 * DAY)
_DENSE = st.floats(min_value=NOW - 4 * DAY, max_value=NOW + DAY)
_POINTS = st.lists(
    st.tuples(_MOMENTS | _DENSE, st.sampled_from(["", "", "", "suspect", "incomplete"])),
    max_size=40,
).map(lambda told: [Point(f"p{n}", at, flaw) for n, (at, flaw) in enumerate(told)])
_COUNT = st.integers(min_value=0, max_value=6)
_RULES = st.builds(Rules, _COUNT, _COUNT, _COUNT, _COUNT, _COUNT)
_SOME_RULE = _RULES.filter(lambda rules: bool(rules.active()))
_ZONES = st.sampled_from(["UTC", "Europe/London", "Pacific/Auckland", "Australia/Lord_Howe"])


def _gone(told: list[Decision]) -> set[str]:
    return {one.point.name for one in told if not one.keep}


@settings(max_examples=300)
@given(_POINTS, _RULES, _ZONES, st.sets(st.integers(0, 39)), st.sets(st.integers(0, 39)))
def test_what_must_stay_always_stays(
    points: list[Point], rules: Rules, zone: str, pinned: set[int], referred: set[int]
) -> None:
    """The newest complete point, pins, what holds refer to, the future; each told once, why."""
    spared = Spared({f"p{n}": "x" for n in pinned}, {f"p{n}": "x" for n in referred})
    told = decide(points, rules, now=NOW, zone=ZoneInfo(zone), spared=spared)
    assert sorted(one.point.name for one in told) == sorted(one.name for one in points)
    assert all(one.reasons and all(one.reasons) for one in told)
    good = [one for one in points if not one.flaw and one.at <= NOW]
    newest = max((one.at for one in good), default=float("-inf"))
    stay = {one.point.name for one in told if one.keep}
    assert stay >= {one.name for one in points if one.at > NOW or (one.flaw and one.at > newest)}
    assert stay >= {one.name for one in points} & (spared.pinned.keys() | spared.referred.keys())
    assert not good or stay & {one.name for one in good if one.at == newest}


@settings(max_examples=300)
@given(_POINTS, _SOME_RULE, _RULES, _ZONES)
def test_a_further_or_a_longer_rule_never_drops_more(
    points: list[Point], rules: Rules, more: Rules, zone: str
) -> None:
    """Whatever the larger rules drop, the smaller ones drop too."""
    sums = {name: getattr(rules, name) + getattr(more, name) for name in Rules.__slots__}
    small = decide(points, rules, now=NOW, zone=ZoneInfo(zone))
    large = decide(points, Rules(**sums), now=NOW, zone=ZoneInfo(zone))
    assert _gone(large) <= _gone(small)


@settings(max_examples=300)
@given(_POINTS, _SOME_RULE, _ZONES, st.randoms())
def test_what_is_left_is_left_alone(
    points: list[Point], rules: Rules, zone: str, dice: "object"
) -> None:
    """Asked again, in another order, it says the same; after the dropping it drops no more."""
    first = decide(points, rules, now=NOW, zone=ZoneInfo(zone))
    shuffled = list(points)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(shuffled, rules, now=NOW, zone=ZoneInfo(zone)) == first
    left = [one for one in points if one.name not in _gone(first)]
    assert _gone(decide(left, rules, now=NOW, zone=ZoneInfo(zone))) == set()


@settings(max_examples=300)
@given(_POINTS, _SOME_RULE, st.floats(min_value=-NOW, max_value=800 * DAY))
def test_a_clock_that_is_wrong_drops_nothing_that_a_right_one_keeps(
    points: list[Point], rules: Rules, jump: float
) -> None:
    """Forward or back, as far as 1970: fewer points of the past, never a smaller choice."""
    past = [one for one in points if one.at <= NOW]
    honest = _gone(decide(past, rules, now=NOW, zone=LONDON))
    jumped = _gone(decide(past, rules, now=NOW + jump, zone=LONDON))
    assert jumped <= honest


@settings(max_examples=200)
@given(_POINTS, st.integers(0, 800), st.floats(min_value=-NOW, max_value=2 * DAY))
def test_a_jump_that_nobody_can_notice_ends_no_old_version_early(
    points: list[Point], longest: int, jump: float
) -> None:
    """Up to two days ahead: whatever goes is older than its time by the right clock."""
    told = decide_by_age(points, longest * DAY, now=NOW + jump)
    young = {one.name for one in points if NOW - one.at <= longest * DAY}
    assert not _gone(told) & young
