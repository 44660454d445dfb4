"""A CSV file in staging: its heading, then the rows of each record as it comes.

Where only the last record tells how wide it is, rows are laid aside as they are and written once
all have come, so that no record is seen twice or held.
"""

from collections import Counter
from collections.abc import Callable

from mirrord.core import csvtext
from mirrord.core.columns import Table, Wide
from mirrord.core.records import Record
from mirrord.disk.durable import disk_errors
from mirrord.disk.plaintext import PlainText


class TableText:
    """One table being written. ``open_text`` gives a new text in staging.

    ``groups``: so many are enough for a wide one, as far as is known; 0: nothing is. It is
    ``too_narrow`` where they were not. ``table`` and ``text`` are what came of it, once it has
    ended; ``groups`` how many there are.
    """

    def __init__(
        self, table: Table | Wide, open_text: Callable[[], PlainText], groups: int = 0
    ) -> None:
        self.table = table.sized(groups)
        self.groups = groups
        self.too_narrow = False
        self.text = open_text()
        self._source = table
        #: How many rows, by what they tell of.
        self.kinds: Counter[str] = Counter()
        self._aside = open_text() if isinstance(table, Wide) and not groups else None
        if self._aside is None:
            self._write(self.table.columns)

    def add(self, record: Record) -> None:
        """Write a record's rows."""
        wanted = self._source.wanted(record)
        self.too_narrow |= self._aside is None and wanted > self.groups
        self.groups = max(self.groups, wanted)
        if isinstance(self._source, Wide) and self._aside is not None:
            for line in csvtext.lines(self._source.ragged(record)):
                self._aside.write(line)
            return
        rows = list(self.table.rows(record))
        self.kinds.update(map(self.table.kind_of, rows))
        for line in csvtext.lines(rows):
            self.text.write(line)

    def end(self) -> None:
        """No more records come; DiskError."""
        if not isinstance(self._source, Wide) or self._aside is None:
            return
        self.table = self._source.sized(self.groups)
        self._write(self.table.columns)
        self._aside.close()
        with (
            disk_errors(f"widening {self.table.name}.csv"),
            self._aside.staged.path.open(encoding="utf-8", newline="") as aside,
        ):
            for row in csvtext.parse(aside):
                self._write(self._source.padded(row, len(self.table.columns)))
        self._aside.staged.discard()

    @property
    def width(self) -> int:
        """How many groups a wide table has; 0 of one that is not."""
        return max(1, self.groups) if isinstance(self._source, Wide) else 0

    @property
    def was_aside(self) -> bool:
        """Whether its rows were laid aside before they were written."""
        return self._aside is not None

    def discard(self) -> None:
        """Forget what was laid aside; safe twice."""
        if self._aside is not None:
            self._aside.staged.discard()

    def _write(self, row: tuple[str, ...]) -> None:
        self.text.write(next(csvtext.lines([row])))
