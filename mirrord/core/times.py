"""Moments and days as names: what folders are called."""

from datetime import UTC, datetime, tzinfo


def moment_name(at: float) -> str:
    """The name of a moment (seconds since 1970): ``2026-11-23T141500Z``; sorts by time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H%M%SZ")


def day_name(at: float, zone: tzinfo) -> str:
    """The name of the day that people there call it: ``2026-11-23``."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d")


def iso(at: float) -> str:
    """A moment (seconds since 1970) as receipts say it: ``2026-11-23T14:15:00Z``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
