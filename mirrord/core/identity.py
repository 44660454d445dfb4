"""Who a store is: what its addresses say, and what it says of itself.

Two identities are compared in the facts that both have; a fact that one of them lacks proves
nothing. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

#: ``store-abc123.mybigcommerce.com``; the other storefronts of one store add ``-N``.
_PERMANENT_HOST = re.compile(r"store-([a-z0-9]+)(?:-[0-9]+)?\.mybigcommerce\.com")


def hash_of_host(host: str) -> str | None:
    """The store hash in a permanent host name; None for a domain of the shop's own."""
    found = _PERMANENT_HOST.fullmatch(host.strip().lower().rstrip("."))
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Identity:
    """``""`` is a fact that nobody told.

    ``webdav_host`` and ``store_hash`` are the config's; ``id``, ``domain`` and ``secure_url`` are
    what the store answers to ``GET /v2/store``.
    """

    webdav_host: str = ""
    store_hash: str = ""
    id: str = ""
    domain: str = ""
    secure_url: str = ""

    @classmethod
    def of_facts(cls, facts: dict[str, object]) -> Self:
        """From a mapping in which other things may stand, too; ValueError where a fact is none."""
        known = {name: facts[name] for name in cls.__slots__ if name in facts}
        if not all(isinstance(value, str) and len(value) <= 500 for value in known.values()):
            raise ValueError("a fact of a store's identity is a short text")
        return cls(**{name: str(value) for name, value in known.items()})

    def facts(self) -> dict[str, str]:
        """The facts by name, those that nobody told left out."""
        return {name: value for name, value in asdict(self).items() if value}

    def joined(self, newer: Self) -> "Identity":
        """All that is known of one store: the newer fact where both have it."""
        return Identity(**(self.facts() | newer.facts()))


def contradictions(first: Identity, now: Identity) -> Iterator[tuple[str, str, str]]:
    """The facts that say that it is another store: name, then, now.

    A shop may change its domain: the domain only speaks where the store gives no id.
    """
    decisive = ["store_hash", "webdav_host", "id"]
    if not (first.id and now.id):
        decisive.append("domain")
    then, today = first.facts(), now.facts()
    for name in decisive:
        if name in then and name in today and then[name] != today[name]:
            yield name, then[name], today[name]
