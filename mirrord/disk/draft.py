"""One pull of a dataset, written in staging: its CSV files and its lossless files.

Nothing here is visible before the room of the dated folders places it.
"""

import gzip
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from mirrord.core import csvtext
from mirrord.core.columns import Table
from mirrord.core.datasets import Dataset
from mirrord.core.records import Record
from mirrord.disk.staging import StagedFile, Staging

#: CSV files that stand on top of a day's folder; all others stand in more/.
_ON_TOP = frozenset({"products", "customers", "orders", "images"})
_GZIP_LEVEL = 6


def table_file(table: Table) -> str:
    """Where a table stands below the day's folder."""
    return f"{table.name}.csv" if table.name in _ON_TOP else f"more/{table.name}.csv"


def lossless_file(name: str) -> str:
    """Where a lossless file stands below the day's folder."""
    return f"lossless/{name}.jsonl.gz"


class PlainText:
    """A text file in staging, hashed as plain bytes whether it is packed or not."""

    def __init__(self, staged: StagedFile, *, packed: bool) -> None:
        self.staged = staged
        self.lines = 0
        self._plain = hashlib.sha256()
        # without a time and a name of its own, equal text gives equal bytes
        sink = cast(Any, _Writable(staged))
        self._gzip = gzip.GzipFile("", "wb", _GZIP_LEVEL, fileobj=sink, mtime=0) if packed else None

    def write(self, line: str) -> None:
        """Append one line, its line end included."""
        raw = line.encode()
        self._plain.update(raw)
        self.lines += 1
        if self._gzip is None:
            self.staged.write(raw)
        else:
            self._gzip.write(raw)

    def close(self) -> str:
        """The sha256 of the plain text."""
        if self._gzip is not None:
            self._gzip.close()
        self.staged.close()
        return self._plain.hexdigest()


class _Writable:
    """What gzip wants of a file."""

    def __init__(self, staged: StagedFile) -> None:
        self.write = staged.write

    def flush(self) -> None:
        """Nothing is buffered."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A finished draft: per file its rows or lines, and the sha256 of its plain text."""

    records: int
    rows: Mapping[str, int]
    plain: Mapping[str, str]


class Draft:
    """All files of one pull of one dataset, being written in staging."""

    def __init__(self, dataset: Dataset, staging: Staging, now: int) -> None:
        self.dataset = dataset
        #: How many rows, by table and by what they tell of.
        self.kinds: Counter[tuple[str, str]] = Counter()
        self._gaps: Counter[str] = Counter()
        self.repeated = 0
        self._staging = staging
        self._now = now
        self._records = 0
        self._last: int | None = None
        self._tables = [(table, self._open(table_file(table))) for table in dataset.tables]
        for table, file in self._tables:
            file.write(next(csvtext.lines([table.columns])))
        self._lossless = self._open(lossless_file(dataset.name))
        self._companions = {
            companion: self._open(lossless_file(name)) for companion, name in dataset.files.items()
        }

    def add(self, record: Record) -> None:
        """Write one record; they come in ascending order of their ids.

        One that does not is written all the same and counted in ``repeated``, for the gates.
        """
        self._records += 1
        self.repeated += self._last is not None and record.id <= self._last
        self._last = record.id
        self._lossless.write(record.text + "\n")
        for companion, file in self._companions.items():
            parts = record.companions.get(companion, ())
            if parts:
                texts = ",".join(part.text for part in parts)
                file.write(f'{{"id":{record.id},"{companion}":[{texts}]}}\n')
        for table, file in self._tables:
            rows = list(table.rows(record))
            self.kinds.update((table.name, table.kind_of(row)) for row in rows)
            for line in csvtext.lines(rows):
                file.write(line)
        self._gaps.update(record.gaps)

    def close(self) -> Drafted:
        """End all files; nothing is placed yet."""
        plain = {name: file.close() for name, file in self.files()}
        tables = {table_file(table): file.lines - 1 for table, file in self._tables}
        lines = {name: file.lines for name, file in self.files() if name not in tables}
        return Drafted(self._records, tables | lines, plain)

    @property
    def gaps(self) -> tuple[str, ...]:
        """What the store withheld, each thing once and of how many records."""
        return tuple(
            words if number == 1 else f"{words} ({number:,} records)"
            for words, number in self._gaps.items()
        )

    def discard(self) -> None:
        """Forget all that was written."""
        for _, file in self.files():
            file.staged.discard()

    def files(self) -> Iterator[tuple[str, PlainText]]:
        """Each file with its name below the day's folder."""
        for table, file in self._tables:
            yield table_file(table), file
        yield lossless_file(self.dataset.name), self._lossless
        for companion, file in self._companions.items():
            yield lossless_file(self.dataset.files[companion]), file

    def _open(self, name: str) -> PlainText:
        return PlainText(self._staging.open(0o600, self._now), packed=name.endswith(".gz"))
