"""What hangs on each scope of the token: which datasets, and one cheap request that proves it.

The main datasets' scopes and that of the store's information are left out: they are asked in ways
of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset, Details, EachOf, Listing, Paging, Query
from mirrord.core.datasets.scopes import CUSTOMERS, INFORMATION, NONE, ORDERS, PRODUCTS, THEMES

_APART = (PRODUCTS, CUSTOMERS, ORDERS, INFORMATION, NONE)
#: The list that the job `themes` begins with. It has no pages.
_THEMES = "v3/themes"
#: Every store has a channel of this id: its first storefront.
_FIRST_CHANNEL = "1"


@dataclass(frozen=True, slots=True)
class Need:
    """One scope, in the words of the control panel; what needs it; a GET that only it allows."""

    scope: str
    names: tuple[str, ...]
    path: str
    query: Query

    @property
    def label(self) -> str:
        """As the control panel calls it, ``Marketing: read-only``."""
        return self.scope.partition("(")[2].removesuffix(")")


def needs() -> list[Need]:
    """Every scope but those that are asked apart, in the order in which datasets need them."""
    names: dict[str, list[str]] = {}
    for dataset in DATASETS.values():
        for scope, name in _scopes(dataset):
            if scope not in _APART and name not in names.setdefault(scope, []):
                names[scope].append(name)
    return [
        Need(scope, tuple(_shown(scope, told)), *_asked(scope)) for scope, told in names.items()
    ]


def _scopes(dataset: Dataset) -> Iterator[tuple[str, str]]:
    yield dataset.scope, dataset.name.replace("_", " ")
    if isinstance(dataset.source, Details):
        for one in dataset.source.lists:
            if one.scope != dataset.scope:
                yield one.scope, f"{one.name.replace('_', ' ')} of {dataset.source.of}"


def _shown(scope: str, names: list[str]) -> list[str]:
    return ["themes", *names] if scope == THEMES else names


def _asked(scope: str) -> tuple[str, Query]:
    """The first list of the scope that knows a limit."""
    if scope == THEMES:
        return _THEMES, {}
    sources = [one.source for one in DATASETS.values() if one.scope == scope]
    for source in sources:
        if isinstance(source, Listing) and source.paging is not Paging.WHOLE:
            return source.path, {"limit": "1"}
    each = next(source for source in sources if isinstance(source, EachOf))
    return each.listing.path.format(parent=_FIRST_CHANNEL), {"limit": "1"}
