"""Quiet hours: by the wall clock, whatever the clock does, and never for ever."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.hours import Hours, fill_the_day, is_quiet, parse_hours, quiet_until

LONDON = ZoneInfo("Europe/London")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks move by half an hour
SAMOA = ZoneInfo("Pacific/Apia")  # has no 30 December 2011
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def quiet_spans(text: str, day: str, zone: ZoneInfo = LONDON) -> list[str]:
    """The stretches of a UTC day that are quiet, as a clock that is looked at each minute tells."""
    hours, found, before = (parse_hours(text),), [], False
    for minute in range(1_441):
        moment = utc(day) + minute * MINUTE
        quiet = minute < 1_440 and is_quiet(moment, hours, zone)
        if quiet != before:
            found.append(moment.strftime("%H:%M"))
        before = quiet
    return ["-".join(pair) for pair in zip(found[::2], found[1::2], strict=True)]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-20:00", Hours(480, 1_200)),
        ("22:00-06:00", Hours(1_320, 360)),
        ("00:00-23:59", Hours(0, 1_439)),
        ("18:30-24:00", Hours(1_110, 1_440)),
    ],
)
def test_hours_are_two_times_of_day(text: str, hours: Hours) -> None:
    """Said as they are written."""
    assert (parse_hours(text), str(hours)) == (hours, text)


def test_midnight_is_the_end_of_a_day() -> None:
    """Both ways of writing it are one."""
    assert parse_hours("18:00-00:00") == parse_hours("18:00-24:00")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "8-20",
            "8:00-20:00",
            "08:00",
            "08:00 - 20:00",
            "08:00-20:00-22:00",
            "\u06608:00-20:00",
        ),
        *("25:00-26:00", "24:00-06:00", "08:60-09:00", "08:00-24:30", "08:00-08:00", "00:00-24:00"),
    ],
)
def test_what_are_no_hours_is_refused(text: str) -> None:
    """None of the day, and all of it, are none either."""
    with pytest.raises(
        ValueError, match=r"hours look like|a time of day lies|neither none nor all"
    ):
        parse_hours(text)


@pytest.mark.parametrize(
    ("text", "day", "spans"),
    [
        ("08:00-20:00", "2026-11-23", ["08:00-20:00"]),
        ("08:00-20:00", "2026-06-23", ["07:00-19:00"]),
        ("22:00-06:00", "2026-11-23", ["00:00-06:00", "22:00-24:00"]),
        # 28 March 2027, 01:00 UTC: from 01:00 to 02:00 on the wall
        ("00:30-03:00", "2027-03-28", ["00:30-02:00", "23:30-24:00"]),
        ("01:15-01:45", "2027-03-28", []),
        ("00:30-01:30", "2027-03-28", ["00:30-01:00", "23:30-24:00"]),
        ("01:30-03:00", "2027-03-28", ["01:00-02:00"]),
        # 25 October 2026, 01:00 UTC: from 02:00 back to 01:00
        ("00:30-03:00", "2026-10-25", ["00:00-03:00"]),
        ("01:15-01:45", "2026-10-25", ["00:15-00:45", "01:15-01:45"]),
        ("23:00-01:30", "2026-10-25", ["00:00-00:30", "01:00-01:30", "23:00-24:00"]),
        ("01:30-03:00", "2026-10-25", ["00:30-01:00", "01:30-03:00"]),
    ],
)
def test_hours_are_those_of_the_wall_clock(text: str, day: str, spans: list[str]) -> None:
    """Of a gap nothing is quiet; an hour that comes twice is quiet twice. Times in UTC."""
    ends = [span.replace("24:00", "00:00") for span in spans]
    assert quiet_spans(text, day) == ends


@pytest.mark.parametrize(
    ("text", "moment", "until"),
    [
        ("08:00-20:00", "2026-11-23T07:59:59.999999", "2026-11-23T07:59:59.999999"),
        ("08:00-20:00", "2026-11-23T08:00", "2026-11-23T20:00"),
        ("08:00-20:00", "2026-11-23T19:59:59.999999", "2026-11-23T20:00"),
        ("08:00-20:00", "2026-11-23T20:00", "2026-11-23T20:00"),
        ("22:00-06:00", "2026-11-23T23:30", "2026-11-24T06:00"),
        # clocks go forward: three hours of the wall are two; what ends in the gap ends with it
        ("00:30-03:00", "2027-03-28T00:40", "2027-03-28T02:00"),
        ("00:30-01:30", "2027-03-28T00:40", "2027-03-28T01:00"),
        ("22:00-06:00", "2027-03-27T23:00", "2027-03-28T05:00"),
        # clocks go back: two and a half hours of the wall are three and a half
        ("00:30-03:00", "2026-10-24T23:40", "2026-10-25T03:00"),
        ("23:00-01:30", "2026-10-24T23:40", "2026-10-25T00:30"),
        ("23:00-01:30", "2026-10-25T01:10", "2026-10-25T01:30"),
        ("22:00-06:00", "2026-10-24T21:30", "2026-10-25T06:00"),
    ],
)
def test_what_waits_goes_on_when_the_wall_clock_says_so(text: str, moment: str, until: str) -> None:
    """Also in the nights in which London's clocks change. Times in UTC."""
    assert quiet_until(utc(moment), (parse_hours(text),), LONDON) == utc(until)


def test_hours_that_follow_one_another_are_one_wait() -> None:
    """To the end of the last of them, in any order."""
    hours = tuple(map(parse_hours, ("12:00-14:00", "08:00-12:00", "13:00-20:30", "21:00-22:00")))
    assert quiet_until(utc("2026-11-23T09:00"), hours, UTC) == utc("2026-11-23T20:30")


def test_without_hours_nothing_is_quiet() -> None:
    """The default."""
    moment = utc("2026-11-23T09:00")
    assert (is_quiet(moment, (), UTC), quiet_until(moment, (), UTC)) == (False, moment)


def test_hours_that_leave_nothing_of_the_day_put_off_nothing() -> None:
    """The config refuses them; a job must not wait for ever all the same."""
    hours = (parse_hours("00:00-12:00"), parse_hours("11:00-24:00"))
    moment = utc("2026-11-23T09:00")
    assert (fill_the_day(hours), quiet_until(moment, hours, LONDON)) == (True, moment)


HOURS = st.builds(
    lambda start, length: Hours(start, (start + length) % 1_440 or 1_440),
    st.integers(0, 1_439),
    st.integers(1, 1_439),
)


@given(
    st.lists(HOURS, max_size=3).filter(lambda hours: not fill_the_day(hours)),
    st.sampled_from(
        [
            (LONDON, "2027-03-27T12:00"),
            (LONDON, "2026-10-24T12:00"),
            (LORD_HOWE, "2026-04-04T03:00"),
            (LORD_HOWE, "2026-10-03T03:00"),
            (SAMOA, "2011-12-29T22:00"),
            (UTC, "2026-11-23T00:00"),
        ]
    ),
    st.integers(0, 36 * 3_600 * 10),
)
@settings(max_examples=200, deadline=None)
def test_the_wait_ends_at_the_first_minute_that_is_not_quiet(
    hours: list[Hours], where: tuple[ZoneInfo, str], tenths: int
) -> None:
    """As somebody finds it who looks at the clock every minute, over every change of clocks."""
    zone, start = where
    moment = utc(start) + timedelta(seconds=tenths / 10)
    found = moment
    while is_quiet(found, hours, zone):
        found = found.replace(second=0, microsecond=0) + MINUTE
    assert quiet_until(moment, hours, zone) == found
