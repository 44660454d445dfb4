"""Datasets of many requests: lists for each record of another one, and single answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from mirrord.core.datasets.kinds import (
    Detail,
    Details,
    EachOf,
    Listing,
    Paging,
    Singles,
)
from mirrord.core.records import Record, belonging, bundle, wrapped
from mirrord.errors import ScopeMissing
from mirrord.source.answers import NotFound, QueryRefused
from mirrord.source.pages import walk
from mirrord.source.portions import Ask


def each_of(ask: Ask, source: EachOf) -> Iterator[Record]:
    """The lists of all parents; a parent that vanished meanwhile (404) has none."""
    for parent in list(walk(ask, source.parents)):
        listing = replace(source.listing, path=source.listing.path.format(parent=parent.id))
        try:
            yield from _list_of(ask, parent, source, listing)
        except NotFound:
            continue


def _list_of(ask: Ask, parent: Record, source: EachOf, listing: Listing) -> Iterator[Record]:
    if listing.paging is Paging.ONE:
        yield wrapped(parent.id, ask(listing.path, listing.query), f"GET {listing.path}")
        return
    for record in walk(ask, listing):
        yield belonging(record, source.field, parent.id, source.keys)


def singles(ask: Ask, source: Singles) -> Iterator[Record]:
    """Each answer as a record; one that the token or the store does not give is a gap.

    The gaps stand with the last record. ScopeMissing where the token may read none of them, or no
    longer what it read at first: it was revoked in the midst.
    """
    held: Record | None = None
    gaps: list[str] = []
    given = ""
    refused: ScopeMissing | None = None
    for path in source.paths:
        try:
            text = ask(path, source.queries.get(path, {}))
        except (NotFound, QueryRefused, ScopeMissing) as error:
            refused = error if isinstance(error, ScopeMissing) else refused
            gaps.append(f"the store did not give {path}")
            continue
        if held is not None:
            yield held
        held = wrapped(path, text or "null", f"GET {path}")
        given = given or path
    if held is None and refused is not None:
        raise refused
    if held is not None:
        if refused is not None:
            ask(given, source.queries.get(given, {}))
        yield replace(held, gaps=tuple(gaps))


class DetailLists:
    """The lists that each record of a dataset has apart, but for those that are withheld.

    ``ask`` makes of a scope what sends requests.
    """

    def __init__(self, ask: Callable[[str], Ask], details: Details) -> None:
        self._asks = {detail.name: ask(detail.scope) for detail in details.lists}
        self._details = details

    def withheld(self, parent: Record) -> dict[str, str]:
        """Which of them the token may not read, by name, each with the reason; StoreError."""
        refused = {}
        for detail in self._details.lists:
            try:
                self._read(detail, parent)
            except ScopeMissing as error:
                refused[detail.name] = str(error)
        return refused

    def of(self, parent: Record, without: Collection[str]) -> Record:
        """All lists of one record that it needs, as one record; StoreError.

        One that is no longer there is null, and a gap.
        """
        wanted = (one for one in self._details.lists if one.name not in without)
        lists = {one.name: self._read(one, parent) for one in wanted if one.needed(parent)}
        gaps = (f"the store did not give the {name}" for name, has in lists.items() if has is None)
        return replace(bundle(parent, self._details.stamp, lists), gaps=tuple(gaps))

    def _read(self, detail: Detail, parent: Record) -> tuple[Record, ...] | None:
        path = detail.path.format(id=parent.id)
        listing = Listing(path, detail.paging, query=detail.query)
        try:
            return tuple(walk(self._asks[detail.name], listing))
        except NotFound:
            return None
