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
    "customs_information": ("product_id",),
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


def key_of(name: str, record: Record) -> Key:
    """What names this record in the list; the parent's id stands in it where a list needs one."""
    fields = KEYS.get(name, ("id",))
    parts = tuple(_at(record, field) for field in (*_parent(name), *fields))
    return parts if len(parts) > 1 else parts[0]


def bare(name: str, record: Record) -> Record:
    """The record as the store gives it: without the parent that it does not name."""
    return {field: value for field, value in record.items() if field not in _parent(name)}


def _parent(name: str) -> tuple[str, ...]:
    return (PARENTS[name],) if name in PARENTS else ()


def _at(record: Record, path: str) -> Key:
    outer, _, inner = path.partition(".")
    return record[outer][inner] if inner else record[outer]


def keyed(name: str, records: Iterable[Record]) -> Rows:
    """The records under their keys, in their order."""
    return {key_of(name, record): bare(name, record) for record in records}
