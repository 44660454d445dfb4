"""The CSV columns of each dataset, exactly BigCommerce's own, in their order.

One room a file that people get: products, customers, orders, images. The names are those of the
control panel's exports, so that a file looks familiar and can be imported again. What a column
can not hold stands in the lossless file; a column that we can not fill says why, in its table.
These rooms must never alter a value to make it look better: see :mod:`.forms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from mirrord.core.records import Record

Row: TypeAlias = tuple[str, ...]
Facts: TypeAlias = Mapping[str, int]
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
    """

    name: str
    columns: Row
    rows: Callable[[Record], Iterator[Row]]
    not_filled: Mapping[str, str] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()

    def counts(self, _record: Record) -> Facts:
        """Nothing: this table is as wide whatever the records hold."""
        return {}

    def sized(self, _facts: Facts) -> Table:
        """Itself."""
        return self


@dataclass(frozen=True, slots=True)
class Wide:
    """A CSV file with numbered groups of columns: as many as the record with the most needs.

    The heading stands before the first row, so all records are seen twice: ``counts`` of each
    gives how many it has of what, the largest of them (:func:`largest`) are the facts that
    ``sized`` makes a table of, whose rows are then written.
    """

    name: str
    counts: Callable[[Record], Facts]
    sized: Callable[[Facts], Table]


def largest(facts: Facts, more: Facts) -> Facts:
    """Of each count the larger one."""
    return {**facts, **{name: max(n, facts.get(name, 0)) for name, n in more.items()}}


def one_row_each(
    name: str,
    cells: Mapping[str, Callable[[T], str] | NotFilled],
    view: Callable[[Record], T],
) -> Table:
    """A table with one row a record; ``view`` makes of a record what the cells read."""

    def rows(record: Record) -> Iterator[Row]:
        seen = view(record)
        yield tuple("" if isinstance(cell, NotFilled) else cell(seen) for cell in cells.values())

    reasons = {column: cell.reason for column, cell in cells.items() if isinstance(cell, NotFilled)}
    return Table(name, tuple(cells), rows, reasons)
