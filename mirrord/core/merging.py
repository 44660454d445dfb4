"""The pull before and what changed since, made one; and from when on to ask the next time.

All streams ascend by key and are walked side by side, so that a million records need the memory
of two. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from mirrord.core.changes import side_by_side
from mirrord.core.columns.forms import moment_of
from mirrord.core.records import Key, Record

#: Asked for again each time: a change may come to light a little after the moment it bears.
OVERLAP = timedelta(minutes=10)


def records_side_by_side(
    left: Iterable[Record], right: Iterable[Record]
) -> Iterator[tuple[Key, Record | None, Record | None]]:
    """Each key with what either side has of it; both ascend, else ValueError."""
    return side_by_side(((one.id, one) for one in left), ((one.id, one) for one in right))


def merge(
    old: Iterable[Record], changed: Iterable[Record], is_gone: Callable[[Key], bool]
) -> Iterator[Record]:
    """Of each key the changed record, else the old one, unless that is gone."""
    for key, before, after in records_side_by_side(old, changed):
        if after is not None:
            yield after
        elif before is not None and not is_gone(key):
            yield before


class Watermark:
    """The latest moment that any record bears in one of its fields, as the store dates it."""

    def __init__(self, field: str, latest: datetime | None = None) -> None:
        self._field = field
        self.latest = latest

    def note(self, record: Record) -> None:
        """Take in one record; one without a date that can be read counts for nothing."""
        moment = moment_of(record.fields.get(self._field))
        if moment is not None and (self.latest is None or moment > self.latest):
            self.latest = moment
