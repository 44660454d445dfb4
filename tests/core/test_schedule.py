"""When a job is due, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.hours import Hours, is_quiet, parse_hours
from mirrord.core.schedule import (
    AtRisk,
    Cron,
    Every,
    Outside,
    Rule,
    after_long_run,
    due_since,
    next_due,
    parse_duration,
    parse_rule,
)

UTC_ZONE = ZoneInfo("UTC")
LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks move by half an hour
SAMOA = ZoneInfo("Pacific/Apia")  # has no 30 December 2011
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(rule: Rule, first: str, until: str, zone: ZoneInfo) -> list[str]:
    """The UTC starts of a daemon that is always awake, from the run after ``first`` on."""
    found, last = [], utc(first)
    while (due := next_due(rule, last, last, zone)) < utc(until):
        found.append(due.strftime("%d %H:%M"))
        last = due
    return found


# rules


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("6h", 21_600), ("7d", 604_800), ("1h30m", 5_400), ("90s", 90)],
)
def test_a_duration_is_counts_and_units(text: str, seconds: int) -> None:
    """Days, hours, minutes, seconds, the larger first."""
    assert parse_duration(text) == seconds
    assert parse_rule(text) == Every(seconds)


@pytest.mark.parametrize("hour", range(24))
def test_a_time_of_the_day_is_due_at_that_time(hour: int) -> None:
    """Each of them, though cronsim is not asked whether it is one."""
    for minute in (0, 9, 10, 59):
        due = next_due(parse_rule(f"{minute} {hour} * * *"), None, NOON, UTC_ZONE)
        assert due == NOON
        due = next_due(parse_rule(f"{minute} {hour} * * *"), NOON, NOON, UTC_ZONE)
        assert (due.hour, due.minute, due - NOON <= timedelta(days=1)) == (hour, minute, True)


@pytest.mark.parametrize(
    "text", ["", " ", "6", "h", "6 h", "-6h", "6H", "1.5h", "30m1h", "٦h", "6w"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A number alone could be minutes or hours."""
    with pytest.raises(ValueError, match="a duration looks like 15m, 6h, 7d or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0s", "0m", "367d", "999999999d"])
def test_a_duration_out_of_reason_is_no_rule(text: str) -> None:
    """Zero would never pause; a year and more is never."""
    with pytest.raises(ValueError, match="a duration lies between 1s and 366d"):
        parse_rule(text)


