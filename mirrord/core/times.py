"""Moments and days as names: what folders are called."""

import re
from datetime import UTC, datetime, timedelta, tzinfo


def moment_name(at: float) -> str:
    """The name of a moment (seconds since 1970): ``2026-11-23T141500Z``; sorts by time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H%M%SZ")


def day_name(at: float, zone: tzinfo) -> str:
    """The name of the day that people there call it: ``2026-11-23``."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d")


def parse_moment(text: str, zone: tzinfo) -> float:
    """Seconds since 1970 of what a person writes; ValueError in words.

    ``2026-11-23 16:45`` by the clock of the zone, ``2026-11-23`` for the end of that day there,
    ``2026-11-23T164500Z`` as folders are called, or any ISO 8601 time with its offset.
    """
    words = re.sub(r"T(\d\d)(\d\d)(\d\d)Z$", r"T\1:\2:\3Z", text.strip())
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise ValueError('write it like "2026-11-23 16:45", or 2026-11-23 for its end') from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if len(words) == len("2026-11-23"):
        moment += timedelta(days=1, seconds=-1)
    return moment.timestamp()


def iso(at: float) -> str:
    """A moment (seconds since 1970) as receipts say it: ``2026-11-23T14:15:00Z``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
