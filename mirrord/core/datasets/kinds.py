"""What a row of the table of datasets can say: where the list is, how it is read, what hangs on it.

Values only. This room must never know how a request is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from mirrord.core.columns import Table
from mirrord.core.columns.tables import AnyTable
from mirrord.core.jsontext import Json
from mirrord.core.records import ID, TEXT_ID, Keys, Record

Query: TypeAlias = Mapping[str, str]


class Paging(StrEnum):
    """How the next page is asked for."""

    BY_ID = "id:greater"  # v3 catalog: all beyond the last id
    BY_MIN_ID = "min_id"  # v2: all from the id after the last one
    BY_CURSOR = "after"  # v3 customers, metafields: a cursor
    AFTER_LAST = "after the last"  # v3 channel listings: the cursor is the last one's own id
    NUMBERED = "page"  # by number: rows shift meanwhile, so that it is read until it holds still
    WHOLE = "whole"  # one answer has it all
    ONE = "one"  # one answer that is no list but a single thing

    @property
    def ascends(self) -> bool:
        """Whether records come in the order of their keys, each once."""
        return self in (Paging.BY_ID, Paging.BY_MIN_ID)


@dataclass(frozen=True, slots=True)
class Pass:
    """One more walk through a list, by a filter. ``keeps``: what a record is if that is at work.

    A store that ignores the filter gives other records too; then the walk ends, since all of it
    comes in the plain one.
    """

    query: Query
    keeps: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Since:
    """How a list is asked for what changed since a moment, and what says when a record did.

    Each of ``parameters`` takes an ISO 8601 time, and a walk of its own; ``field`` of a record is
    its own. ``ids`` is the query of a cheap listing of all ids, to find what vanished; None: none
    is cheaper than a full pull.
    """

    parameters: tuple[str, ...]
    field: str = "date_modified"
    ids: Query | None = None


class Standing(StrEnum):
    """How the store's own count sees a record."""

    COUNTED = "counted"
    MAYBE = "maybe"
    NOT = "not counted"


@dataclass(frozen=True, slots=True)
class Counting:
    """How the store says how many records it has, and which of them that number means."""

    path: str
    query: Query
    read: Callable[[Mapping[str, Json]], int]
    standing: Callable[[Record], Standing] = lambda _: Standing.COUNTED


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the API; ``path`` below ``/stores/HASH/``.

    ``sorting`` is what makes the store go by ids where it does not on its own. ``limit`` is the
    largest page; a full page of ``usual`` or more may have a next one, whatever it makes of our
    limit. Not all may be in the plain list: records leave those ``ahead`` for it, and it for those
    ``behind``, which only a list by ``min_id`` can have.
    """

    path: str
    paging: Paging
    query: Query = field(default_factory=dict)
    sorting: Query = field(default_factory=dict)
    keys: Keys = ID
    limit: int = 250
    ahead: tuple[Pass, ...] = ()
    behind: tuple[Pass, ...] = ()
    since: Since | None = None
    counting: Counting | None = None


@dataclass(frozen=True, slots=True)
class EachOf:
    """A list that is asked once for each record of another; ``{parent}`` in its path is that id.

    ``field`` tells where a record belongs; one that does not say so itself is told to.
    """

    parents: Listing
    field: str
    listing: Listing

    @property
    def keys(self) -> Keys:
        """What names a record: its parent and its own key; of a single thing the parent alone."""
        if self.listing.paging is Paging.ONE:
            return ID
        return Keys((self.field, *self.listing.keys.names))


@dataclass(frozen=True, slots=True)
class Singles:
    """Answers that are one thing each, such as settings: a record each, named by its path.

    ``queries``: what some of these paths want to be asked with.
    """

    paths: tuple[str, ...]
    queries: Mapping[str, Query] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Detail:
    """A list of one record that is asked for apart; ``{id}`` in its path is the record's id."""

    name: str
    path: str
    paging: Paging
    scope: str
    query: Query = field(default_factory=dict)
    needed: Callable[[Record], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Details:
    """What each record of the dataset ``of`` has besides, in some requests each.

    Asked only of records whose ``stamp`` is another than when they were asked, the newest first.
    """

    of: str
    stamp: str
    lists: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """The same list once more, for a few records at a time, for what makes pages small.

    ``names`` are arrays of the answer; each becomes a companion of that name.
    """

    names: tuple[str, ...]
    query: Query
    at_once: int
    needed: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Apart:
    """A list of its own for each record that needs it; ``{id}`` in path and query is its id."""

    name: str
    path: str
    query: Query
    needed: Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Names for the numbers in a record, out of another dataset: its companion ``name``.

    ``of`` is that dataset; ``by`` the field with the number, or a list of them; ``fields`` what is
    wanted of what is found; ``up`` the field by which it names the one above it, which comes too.
    """

    name: str
    of: str
    by: str
    fields: tuple[str, ...] = ("name",)
    up: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of records.

    ``scope`` is what the token's account needs, in the words that the control panel and the docs
    use. ``companions`` are written to lossless files of their own, by the file names in ``files``;
    ``lookups`` are names for the CSV files, which ``tables`` are. ``settles``: its records stay
    mostly as they are from day to day.
    """

    name: str
    source: Listing | EachOf | Singles | Details
    scope: str
    tables: tuple[AnyTable, ...] = ()
    companions: tuple[Again | Apart, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    settles: bool = True

    @property
    def judged(self) -> tuple[Table, ...]:
        """The tables by which a state is compared with earlier ones.

        None of a dataset that never settles, whose rows come and go, or fill up, by themselves.
        """
        tables = self.tables if self.settles else ()
        return tuple(one for one in tables if isinstance(one, Table) and one.compared)

    @property
    def keys(self) -> Keys:
        """What names a record in its lossless line."""
        if isinstance(self.source, Listing | EachOf):
            return self.source.keys
        return ID if isinstance(self.source, Details) else Keys(numbers=False)

    @property
    def companion_keys(self) -> Keys:
        """What names a line of a companion's file: the record's key, in the field ``id``."""
        return ID if self.keys.numbers and len(self.keys.names) == 1 else TEXT_ID

    @property
    def counting(self) -> Counting | None:
        """How the store counts it; None where the list itself proves that it is whole."""
        return self.source.counting if isinstance(self.source, Listing) else None

    @property
    def since(self) -> Since | None:
        """How it is asked for what changed; None where it is always pulled in full."""
        return self.source.since if isinstance(self.source, Listing) else None
