r"""Where a product's categories stand in their trees, by name.

A record names its categories by number only. The companion ``categories`` has those and all that
stand above them, as the store gives them (``category_id``, ``parent_id``, ``name``). One that is
not known shows its number: a number is better than nothing.
"""

from __future__ import annotations

from typing import TypeAlias

from mirrord.core.columns.forms import plain
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

#: Names from the top of the tree down.
Path: TypeAlias = tuple[str, ...]

_DEEPEST = 20  # BigCommerce's trees have 8 levels; a circle must not hold us up


def paths(record: Record) -> tuple[Path, ...]:
    """The path of each of the product's categories, in the product's own order."""
    known = {plain(one.id): one for one in record.companions.get("categories", ())}
    numbers = record.fields.get("categories")
    return tuple(_path(plain(number), known) for number in _list(numbers))


def escaped(path: Path) -> str:
    r"""``Shop/Hair``; a slash within a name is ``\/``, as the legacy importer wants it."""
    return "/".join(name.replace("/", "\\/") for name in path)


def _path(number: str, known: dict[str, Record]) -> Path:
    names: list[str] = []
    category = known.get(number)
    if category is None:
        return (number,)
    while category is not None and len(names) < _DEEPEST:
        names.append(plain(category.fields.get("name")))
        category = known.get(plain(category.fields.get("parent_id")))
    return tuple(reversed(names))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
