"""The sample store's faults: each does its harm, only where ordered, and is counted."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest
import requests

from mirrord.demo import misbehave
from tests.demo.conftest import Client

PRODUCTS = "/v3/catalog/products"


def test_a_fault_hits_its_path_after_the_good_answers_and_as_often_as_ordered(
    small: Client,
) -> None:
    """``skip`` good answers, then ``times`` spoilt ones, then good ones; other paths stay good."""
    rule = small.store.misbehave.next(PRODUCTS, misbehave.fails(503), times=2, skip=1)
    answers = [small.get(PRODUCTS).status_code for _ in range(5)]
    assert (answers, rule.fired) == ([200, 503, 503, 200, 200], 2)
    assert small.get("/v3/catalog/products/77").status_code == 200


def test_a_pattern_hits_all_paths_below(small: Client) -> None:
    """``*`` in a rule's path stands for anything; without ``times`` end it goes on."""
    rule = small.store.misbehave.next("/v2/orders/*", misbehave.fails(500), times=None)
    answers = [small.get(f"/v2/orders/{order}/products").status_code for order in (100, 101)]
    assert (answers, rule.fired) == ([500, 500], 2)
    small.store.misbehave.stop()
    assert small.get("/v2/orders/100/products").status_code == 200


@pytest.mark.parametrize(("after", "header"), [(7, "7"), (None, None)])
def test_busy_says_when_to_come_back_or_says_nothing(
    small: Client, after: int | None, header: str | None
) -> None:
    """429 with ``X-Retry-After``, or bare as from a platform under load."""
    small.store.misbehave.next(PRODUCTS, misbehave.busy(after))
    answer = small.get(PRODUCTS)
    assert (answer.status_code, answer.headers.get("X-Retry-After")) == (429, header)


def test_a_web_page_comes_with_status_200(small: Client) -> None:
    """What a store in maintenance gives a client that looks at the status alone."""
    small.store.misbehave.next(PRODUCTS, misbehave.html())
    answer = small.get(PRODUCTS)
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")


def test_a_cut_body_is_shorter_than_its_length_header(small: Client) -> None:
    """The connection breaks in the middle; the next answer is whole again."""
    small.store.misbehave.next(PRODUCTS, misbehave.cut(0.5))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        small.get(PRODUCTS)
    assert small.get(PRODUCTS).status_code == 200


def test_totals_and_counts_can_be_wrong(small: Client) -> None:
    """``meta.pagination.total`` and V2's ``count`` are off by the number ordered."""
    small.store.misbehave.next(PRODUCTS, misbehave.wrong_total(5))
    small.store.misbehave.next("/v2/orders/count", misbehave.wrong_total(-1))
    total = small.get(PRODUCTS).json()["meta"]["pagination"]["total"]
    counts = [small.get("/v2/orders/count").json()["count"] for _ in range(2)]
    assert (total, counts[1] - counts[0]) == (len(small.store.products) + 5, 1)


@pytest.mark.parametrize("path", [PRODUCTS, "/v2/orders"])
def test_a_page_can_hold_one_id_twice_and_another_not_at_all(small: Client, path: str) -> None:
    """The page keeps its length."""
    good = small.ids(path)
    small.store.misbehave.next(path, misbehave.duplicate_row())
    assert small.ids(path) == [*good[:-1], good[0]]


def test_a_slow_answer_comes_late_and_whole(small: Client) -> None:
    """A client with a shorter patience gives up."""
    small.store.misbehave.next(PRODUCTS, misbehave.slow(30))
    url = f"{small.store.api_url}/stores/{small.store.store_hash}{PRODUCTS}"
    with pytest.raises(requests.exceptions.ReadTimeout):
        small.session.get(url, timeout=0.2)


def test_the_stores_stop_ends_a_slow_answer(small: Client) -> None:
    """No test waits for a silence that nobody listens to any more."""
    rule = small.store.misbehave.next(PRODUCTS, misbehave.slow(60))
    ended = Event()

    def ask() -> None:
        small.get(PRODUCTS)
        ended.set()

    asking = Thread(target=ask)
    asking.start()
    until = time.monotonic() + 10
    while not rule.fired and time.monotonic() < until:
        asking.join(0.01)
    small.store.stop()
    asking.join(10)
    assert ended.is_set()


def test_the_shop_can_change_between_two_pages(small: Client) -> None:
    """A row that vanishes after the first page shifts the second one."""
    ids = sorted(small.store.products)
    rule = small.store.misbehave.next(
        PRODUCTS, misbehave.meanwhile(lambda: small.store.products.pop(ids[0]))
    )
    pages = [small.ids(f"{PRODUCTS}?limit=5&page={page}") for page in (1, 2)]
    assert (pages, rule.fired) == ([ids[:5], ids[6:11]], 1)


def test_a_token_can_be_revoked_in_the_middle_of_a_pull(small: Client) -> None:
    """From then on every request is refused with 401."""
    small.store.misbehave.next(PRODUCTS, misbehave.meanwhile(small.store.tokens.clear))
    answers = [small.get(path).status_code for path in (PRODUCTS, PRODUCTS, "/v2/orders")]
    assert answers == [200, 401, 401]


def test_files_can_be_spoilt_as_well(small: Client) -> None:
    """The same faults hit ``/dav/...``; the log has them too."""
    rule = small.store.misbehave.next("/dav/content/*", misbehave.html())
    auth = requests.auth.HTTPDigestAuth(small.store.username, small.store.password)
    url = f"{small.store.webdav_url}/content/empty.txt"
    answers = [requests.get(url, auth=auth, timeout=10).content[:5] for _ in range(2)]
    assert (answers, rule.fired) == ([b"<!DOC", b""], 1)
    assert small.store.log[0].path == "/dav/content/empty.txt"
