"""How long a pull will take, and what to say of one that outlasts its interval. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds_for(requests: int, allowed: int | None, window: float) -> float:
    """Seconds that so many requests take at least.

    ``allowed``: so many may be sent in ``window`` seconds, None: as many as one likes.
    """
    if allowed is None:
        return 0.0
    # those of the last window need not wait for its end
    return max(0, requests - 1) // max(1, allowed) * window


def foreseen(name: str, requests: int, seconds: float, interval: float) -> str:
    """What to say of a pull before it begins; ``""`` where it will be over in its interval."""
    if seconds <= interval:
        return ""
    return (
        f"{name} needs {requests:,} requests and more, which take {span(seconds)} by our share of"
        f" the store's quota: longer than its interval of {span(interval)}"
    )


def outlasted(name: str, seconds: float, interval: float, then: float | None) -> str:
    """What to say of a run that took longer than its interval.

    ``then``: when the next one starts, in seconds since 1970; None: at once.
    """
    next_one = "at once"
    if then is not None:
        next_one = datetime.fromtimestamp(then, UTC).strftime("at %Y-%m-%d %H:%M:%S UTC")
    return (
        f"{name} took {span(seconds)}, longer than its interval of {span(interval)}: the next one"
        f" starts {next_one}; a longer interval, or a larger share of the quota, would suit it"
    )


def span(seconds: float) -> str:
    """A length of time for people: ``1 h 12 min``, ``45 s``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"
