"""The CSV columns of each dataset, exactly BigCommerce's own, in their order.

One room a file that people get: products, customers, orders, images. The names are those of the
control panel's exports, so that a file looks familiar and can be imported again. What a column
can not hold stands in the lossless file; a column that we can not fill says why, in its table.
These rooms must never alter a value to make it look better: see :mod:`.forms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from mirrord.core.records import Record

Row: TypeAlias = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NotFilled:
    """Stands in a table for a column that stays empty, and says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file: ``<name>.csv``.

    ``rows`` gives a record's rows, each as long as ``columns``. ``not_filled`` gives for each
    column that is always empty the reason, for the receipt and for `coverage`. ``cuts`` says in
    words what has no column because there would be too many of them.

    The rest is for comparing two states. ``kind`` is the column that says what a row tells of,
    where a record has rows of several kinds; ``named_by`` the one that tells the rows of a record
    apart; ``single`` says that a record has one row, always. ``volatile`` columns change by
    themselves, many at once, in a shop where all is well. Of tables that say the same in other
    words one is ``compared``.
    """

    name: str
    columns: Row
    rows: Callable[[Record], Iterator[Row]]
    not_filled: Mapping[str, str] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()
    kind: str = ""
    named_by: str = ""
    volatile: frozenset[str] = frozenset()
    single: bool = False
    compared: bool = True

    def kind_of(self, row: Row) -> str:
        """What a row tells of; ``""`` where all rows are of one kind."""
        return row[self.columns.index(self.kind)] if self.kind else ""

    def wanted(self, _record: Record) -> int:
        """No group: this table is as wide whatever the records hold."""
        return 0

    def sized(self, _groups: int) -> Table:
        """Itself."""
        return self


@dataclass(frozen=True, slots=True)
class Wide:
    """A CSV file with numbered groups of columns: as many as the record with the most has.

    ``head``, ``group`` and ``tail`` are its columns; ``most`` is the largest number of groups.
    ``ragged`` gives a record's rows with only the groups that each has, ``wanted`` how many the
    record would have; ``cut`` says in words, with ``{}`` for that number, what had too many.

    The heading stands before the first row, so that the largest number must be known first:
    either from a look at all records, for :meth:`sized`, or from ragged rows that were laid aside
    and are then :meth:`padded`.
    """

    name: str
    head: Row
    group: Row
    tail: Row
    most: int
    ragged: Callable[[Record], Iterator[Row]]
    wanted: Callable[[Record], int]
    cut: str
    not_filled: Mapping[str, str] = field(default_factory=dict)

    def sized(self, groups: int) -> Table:
        """The table with so many groups, one at the least."""
        held = min(max(groups, 1), self.most)
        numbered = (f"{name} - {n}" for n in range(1, held + 1) for name in self.group)
        columns = (*self.head, *numbered, *self.tail)
        cuts = (self.cut.format(f"{groups:,}"),) if groups > self.most else ()

        def rows(record: Record) -> Iterator[Row]:
            return (self.padded(row, len(columns)) for row in self.ragged(record))

        return Table(self.name, columns, rows, self.not_filled, cuts)

    def padded(self, row: Sequence[str], width: int) -> Row:
        """The row with its missing groups left empty."""
        place = len(row) - len(self.tail)
        return (*row[:place], *[""] * (width - len(row)), *row[place:])


def one_row_each(
    name: str,
    cells: Mapping[str, Callable[[T], str] | NotFilled],
    view: Callable[[Record], T],
    volatile: frozenset[str] = frozenset(),
) -> Table:
    """A table with one row a record; ``view`` makes of a record what the cells read."""

    def rows(record: Record) -> Iterator[Row]:
        seen = view(record)
        yield tuple("" if isinstance(cell, NotFilled) else cell(seen) for cell in cells.values())

    reasons = {column: cell.reason for column, cell in cells.items() if isinstance(cell, NotFilled)}
    return Table(name, tuple(cells), rows, reasons, volatile=volatile, single=True)
