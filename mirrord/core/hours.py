"""The quiet hours of a shop: when its visitors are served, and mirrord keeps out of the way.

Pure: the moment comes in. Hours are of the wall clock, as people see it: when clocks go forward the
missing hour is nobody's, when they go back the hour that comes twice is quiet twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY = 1_440
_SECOND = timedelta(seconds=1)
#: Quiet hours of a longer stretch would never end.
_LONGEST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``start`` until ``end``, itself left out; minutes since midnight of the wall clock.

    Across midnight where the end is not behind the start. ValueError for what is no time of day,
    and for none or all of the day.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start < _DAY and 0 < self.end <= _DAY):
            raise ValueError("a time of day lies between 00:00 and 24:00")
        if self.length % _DAY == 0:
            raise ValueError("hours are neither none nor all of the day")

    @property
    def length(self) -> int:
        """Minutes."""
        return (self.end - self.start) % _DAY

    def left(self, wall: datetime) -> timedelta:
        """How long they still last at a time of the wall clock; nothing outside of them."""
        since = timedelta(
            minutes=(wall.hour * 60 + wall.minute - self.start) % _DAY, seconds=wall.second
        )
        return max(timedelta(minutes=self.length) - since, timedelta())

    def __str__(self) -> str:
        ends = (f"{at // 60:02}:{at % 60:02}" for at in (self.start, self.end))
        return "-".join(ends)


def parse_hours(text: str) -> Hours:
    """``08:00-20:00``, or ``22:00-06:00`` across midnight; ValueError in words."""
    match = _HOURS.fullmatch(text)
    if not match:
        raise ValueError("hours look like 08:00-20:00 or 22:00-06:00")
    start, start_minute, end, end_minute = map(int, match.groups())
    return Hours(start * 60 + start_minute, (end * 60 + end_minute) or _DAY)


def fill_the_day(hours: Sequence[Hours]) -> bool:
    """Whether no minute of the day is left to any of them."""
    taken = {minute % _DAY for one in hours for minute in range(one.start, one.start + one.length)}
    return len(taken) == _DAY


def is_quiet(moment: datetime, hours: Sequence[Hours], zone: tzinfo) -> bool:
    """Whether an (aware) moment lies in quiet hours, by the wall clock there."""
    return bool(hours) and bool(_left(moment.astimezone(zone), hours))


def quiet_until(moment: datetime, hours: Sequence[Hours], zone: tzinfo) -> datetime:
    """The first moment, from this (aware) one on, that is not quiet; in UTC.

    The moment itself where it is none, and where hours leave nothing of the day: nothing is put
    off for ever.
    """
    asked = moment = moment.astimezone(UTC)
    while left := _left(moment.astimezone(zone), hours):
        # a second is what hours are counted in: what is less would be carried along
        moment = _on(moment.replace(microsecond=0), left, zone)
        if moment - asked > _LONGEST:
            return asked
    return moment


def _left(wall: datetime, hours: Sequence[Hours]) -> timedelta:
    return max((one.left(wall) for one in hours), default=timedelta())


def _on(moment: datetime, left: timedelta, zone: tzinfo) -> datetime:
    """So much later; but not beyond the moment at which the clocks change."""
    before, after = moment, moment + left
    offset = _offset(before, zone)
    if _offset(after, zone) == offset:
        return after
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(moment: datetime, zone: tzinfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
