"""What became of a record's cells and rows from version to version.

A state is compared with what is there now, and only what is worse now counts: a cell that is what
it was still earlier is no damage, it is a change that was taken back. This room must never judge
how much is too much.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from mirrord.core.columns import Row, Table

_ZERO = re.compile(r"(?:-?0+(?:\.0*)?)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Harm(StrEnum):
    """What is worse now than it was, from worst to least."""

    EMPTIED = "emptied"
    SHRANK = "shrank"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """A column of a table, of the rows of one kind; without a ``name``: those rows themselves."""

    table: str
    kind: str = ""
    name: str = ""

    def __str__(self) -> str:
        """As it is remembered: ``products/Product/Description``."""
        return f"{self.table}/{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Version:
    """A record's rows in one table, as they stood in the states ``start`` to ``end`` - 1."""

    start: int
    end: int
    rows: Sequence[Row]


#: Whether harm befell a cell: what it was, what it is now, and what it was still earlier.
_Befell: TypeAlias = Callable[[str, str, Sequence[str]], bool]

#: One thing that is worse now than in the states ``start`` to ``end`` - 1: column, harm, start,
#: end, and of how many rows.
Mark: TypeAlias = tuple[Column, Harm, int, int, int]


def is_empty(cell: str) -> bool:
    """Nothing, or a zero.

    The store writes 0 where nothing is set (a brand, a sale price, a weight, a tax class), and an
    import that finds no number leaves one behind; a stock of 0 can not be sold, which hurts as
    much when it befalls a whole shop within a day.
    """
    return _ZERO.fullmatch(cell.strip()) is not None


def has_shrunk(old: str, new: str) -> bool:
    """Whether a text has lost more than half of its characters; a number has no length."""
    return len(new) * 2 < len(old) and not _NUMBER.fullmatch(old)


def partners(table: Table, old: Sequence[Row], new: Sequence[Row]) -> list[Row | None]:
    """For each new row the one that it was, None for one that has come.

    Rows belong together by their own name, or by being equal where they have none; those of a kind
    that are left over, by their order: what was made anew is compared with what it replaces.
    """
    at = table.columns.index(table.named_by) if table.named_by else None

    def name_of(row: Row) -> tuple[str, Hashable]:
        return table.kind_of(row), row if at is None else row[at]

    named: defaultdict[tuple[str, Hashable], deque[int]] = defaultdict(deque)
    for place, row in enumerate(old):
        named[name_of(row)].append(place)
    same = [places.popleft() if (places := named[name_of(row)]) else None for row in new]
    left: defaultdict[str, deque[Row]] = defaultdict(deque)
    for place in sorted(place for places in named.values() for place in places):
        left[table.kind_of(old[place])].append(old[place])
    found: list[Row | None] = []
    for row, at_old in zip(new, same, strict=True):
        rest = left[table.kind_of(row)]
        found.append(old[at_old] if at_old is not None else rest.popleft() if rest else None)
    return found


def marks(table: Table, versions: Sequence[Version], now: Sequence[Row]) -> Iterator[Mark]:
    """All that is worse in one record's rows ``now`` than in its earlier versions, by time."""
    yield from _fallen(table, versions, now)
    paired = [partners(table, one.rows, now) for one in versions]
    for place, row in enumerate(now):
        past = [
            (one.start, one.end, old)
            for one, found in zip(versions, paired, strict=True)
            if (old := found[place]) is not None
        ]
        if any(old != row for _, _, old in past):
            yield from _worse(table, past, row)


def _worse(table: Table, past: Sequence[tuple[int, int, Row]], row: Row) -> Iterator[Mark]:
    kind = table.kind_of(row)
    for place, name in enumerate(table.columns):
        cell = row[place]
        if name in (table.kind, table.named_by) or all(old[place] == cell for _, _, old in past):
            continue
        column = Column(table.name, kind, name)
        harms: list[tuple[Harm, _Befell]] = [(Harm.EMPTIED, _emptied)]
        if name not in table.volatile:
            harms += [(Harm.SHRANK, _shrank), (Harm.CHANGED, _changed)]
        for harm, befell in harms:
            earlier: list[str] = []
            for start, end, old in past:
                if befell(old[place], cell, earlier):
                    yield column, harm, start, end, 1
                earlier.append(old[place])


def _emptied(was: str, now: str, earlier: Sequence[str]) -> bool:
    return is_empty(now) and not is_empty(was) and not any(map(is_empty, earlier))


def _shrank(was: str, now: str, earlier: Sequence[str]) -> bool:
    return not is_empty(now) and has_shrunk(was, now) and now not in earlier


def _changed(was: str, now: str, earlier: Sequence[str]) -> bool:
    return was != now and now not in earlier


def _fallen(table: Table, versions: Sequence[Version], now: Sequence[Row]) -> Iterator[Mark]:
    for kind in sorted({table.kind_of(row) for one in versions for row in one.rows}):
        left = count_of(table, kind, now)
        least = None
        for one in versions:
            had = count_of(table, kind, one.rows)
            least = had if least is None else min(least, had)
            if least > left:
                yield Column(table.name, kind), Harm.GONE, one.start, one.end, least - left


def count_of(table: Table, kind: str, rows: Sequence[Row]) -> int:
    """How many of the rows are of a kind."""
    return sum(table.kind_of(row) == kind for row in rows)
