"""Whether a dataset looks damaged: too much of one column worse now than within a day.

Every pull leaves what it changed, so that the changes of a day hold, for each record that was
touched, all that it was; nothing else has to be read. Many small steps count as the one blow that
they come to. They are merged record by record: the memory is that of one record and of the
counts. This room must never say that a state is wrong, only that a person should look.

What raises it and is meant: another text in a column of over a fifth of the products within a day
(new descriptions, a repricing of the whole shop, meta descriptions for all), a clearing-out of
more than a tenth of the rows, a whole shop set out of stock.
"""

from bisect import insort_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from operator import itemgetter

from mirrord.core.cells import Column, Harm, Version, count_of, marks
from mirrord.core.changes import Change
from mirrord.core.columns import Row, Table
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.jsontext import Json
from mirrord.core.records import Key, Record, parts, read_object

#: So many records are named to begin to look at.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be worse without a look: these shares of the rows, or less than a number.

    ``cells`` is the share of one column's, where they are at least ``least``; ``rows`` that of the
    rows which are gone, where they are at least ``floor``.
    """

    cells: float = 0.20
    rows: float = 0.10
    floor: int = 20
    least: int = 30

    @property
    def eased(self) -> "Limits":
        """A tenth: what is below is mended, but for what a shop's day brings."""
        return replace(self, cells=self.cells / 10, rows=self.rows / 10)

    def over(self, harm: Harm, count: int, of: int) -> bool:
        """Whether so many of so many rows are too many."""
        if harm is Harm.GONE:
            return count >= self.floor and count > self.rows * of
        return count >= self.least and count > self.cells * of


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Told:
    """What one pull, by its place among those that are compared, says of one record.

    ``part`` is the companion that changed, ``""`` for the record itself.
    """

    pull: int
    part: str
    change: Change


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One column of which too much is worse: ``count`` of ``of`` rows.

    ``since`` is the pull that saw the first of it, by its place; ``ids`` are three records of
    those, fewer where there are not as many.
    """

    column: Column
    harm: Harm
    count: int
    of: int
    since: int
    ids: tuple[str, ...]


class Tally:
    """The changes of several pulls, counted: how much is worse now than before each of them.

    ``rows`` is how many rows there are now, by table and kind. The changes come together by
    record, and by pull within each.
    """

    def __init__(
        self,
        dataset: Dataset,
        pulls: int,
        told: Iterable[Told],
        rows: Mapping[tuple[str, str], int],
    ) -> None:
        self._pulls = pulls
        self._rows = rows
        self._grown: defaultdict[tuple[str, str], _Steps] = defaultdict(lambda: _Steps(pulls))
        self._worse: defaultdict[tuple[Column, Harm], _Steps] = defaultdict(lambda: _Steps(pulls))
        for key, ones in groupby(told, key=lambda one: one.change.id):
            self._add(dataset, key, list(ones))

    def suspicions(
        self, limits: Limits, first: Callable[[Column], int] = lambda _: 0
    ) -> tuple[Suspicion, ...]:
        """One for each column at most, the worst harm of it; sorted.

        ``first`` tells from which pull on a column's changes count.
        """
        found: dict[Column, Suspicion] = {}
        for column, harm in sorted(
            self._worse, key=lambda pair: (pair[0], list(Harm).index(pair[1]))
        ):
            if column not in found:
                for one in self._judge(column, harm, limits, first(column)):
                    found[column] = one
        return tuple(found.values())

    def _judge(self, column: Column, harm: Harm, limits: Limits, first: int) -> Iterator[Suspicion]:
        now = self._rows.get((column.table, column.kind), 0)
        before = (now - more for more in self._grown[column.table, column.kind].sums())
        steps = self._worse[column, harm]
        over = [
            (count, pull, max(rows, now))
            for pull, (count, rows) in enumerate(zip(steps.sums(), before, strict=True))
            if pull >= first and limits.over(harm, count, max(rows, now))
        ]
        if over:
            # of equal ones the last: nothing of it came before
            count, pull, of = max(over)
            yield Suspicion(column, harm, count, of, pull, steps.named(pull))

    def _add(self, dataset: Dataset, key: Key, told: Sequence[Told]) -> None:
        versions = list(_versions(dataset, key, told, self._pulls))
        for place, table in enumerate(dataset.judged):
            *past, (_, _, tables) = versions
            now = tables[place]
            ones = [Version(start, end, tables[place]) for start, end, tables in past]
            kinds = {
                table.kind_of(row) for rows in (now, *(one.rows for one in ones)) for row in rows
            }
            for kind in kinds:
                left = count_of(table, kind, now)
                for one in ones:
                    more = left - count_of(table, kind, one.rows)
                    if more:
                        self._grown[table.name, kind].add(one.start, one.end, more, "")
            for column, harm, start, end, count in marks(table, ones, now):
                self._worse[column, harm].add(start, end, count, str(key))


def may_be(
    told: int, rows: Mapping[tuple[str, str], int], tables: Sequence[Table], limits: Limits
) -> bool:
    """Whether so many changes of records that were there can be too many, however they lie.

    Only tables of one row a record say so without being looked at.
    """
    if not all(table.single for table in tables):
        return True
    of = min((rows.get((table.name, ""), 0) for table in tables), default=0)
    return any(limits.over(harm, told, of) for harm in Harm)


class _Steps:
    """Counts over ranges of pulls, and of each range some records to name."""

    __slots__ = ("_named", "_steps")

    def __init__(self, pulls: int) -> None:
        self._steps = [0] * (pulls + 1)
        self._named: dict[int, list[tuple[int, str]]] = {}

    def add(self, start: int, end: int, count: int, name: str) -> None:
        """Count in the pulls from ``start`` to ``end`` - 1."""
        self._steps[start] += count
        self._steps[end] -= count
        named = self._named.setdefault(start, [])
        there = next((place for place, (_, other) in enumerate(named) if other == name), None)
        if there is not None:
            end = max(end, named.pop(there)[0])
        insort_left(named, (end, name), key=itemgetter(0))
        # those that reach furthest name as many as there are, wherever one looks
        del named[:-_NAMED]

    def sums(self) -> Iterator[int]:
        """The count of each pull."""
        return accumulate(self._steps[:-1])

    def named(self, pull: int) -> tuple[str, ...]:
        """Some that count there, three if there are as many."""
        found = {
            name
            for start, named in self._named.items()
            if start <= pull
            for end, name in named
            if end > pull
        }
        return tuple(sorted(found, key=lambda name: (len(name), name))[:_NAMED])


def _versions(
    dataset: Dataset, key: Key, told: Sequence[Told], pulls: int
) -> Iterator[tuple[int, int, tuple[tuple[Row, ...], ...]]]:
    """A record's rows, table by table, and in which states they stood so; the last is now.

    What no pull tells of did not change, and is left out of all of them alike.
    """
    state = {one.part: one.change.old for one in reversed(told)}
    start = 0
    for pull, ones in groupby(told, key=lambda one: one.pull):
        # the state before a pull is the one that it compares with
        yield start, pull + 1, _rows(dataset, key, state)
        state |= {one.part: one.change.new for one in ones}
        start = pull + 1
    yield start, pulls, _rows(dataset, key, state)


def _rows(
    dataset: Dataset, key: Key, state: Mapping[str, str | None]
) -> tuple[tuple[Row, ...], ...]:
    text = state.get("", "{}")
    if text is None:
        return tuple(() for _ in dataset.judged)
    fields: Mapping[str, Json] = read_object(text, f"record {key}")
    companions = {
        part: parts(Record(key, own, {}), part) for part, own in state.items() if part and own
    }
    record = Record(key, text, fields, companions)
    return tuple(tuple(table.rows(record)) for table in dataset.judged)
