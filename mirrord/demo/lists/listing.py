"""How one row of the tables answers a request.

This room must never know a record's meaning: all it sees is the row of the table, the rows that
the shop holds under its name, and the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from mirrord.demo import filters
from mirrord.demo.answer import Answer, Refusal, data_answer, json_answer, list_answer
from mirrord.demo.cursors import cursor_page
from mirrord.demo.paging import (
    Show,
    Sorting,
    Told,
    as_it_is,
    limit_of,
    one_page,
    v2_page,
    v3_page,
)
from mirrord.demo.query import Query
from mirrord.demo.shapes import Record
from mirrord.demo.shop import Shop


class Paging(Enum):
    """How a list is cut."""

    NUMBERED = auto()
    """V3: ``page`` and ``limit``, ``meta.pagination``."""
    CURSORS = auto()
    """V3: the same, and ``before`` and ``after`` with ``meta.cursor_pagination``."""
    AFTER = auto()
    """V3 channel listings: ``after`` is the last row's own id; there is no number."""
    ONE = auto()
    """V3: all at once, told as one page."""
    WHOLE = auto()
    """V3: all at once, an empty ``meta``."""
    V2 = auto()
    """V2: ``page`` and ``limit``, a bare list, 204 without rows."""
    V2_WHOLE = auto()
    """V2: the same, all at once."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list.

    ``name`` is what the shop keeps its rows under; ids in the path choose among them by the first
    part of their key. ``filters`` are parameters as :func:`mirrord.demo.filters.by_names` reads
    them, ``sorts`` the values of ``sort`` (with ``=`` and the field where that is called
    otherwise), ``order`` how rows come where nobody asks; ``directed``: the direction is a
    parameter of its own and not part of ``sort``. ``hidden`` names the fields that only an
    ``include`` of that name shows, ``details`` those that want ``details=true``, ``slim`` says that
    ``include_fields`` is understood. ``key`` and ``tie`` are the fields by which pages by cursor
    go. ``none`` is the status of an answer without any row, ``told`` what a list tells of its
    pages.
    """

    name: str
    path: str
    scope: str
    paging: Paging = Paging.NUMBERED
    filters: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    order: Sorting | None = None
    directed: bool = False
    hidden: Mapping[str, str] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    slim: bool = False
    key: str = "id"
    tie: str = ""
    none: int = 200
    told: Told = as_it_is

    def answer(self, shop: Shop, query: Query, *ids: int) -> Answer:
        """The page that was asked for; Refusal 404 where what the list hangs on is not there."""
        tests = filters.by_names(query, self.filters)
        rows = filters.chosen(shop.rows(self.name, *ids), tests)
        show, sorting = self._show(query), self._sorting(query)
        if self.paging is Paging.CURSORS:
            by = sorting or Sorting(self.key, self._is_downwards(query), self.tie or self.key)
            return cursor_page(rows, query, by, show, self.told)
        return self._cut(sorting.sort(rows) if sorting else rows, query, show)

    def _cut(self, rows: list[Record], query: Query, show: Show) -> Answer:
        if self.none != 200 and not rows:
            return Answer(self.none)
        if self.paging is Paging.AFTER:
            return self._after(rows, query)
        if self.paging is Paging.ONE:
            return one_page(rows)
        if self.paging is Paging.WHOLE:
            return data_answer(rows, {})
        if self.paging is Paging.V2_WHOLE:
            return list_answer(rows)
        if self.paging is Paging.V2:
            return v2_page(rows, query, show)
        return v3_page(rows, query, show=show, told=self.told)

    def _after(self, rows: list[Record], query: Query) -> Answer:
        rows = sorted(rows, key=lambda row: row[self.key])
        limit, after = limit_of(query), query.number("after")
        rest = [row for row in rows if after is None or row[self.key] > after]
        page, links = rest[:limit], {"current": f"?limit={limit}"}
        if more := len(rest) > limit:
            links["next"] = f"?after={page[-1][self.key]}&limit={limit}"
        pages = -(-len(rows) // limit)
        told = {"count": len(page), "total": len(rows), "links": links, "total_pages": pages}
        return data_answer(page, {"pagination": told}, more=more)

    def _is_downwards(self, query: Query) -> bool:
        return self.directed and (query.text("direction") or "").lower() == "desc"

    def _sorting(self, query: Query) -> Sorting | None:
        """None where neither the request nor the store sorts: then rows come as they stand."""
        text = query.text("sort") if self.sorts else None
        if text is None:
            down = self._is_downwards(query)
            return replace(self.order, descending=True) if down and self.order else self.order
        by, _, direction = text.partition(":")
        known = {name.partition("=")[0]: name.rpartition("=")[2] for name in self.sorts}
        if by not in known:
            raise Refusal(422, f"sort does not know {by}")
        down = self._is_downwards(query) if self.directed else direction == "desc"
        return Sorting(known[by], down, self.key)

    def _show(self, query: Query) -> Show:
        fields = query.names("include_fields") if self.slim else None
        include = set(query.names("include") or ()) if self.hidden else set()
        if include - self.hidden.keys():
            raise Refusal(422, f"include does not know {', '.join(include - self.hidden.keys())}")
        dropped = {part for word, part in self.hidden.items() if word not in include}
        if self.details and not query.flag("details"):
            dropped |= set(self.details)
        if fields is None and not dropped:
            return as_it_is
        return lambda row: {
            name: value
            for name, value in row.items()
            if name not in dropped and (fields is None or name in {self.key, *fields})
        }


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a V2 list has."""

    name: str
    path: str
    scope: str

    def answer(self, shop: Shop, _query: Query, *ids: int) -> Answer:
        """``{"count": 7}``."""
        return json_answer({"count": len(shop.rows(self.name, *ids))})


@dataclass(frozen=True, slots=True)
class Single:
    """One answer: a page of settings. ``filters`` are parameters that make no difference here.

    ``bare``: it stands alone, and not as ``data``.
    """

    path: str
    scope: str
    bare: bool = False
    filters: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the shop keeps it under, among its settings."""
        return self.path.removeprefix("/")

    def answer(self, shop: Shop, query: Query, *ids: int) -> Answer:
        """The object; Refusal 404 for one that is not there."""
        for name in self.filters:
            query.text(name)
        name = self.name.format(*ids)
        content: Any = shop.lists["settings"].get(name)
        if content is None:
            raise Refusal(404, "The requested resource was not found.")
        return json_answer(content if self.bare else {"data": content, "meta": {}})


BY_ID = Sorting("id")
METAFIELDS: Sequence[str] = (
    "key",
    "key:in",
    "namespace",
    "namespace:in",
    "date_modified:min",
    "date_modified:max",
    "date_created:min",
    "date_created:max",
)
"""The filters that every list of metafields has."""


def metafields(name: str, path: str, scope: str) -> Listing:
    """A list of metafields: they all page and filter alike."""
    return Listing(
        name,
        path,
        scope,
        Paging.CURSORS,
        filters=tuple(METAFIELDS),
        directed=True,
        slim=True,
    )
