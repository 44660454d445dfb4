"""What names a record within its list.

Mostly its ``id``; some lists go by another field, some by several, and those that hang on another
record begin with that one's. This room must never hold a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from mirrord.demo.shapes import Record

Key: TypeAlias = Any
"""A number or text, or a tuple of them: the record that the list hangs on first."""
Rows: TypeAlias = dict[Key, Record]

KEYS: Mapping[str, tuple[str, ...]] = {
    "categories": ("category_id",),
    "channel_assignments": ("product_id", "channel_id"),
    "category_assignments": ("product_id", "category_id"),
    "complex_rules": ("product_id", "id"),
    "price_list_records": ("price_list_id", "variant_id", "currency"),
    "channel_listings": ("channel_id", "listing_id"),
    "channel_currencies": ("channel_id",),
    "widgets": ("uuid",),
    "widget_templates": ("uuid",),
    "placements": ("uuid",),
    "scripts": ("uuid",),
    "inventory": ("identity.variant_id",),
    "email_templates": ("type_id",),
}
PARENTS: Mapping[str, str] = {
    "promotion_codes": "promotion_id",
    "site_routes": "site_id",
    "shipping_methods": "zone_id",
}
"""Lists whose records do not say what they hang on, and how that is called."""


def key_of(name: str, record: Record, parent: Key = None) -> Key:
    """What names this record in the list; ``parent`` for those that do not say it themselves."""
    parts = tuple(_at(record, field) for field in KEYS.get(name, ("id",)))
    if name in PARENTS:
        parts = (parent, *parts)
    return parts if len(parts) > 1 else parts[0]


def _at(record: Record, path: str) -> Key:
    outer, _, inner = path.partition(".")
    return record[outer][inner] if inner else record[outer]


def keyed(name: str, records: Iterable[Record], parent: Key = None) -> Rows:
    """The records under their keys, in their order."""
    return {key_of(name, record, parent): record for record in records}
