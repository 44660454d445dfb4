"""A store that changes while its lists are read, at every border of two pages of every list."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import UTC
from functools import partial
from itertools import product
from pathlib import Path
from random import Random

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.errors import AnswerBroken
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from mirrord.source.api import ApiSource
from tests.contract.shifting import (
    CHANGES,
    ROWS,
    SEVERAL,
    Fields,
    Shifting,
    State,
    by_fifties,
    by_number,
    paged,
    pulled,
)
from tests.fakes import QuietPulse
from tests.jobs.test_whole_shop import a_house, texts

#: So many kinds of change are tried at each border; ``MIRRORD_KINDS=10`` asks for all of them.
KINDS = min(int(os.environ.get("MIRRORD_KINDS", "4")), len(CHANGES))
#: So often a list is read while the first borders, of three readings at the most, are busy.
TURNS, BUSY = 6, 6


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleStore]:
    """One small store; each test fills the list that it is about."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "content").mkdir()
    sizes = Sizes(products=3, customers=3, orders=30, rows=4)
    with SampleStore(folder, sizes=sizes, quota=10_000_000, packs=False) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_it_was(store: SampleStore) -> Iterator[None]:
    """What one test fills is not there for the next."""
    shop = store.shop
    held = [(rows, dict(rows)) for rows in (shop.products, shop.customers, shop.orders)]
    held += [(rows, dict(rows)) for rows in shop.lists.values()]
    yield
    for rows, before in held:
        rows.clear()
        rows.update(before)


@pytest.fixture(scope="module")
def source(store: SampleStore) -> Iterator[ApiSource]:
    """The API of that store."""
    with closing(ApiSource(store.store_hash, store.token, store.api_url)) as api:
        yield api


def pull(source: ApiSource, name: str) -> State:
    return pulled(name, source.records(by_fifties(DATASETS[name]), QuietPulse()))


@pytest.mark.parametrize("name", paged())
def test_one_change_at_any_border_gives_the_list_before_it_or_after_it(
    store: SampleStore, source: ApiSource, name: str
) -> None:
    """Every border, every kind of change in one list or another: never a mixture of both."""
    shifting = Shifting(store.shop, name)
    assert pull(source, name) == shifting.states[0]
    borders, mixed = shifting.borders, []
    for border in range(borders):
        for kind in Random(f"{name} {border}").sample(sorted(CHANGES), KINDS):
            shifting.begin({border: CHANGES[kind]})
            held = pull(source, name)
            if held not in shifting.states:
                mixed.append((border, kind, len(held)))
    assert (borders >= 2, mixed) == (True, [])


@pytest.mark.parametrize("name", paged())
def test_of_changes_at_many_borders_nothing_is_lost_and_nothing_invented(
    store: SampleStore, source: ApiSource, name: str
) -> None:
    """What was there throughout is there, and each record is one that was; and it comes to an end.

    The store is still again before the last readings of a list that is read until it is.
    """
    shifting = Shifting(store.shop, name)
    for seed in range(TURNS):
        rng = Random(f"{name} {seed}")
        shifting.begin({n: rng.choice(list(SEVERAL.values())) for n in range(BUSY)})
        assert wrong(pull(source, name), shifting.states) == []


@pytest.mark.parametrize("name", paged())
@pytest.mark.parametrize("kind", SEVERAL)
def test_a_store_that_never_holds_still_gives_a_faithful_list_or_none(
    store: SampleStore, source: ApiSource, name: str, kind: str
) -> None:
    """The same change at every border: only a list that has no better pages is refused."""
    shifting = Shifting(store.shop, name).begin({}, SEVERAL[kind])
    try:
        held = pull(source, name)
    except AnswerBroken as error:
        refusal = str(error)
    else:
        assert wrong(held, shifting.states) == []
        return
    told = "had other records each time it was read, 6 times" in refusal
    assert (told, by_number(name)) == (True, True)


@pytest.mark.parametrize("name", paged())
def test_pages_that_do_not_fit_come_in_parts(
    store: SampleStore, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same list of every kind where a page may have few of its rows: by a store that obeys."""
    Shifting(store.shop, name)
    with closing(ApiSource(store.store_hash, store.token, store.api_url)) as source:
        whole = {one.id: one.text for one in source.records(DATASETS[name], QuietPulse())}
        monkeypatch.setattr(source._client, "_largest_page", _a_few(whole.values()))
        sent = source.sent
        parts = {one.id: one.text for one in source.records(DATASETS[name], QuietPulse())}
    assert (len(whole) >= ROWS, parts == whole, source.sent > 2 * sent + 2) == (True, True, True)


def _a_few(rows: Collection[str]) -> int:
    """Bytes for some rows; for one of the lists that are asked for each parent, too."""
    return 4 * max(len(one.encode()) for one in rows) + 2_000


@pytest.mark.parametrize(
    ("before", "after"),
    [({"status_id": 0}, {"status_id": 11}), ({}, {"is_deleted": True})],
    ids=["paid", "archived"],
)
def test_an_order_that_moves_from_list_to_list_meanwhile_is_in_the_pull(
    store: SampleStore, source: ApiSource, before: Fields, after: Fields
) -> None:
    """One list had it, another one has it now: it is never in neither."""
    shifting = Shifting(store.shop, "orders")
    pull(source, "orders")
    lost = []
    for border, place in product(range(shifting.borders), range(0, ROWS, 8)):
        shifting.begin({border: partial(Shifting.change, place=place, fields=after)})
        shifting.change(place, before)
        if pull(source, "orders").keys() != shifting.states[0].keys():
            lost.append((border, place))
    assert lost == []


def test_of_a_list_that_never_holds_still_nothing_is_filed(
    store: SampleStore, tmp_path: Path
) -> None:
    """The run says so, files the rest, and has the list whole once the store is quiet."""
    house = a_house(tmp_path / "mirror")
    shifting = Shifting(store.shop, "redirects").begin({}, CHANGES["added in front"])
    rows = tuple(by_fifties(DATASETS[name]) for name in ("brands", "redirects", "coupons"))
    plan = Plan("more", rows, "REST API", UTC, 7 * 86_400)
    with closing(ApiSource(store.store_hash, store.token, store.api_url)) as source:
        job = Export(house, source, plan, lambda: 1_795_435_200.0)
        busy, filed = job.run(QuietPulse()), set(texts(house))
        shifting.begin({})
        job.run(QuietPulse())
    assert (busy.exit_code, len(busy.findings), filed) == (3, 1, {"brands", "coupons"})
    assert busy.findings[0].startswith("redirects: GET v3/storefront/redirects had other records")
    lines = texts(house)["redirects"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == sorted(shifting.states[0])


def wrong(held: State, states: Sequence[State]) -> list[object]:
    """The keys that were there throughout and are missing; those that never were so."""
    throughout = frozenset.intersection(*(frozenset(one) for one in states))
    ever = frozenset(pair for one in states for pair in one.items())
    return [*(throughout - held.keys()), *(frozenset(held.items()) - ever)]
