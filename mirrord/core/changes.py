"""What changed between two pulls of a dataset, and how to go back.

Both pulls come as lines ``(id, text)`` in ascending order of their ids and are merged side by
side, so that a million orders need the memory of two. This room must never guess: lines out of
order, or changes that do not fit the pull they are undone from, are errors.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from mirrord.core.records import Key, order

Line: TypeAlias = tuple[Key, str]
L = TypeVar("L")
R = TypeVar("R")


class Kind(StrEnum):
    """What became of a record from one pull to the next."""

    APPEARED = "appeared"
    CHANGED = "changed"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Change:
    """One record's old and new text; None where it was not there. Equal texts: ValueError."""

    id: Key
    old: str | None
    new: str | None

    def __post_init__(self) -> None:
        if self.old == self.new:
            raise ValueError(f"record {self.id} did not change")

    @property
    def kind(self) -> Kind:
        """Appeared, changed or vanished."""
        if self.old is None:
            return Kind.APPEARED
        return Kind.VANISHED if self.new is None else Kind.CHANGED

    def turned(self) -> Change:
        """The same, the other way round."""
        return Change(self.id, self.new, self.old)


def changes(old: Iterable[Line], new: Iterable[Line]) -> Iterator[Change]:
    """All that differs, in ascending order of ids.

    Raises ValueError where a side does not ascend strictly.
    """
    for number, before, after in side_by_side(old, new):
        if before != after:
            yield Change(number, before, after)


def undo(new: Iterable[Line], made: Iterable[Change]) -> Iterator[Line]:
    """The old pull exactly, from the new one and the changes that led to it.

    Raises ValueError where the changes do not belong to this pull.
    """
    keyed = ((change.id, change) for change in made)
    for number, text, change in side_by_side(new, keyed):
        if change is None:
            yield number, text or ""
            continue
        if change.new != text:
            raise ValueError(f"the change of record {number} does not belong to this pull")
        if change.old is not None:
            yield number, change.old


def redo(old: Iterable[Line], made: Iterable[Change]) -> Iterator[Line]:
    """The new pull exactly, from the old one and the changes that led from it.

    Raises ValueError where the changes do not belong to this pull.
    """
    return undo(old, (change.turned() for change in made))


def compose(pulls: Sequence[Iterable[Change]]) -> Iterator[Change]:
    """What the changes of several pulls, the oldest first, come to: from before them to after.

    Raises ValueError where one does not begin with what the one before it ended with.
    """
    first: Change | None = None
    last: Change | None = None
    numbered = [((change, place) for change in pull) for place, pull in enumerate(pulls)]
    for change, _ in heapq.merge(*numbered, key=lambda one: (order(one[0].id), one[1])):
        if first is not None and last is not None and first.id == change.id:
            if last.new != change.old:
                raise ValueError(f"two changes of record {change.id} do not belong together")
            last = change
            continue
        yield from _between(first, last)
        first = last = change
    yield from _between(first, last)


def _between(first: Change | None, last: Change | None) -> Iterator[Change]:
    if first is not None and last is not None and first.old != last.new:
        yield Change(first.id, first.old, last.new)


def side_by_side(
    left: Iterable[tuple[Key, L]], right: Iterable[tuple[Key, R]]
) -> Iterator[tuple[Key, L | None, R | None]]:
    """Each key with what either side has of it. ValueError where a side does not ascend."""
    lefts, rights = _ascending(left), _ascending(right)
    a, b = next(lefts, None), next(rights, None)
    while a is not None or b is not None:
        number = min((side[0] for side in (a, b) if side is not None), key=order)
        mine: L | None = None
        theirs: R | None = None
        if a is not None and a[0] == number:
            mine, a = a[1], next(lefts, None)
        if b is not None and b[0] == number:
            theirs, b = b[1], next(rights, None)
        yield number, mine, theirs


def _ascending(stream: Iterable[tuple[Key, L]]) -> Iterator[tuple[Key, L]]:
    last: Key | None = None
    for number, value in stream:
        if last is not None and order(number) <= order(last):
            raise ValueError(f"record {number} comes after record {last}; ids must ascend")
        last = number
        yield number, value
