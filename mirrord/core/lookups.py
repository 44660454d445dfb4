"""Names for the numbers in records: a customer's group, a product's brand and categories. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mirrord.core.datasets.kinds import Lookup
from mirrord.core.jsontext import Json
from mirrord.core.records import Key, Record, order

_DEEPEST = 20  # a tree of categories has 8 levels; a circle must not hold us up


class Names:
    """What can be looked up for one dataset.

    ``known`` gives for each lookup's name the records of the other dataset; only their wanted
    fields are kept, so that tens of thousands fit in memory.
    """

    def __init__(self, lookups: Iterable[Lookup], known: Mapping[str, Iterable[Record]]) -> None:
        self._lookups = tuple(lookups)
        self._known: dict[str, dict[Key, Record]] = {
            one.name: {record.id: _slim(record, one.fields) for record in known.get(one.name, ())}
            for one in self._lookups
        }

    @property
    def digest(self) -> str:
        """A sum over all of it: with the same names the same record makes the same rows."""
        total = hashlib.sha256()
        for lookup, known in sorted(self._known.items()):
            for key in sorted(known, key=order):
                fields = {name: str(value) for name, value in known[key].fields.items()}
                total.update(json.dumps([lookup, key, fields]).encode())
        return total.hexdigest()

    def hung_on(self, record: Record) -> Record:
        """The same record with what its numbers name; what is not known is left out."""
        found = {one.name: tuple(self._found(one, record)) for one in self._lookups}
        named = {name: some for name, some in found.items() if some}
        return replace(record, companions={**record.companions, **named}) if named else record

    def _found(self, lookup: Lookup, record: Record) -> Iterator[Record]:
        known = self._known[lookup.name]
        told: set[Key] = set()
        for number in _numbers(record.fields.get(lookup.by)):
            key: Json = number
            for _ in range(_DEEPEST):
                one = known.get(key) if isinstance(key, int | str) else None
                if one is None or one.id in told:
                    break
                told.add(one.id)
                yield one
                key = one.fields.get(lookup.up) if lookup.up else None


def _numbers(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _slim(record: Record, fields: tuple[str, ...]) -> Record:
    return Record(record.id, "", {name: record.fields.get(name) for name in fields})
