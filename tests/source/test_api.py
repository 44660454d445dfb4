"""The API source against the sample store, when the store is difficult."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS, MAIN
from mirrord.core.datasets.counts import order_standing, why_incomplete
from mirrord.core.datasets.kinds import Singles
from mirrord.core.records import Record
from mirrord.demo import misbehave
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.errors import (
    AnswerBroken,
    ScopeMissing,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from mirrord.source.api import ApiSource
from tests.fakes import QuietPulse

PRODUCTS, CUSTOMERS, ORDERS = (DATASETS[name] for name in MAIN)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small store that a test may break."""
    (tmp_path / "content").mkdir()
    sizes = Sizes(products=20, customers=30, orders=70)
    with SampleStore(tmp_path, sizes=sizes, quota=100_000) as running:
        yield running


@pytest.fixture
def source(store: SampleStore) -> Iterator[ApiSource]:
    """The API of that store."""
    api = ApiSource(store.store_hash, store.token, store.api_url)
    yield api
    api.close()


def _pull(source: ApiSource, name: str) -> list[Record]:
    return list(source.records(DATASETS[name], QuietPulse()))


def test_no_parameter_is_unknown_to_the_store(source: ApiSource, store: SampleStore) -> None:
    """The real store passes over a typing error in silence; the sample store tells."""
    for dataset in (PRODUCTS, CUSTOMERS, ORDERS):
        source.count(dataset, QuietPulse())
        _pull(source, dataset.name)
    assert {unknown for entry in store.log for unknown in entry.unknown} == set()


def test_only_get_is_ever_sent(source: ApiSource, store: SampleStore) -> None:
    """The daemon reads only (a law of the house)."""
    for name in MAIN:
        _pull(source, name)
    assert {entry.method for entry in store.log} == {"GET"}


@pytest.mark.parametrize(("incomplete", "archived"), [(False, True), (True, False), (True, True)])
def test_orders_are_whole_whatever_a_plain_list_holds(
    source: ApiSource, store: SampleStore, incomplete: bool, archived: bool
) -> None:
    """Whether the plain list has archived and incomplete orders is not documented."""
    store.shop.lists_incomplete, store.shop.lists_archived = incomplete, archived
    before = source.count(ORDERS, QuietPulse())
    pulled = _pull(source, "orders")
    seen = Counter(order_standing(record) for record in pulled)
    reason = why_incomplete(seen, before, before)
    assert ([record.id for record in pulled], reason) == (sorted(store.orders), "")


def test_a_filter_that_the_store_refuses_costs_nothing(
    source: ApiSource, store: SampleStore
) -> None:
    """422 to is_deleted: what the plain list gives is still taken."""
    store.shop.lists_archived = True
    rule = store.misbehave.next("/v2/orders", misbehave.fails(422), skip=3)
    assert [one.id for one in _pull(source, "orders")] == sorted(store.orders)
    assert rule.fired == 1


def test_line_items_that_the_store_left_out_are_fetched_apart(
    source: ApiSource, store: SampleStore
) -> None:
    """Cut at 50 a consignment, or missing altogether: the companion has every line."""
    pulled = {record.id: record for record in _pull(source, "orders")}
    apart = {
        number: [line.id for line in record.companions["products"]]
        for number, record in pulled.items()
        if "products" in record.companions
    }
    truth = {number: [line["id"] for line in store.orders[number].products] for number in apart}
    assert apart == truth
    assert max(len(lines) for lines in apart.values()) > 50
    hiding = {number for number, order in store.orders.items() if order.hides_line_items}
    assert hiding
    assert hiding <= set(apart)


def test_option_types_come_from_the_companion(source: ApiSource) -> None:
    """Each variant's options are packed with their type, the swatch with its colour."""
    rows = [row for one in _pull(source, "products") for row in PRODUCTS.tables[0].rows(one)]
    options = [row[5] for row in rows if row[0] == "Variant"]
    assert options != []
    assert [text for text in options if not text.startswith("Type=")] == []
    assert any("|Name=Color|Value=Beige[#" in text for text in options)


def test_a_shop_that_changes_between_pages_costs_no_record(
    source: ApiSource, store: SampleStore
) -> None:
    """A row of the first page vanishes before the second is asked for; none is skipped."""
    first, *others = sorted(store.orders)
    ids = [number for number in others if not store.orders[number].head["is_deleted"]]

    def change() -> None:
        store.orders.pop(first, None)

    store.shop.lists_archived = store.shop.lists_incomplete = True
    rule = store.misbehave.next("/v2/orders", misbehave.meanwhile(change))
    assert set(ids) <= {record.id for record in _pull(source, "orders")}
    assert rule.fired == 1


def test_a_duplicate_row_is_an_error_never_a_shorter_list(
    source: ApiSource, store: SampleStore
) -> None:
    """A page that repeats a row lacks another; it can not be trusted."""
    store.misbehave.next("/v3/catalog/products", misbehave.duplicate_row(), times=None)
    with pytest.raises(AnswerBroken, match="not in the order of ids"):
        _pull(source, "products")


def test_half_a_page_is_never_a_whole_one(source: ApiSource, store: SampleStore) -> None:
    """A broken-off answer is asked for again, and the pull is whole."""
    rule = store.misbehave.next("/v3/customers", misbehave.cut(0.5), times=2)
    assert [record.id for record in _pull(source, "customers")] == sorted(store.customers)
    assert rule.fired == 2


def test_a_web_page_is_no_empty_shop(source: ApiSource, store: SampleStore) -> None:
    """HTML with a 200, for ever: an error after some tries."""
    store.misbehave.next("/v3/catalog/products", misbehave.html(), times=None)
    with pytest.raises(AnswerBroken, match=r"web page instead of JSON; check api\.url"):
        _pull(source, "products")


