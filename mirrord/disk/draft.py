"""One pull of a dataset, written in staging: its CSV files and its lossless files.

Nothing here is visible before the room of the dated folders places it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mirrord.core.changes import Line
from mirrord.core.columns import Table
from mirrord.core.columns.drift import unknown_fields
from mirrord.core.columns.tables import AnyTable
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.names import ON_TOP
from mirrord.core.records import Key, Record, order
from mirrord.disk.lossless import companion_line, lossless_file
from mirrord.disk.plaintext import PlainText
from mirrord.disk.rowindex import Lengths
from mirrord.disk.staging import Staging
from mirrord.disk.tabletext import TableText


def table_file(table: AnyTable) -> str:
    """Where a table stands below the day's folder."""
    return f"{table.name}.csv" if table.name in ON_TOP else f"more/{table.name}.csv"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A finished draft: per file its rows or lines, and the sha256 of its plain text."""

    records: int
    rows: Mapping[str, int]
    plain: Mapping[str, str]


class Draft:
    """All files of one pull of one dataset, being written in staging."""

    def __init__(
        self,
        dataset: Dataset,
        staging: Staging,
        now: int,
        groups: Mapping[str, int] | None = None,
    ) -> None:
        self.dataset = dataset
        self._gaps: Counter[str] = Counter()
        self._new_fields: Counter[str] = Counter()
        self.repeated = 0
        self._staging = staging
        self._now = now
        self._records = 0
        self._last: Key | None = None
        self._tables = [
            TableText(
                table, partial(self._open, table_file(table)), (groups or {}).get(table.name, 0)
            )
            for table in dataset.tables
        ]
        self._index = {table_file(one.table): Lengths() for one in self._tables}
        self._lossless = self._open(lossless_file(dataset.name))
        self._companions = {
            companion: self._open(lossless_file(name)) for companion, name in dataset.files.items()
        }

    @property
    def scratch(self) -> Path:
        """The folder in which it is written; whatever is left there is swept at the next start."""
        return self._staging.path

    def add(self, record: Record) -> None:
        """Write one record; they come in ascending order of their ids.

        One that does not is written all the same and counted in ``repeated``, for the gates.
        """
        self._count(record.id, record.text)
        for companion, file in self._companions.items():
            parts = record.companions.get(companion, ())
            if parts:
                file.write(companion_line(record.id, companion, parts))
        for table in self._tables:
            size, lines = table.text.size, table.text.lines
            table.add(record)
            lengths = self._index[table_file(table.table)]
            lengths.sizes.append(table.text.size - size)
            lengths.lines.append(table.text.lines - lines)
        self._gaps.update(record.gaps)
        self._new_fields.update(unknown_fields(self.dataset.name, record))

    def keep(
        self, line: Line, sides: Mapping[str, str], rows: Mapping[str, tuple[bytes, int]]
    ) -> None:
        """Take over one record as it was: its line, its companions' lines, its rows by file."""
        self._count(*line)
        for companion, text in sides.items():
            self._companions[companion].write(text + "\n")
        for table in self._tables:
            name = table_file(table.table)
            raw, lines = rows[name]
            table.text.copy(raw, lines)
            self._index[name].sizes.append(len(raw))
            self._index[name].lines.append(lines)

    def _count(self, key: Key, text: str) -> None:
        self._records += 1
        self.repeated += self._last is not None and order(key) <= order(self._last)
        self._last = key
        self._lossless.write(text + "\n")

    def close(self) -> Drafted:
        """End all files; nothing is placed yet."""
        for table in self._tables:
            table.end()
        plain = {name: file.close() for name, file in self.files()}
        tables = {table_file(one.table): one.text.lines - 1 for one in self._tables}
        lines = {name: file.lines for name, file in self.files() if name not in tables}
        return Drafted(self._records, tables | lines, plain)

    @property
    def too_narrow(self) -> bool:
        """Whether a record has more groups than it was opened for: it must be made anew."""
        return any(one.too_narrow for one in self._tables)

    @property
    def groups(self) -> dict[str, int]:
        """How many groups each wide table has."""
        return {one.table.name: one.width for one in self._tables if one.width}

    @property
    def index(self) -> Mapping[str, Lengths]:
        """Where each record's rows are, of the tables that were not laid aside."""
        return {} if any(one.was_aside for one in self._tables) else self._index

    @property
    def tables(self) -> tuple[Table, ...]:
        """The CSV files; once the draft is closed, as wide as they came to be."""
        return tuple(one.table for one in self._tables)

    @property
    def kinds(self) -> dict[str, dict[str, int]]:
        """How many rows, by table and by what they tell of; of those that are judged."""
        judged = {table.name for table in self.dataset.judged}
        return {one.table.name: dict(one.kinds) for one in self._tables if one.table.name in judged}

    @property
    def new_fields(self) -> tuple[str, ...]:
        """Fields that no table has a column for: the lossless file has them."""
        return tuple(sorted(self._new_fields))

    @property
    def gaps(self) -> tuple[str, ...]:
        """What the store withheld, each thing once and of how many records."""
        return tuple(
            words if number == 1 else f"{words} ({number:,} records)"
            for words, number in self._gaps.items()
        )

    def discard(self) -> None:
        """Forget all that was written."""
        for table in self._tables:
            table.discard()
        for _, file in self.files():
            file.staged.discard()

    def files(self) -> Iterator[tuple[str, PlainText]]:
        """Each file with its name below the day's folder."""
        for one in self._tables:
            yield table_file(one.table), one.text
        yield lossless_file(self.dataset.name), self._lossless
        for companion, file in self._companions.items():
            yield lossless_file(self.dataset.files[companion]), file

    def _open(self, name: str) -> PlainText:
        return PlainText(self._staging.open(0o600, self._now), packed=name.endswith(".gz"))
