"""Pages that are too large: the same rows come in smaller ones, or it is said why they do not."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Listing, Paging, Query
from mirrord.errors import AnswerBroken
from mirrord.source import portions
from mirrord.source.answers import PageTooLarge
from mirrord.source.companions import Companions
from mirrord.source.pages import walk
from mirrord.source.passes import in_turn
from tests.fakes_records import record

#: Characters of a page, in the place of the 32 MiB.
MOST = 20_000


@dataclass
class Fat:
    """A list whose rows, by id, are so many characters long; ``obeys``: page sizes as asked."""

    sizes: Mapping[int, int]
    obeys: bool = True
    asked: list[Query] = field(default_factory=list)
    refused: int = 0
    meanwhile: Callable[[], object] = lambda: None

    def ask(self, path: str, query: Query) -> str:
        self.asked.append(query)
        limit = int(query["limit"]) if self.obeys else min(50, int(query["limit"]))
        ids = sorted(self.sizes)
        meta: dict[str, object] = {}
        if "page" in query:
            here = ids[(int(query["page"]) - 1) * limit :][:limit]
            pages = -(-len(ids) // limit)
            meta = {"pagination": {"total": len(ids), "total_pages": pages, "per_page": limit}}
        else:
            last = int(query.get("id:greater") or query.get("after") or 0)
            beyond = [one for one in ids if last < one and one >= int(query.get("min_id", 0))]
            here = beyond[:limit]
            meta = {"pagination": {"total_pages": -(-len(beyond) // limit)}}
            if here:
                meta["cursor_pagination"] = {"end_cursor": str(here[-1])}
        rows = [{"id": one, "status_id": 1, "text": "x" * self.sizes[one]} for one in here]
        text = json.dumps(rows if "min_id" in query else {"data": rows, "meta": meta})
        self.meanwhile()
        if len(text) > MOST:
            self.refused += 1
            raise PageTooLarge(path, f"{MOST} bytes", MOST)
        return text


PAGINGS = [one for one in Paging if one not in (Paging.WHOLE, Paging.ONE)]
SIZES = st.lists(
    st.sampled_from([10, 10, 10, 10, 300, 2_500, 19_000]), min_size=0, max_size=400
).map(lambda sizes: dict(enumerate(sizes, 1)))


@pytest.mark.parametrize("paging", PAGINGS)
@given(sizes=SIZES, obeys=st.booleans())
@settings(max_examples=25, deadline=None)
def test_fat_rows_come_as_lean_ones_do(paging: Paging, sizes: dict[int, int], obeys: bool) -> None:
    """Every one, once, in their order; whatever lies where, and however short its pages are."""
    shop = Fat(sizes, obeys)
    held = {one.id: len(str(one.fields["text"])) for one in walk(shop.ask, Listing("v3/x", paging))}
    assert (held, list(held)) == (sizes, list(sizes))


@given(sizes=SIZES)
@settings(max_examples=25, deadline=None)
def test_fat_orders_come_from_all_their_lists(sizes: dict[int, int]) -> None:
    """The plain list between those ahead and behind."""
    orders = DATASETS["orders"].source
    assert isinstance(orders, Listing)
    assert [one.id for one in in_turn(Fat(sizes).ask, orders, {})] == list(sizes)


@pytest.mark.parametrize("paging", [one for one in PAGINGS if one is not Paging.NUMBERED])
def test_after_the_fat_rows_pages_are_large_again(paging: Paging) -> None:
    """One row of 19,000 among 5,000 small ones: some requests more, not thousands."""
    shop = Fat(dict.fromkeys(range(1, 5_001), 10) | {700: 19_000})
    assert len(list(walk(shop.ask, Listing("v3/x", paging)))) == 5_000
    assert (len(shop.asked) < 60, shop.refused < 12, shop.refused > 0) == (True, True, True)
    assert int(shop.asked[-1]["limit"]) > 100


@pytest.mark.parametrize("paging", PAGINGS)
def test_a_single_row_that_is_too_large_is_named_with_what_to_do(paging: Paging) -> None:
    """By where it is in the list, as far as that is known; no page of it is taken for the list."""
    shop = Fat(dict.fromkeys(range(1, 101), 10) | {77: MOST})
    with pytest.raises(AnswerBroken) as raised:
        list(walk(shop.ask, Listing("v3/x", paging)))
    told = str(raised.value)
    at = {Paging.BY_ID: "id:greater=76", Paging.BY_MIN_ID: "min_id=77", Paging.NUMBERED: "page=77"}
    assert "GET v3/x: a single record" in told
    assert f"at {at.get(paging, '')}" in told or paging not in at
    assert "shorten it. Until then this list can not be pulled; all others are" in told
    assert len(shop.asked) < 200


@pytest.mark.parametrize("paging", PAGINGS)
def test_pages_of_countless_values_come_in_parts(
    paging: Paging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short text may take twenty times its memory once it is taken apart."""
    monkeypatch.setattr(portions, "MOST_VALUES", 60)
    shop = Fat(dict.fromkeys(range(1, 101), 10))
    held = [one.id for one in walk(shop.ask, Listing("v3/x", paging))]
    assert (held, shop.refused) == (list(range(1, 101)), 0)
    monkeypatch.setattr(portions, "MOST_VALUES", 3)
    with pytest.raises(AnswerBroken, match=r"a single record .*more than 3 values"):
        list(walk(shop.ask, Listing("v3/x", paging)))


