"""What a record lacks until it is asked for apart: options, long lists of lines, names.

The companions of a batch of records are fetched and hung on them. A companion that the store no
longer has (404) leaves a gap that the record names; it never costs the record itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mirrord.core.datasets import Again, Apart, Dataset, Lookup
from mirrord.core.records import Record, parts
from mirrord.source.answers import NotFound
from mirrord.source.pages import Ask, numbered, read


class Companions:
    """The companions of one pull; remembers the short lists that it looked up."""

    def __init__(self, ask: Ask, dataset: Dataset) -> None:
        self._ask = ask
        self._dataset = dataset
        self._known: dict[str, Mapping[int, Record]] = {}

    def hung_on(self, records: Sequence[Record]) -> Iterator[Record]:
        """The same records, in the same order, each with its companions."""
        for companion in self._dataset.companions:
            if isinstance(companion, Again):
                records = self._again(companion, records)
            elif isinstance(companion, Apart):
                records = [self._apart(companion, record) for record in records]
            else:
                records = [self._looked_up(companion, record) for record in records]
        yield from records

    def _again(self, companion: Again, records: Sequence[Record]) -> Sequence[Record]:
        wanted = [record.id for record in records if companion.needed(record)]
        found: dict[int, Mapping[str, tuple[Record, ...]]] = {}
        for start in range(0, len(wanted), companion.at_once):
            some = wanted[start : start + companion.at_once]
            query = {"id:in": ",".join(map(str, some)), "limit": str(companion.at_once)}
            page = read(self._ask, self._dataset.path, {**companion.query, **query})
            for record in page.records:
                found[record.id] = {name: parts(record, name) for name in companion.names}
        asked = set(wanted)
        return [_with(record, found.get(record.id), record.id in asked) for record in records]

    def _apart(self, companion: Apart, record: Record) -> Record:
        if not companion.needed(record):
            return record
        number = str(record.id)
        query = {name: value.format(id=number) for name, value in companion.query.items()}
        try:
            lines = tuple(numbered(self._ask, companion.path.format(id=number), query))
        except NotFound:
            return _with(record, None, was_asked=True)
        return _with(record, {companion.name: lines}, was_asked=True)

    def _looked_up(self, companion: Lookup, record: Record) -> Record:
        if companion.name not in self._known:
            listed = numbered(self._ask, companion.path, {})
            self._known[companion.name] = {one.id: one for one in listed}
        number = record.fields.get(companion.by)
        one = self._known[companion.name].get(number) if isinstance(number, int) else None
        return record if one is None else _with(record, {companion.name: (one,)}, was_asked=True)


def _with(
    record: Record, found: Mapping[str, tuple[Record, ...]] | None, was_asked: bool
) -> Record:
    """Hang what was found on the record; asked for and not found is a gap."""
    if found is not None:
        return replace(record, companions={**record.companions, **found})
    if not was_asked:
        return record
    gap = f"record {record.id}: the store no longer has what was asked for apart"
    return replace(record, gaps=(*record.gaps, gap))
