"""Whether this machine's time may be trusted to drop anything by.

A wrong clock makes everything look old at once. After a jump nothing may be dropped before three
complete points of one kind were made in the new time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mirrord.core.retention import UNSEEN, Point

#: A clock that was put right by less than this many seconds went back, but did not jump.
_SLACK = 60
_POINTS = 3


@dataclass(frozen=True, slots=True)
class Clock:
    """What is remembered from run to run; moments in seconds since 1970.

    ``jumped`` is when a jump was noticed, by the new time; ``before`` names the complete points
    that stood then.
    """

    last_run: float | None = None
    jumped: float | None = None
    before: frozenset[str] = frozenset()


def look(clock: Clock, now: float, kinds: Mapping[str, Iterable[Point]]) -> tuple[Clock, str]:
    """What to remember, and why time is not to be trusted (``""``: it is).

    ``kinds`` are the points that stand, by their kind. Where no run is remembered the newest point
    stands for it.
    """
    points = [point for kind in kinds.values() for point in kind]
    last = clock.last_run
    if last is None:
        last = max((point.at for point in points), default=now)
    if now - last > UNSEEN or last - now > _SLACK:
        before = frozenset(point.name for point in points if not point.flaw)
        return Clock(now, now, before), _words(now, 0)
    if clock.jumped is None:
        return Clock(now), ""
    since = clock.jumped - _SLACK
    made = max(
        (
            sum(_is_new(point, clock.before) and since <= point.at <= now for point in kind)
            for kind in kinds.values()
        ),
        default=0,
    )
    if made >= _POINTS:
        return Clock(now), ""
    return Clock(now, clock.jumped, clock.before), _words(clock.jumped, made)


def _is_new(point: Point, before: frozenset[str]) -> bool:
    return not point.flaw and point.name not in before


def _words(jumped: float, made: int) -> str:
    at = datetime.fromtimestamp(jumped, UTC).strftime("%Y-%m-%d %H:%M")
    return (
        f"at {at} UTC the clock had jumped back, or more than two days past the last run: nothing"
        f" is dropped until {_POINTS} complete points were made since ({made} so far)"
    )
