"""When a job is due: a rule, its last start and the moment now make the next start.

Pure: the moment comes in, nothing is remembered. It must never answer in a way that starves a job,
however the clock jumps and however often it is asked. cronsim comes with the first cron expression
that asks for more than a time of the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from mirrord.core.hours import Hours, quiet_until

_DAY = 86_400
_LONGEST = 366 * _DAY
_UNITS = {"d": _DAY, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")
#: A time of the day, every day: right by itself, and all that most configs have.
_DAILY = re.compile(r"[1-5]?[0-9] (?:1?[0-9]|2[0-3]) \* \* \*")

#: A last start this little ahead of now is a clock that was put right, not one that was wrong.
_SLACK = timedelta(minutes=1)

#: Any moment does: it only proves that an expression comes true at all.
_SOME_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - cron fields are wall time


@dataclass(frozen=True, slots=True)
class Every:
    """Due so many seconds after the last start; from one second to 366 days, else ValueError."""

    seconds: int

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= _LONGEST:
            raise ValueError("a duration lies between 1s and 366d")


@dataclass(frozen=True, slots=True)
class Cron:
    """Due when the wall clock says so: minute, hour, day, month, weekday, as in cron(5).

    ValueError for what is no such expression, or one that never comes true (30 February).
    """

    expression: str

    def __post_init__(self) -> None:
        # 6 fields would be seconds first to cronsim; a huge number is not worth its parsing
        if len(self.expression) > 200 or len(self.expression.split()) != 5:
            raise ValueError("a cron expression has five fields: minute hour day month weekday")
        if _DAILY.fullmatch(self.expression):
            return
        from cronsim import CronSim, CronSimError

        try:
            next(CronSim(self.expression, _SOME_MOMENT))
        except CronSimError as error:
            field = str(error).removeprefix("Bad ")
            raise ValueError(f"the {field} of this cron expression is wrong") from error
        except StopIteration as error:
            raise ValueError("this cron expression never comes true") from error


@dataclass(frozen=True, slots=True)
class Outside:
    """Due as its rule says, but never in quiet hours: then at their end."""

    rule: Every | Cron
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Due so often that no more than ``most`` records are unsaved, as far as can be foreseen.

    ``every`` and ``at_least``: the longest and the shortest interval, in seconds; ValueError. How
    long it is at a moment, :mod:`mirrord.core.risk` tells; where nobody does, it is the longest.
    """

    most: int
    every: int
    at_least: int

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError("at least one is at risk between two pulls")
        if Every(self.at_least).seconds > Every(self.every).seconds:
            raise ValueError("the shortest interval is longer than the longest")


Rule = Every | Cron | Outside | AtRisk


def parse_duration(text: str) -> int:
    """Seconds of ``15m``, ``6h``, ``7d``, ``1h30m`` or ``90s``; ValueError in words."""
    match = _DURATION.fullmatch(text)
    if not match or not text:
        raise ValueError("a duration looks like 15m, 6h, 7d or 1h30m")
    counts = (int(digits or 0) for digits in match.groups())
    return sum(count * unit for count, unit in zip(counts, _UNITS.values(), strict=True))


def parse_rule(text: str) -> Every | Cron:
    """A duration, or a cron expression of five fields; ValueError in words."""
    if len(text.split()) > 1:
        return Cron(" ".join(text.split()))
    try:
        seconds = parse_duration(text.strip())
    except ValueError as error:
        raise ValueError(
            "neither a duration (15m, 6h, 7d, 1h30m) nor a cron expression of five fields"
        ) from error
    return Every(seconds)


def next_due(rule: Rule, last_start: datetime | None, now: datetime, zone: tzinfo) -> datetime:
    """The moment, aware and in UTC, at which a job is to start: now, or later.

    - Never run: now. A first copy does not wait for the night.
    - A duration counts from the last start; a cron rule is due at its first time after it.
    - Missed times, however many, are caught up once: now.
    - ``last_start`` (aware) well in the future says that the clock was wrong: now.
    - What is due in quiet hours is due when they end.

    ``zone`` is where the wall clock of a cron rule hangs. A time in the gap when clocks go forward
    runs once, at the gap's end; one in the hour that comes twice runs in the first. A rule for
    every hour of the day goes by elapsed time instead, so that neither hour is left out.
    """
    now = now.astimezone(UTC)
    if isinstance(rule, Outside):
        return put_off(rule, next_due(rule.rule, last_start, now, zone), now, zone)
    if last_start is None or last_start.astimezone(UTC) - now > _SLACK:
        return now
    last = last_start.astimezone(UTC)
    if isinstance(rule, Cron):
        return max(now, _first_after(last, rule.expression, zone))
    seconds = rule.every if isinstance(rule, AtRisk) else rule.seconds
    return max(now, min(last, now) + timedelta(seconds=seconds))


def due_since(
    rule: Every | Cron | AtRisk, last_start: datetime | None, now: datetime, zone: tzinfo
) -> datetime:
    """The same; but of what was missed, when it was due first.

    Of several that are overdue the one that has waited longest is to go first: by ``now`` alone
    all would be equal, and one that is always overdue could starve the others.
    """
    if last_start is None or last_start - now > _SLACK:
        return now.astimezone(UTC)
    return next_due(rule, last_start, min(last_start, now), zone)


def after_long_run(rule: Every, started: float, ended: float) -> float | None:
    """When to start again after a run that outlasted its interval; None for one that did not.

    At the next beat of the interval, in seconds since 1970 as the arguments are: at once would be
    one run without an end, which leaves the store and the other jobs no room.
    """
    beats = -int(-(ended - started) // rule.seconds)
    return started + beats * rule.seconds if ended - started > rule.seconds else None


def put_off(rule: Outside, due: datetime, now: datetime, zone: tzinfo) -> datetime:
    """When what is due (aware), for whatever reason, may start: not in the rule's quiet hours."""
    start = max(due, now)
    until = quiet_until(start, rule.hours, zone)
    return due if until == start else until


def _first_after(last: datetime, expression: str, zone: tzinfo) -> datetime:
    """The first time of a cron expression strictly after ``last`` (UTC)."""
    from cronsim import CronSim

    local = last.astimezone(zone)
    wall = local.replace(tzinfo=None)
    minute, hour, *days = expression.split()
    if CronSim(expression, wall).hours == set(range(24)):
        # cronsim goes by elapsed time when the field starts with a star, and only then
        moments = CronSim(" ".join((minute, "*", *days)), local)
        return next(utc for moment in moments if (utc := moment.astimezone(UTC)) > last)
    # cronsim's own care of zones leaves out `*/15 1 * * *` and `0 */2 * * *` in a gap, and, asked
    # in the second of the two equal hours, answers with a time in the first: before it was asked
    times = CronSim(" ".join((minute, hour, *days)), wall)
    return next(utc for time in times if (utc := _first_real(time, zone)) > last)


def _first_real(wall: datetime, zone: tzinfo) -> datetime:
    """The moment (UTC) of a wall time; of one in a gap, the gap's end."""
    moment = wall.replace(tzinfo=zone)
    while moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
        moment = wall.replace(tzinfo=zone)
    return moment.astimezone(UTC)
