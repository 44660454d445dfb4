"""Listed against held: what to fetch, what to retire, what stands in the way.

A plan is an ordered iterator, made by one merge of two sorted streams, so that a million files
need no more memory than ten. Nothing is done here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from mirrord.core.entry import Entry, Held, Likeness, TreePath

_Left = TypeVar("_Left", Entry, Held)


class Why(StrEnum):
    """Why an entry is fetched."""

    NEW = "new"
    CHANGED = "changed"
    LOCAL = "missing or altered here"


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring the entry (a folder: make it); ``held`` is what we have at that place, if anything."""

    entry: Entry
    why: Why
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Retire:
    """Move what vanished from the store to old-versions/."""

    held: Held


@dataclass(frozen=True, slots=True)
class Clear:
    """Move a held file or folder out of the way of an entry of the other kind, then bring that."""

    held: Held
    entry: Entry


Action = Fetch | Retire | Clear


def make_plan(
    listed: Iterable[Entry],
    held: Iterable[Held],
    *,
    spared: Callable[[TreePath], bool],
    intact: Callable[[Held], bool],
) -> Iterator[Action]:
    """Merge a whole listing with all that is held, both ascending by path.

    ``spared`` tells which held paths may not be thought gone (below an unknown folder, excluded);
    ``intact`` whether what is held still lies on the disk as we left it. Raises ValueError where
    a stream is not ascending, since the merge would then invent vanished files.
    """
    theirs, ours = _ascending(listed), _ascending(held)
    entry, mine = next(theirs, None), next(ours, None)
    while entry is not None or mine is not None:
        if mine is None or (entry is not None and entry.path < mine.path):
            assert entry is not None  # noqa: S101  # for the type checker: one of the two is there
            yield Fetch(entry, Why.NEW)
            entry = next(theirs, None)
        elif entry is None or mine.path < entry.path:
            if not spared(mine.path):
                yield Retire(mine)
            mine = next(ours, None)
        else:
            yield from _meet(entry, mine, intact)
            entry, mine = next(theirs, None), next(ours, None)


def _meet(entry: Entry, mine: Held, intact: Callable[[Held], bool]) -> Iterator[Action]:
    if entry.kind is not mine.entry.kind:
        yield Clear(mine, entry)
    elif mine.likeness(entry) is Likeness.CHANGED:
        yield Fetch(entry, Why.CHANGED, mine)
    elif not intact(mine):
        yield Fetch(entry, Why.LOCAL, mine)


def _ascending(stream: Iterable[_Left]) -> Iterator[_Left]:
    last: TreePath | None = None
    for one in stream:
        if last is not None and one.path <= last:
            raise ValueError(f"not ascending: {last} before {one.path}")
        last = one.path
        yield one
