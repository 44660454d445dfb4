"""Metafields: what other programs keep at a record. One shape for all kinds of records."""

from __future__ import annotations

from collections.abc import Sequence

from mirrord.demo.rows.telling import plus, trap
from mirrord.demo.shapes import Record

SETS = ("read", "write", "read_and_sf_access", "write_and_sf_access")


def make_metafields(kind: str, ids: Sequence[int], first: int, count: int) -> list[Record]:
    """``count`` metafields of these records, by turns; none without records."""
    return [_metafield(kind, ids, first, n) for n in range(count if ids else 0)]


def _metafield(kind: str, ids: Sequence[int], first: int, n: int) -> Record:
    return {
        "id": first + n + n // 5,
        "key": f"location_{n % 4}",
        "value": '{"a": [1, "ü"]}' if n % 6 == 5 else trap(n),
        "namespace": ("Warehouse, main", "erp", "=seo")[n % 3],
        "permission_set": SETS[n % len(SETS)],
        "resource_type": kind,
        "resource_id": ids[n % len(ids)],
        "description": "" if n % 2 else "Where it stands",
        "date_created": plus(n + 400),
        "date_modified": plus(n),
        "owner_client_id": "ramyrcbkfh4nyhdxmqxz7azbb3n0h8w",
    }


def make_store_metafields(store_id: str, count: int) -> list[Record]:
    """The store's own; their ids are text."""
    return [
        row | {"id": f"{row['id']:06d}", "resource_id": store_id}
        for row in make_metafields("store", [0], 900, count)
    ]
