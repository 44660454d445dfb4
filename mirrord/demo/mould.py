"""One record as a mould for many: its JSON text, with its id and its dates left open.

Pouring joins pieces of text, so that a shop of a million orders is asked for as fast as a small
one. It works because every id within a record begins with the record's own. This room must never
know what the record is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrord.demo.shapes import iso, rfc2822

FIRST_MARK = 7_777_100
"""Stands for the id of the first mould; the others count on from it."""
CREATED = datetime(1999, 9, 9, 9, 9, 9, tzinfo=UTC)
"""Stands for the date on which the record was made."""
MODIFIED = datetime(1998, 8, 8, 8, 8, 8, tzinfo=UTC)
"""Stands for the date of its last change."""
HOURS = (0, 1, 2, 30, 48)
"""What a record's story tells of happens so many hours after it was made."""
Writer = Callable[[datetime], str]


class Mould:
    """The text of one record, cut where the mark stands that means its id."""

    def __init__(self, content: Any, mark: int) -> None:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        self._pieces = text.split(str(mark))
        writers: tuple[Writer, ...] = (iso, rfc2822)
        self._made = [
            (write(CREATED + timedelta(hours=hours)), write, timedelta(hours=hours))
            for write in writers
            for hours in HOURS
            if write(CREATED + timedelta(hours=hours)) in text
        ]
        self._changed = [(write(MODIFIED), write) for write in writers if write(MODIFIED) in text]

    def pour(self, number: int, created: datetime, modified: datetime) -> str:
        """The text of the record with this id and these dates."""
        text = str(number).join(self._pieces)
        for mark, write, later in self._made:
            text = text.replace(mark, write(created + later))
        for mark, write in self._changed:
            text = text.replace(mark, write(modified))
        return text
