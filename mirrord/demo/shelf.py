"""A shop's records that are made when they are asked for, and forgotten again.

A shelf looks like a mapping of records by id. What is put on it stays; all else follows from its
number. A list is chosen and sorted over light rows, once for each choice, and kept as numbers.
This room must never know what a record is: a maker does.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mirrord.demo.answer import Ready
from mirrord.demo.filters import Test, chosen
from mirrord.demo.paging import Sorting
from mirrord.demo.shapes import Record

MOST_CHOICES = 6
"""So many choices are kept as numbers, eight bytes a row."""


class Numbering(Protocol):
    """Which ids there are."""

    @property
    def count(self) -> int:
        """How many records are made."""

    def id_of(self, n: int) -> int:
        """The n-th record's id; ascending."""

    def number_of(self, row_id: int) -> int | None:
        """Which record has this id, None for a hole."""

    def since(self, moment: datetime) -> int:
        """Before this number no record was made or changed at the moment or later."""


class Maker(Protocol):
    """Makes the n-th record; ``light`` is what filters and sorting look at."""

    def light(self, n: int) -> Record:
        """The n-th record's plain fields, dates as such."""

    def light_of(self, record: Any) -> Record:
        """The same of a record that was put there."""

    def make(self, n: int) -> Any:
        """The n-th record, whole."""

    def written(self, n: int, name: Hashable, show: Callable[[Any], Any]) -> Ready:
        """What ``show`` makes of it, as JSON; ``name`` stands for ``show``."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants of a list.

    ``name`` tells the tests from others. ``low`` and ``high`` are ids, both included; ``some``
    names ids of which alone they may be, and no row passes that was last
    changed before ``since``.
    """

    name: Hashable
    tests: list[Test]
    sorting: Sorting
    low: int | None = None
    high: int | None = None
    some: frozenset[int] | None = None
    since: datetime | None = None

    def fits(self, row: Record) -> bool:
        """Whether the id is one of those that may be."""
        return (
            (self.some is None or row["id"] in self.some)
            and (self.low is None or row["id"] >= self.low)
            and (self.high is None or row["id"] <= self.high)
        )


def found(rows: Mapping[int, Any], light: Callable[[Any], Record], asked: Asked) -> Sequence[int]:
    """The ids of the rows that were asked for, sorted."""
    if isinstance(rows, Shelf):
        return rows.found(asked)
    fitting = chosen(map(light, rows.values()), [asked.fits, *asked.tests])
    return [row["id"] for row in asked.sorting.sort(fitting)]


