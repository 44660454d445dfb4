"""What a record lacks until it is asked for apart: options, long lists of lines.

The companions of a batch of records are fetched and hung on them. A companion that the store no
longer has (404) leaves a gap that the record names; it never costs the record itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mirrord.core.datasets.kinds import (
    Again,
    Apart,
    Dataset,
    Listing,
    Paging,
)
from mirrord.core.records import Key, Record, parts
from mirrord.source.answers import NotFound, PageTooLarge
from mirrord.source.pages import walk
from mirrord.source.portions import Ask, page_of


class Companions:
    """The companions of one pull."""

    def __init__(self, ask: Ask, dataset: Dataset) -> None:
        self._ask = ask
        self._dataset = dataset

    def hung_on(self, records: Sequence[Record]) -> Iterator[Record]:
        """The same records, in the same order, each with its companions."""
        for companion in self._dataset.companions:
            if isinstance(companion, Again):
                records = self._again(companion, records)
            else:
                records = [self._apart(companion, record) for record in records]
        yield from records

    def _again(self, companion: Again, records: Sequence[Record]) -> Sequence[Record]:
        listing = self._dataset.source
        if not isinstance(listing, Listing):
            return records
        wanted = [record.id for record in records if companion.needed(record)]
        found: dict[Key, Record] = {}
        for start in range(0, len(wanted), companion.at_once):
            some = wanted[start : start + companion.at_once]
            found.update((record.id, record) for record in self._some(companion, listing, some))
        asked = frozenset(wanted)
        return [
            _with_parts(record, companion.names, found.get(record.id))
            if record.id in asked
            else record
            for record in records
        ]

    def _some(self, companion: Again, listing: Listing, some: Sequence[Key]) -> tuple[Record, ...]:
        """These records once more; in halves where all at once are too large."""
        query = {"id:in": ",".join(map(str, some)), "limit": str(companion.at_once)}
        try:
            text = self._ask(listing.path, {**companion.query, **query})
            return page_of(text, listing.path, listing).records
        except PageTooLarge:
            if len(some) == 1:
                raise
            half = len(some) // 2
            parts = (some[:half], some[half:])
            return tuple(one for part in parts for one in self._some(companion, listing, part))

    def _apart(self, companion: Apart, record: Record) -> Record:
        if not companion.needed(record):
            return record
        number = str(record.id)
        query = {name: value.format(id=number) for name, value in companion.query.items()}
        listing = Listing(companion.path.format(id=number), Paging.NUMBERED, query=query)
        try:
            lines = tuple(walk(self._ask, listing))
        except NotFound:
            return _without(record, companion.name)
        return _with(record, companion.name, lines)


def _with_parts(record: Record, names: Sequence[str], found: Record | None) -> Record:
    for name in names:
        if found is None or name not in found.fields:
            record = _without(record, name)
        else:
            record = _with(record, name, parts(found, name))
    return record


def _with(record: Record, name: str, companion: tuple[Record, ...]) -> Record:
    return replace(record, companions={**record.companions, name: companion})


def _without(record: Record, name: str) -> Record:
    return replace(record, gaps=(*record.gaps, f"the store did not give the {name}"))