@pytest.mark.parametrize(
    "text", ["0 3 * * *", " 0  3 * *\t* ", "*/15 8-18 * * mon-fri", "0 0 L * *", "0 0 29 2 *"]
)
def test_five_fields_are_a_cron_expression(text: str) -> None:
    """As in cron(5); blanks do not matter."""
    assert parse_rule(text) == Cron(" ".join(text.split()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 3 * *", "a cron expression has five fields: minute hour day month weekday"),
        ("0 0 3 * * *", "a cron expression has five fields: minute hour day month weekday"),
        ("60 3 * * *", "the minute of this cron expression is wrong"),
        ("0 24 * * *", "the hour of this cron expression is wrong"),
        ("0 0 32 * *", "the day-of-month of this cron expression is wrong"),
        ("0 0 * 13 *", "the month of this cron expression is wrong"),
        ("0 0 * * 8", "the day-of-week of this cron expression is wrong"),
        ("0 0 30 2 *", "the day-of-month of this cron expression is wrong"),
        ("0 0 1 2 MON#5,", "the day-of-week of this cron expression is wrong"),
        ("*/0 * * * *", "the minute of this cron expression is wrong"),
        ("9" * 5000 + " * * * *", "a cron expression has five fields"),
        ("@daily", "neither a duration .15m, 6h, 7d, 1h30m. nor a cron expression of five fields"),
        ("hourly", "neither a duration .15m, 6h, 7d, 1h30m. nor a cron expression of five fields"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(text: str, said: str) -> None:
    """The wrong field is named."""
    with pytest.raises(ValueError, match=said):
        parse_rule(text)


def test_a_cron_expression_that_never_comes_true_is_refused() -> None:
    """A fifth Monday in February is rare; a second Monday on the first of a month is not at all."""
    assert next_due(Cron("0 0 * 2 MON#5"), NOON, NOON, LONDON) == utc("2044-02-29T00:00")
    with pytest.raises(ValueError, match="this cron expression never comes true"):
        parse_rule("0 0 */31 * MON#2")


@given(st.text(st.sampled_from("0123456789*/-,LW#?@MONJAdhms \t²"), max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_rule_or_a_valueerror(text: str) -> None:
    """Nothing else comes out, and what is taken can be asked."""
    try:
        rule = parse_rule(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - no rule is as good an answer as one
        return
    assert next_due(rule, NOON, NOON, LONDON) > NOON


def test_the_answer_is_in_utc_whatever_zone_the_question_was_in() -> None:
    """Also in the hour that comes twice, where moments of one zone compare by their wall clocks."""
    last = utc("2026-11-01T05:50").astimezone(NEW_YORK)  # 01:50, the first
    now = utc("2026-11-01T06:10").astimezone(NEW_YORK)  # 01:10, the second
    found = [next_due(Every(60), start, now, NEW_YORK) for start in (last, None)]
    assert [str(due) for due in found] == ["2026-11-01 06:10:00+00:00"] * 2


# durations


def test_what_never_ran_is_due_at_once() -> None:
    """A first copy does not wait: neither for six hours, nor for the night."""
    assert [next_due(rule, None, NOON, LONDON) for rule in (Every(60), Cron("0 3 * * *"))] == [
        NOON,
        NOON,
    ]


def test_a_duration_counts_from_the_last_start_across_restarts() -> None:
    """Two hours ago, every six hours: in four."""
    last = NOON - timedelta(hours=2)
    assert next_due(Every(21_600), last, NOON, LONDON) == NOON + timedelta(hours=4)


def test_a_duration_is_real_time_when_clocks_change() -> None:
    """Six hours are six hours, in whatever zone the moments are given."""
    last = datetime(2027, 3, 27, 22, tzinfo=LONDON)
    due = next_due(Every(21_600), last, last, LONDON)
    assert due == utc("2027-03-28T04:00")


@pytest.mark.parametrize(
    ("rule", "then"),
    [(Every(900), NOON + timedelta(minutes=15)), (Cron("0 3 * * *"), utc("2026-11-24T03:00"))],
)
def test_missed_runs_are_caught_up_once(rule: Rule, then: datetime) -> None:
    """After a week of darkness: now, and then the next regular one."""
    assert next_due(rule, NOON - timedelta(days=7), NOON, LONDON) == NOON
    assert next_due(rule, NOON, NOON, LONDON) == then


# what outlasts its interval, and what follows the orders


def test_of_what_was_missed_it_is_told_since_when() -> None:
    """By that, what waits longest goes first; for all else it is the next start."""
    last = NOON - timedelta(hours=5)
    every, cron = Every(3_600), Cron("0 3 * * *")
    missed = [due_since(every, last, NOON, UTC_ZONE), due_since(cron, NOON, NOON, UTC_ZONE)]
    assert missed == [NOON - timedelta(hours=4), utc("2026-11-24T03:00")]
    for rule in (every, cron):
        assert due_since(rule, None, NOON, UTC_ZONE) == NOON
        assert due_since(rule, NOON + timedelta(days=9), NOON, UTC_ZONE) == NOON


@pytest.mark.parametrize(("took", "beats"), [(59, None), (60, None), (61, 2), (120, 2), (121, 3)])
def test_a_run_that_outlasts_its_interval_waits_for_the_next_beat(
    took: float, beats: int | None
) -> None:
    """An interval of a minute."""
    expected = None if beats is None else 1_000 + 60 * beats
    assert after_long_run(Every(60), 1_000, 1_000 + took) == expected


def test_a_rule_that_follows_the_orders_is_due_at_its_longest_where_nobody_tells() -> None:
    """Its bounds are intervals, the shorter one first, and nothing at risk is no rule."""
    rule = AtRisk(25, 900, 60)
    assert next_due(rule, NOON, NOON, LONDON) == NOON + timedelta(minutes=15)
    for wrong in ((0, 900, 60), (25, 60, 900), (25, 900, 0), (25, 400 * 86_400, 60)):
        with pytest.raises(ValueError, match=r"at risk|interval|duration"):
            AtRisk(*wrong)


# clocks that jump


@pytest.mark.parametrize("rule", [Every(3_600), Cron("0 3 * * *")])
@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(hours=5), timedelta(days=4000)])
def test_a_last_start_in_the_future_does_not_stall_a_job(rule: Rule, ahead: timedelta) -> None:
    """The clock was wrong then, or is now: one run too many is better than none."""
    assert next_due(rule, NOON + ahead, NOON, LONDON) == NOON


def test_a_clock_put_right_by_a_second_starts_nothing_twice() -> None:
    """The run that has just begun is that run."""
    late = NOON + timedelta(seconds=1)
    assert next_due(Every(3_600), late, NOON, LONDON) == NOON + timedelta(hours=1)
    assert next_due(Cron("0 12 * * *"), late, NOON, LONDON) == NOON + timedelta(days=1)


# daylight saving


def test_a_cron_time_hangs_on_the_wall_clock() -> None:
    """Three at night stays three at night, in UTC an hour earlier in summer."""
    assert starts(Cron("0 3 * * *"), "2027-03-26T12:00", "2027-03-30", LONDON) == [
        "27 03:00",
        "28 02:00",
        "29 02:00",
    ]


@pytest.mark.parametrize(
    ("expression", "zone", "first", "until", "found"),
    [
        # London leaves out 01:00 to 02:00 (01:00 UTC is 02:00 there)
        ("30 1 * * *", LONDON, "2027-03-27T12:00", "2027-03-29T12:00", ["28 01:00", "29 00:30"]),
        ("0,30 1 * * *", LONDON, "2027-03-28T00:10", "2027-03-28T12:00", ["28 01:00"]),
        ("*/15 1 * * *", LONDON, "2027-03-28T00:10", "2027-03-28T12:00", ["28 01:00"]),
        ("30 1,2 * * *", LONDON, "2027-03-28T00:10", "2027-03-28T12:00", ["28 01:00", "28 01:30"]),
        # New York leaves out 02:00 to 03:00 (07:00 UTC is 03:00 there)
        ("0 */2 * * *", NEW_YORK, "2027-03-14T05:10", "2027-03-14T09:00", ["14 07:00", "14 08:00"]),
        # Lord Howe leaves out 02:00 to 02:30 (15:30 UTC is 02:30 there)
        ("15 2 * * *", LORD_HOWE, "2026-10-03T14:00", "2026-10-04T14:00", ["03 15:30"]),
        # Samoa left out a whole day (10:00 UTC is its midnight)
        ("0 12 30 12 *", SAMOA, "2011-12-29T12:00", "2012-01-02", ["30 10:00"]),
    ],
)
def test_a_cron_time_in_the_gap_runs_once(
    expression: str, zone: ZoneInfo, first: str, until: str, found: list[str]
) -> None:
    """At the gap's end, as often as it would have run inside."""
    assert starts(Cron(expression), first, until, zone) == found


@pytest.mark.parametrize(
    ("expression", "zone", "first", "until", "found"),
    [
        # London has 01:00 to 02:00 twice: from 00:00 and from 01:00 UTC
        ("30 1 * * *", LONDON, "2026-10-24T12:00", "2026-10-26T12:00", ["25 00:30", "26 01:30"]),
        ("30 1 * * *", LONDON, "2027-10-30T12:00", "2027-11-01T12:00", ["31 00:30", "01 01:30"]),
        ("*/30 1 * * *", LONDON, "2026-10-24T12:00", "2026-10-25T12:00", ["25 00:00", "25 00:30"]),
        (
            "0 */2 * * *",
            LONDON,
            "2026-10-24T22:30",
            "2026-10-25T05:00",
            ["24 23:00", "25 02:00", "25 04:00"],
        ),
        # asked between the two: the second one is not another
        ("30 1 * * *", LONDON, "2026-10-25T00:45", "2026-10-26T12:00", ["26 01:30"]),
        ("30 1 * * *", LONDON, "2026-10-25T01:10", "2026-10-26T12:00", ["26 01:30"]),
        # Lord Howe has 01:30 to 02:00 twice: from 14:30 and from 15:00 UTC
        ("45 1 * * *", LORD_HOWE, "2027-04-03T10:00", "2027-04-04T10:00", ["03 14:45"]),
    ],
)
def test_a_cron_time_in_the_fold_runs_once(
    expression: str, zone: ZoneInfo, first: str, until: str, found: list[str]
) -> None:
    """In the first of the two hours; asked in the second, it waits for the next day."""
    assert starts(Cron(expression), first, until, zone) == found


@pytest.mark.parametrize("minute", ["0", "*/30", "0,30"])
@pytest.mark.parametrize("hour", ["*", "*/1", "0-23"])
@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28", "2027-10-31"])
def test_a_rule_for_every_hour_leaves_no_hour_out(minute: str, hour: str, day: str) -> None:
    """It goes by elapsed time: orders are pulled in both of the equal hours."""
    found = starts(Cron(f"{minute} {hour} * * *"), f"{day}T00:00", f"{day}T03:01", LONDON)
    step = 60 if minute == "0" else 30
    expected = [utc(day) + timedelta(minutes=count) for count in range(step, 181, step)]
    assert found == [moment.strftime("%d %H:%M") for moment in expected]


# laws

MOMENTS = st.integers(946_684_800, 2_114_380_800).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)
NEAR_CHANGES = st.builds(
    lambda change, seconds: utc(change) + timedelta(seconds=seconds),
    st.sampled_from(
        ["2026-10-25T01:00", "2027-03-28T01:00", "2027-10-31T01:00", "2027-03-14T07:00"]
    ),
    st.floats(-7_200, 7_200),
)
FIELDS = st.tuples(
    st.sampled_from(["0", "30", "59", "*", "*/7", "0,45"]),
    st.sampled_from(["0", "1", "2", "*", "*/2", "1-3", "0-23"]),
    st.sampled_from(["*", "1", "L", "25-31"]),
    st.sampled_from(["*", "3", "10", "*/5"]),
    st.sampled_from(["*", "SUN", "1-5"]),
)
RULES: st.SearchStrategy[Rule] = st.one_of(
    st.integers(1, 366 * 86_400).map(Every), FIELDS.map(" ".join).map(Cron)
)
ZONES = st.sampled_from([LONDON, NEW_YORK, LORD_HOWE, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")])


@given(RULES, MOMENTS | NEAR_CHANGES, ZONES)
@settings(max_examples=400, deadline=None)
def test_the_next_start_lies_after_the_last(rule: Rule, last: datetime, zone: ZoneInfo) -> None:
    """Otherwise a job would start for ever; and the answer is in UTC."""
    due = next_due(rule, last, last, zone)
    assert due > last
    assert due.tzinfo is UTC


@given(RULES, MOMENTS | NEAR_CHANGES, st.floats(0, 9_000), ZONES)
@settings(max_examples=400, deadline=None)
def test_a_later_start_is_never_due_earlier(
    rule: Rule, last: datetime, later: float, zone: ZoneInfo
) -> None:
    """Neither for a later last start nor for a later now."""
    after = last + timedelta(seconds=later)
    due = next_due(rule, last, last, zone)
    assert due <= next_due(rule, after, after, zone)
    assert max(due, after) == next_due(rule, last, after, zone)


@given(RULES, MOMENTS | NEAR_CHANGES, st.floats(-1e9, 1e9), ZONES)
@settings(max_examples=400, deadline=None)
def test_no_job_starves_however_the_clock_jumps(
    rule: Rule, now: datetime, skew: float, zone: ZoneInfo
) -> None:
    """Asked again at the moment it named, a rule says: now."""
    last = now + timedelta(seconds=skew)
    due = next_due(rule, last, now, zone)
    assert due >= now
    assert next_due(rule, last, due, zone) <= due + timedelta(minutes=1)
    if isinstance(rule, Every):
        assert due <= now + timedelta(seconds=rule.seconds)


# quiet hours


def outside(rule: Every | Cron, *hours: str) -> Outside:
    return Outside(rule, tuple(map(parse_hours, hours)))


def test_what_is_due_in_quiet_hours_starts_when_they_end() -> None:
    """A duration goes on from there; a time of day that always lies in them waits every day."""
    busy = "08:00-20:00"
    assert starts(outside(Every(21_600), busy), "2026-11-23T01:00", "2026-11-25T00:00", LONDON) == [
        "23 07:00",
        "23 20:00",
        "24 02:00",
        "24 20:00",
    ]
    assert starts(
        outside(Cron("0 9 * * *"), busy), "2026-11-23T01:00", "2026-11-26T00:00", LONDON
    ) == ["23 20:00", "24 20:00", "25 20:00"]


def test_what_never_ran_waits_for_the_end_of_quiet_hours() -> None:
    """A first copy is the longest of all."""
    assert next_due(outside(Every(60), "08:00-20:00"), None, NOON, LONDON) == utc(
        "2026-11-23T20:00"
    )


def test_what_is_due_after_quiet_hours_is_not_put_off() -> None:
    """Though it is quiet now; and what is due before them in due time is not either."""
    rule, last = outside(Every(36_000), "08:00-20:00"), NOON
    assert next_due(rule, last, last, LONDON) == utc("2026-11-23T22:00")
    assert next_due(rule, utc("2026-11-23T20:30"), utc("2026-11-23T21:00"), LONDON) == utc(
        "2026-11-24T06:30"
    )


@given(RULES, MOMENTS | NEAR_CHANGES, st.floats(-200_000, 200_000), ZONES, st.integers(1, 1_439))
@settings(max_examples=200, deadline=None)
def test_quiet_hours_starve_no_job(
    rule: Every | Cron, now: datetime, skew: float, zone: ZoneInfo, length: int
) -> None:
    """It starts as soon as its own rule and the wall clock let it, and never in them."""
    hours = (Hours(480, (480 + length) % 1_440 or 1_440),)
    last = now + timedelta(seconds=skew)
    plain, due = (next_due(each, last, now, zone) for each in (rule, Outside(rule, hours)))
    assert not is_quiet(due, hours, zone)
    assert now <= plain <= due <= plain + timedelta(days=1, hours=1)
    assert (due == plain) == (not is_quiet(plain, hours, zone))
