"""How long a disk lasts at its present pace: a line through what was free in the last 14 days."""

from collections.abc import Sequence
from dataclasses import dataclass

_DAY = 86_400
_WINDOW = 14 * _DAY
#: One sample in so many seconds is enough; a pace is told from a day of them on.
_APART = 6 * 3_600
#: Warned of is a disk that lasts less than so many days, or has less than both of these free.
_WARN_DAYS, _WARN_SHARE, _WARN_BYTES = 14, 0.10, 5_000_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """So many bytes were free at a moment (seconds since 1970)."""

    at: float
    free: int


def added(samples: Sequence[Sample], new: Sample) -> tuple[Sample, ...]:
    """The samples with a new one, where it is due; those of another time are left out."""
    kept = tuple(one for one in samples if new.at - _WINDOW <= one.at <= new.at)
    if kept and new.at - kept[-1].at < _APART:
        return kept
    return (*kept, new)


def days_left(samples: Sequence[Sample], now: Sample) -> float | None:
    """In how many days the disk is full at this pace; None where it does not grow, or not known."""
    known = [one for one in samples if now.at - _WINDOW <= one.at < now.at] + [now]
    if now.at - known[0].at < _DAY:
        return None
    slope = _slope([one.at - now.at for one in known], [one.free - now.free for one in known])
    # less than a kilobyte a day is a disk at rest
    if slope * _DAY > -1_000:
        return None
    return now.free / -slope / _DAY


def _slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the line through these points that comes nearest to all; the xs differ."""
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((one - x) * (other - y) for one, other in zip(xs, ys, strict=True))
    return across / sum((one - x) ** 2 for one in xs)


def warning(free: int, total: int, left: float | None) -> str:
    """What to tell of a disk that is nearly full, ``""`` of one that is not."""
    if left is not None and left < _WARN_DAYS:
        return (
            f"the disk is full in about {max(left, 0):.0f} days at this pace: use a larger disk, or"
            " drop more (`keep` in the config; mirrord prune --explain)"
        )
    if free < _WARN_BYTES and free < total * _WARN_SHARE:
        return (
            f"{free:,} bytes are free on the disk: use a larger one, or drop more (`keep` in the"
            " config; mirrord prune --explain)"
        )
    return ""