class Shelf(MutableMapping[int, Any]):
    """Records by id. One that is taken off is a copy: a change of it counts once it is put back."""

    def __init__(self, maker: Maker, numbers: Numbering) -> None:
        self._maker, self._numbers = maker, numbers
        self._put: dict[int, Any] = {}
        self._gone: set[int] = set()
        self._choices: dict[Hashable, array[int]] = {}
        self._patched: dict[Hashable, array[int]] = {}
        self._tallies: dict[str, Counter[Any]] = {}

    def __getitem__(self, row_id: int) -> Any:
        if row_id in self._put:
            return self._put[row_id]
        return self._maker.make(self._number(row_id))

    def __setitem__(self, row_id: int, record: Any) -> None:
        self._patched.clear()
        self._gone.discard(row_id)
        self._put[row_id] = record

    def __delitem__(self, row_id: int) -> None:
        if row_id not in self:
            raise KeyError(row_id)
        self._patched.clear()
        self._put.pop(row_id, None)
        self._gone.add(row_id)

    def __contains__(self, row_id: object) -> bool:
        if not isinstance(row_id, int) or row_id in self._gone:
            return False
        return row_id in self._put or self._numbers.number_of(row_id) is not None

    def __iter__(self) -> Iterator[int]:
        return iter(self.found(Asked("all", [], Sorting("id"))))

    def __len__(self) -> int:
        made = sum(self._numbers.number_of(row_id) is not None for row_id in self._touched())
        return self._numbers.count - made + len(self._put)

    def first(self, count: int) -> list[int]:
        """The first ids that were made."""
        return [self._numbers.id_of(n) for n in range(min(count, self._numbers.count))]

    def written(self, row_id: int, name: Hashable, show: Callable[[Any], Any]) -> Any:
        """What ``show`` makes of the record, written already where it was not put there."""
        if row_id in self._put:
            return show(self._put[row_id])
        return self._maker.written(self._number(row_id), name, show)

    def tally(self, field: str, counts: Test) -> Counter[Any]:
        """How many rows that count have which value; ``counts`` must be the same every time."""
        maker = self._maker
        if field not in self._tallies:
            rows = map(maker.light, range(self._numbers.count))
            self._tallies[field] = Counter(row[field] for row in rows if counts(row))
        told = Counter(self._tallies[field])
        numbers = (self._numbers.number_of(row_id) for row_id in self._touched())
        gone = [maker.light(n) for n in numbers if n is not None]
        told.subtract(row[field] for row in gone if counts(row))
        told.update(row[field] for row in map(maker.light_of, self._put.values()) if counts(row))
        return told

    def found(self, asked: Asked) -> Sequence[int]:
        """The ids of the rows that were asked for, sorted."""
        if asked.some is not None:
            held = (self._light(row_id) for row_id in asked.some if row_id in self)
            return [
                row["id"] for row in asked.sorting.sort(chosen(held, [asked.fits, *asked.tests]))
            ]
        by = asked.sorting.field
        tests = asked.tests if by == "id" else [asked.fits, *asked.tests]
        name = (asked.name, by, None if by == "id" else (asked.low, asked.high))
        if name not in self._patched:
            first = 0 if asked.since is None else self._numbers.since(asked.since)
            self._patched[name] = self._patch(self._choice(name, tests, by, first), tests, by)
        ids = memoryview(self._patched[name])
        if by == "id":
            low = 0 if asked.low is None else bisect_left(ids, asked.low)
            high = len(ids) if asked.high is None else bisect_right(ids, asked.high)
            ids = ids[low : max(low, high)]
        return ids[::-1] if asked.sorting.descending else ids

    def _choice(self, name: Hashable, tests: list[Test], by: str, first: int) -> array[int]:
        """The ids of the made rows that pass, upwards by the field; kept."""
        if name not in self._choices:
            rows = map(self._maker.light, range(first, self._numbers.count))
            ids = array("q", [row["id"] for row in rows if all(test(row) for test in tests)])
            if by != "id":
                ids = array("q", sorted(ids, key=lambda row_id: self._made(row_id)[by]))
            while len(self._choices) >= MOST_CHOICES:
                self._choices.pop(next(iter(self._choices)))
            self._choices[name] = ids
        return self._choices[name]

    def _patch(self, ids: array[int], tests: list[Test], by: str) -> array[int]:
        """The choice as it is now that some records were put or taken away."""
        if not self._put and not self._gone:
            return ids
        ids = array("q", ids)
        for row_id in self._touched():
            number = self._numbers.number_of(row_id)
            if number is not None and all(test(self._made(row_id)) for test in tests):
                place = (self._made(row_id)[by], row_id)
                del ids[bisect_left(ids, place, key=lambda one: (self._made(one)[by], one))]
        fresh = chosen(map(self._maker.light_of, self._put.values()), tests)
        for row in fresh:
            insort(ids, row["id"], key=lambda one: (self._light(one)[by], one))
        return ids

    def _touched(self) -> set[int]:
        return self._gone | self._put.keys()

    def _light(self, row_id: int) -> Record:
        if row_id in self._put:
            return self._maker.light_of(self._put[row_id])
        return self._made(row_id)

    def _made(self, row_id: int) -> Record:
        """As it was made, whatever became of it."""
        number = self._numbers.number_of(row_id)
        if number is None:
            raise KeyError(row_id)
        return self._maker.light(number)

    def _number(self, row_id: int) -> int:
        number = None if row_id in self._gone else self._numbers.number_of(row_id)
        if number is None:
            raise KeyError(row_id)
        return number
