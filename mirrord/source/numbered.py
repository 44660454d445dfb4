"""A list that has only numbers for its pages.

It shifts when the shop changes between two of them, so it is read again until two readings have
the same records. Nor may it lack what the store itself counts. This room must never take a reading
for whole because it came to an end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from mirrord.core.columns.forms import fields_of
from mirrord.core.datasets.kinds import Query
from mirrord.core.jsontext import Json
from mirrord.core.records import Key, Record, read_record
from mirrord.errors import AnswerBroken
from mirrord.source.answers import PageTooLarge
from mirrord.source.portions import USUAL, Portion, Portions, pages_told, total_told

#: So often a list of several numbered pages is read for two readings that are alike.
_READINGS = 6
#: Characters of records in numbered pages: they are held until the list stands still.
MOST_TEXT = 128 * 1024 * 1024


def numbered(portions: Portions, query: Query) -> Iterator[Record]:
    """A list in one answer is what it was at one moment; of more, two readings must be alike.

    Only their keys are compared: what changes in a record does not move the others. The last
    reading counts; one in which a record came twice does not: where one moved back, another moved
    to where we had been already. AnswerBroken for a list that never stands still, or that stands
    still and has fewer records than the store says.
    """
    listing = portions.listing
    before: set[Key] | None = None
    for _ in range(_READINGS):
        reading = _reading(portions, query)
        is_still = reading.keys == before and len(reading.keys) == len(reading.texts)
        if not reading.lacks and (is_still or reading.answers == 1):
            yield from (read_record(text, listing.keys) for text in reading.texts)
            return
        if is_still:
            raise AnswerBroken(
                f"GET {listing.path} {reading.lacks}, and so again at a second look; "
                "the next pull tries again, please report it if it stays so"
            )
        before = reading.keys
        del reading  # its texts, before as many come again
    raise AnswerBroken(
        f"GET {listing.path} had other records each time it was read, {_READINGS} times; "
        "the next pull tries again"
    )


@dataclass(slots=True)
class _Reading:
    """A list as it was read once; of one that may yet be thrown away only the texts are kept.

    ``answers``: of how many unlike ones; an empty page behind the last is none of its ``pages``.
    ``lacks`` says in words what the store counts and did not give.
    """

    texts: list[str] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    pages: int = 0
    answers: int = 1
    lacks: str = ""
    size: int = 0

    def take(self, records: tuple[Record, ...]) -> None:
        self.pages += 1
        self.texts += [record.text for record in records]
        self.keys.update(record.id for record in records)
        self.size += sum(len(record.text) for record in records)


def _reading(portions: Portions, query: Query) -> _Reading:
    """From the first page on with each smaller limit: it gives each number other records."""
    while True:
        try:
            return _from_the_first(portions, query)
        except PageTooLarge:
            portions.shrink()


def _from_the_first(portions: Portions, query: Query) -> _Reading:
    path, reading, has_gap = portions.listing.path, _Reading(), False
    for number in count(1):
        step = {**portions.listing.sorting, "page": str(number)}
        page = portions.read({**query, **step})
        here = keys_of(page.records, path)
        if here != reading.keys:  # else it knows no page numbers, and gave the same once more
            reading.answers = number
        told = pages_told(page.meta)
        if number > 1 and here <= reading.keys:
            break  # behind the last page, or a store that knows no page numbers
        reading.take(page.records)
        if reading.size > MOST_TEXT:
            raise AnswerBroken(
                f"GET {path} has over {MOST_TEXT >> 20} MiB of records in numbered "
                "pages; see whether api.url is right, and report it if it is"
            )
        if number >= told if told is not None else not page.is_full:
            break
        has_gap = has_gap or not _is_full(page, portions.limit)
    reading.lacks = _lacks(reading, page.meta, has_gap=has_gap)
    return reading


def keys_of(records: tuple[Record, ...], path: str) -> set[Key]:
    """The keys of a page; AnswerBroken where one comes twice."""
    keys = {record.id for record in records}
    if len(keys) != len(records):
        raise AnswerBroken(f"GET {path} gave a record twice on one page")
    return keys


def _lacks(reading: _Reading, meta: Mapping[str, Json], *, has_gap: bool) -> str:
    total, pages = total_told(meta), pages_told(meta)
    if total is not None and len(reading.keys) < total:
        return f"gave {len(reading.keys):,} records and counts {_few(total)}"
    if pages is not None and reading.pages < pages:
        return f"ended with page {reading.pages:,} and counts {_few(pages)} pages"
    if total is None and has_gap:
        return "gave a short page before its last one"
    return ""


def _is_full(page: Portion, limit: int) -> bool:
    """Whether a page that is not the last has all that one of its size has."""
    size = fields_of(page.meta.get("pagination")).get("per_page")
    return len(page.records) >= min(size if isinstance(size, int) else USUAL, limit)


def _few(number: int) -> str:
    return f"{number:,}" if number < 10**12 else "countless"
