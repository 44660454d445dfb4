"""Which points are kept, which are dropped, and why: a reason for every one.

Only complete, unsuspicious points count, so that broken ones never push good ones out. Without a
rule nothing is dropped. Nothing here may ever drop the newest complete point, a pinned one, one
that a hold refers to, or one that is dated in the future.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, tzinfo

DAY = 86_400
#: What the clock may be wrong by without being noticed (see core/clock.py): ages get it on top.
UNSEEN = 2 * DAY
#: Personal data is not kept longer than its rules for the sake of a hold that nobody answers.
PERSONAL_SLEEP = 90 * DAY


@dataclass(frozen=True, slots=True)
class Point:
    """One state that could be gone back to.

    ``name`` is its path below the house, ``at`` its moment (seconds since 1970), ``flaw`` what it
    lacks in a word ("incomplete", "suspect"; "": nothing), ``personal`` whether it holds people's
    data.
    """

    name: str
    at: float
    flaw: str = ""
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Of how many of the newest hours, days, ISO weeks, months and years the last point is kept."""

    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0

    def active(self) -> dict[str, int]:
        """The rules that keep anything, by name."""
        counts = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Cause:
    """Something open for which retention sleeps, since a moment in seconds since 1970."""

    why: str
    since: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """Why nothing may be dropped now: ``clock`` says why time is not trusted, ``""`` if it is."""

    clock: str = ""
    causes: tuple[Cause, ...] = ()

    def why(self, now: float, *, personal: bool) -> str:
        """In words, ``""`` for awake; personal data sleeps for a limited time."""
        if self.clock:
            return self.clock
        if not self.causes:
            return ""
        oldest = min(self.causes, key=lambda cause: cause.since)
        return "" if personal and now - oldest.since > PERSONAL_SLEEP else oldest.why


@dataclass(frozen=True, slots=True)
class Spared:
    """What is kept whatever the rules say: names of points, each with what it is kept for.

    A name speaks of all that lies below it too (``exports/2026-11-23`` of each of its datasets).
    """

    pinned: Mapping[str, str] = field(default_factory=dict)
    referred: Mapping[str, str] = field(default_factory=dict)

    def reasons(self, point: Point) -> Iterable[str]:
        """Why this one is spared, if it is."""
        name = point.name
        while name:
            if name in self.pinned:
                yield f"pinned: {self.pinned[name]}"
            if name in self.referred:
                yield f"the hold {self.referred[name]} refers to it"
            name = name.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one point; the reasons are short phrases, at least one."""

    point: Point
    keep: bool
    reasons: tuple[str, ...]


AWAKE, NONE_SPARED = Sleep(), Spared()
_FUTURE = "dated in the future: counted for nothing, never dropped"
_NO_RULE = "no rule: nothing is dropped"

#: Per rule, the word for its period and what tells one period from another in local time. The hour
#: that comes twice in autumn is two.
_PERIODS: dict[str, tuple[str, Callable[[datetime], Hashable]]] = {
    "hourly": ("hour", lambda local: (local.date(), local.hour, local.utcoffset())),
    "daily": ("day", lambda local: local.date()),
    "weekly": ("week", lambda local: local.isocalendar()[:2]),
    "monthly": ("month", lambda local: (local.year, local.month)),
    "yearly": ("year", lambda local: local.year),
}


def decide(
    points: Iterable[Point],
    rules: Rules,
    *,
    now: float,
    zone: tzinfo,
    spared: Spared = NONE_SPARED,
    sleep: Sleep = AWAKE,
) -> list[Decision]:
    """What becomes of each point of one kind, newest first.

    Of each of the newest N periods that have a complete, unsuspicious point the last such is kept.
    A flawed point is kept while no complete one is newer, and as the only one of its period as far
    back as a rule reaches; it never counts. ``zone`` says where hours and days begin.
    """
    ordered = sorted(points, key=lambda point: (point.at, point.name), reverse=True)
    past = [point for point in ordered if point.at <= now]
    newest = next((point for point in past if not point.flaw), None)
    by_rule = [_judge(name, count, past, zone) for name, count in rules.active().items()]
    return [
        _decision(
            point,
            [*spared.reasons(point), *_always(point, newest, now)],
            [told[point.name] for told in by_rule if point.name in told],
            sleep.why(now, personal=point.personal),
        )
        for point in ordered
    ]


def decide_by_age(
    points: Iterable[Point],
    longest: int | None,
    *,
    now: float,
    spared: Spared = NONE_SPARED,
    sleep: Sleep = AWAKE,
) -> list[Decision]:
    """The same by age alone: what is older than ``longest`` seconds goes; None: nothing does.

    Two days are given on top, by which the clock may be wrong without being noticed.
    """
    ordered = sorted(points, key=lambda point: (point.at, point.name), reverse=True)
    decisions = []
    for point in ordered:
        kept = list(spared.reasons(point))
        told = []
        if longest is not None:
            days = longest / DAY
            old = now - point.at > longest + UNSEEN
            told = [(not old, f"{'beyond' if old else 'within'} {days:g} days")]
        why = sleep.why(now, personal=point.personal)
        decisions.append(_decision(point, kept, told, why))
    return decisions


def _decision(point: Point, kept: list[str], told: list[tuple[bool, str]], asleep: str) -> Decision:
    """``told`` is what each rule says of the point: whether it keeps it, and why."""
    kept += [why for keep, why in told if keep]
    if not kept and not told:
        kept = [_NO_RULE]
    if not kept and asleep:
        kept = [f"retention sleeps: {asleep}"]
    if kept:
        return Decision(point, keep=True, reasons=tuple(kept))
    return Decision(point, keep=False, reasons=tuple(why for _, why in told))


def _always(point: Point, newest: Point | None, now: float) -> Iterable[str]:
    """Why it is kept whatever its age."""
    if point.at > now:
        yield _FUTURE
    elif point is newest:
        yield "the newest complete one"
    elif point.flaw and newest is None:
        yield f"{point.flaw}, and there is no complete one yet"
    elif point.flaw and newest is not None and point.at >= newest.at:
        yield f"{point.flaw}, and newer than the newest complete one"


def _judge(rule: str, count: int, past: list[Point], zone: tzinfo) -> dict[str, tuple[bool, str]]:
    """What one rule says of each point that is not of the future; they come newest first."""
    word, period_of = _PERIODS[rule]
    periods = {point.name: period_of(datetime.fromtimestamp(point.at, zone)) for point in past}
    last: dict[Hashable, Point] = {}
    stand_in: dict[Hashable, Point] = {}
    for point in past:
        (stand_in if point.flaw else last).setdefault(periods[point.name], point)
    newest = list(last.values())[:count]
    number = {point.name: place for place, point in enumerate(newest, 1)}
    full = len(newest) == count
    reach = newest[-1].at if full else float("-inf")
    oldest = periods[newest[-1].name] if full else None

    def judge(point: Point) -> tuple[bool, str]:
        period = periods[point.name]
        if point.name in number:
            return True, f"{rule} {number[point.name]} of {count}"
        if point.at < reach and period != oldest:
            return False, f"beyond {rule} {count}"
        if point.flaw and period not in last and stand_in[period] is point:
            return True, f"{point.flaw}, and its {word} has no complete one"
        return False, f"{point.flaw + ', and ' if point.flaw else ''}not the last of its {word}"

    return {point.name: judge(point) for point in past}