def test_numbered_pages_begin_anew_with_the_smaller_size() -> None:
    """Page 3 of 15 is another than page 3 of 62: nothing of a reading is gone on with."""
    shop = Fat(dict.fromkeys(range(1, 501), 10) | dict.fromkeys(range(400, 410), 1_900))
    held = [one.id for one in walk(shop.ask, Listing("v3/x", Paging.NUMBERED))]
    assert held == list(range(1, 501))
    sizes = [(query["limit"], query["page"]) for query in shop.asked]
    first = [sizes.index((limit, "1")) for limit in dict.fromkeys(limit for limit, _ in sizes)]
    assert (first == sorted(first), len(first) > 1) == (True, True)


def test_options_of_fat_products_are_asked_for_in_halves() -> None:
    """Ten at once are too large, each alone is not; of one alone that is, it is said."""
    sizes = dict.fromkeys(range(1, 11), 9_000)

    def ask(path: str, query: Query) -> str:
        ids = [int(one) for one in query["id:in"].split(",")]
        if sum(sizes[one] for one in ids) > MOST:
            raise PageTooLarge(path, f"{MOST} bytes", MOST)
        return json.dumps({"data": [{"id": one, "options": [], "modifiers": []} for one in ids]})

    choices = '"variants": [{"id": 1, "option_values": [{"id": 1}]}]'
    products = [record(f'{{"id": {number}, {choices}}}') for number in sizes]
    whole = list(Companions(ask, DATASETS["products"]).hung_on(products))
    assert [(one.id, one.gaps) for one in whole] == [(number, ()) for number in sizes]
    sizes[5] = MOST + 1
    with pytest.raises(PageTooLarge, match="shorten what is so long in the shop"):
        list(Companions(ask, DATASETS["products"]).hung_on(products))


def test_a_numbered_list_that_shifts_while_its_pages_shrink_is_still_read_whole() -> None:
    """A row goes in front of each of the first pages."""
    gone = iter([3, 5, 7])
    shop = Fat(dict.fromkeys(range(1, 301), 10) | {290: 15_000, 291: 15_000})
    numbers = count()

    def change() -> None:
        if next(numbers) in (0, 2, 5):
            shop.sizes = {one: size for one, size in shop.sizes.items() if one != next(gone, 0)}

    shop.meanwhile = change
    held = [one.id for one in walk(shop.ask, Listing("v3/x", Paging.NUMBERED))]
    assert held == sorted(shop.sizes)
