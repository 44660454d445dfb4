"""Numbered lists whose store contradicts itself: never a part of one for the whole."""

import json
from collections.abc import Sequence

import pytest

from mirrord.core.datasets.kinds import Listing, Paging, Query
from mirrord.errors import AnswerBroken
from mirrord.source.pages import walk

Rows = Sequence[int]
Pages = Sequence[tuple[Rows, dict[str, object]]]


class Told:
    """Gives these pages, reading by reading, each with what is told beside it."""

    def __init__(self, *readings: Pages) -> None:
        self.readings = readings
        self.read = 0
        self.asked = 0

    def ask(self, path: str, query: Query) -> str:
        number = int(query["page"])
        self.read += number == 1
        self.asked += 1
        pages = self.readings[min(self.read, len(self.readings)) - 1]
        rows, told = pages[number - 1] if number <= len(pages) else ((), pages[-1][1])
        data = [{"id": one} for one in rows]
        return json.dumps({"data": data, "meta": {"pagination": told}})

    def walked(self) -> list[int]:
        return [int(one.id) for one in walk(self.ask, Listing("v3/x", Paging.NUMBERED))]


FIFTY = range(1, 51)
#: What is wrong with a list, and the words for it.
WRONG: dict[str, tuple[Pages, str]] = {
    "one page with fewer rows than it counts": (
        [([1, 2, 3], {"total": 5, "total_pages": 1})],
        "gave 3 records and counts 5",
    ),
    "nothing, and it counts some": (
        [([], {"total": 7, "total_pages": 1})],
        "gave 0 records and counts 7",
    ),
    "the count alone": ([([1, 2, 3], {"total": 5})], "gave 3 records and counts 5"),
    "the count in its other word": ([([1, 2], {"total_items": 3})], "gave 2 records and counts 3"),
    "a short page, and pages behind it that are not there": (
        [([1, 2, 3], {"total_pages": 4})],
        "ended with page 1 and counts 4 pages",
    ),
    "a page that repeats itself": (
        [(FIFTY, {"total": 150, "total_pages": 3})] * 3,
        "gave 50 records and counts 150",
    ),
    "a short page in the midst": (
        [
            (FIFTY, {"total_pages": 3}),
            (range(51, 80), {"total_pages": 3}),
            (range(101, 120), {"total_pages": 3}),
        ],
        "gave a short page before its last one",
    ),
    "a short page in the midst, by the count": (
        [
            (FIFTY, {"total": 119, "total_pages": 3}),
            (range(51, 80), {"total": 119, "total_pages": 3}),
            (range(101, 120), {"total": 119, "total_pages": 3}),
        ],
        "gave 98 records and counts 119",
    ),
    "the last page is short": (
        [(FIFTY, {"total": 90, "total_pages": 2}), ([51, 52], {"total": 90, "total_pages": 2})],
        "gave 52 records and counts 90",
    ),
    "pages beyond all counting": (
        [(FIFTY, {"total_pages": 10**400})],
        "ended with page 1 and counts countless pages",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_list_that_lacks_what_it_counts_is_refused_after_a_second_look(case: str) -> None:
    """By two readings that are alike: it stands still, and is not whole."""
    pages, words = WRONG[case]
    shop = Told(pages)
    with pytest.raises(AnswerBroken) as raised:
        shop.walked()
    assert f"GET v3/x {words}, and so again at a second look" in str(raised.value)
    assert shop.read == 2


RIGHT: dict[str, tuple[list[Pages], Rows, int]] = {
    "a row vanished before the second look": (
        [[([1, 2], {"total": 3})], [([1, 2], {"total": 2})]],
        [1, 2],
        2,
    ),
    "the row was there at the second look": (
        [[([1, 2], {"total": 3})], [([1, 2, 3], {"total": 3})]],
        [1, 2, 3],
        2,
    ),
    "the last page is no more": (
        [
            [(FIFTY, {"total": 51, "total_pages": 2}), ([], {"total": 50, "total_pages": 1})],
            [(FIFTY, {"total": 50, "total_pages": 1})],
        ],
        FIFTY,
        2,
    ),
    "pages of twenty, as the store says": (
        [[(range(20), {"total_pages": 2, "per_page": 20}), ([20], {"total_pages": 2})]],
        range(21),
        2,
    ),
    "more than it counts": ([[([1, 2, 3], {"total": 2, "total_pages": 1})]], [1, 2, 3], 1),
    "counts that are none": ([[([1, 2], {"total": "9", "total_pages": True})]], [1, 2], 1),
    "nothing at all": ([[([], {"total": 0, "total_pages": 0})]], [], 1),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_list_that_changed_meanwhile_or_counts_otherwise_is_taken(case: str) -> None:
    """What the store tells is true at its moment; a count of fewer proves nothing missing."""
    readings, rows, read = RIGHT[case]
    shop = Told(*readings)
    assert (shop.walked(), shop.read) == (list(rows), read)


def test_one_answer_that_should_be_all_and_counts_more_is_refused() -> None:
    """A list without pages has them all the same."""
    text = '{"data": [{"id": 1}], "meta": {"pagination": {"total": 2}}}'
    with pytest.raises(AnswerBroken, match="has pages, and should be whole"):
        list(walk(lambda *_: text, Listing("v3/x", Paging.WHOLE)))
