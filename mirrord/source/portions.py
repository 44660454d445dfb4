"""A list of the API in pages that fit into memory.

A page that is too large is asked for again with fewer records, down to a single one; once pages
are small again, with more. This room must never take a part of a page for the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mirrord.core.columns.forms import fields_of
from mirrord.core.datasets.kinds import Listing, Query
from mirrord.core.jsontext import Json
from mirrord.core.records import Page, Record, split_page
from mirrord.errors import AnswerBroken
from mirrord.source.answers import PageTooLarge

#: Sends one request: path and query to the body's text, ``""`` where the store has none (204).
Ask: TypeAlias = Callable[[str, Query], str]

#: The store's own page size. A page of fewer is the last one, whatever it makes of our limit.
USUAL = 50
#: No list has more pages: at 50 records each they are five million.
MOST_PAGES = 100_000
#: Values on a page: a small one takes 70 bytes, twenty times its text. 250 products of 120 kB each
#: have some 800,000.
MOST_VALUES = 1_000_000
#: A page that fills no more than this part of what fits is followed by one of twice the records.
_ROOMY = 4
#: What of a query tells a person where in the list it is.
_PLACES = ("id:greater", "min_id", "page")


@dataclass(frozen=True, slots=True)
class Portion:
    """One page, as :class:`~mirrord.core.records.Page`.

    ``is_full``: as many records as were asked for, or as the store gives unless it is told.
    """

    records: tuple[Record, ...]
    meta: Mapping[str, Json]
    is_full: bool


class Portions:
    """One list, asked for page by page; ``limit`` records at a time at present."""

    def __init__(self, ask: Ask, listing: Listing) -> None:
        self.listing = listing
        self.limit = listing.limit
        self._ask = ask
        self._asked = 0
        self._most = 0  # bytes of a page, once one had more

    def fitting(self, query: Query) -> Portion:
        """The page at a place that does not hang on its size (an id, a cursor)."""
        while True:
            try:
                return self._growing(query)
            except PageTooLarge:
                self.shrink()

    def read(self, query: Query) -> Portion:
        """One page of ``limit`` records; PageTooLarge where fewer must be asked for.

        AnswerBroken where a single one is too large, for anything but a page, and where more pages
        are asked for than any list has.
        """
        return self._sized(query)[0]

    def shrink(self) -> None:
        """Ask for fewer from now on: what only just fits is four times as large taken apart."""
        self.limit = max(1, self.limit // 4)

    def _growing(self, query: Query) -> Portion:
        portion, size = self._sized(query)
        if portion.is_full and size * _ROOMY <= self._most:
            self.limit = min(self.limit * 2, self.listing.limit)
        return portion

    def _sized(self, query: Query) -> tuple[Portion, int]:
        path = self.listing.path
        self._asked += 1
        if self._asked > MOST_PAGES:
            raise AnswerBroken(
                f"GET {path} has more than {MOST_PAGES:,} pages and no end in sight; "
                "see whether api.url is right"
            )
        try:
            text = self._ask(path, {**query, "limit": str(self.limit)})
            page = page_of(text, path, self.listing)
        except PageTooLarge as error:
            self._most = error.most
            if self.limit == 1:
                raise AnswerBroken(_too_large(path, query, error)) from error
            raise
        full = len(page.records) >= min(USUAL, self.limit)
        return Portion(page.records, page.meta, full), len(text)


def page_of(text: str, path: str, listing: Listing) -> Page:
    """An answer as a page; an empty one for 204, which is v2's way of saying: nothing.

    PageTooLarge where it would take much more memory than its text.
    """
    if sum(map(text.count, "[{,")) > MOST_VALUES:
        raise PageTooLarge(f"GET {path}", f"{MOST_VALUES:,} values", len(text))
    return split_page(text, f"GET {path}", listing.keys) if text else Page(())


def pages_told(meta: Mapping[str, Json]) -> int | None:
    """How many pages the list has, where the store says so."""
    return _number(meta, "total_pages", "total_page")


def total_told(meta: Mapping[str, Json]) -> int | None:
    """How many records the list has, where the store says so."""
    return _number(meta, "total", "total_items")


def _number(meta: Mapping[str, Json], *names: str) -> int | None:
    told = fields_of(meta.get("pagination"))
    found = next((told[name] for name in names if name in told), None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _too_large(path: str, query: Query, error: PageTooLarge) -> str:
    place = next((f" at {name}={query[name]}" for name in _PLACES if name in query), "")
    return (
        f"GET {path}: a single record{place} has more than {error.size}, and is not taken in; "
        "find what is so long in the shop (a description, a page's text) and shorten it. "
        "Until then this list can not be pulled; all others are"
    )
