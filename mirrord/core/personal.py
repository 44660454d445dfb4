"""Where data of people are and for how long, as values: their kinds, and in what they lie."""

from collections.abc import Mapping
from dataclasses import dataclass

#: What is held of people, and the datasets in which it stands.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "Customers: names, addresses, telephone numbers, e-mail, notes": (
        "customers",
        "customer_metafields",
        "segments",
    ),
    "Orders: who bought what, where it went, messages, payments": (
        "orders",
        "order_details",
        "order_metafields",
        "refunds",
    ),
    "Subscribers to the newsletter": ("subscribers",),
    "Wishlists": ("wishlists",),
    "Gift certificates: who gives, who is given": ("gift_certificates",),
    "The store's own log": ("system_logs",),
}


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, as days (ISO 8601), and how many copies; nothing at all: ``copies`` 0."""

    oldest: str = ""
    newest: str = ""
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its name below the house, what lies there, since when, how long, who reads it."""

    name: str
    what: str
    span: Span
    kept: str
    readers: str


@dataclass(frozen=True, slots=True)
class Holding:
    """All that is held of people. ``sleeps``: why nothing is dropped now, ``""`` if it is."""

    store: str
    written: str
    contact: str
    categories: Mapping[str, Span]
    places: tuple[Place, ...]
    carried_off: bool
    sleeps: str = ""


def span_of(days: list[str]) -> Span:
    """The span of these days, in any order."""
    return Span(min(days), max(days), len(days)) if days else Span()
