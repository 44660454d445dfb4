"""What an erasure leaves behind, so that no older copy brings back who was erased.

It names nobody: addresses and ids stand in it as salted hashes, which tell of a record at hand
whether it was meant, and of nobody else who it was. (Whoever holds a list of addresses can try
them; the salt only keeps two tombstones from being compared.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mirrord.core.jsontext import Json
from mirrord.core.persons import Person, folded, is_of
from mirrord.core.records import Record


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Who was erased (a :class:`mirrord.core.persons.Who`), from all that is older than ``at``.

    ``at`` in seconds since 1970; ``who``: hashes, in hex.
    """

    at: float
    salt: str
    who: frozenset[str]

    def is_email(self, text: Json) -> bool:
        """See :class:`mirrord.core.persons.Who`."""
        return isinstance(text, str) and self._knows("email", folded(text))

    def is_customer(self, number: Json) -> bool:
        """See :class:`mirrord.core.persons.Who`."""
        return self._knows("customer", number)

    def is_order(self, number: Json) -> bool:
        """See :class:`mirrord.core.persons.Who`."""
        return self._knows("order", number)

    def _knows(self, kind: str, value: Json) -> bool:
        return _hashed(self.salt, kind, value) in self.who


def tombstone(person: Person, at: float, salt: str) -> Tombstone:
    """That of a person; ``salt`` is random."""
    known = (("email", person.emails), ("customer", person.customers), ("order", person.orders))
    who = (_hashed(salt, kind, value) for kind, values in known for value in values)
    return Tombstone(at, salt, frozenset(who))


def told(stone: Tombstone) -> dict[str, Any]:
    """As it is kept in a file."""
    return {"at": stone.at, "salt": stone.salt, "who": sorted(stone.who)}


def read(kept: Mapping[str, Any]) -> Tombstone:
    """As it was kept; KeyError, TypeError, ValueError where it was not."""
    return Tombstone(float(kept["at"]), str(kept["salt"]), frozenset(map(str, kept["who"])))


def without_erased(
    dataset: str, records: Iterable[Record], stones: Iterable[Tombstone], at: float
) -> Iterable[Record]:
    """The records as they were at a moment, but for those who were erased later."""
    later = [stone for stone in stones if stone.at >= at]
    if not later:
        return records
    return (one for one in records if not any(is_of(dataset, one.fields, who) for who in later))


def _hashed(salt: str, kind: str, value: object) -> str:
    return hashlib.sha256(f"{salt} {kind} {value}".encode("utf-8", "surrogatepass")).hexdigest()