def test_a_busy_store_is_waited_for_as_long_as_it_asks(store: SampleStore) -> None:
    """429 with X-Retry-After 7: one wait of at least that, and then all is well."""
    store.misbehave.next("/v3/customers", misbehave.busy(7))
    pulse = QuietPulse()
    source = ApiSource(store.store_hash, store.token, store.api_url, clock=pulse.clock)
    with closing(source):
        pulled = list(source.records(CUSTOMERS, pulse))
    assert (len(pulled), len(pulse.waits), pulse.waits[0] >= 7) == (30, 1, True)


@pytest.mark.parametrize(
    ("status", "error"), [(429, StoreBusy), (503, StoreBusy), (500, StoreUnreachable)]
)
def test_trouble_without_end_is_given_up(
    store: SampleStore, status: int, error: type[StoreError]
) -> None:
    """Transient errors are tried a bounded number of times."""
    rule = store.misbehave.next("/v2/orders/count", misbehave.fails(status), times=None)
    pulse = QuietPulse()
    source = ApiSource(store.store_hash, store.token, store.api_url, clock=pulse.clock)
    with closing(source), pytest.raises(error, match=str(status)):
        source.count(ORDERS, pulse)
    assert 1 < rule.fired < 10


def test_a_refused_token_is_tried_once(source: ApiSource, store: SampleStore) -> None:
    """401 says how to make a new token; trying again would only lock the account."""
    store.tokens.clear()
    with pytest.raises(StoreRefused, match="make a new read-only token"):
        _pull(source, "orders")
    assert len(store.log) == 1


def test_a_missing_scope_is_named(source: ApiSource, store: SampleStore) -> None:
    """403 names the scope that the token's account needs."""
    store.tokens[store.token] = frozenset()
    with pytest.raises(ScopeMissing, match="store_v2_customers_read_only"):
        _pull(source, "customers")


def test_a_wrong_store_hash_says_so(store: SampleStore) -> None:
    """404 for a dataset points at the config."""
    source = ApiSource("nosuchstore", store.token, store.api_url)
    with pytest.raises(StoreError, match=r"check api\.store_hash and api\.url"):
        source.count(PRODUCTS, QuietPulse())
    source.close()


def test_an_order_whose_lines_are_gone_is_kept_and_names_the_gap(
    source: ApiSource, store: SampleStore
) -> None:
    """404 of a companion never costs the record."""
    rule = store.misbehave.next("/v2/orders/*/products", misbehave.fails(404))
    pulled = _pull(source, "orders")
    gaps = [record.gaps for record in pulled if record.gaps]
    assert (len(pulled), gaps) == (len(store.orders), [("the store did not give the products",)])
    assert rule.fired == 1


def test_a_setting_that_the_store_refuses_costs_no_other(
    source: ApiSource, store: SampleStore
) -> None:
    """422 for one of them, as for one that wants a channel: a gap that is named."""
    rule = store.misbehave.next("/v3/settings/logo", misbehave.fails(422))
    pulled = _pull(source, "settings")
    assert isinstance(DATASETS["settings"].source, Singles)
    paths = set(DATASETS["settings"].source.paths)
    assert {record.id for record in pulled} == paths - {"v3/settings/logo"}
    gaps = [record.gaps for record in pulled if record.gaps]
    assert (gaps, rule.fired) == ([("the store did not give v3/settings/logo",)], 1)


def test_a_setting_that_the_token_may_not_read_is_a_gap_and_a_revoked_token_is_none(
    source: ApiSource, store: SampleStore
) -> None:
    """403 for one of them costs no other; for all from one on the dataset is not taken at all."""
    store.misbehave.next("/v3/settings/logo", misbehave.fails(403))
    gaps = [record.gaps for record in _pull(source, "settings") if record.gaps]
    assert gaps == [("the store did not give v3/settings/logo",)]
    store.misbehave.next("/v[23]/*", misbehave.fails(403), times=None, skip=9)
    with pytest.raises(ScopeMissing):
        _pull(source, "settings")


def test_the_own_text_is_what_the_store_sent(source: ApiSource, store: SampleStore) -> None:
    """Digit by digit, trap characters included; the parsed text equals the store's record."""
    pulled = {record.id: json.loads(record.text) for record in _pull(source, "products")}
    names = {number: product["name"] for number, product in store.products.items()}
    assert {number: fields["name"] for number, fields in pulled.items()} == names


def test_our_share_of_the_quota_is_never_exceeded(store: SampleStore) -> None:
    """With a quota of 8 and half of it ours, the fifth request waits for the next window."""
    store.quota.size = 8
    source = ApiSource(store.store_hash, store.token, store.api_url, quota_share=0.5)

    class FirstWait(Exception):
        pass

    class Waiting(QuietPulse):
        def wait(self, seconds: float) -> None:
            raise FirstWait(seconds)

    for _ in range(4):
        source.count(PRODUCTS, Waiting())
    with pytest.raises(FirstWait):
        source.count(PRODUCTS, Waiting())
    source.close()
    assert (len(store.log), {entry.status for entry in store.log}) == (4, {200})


def test_how_long_a_pull_takes_at_least_is_known_from_the_quota(store: SampleStore) -> None:
    """10,000 products: 40 pages, and 1,000 for what comes by tens; 225 requests in 30 seconds."""
    store.quota.size = 450
    pulse = QuietPulse()
    source = ApiSource(store.store_hash, store.token, store.api_url, clock=pulse.clock)
    with closing(source):
        assert source.least(PRODUCTS, 10_000) == (1_040, 0.0)
        source.count(PRODUCTS, pulse)
        assert source.least(PRODUCTS, 10_000) == (1_040, 120.0)
        assert source.sent == 1
