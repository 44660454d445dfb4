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

    ``table`` and ``text`` are what came of it, once it has ended.
    """

    def __init__(self, table: Table | Wide, open_text: Callable[[], PlainText]) -> None:
        self.table = table.sized(0)
        self.text = open_text()
        self._source = table
        #: How many rows, by what they tell of.
        self.kinds: Counter[str] = Counter()
        self._groups = 0
        self._aside = open_text() if isinstance(table, Wide) else None
        if self._aside is None:
            self._write(self.table.columns)

    def add(self, record: Record) -> None:
        """Write a record's rows."""
        if isinstance(self._source, Wide) and self._aside is not None:
            self._groups = max(self._groups, self._source.wanted(record))
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
        self.table = self._source.sized(self._groups)
        self._write(self.table.columns)
        self._aside.close()
        with (
            disk_errors(f"widening {self.table.name}.csv"),
            self._aside.staged.path.open(encoding="utf-8", newline="") as aside,
        ):
            for row in csvtext.parse(aside):
                self._write(self._source.padded(row, len(self.table.columns)))
        self._aside.staged.discard()

    def discard(self) -> None:
        """Forget what was laid aside; safe twice."""
        if self._aside is not None:
            self._aside.staged.discard()

    def _write(self, row: tuple[str, ...]) -> None:
        self.text.write(next(csvtext.lines([row])))
