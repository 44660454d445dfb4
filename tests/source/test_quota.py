"""Our share of the store's quota."""

import heapq
from collections.abc import Mapping
from dataclasses import replace
from threading import Thread

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mirrord.source.account import read_account, write_account
from mirrord.source.caps import CAPS, caps_of
from mirrord.source.common import Alone
from mirrord.source.pauses import LONGEST_WISH
from mirrord.source.quota import Allowed, QuotaKeeper
from mirrord.source.window import (
    LONGEST_STRIKE,
    LONGEST_WINDOW,
    SLACK,
    SLOTS,
    Window,
    answered,
    pause,
    refused,
    spend,
)
from tests.fakes import QuietPulse

LENGTH = 30.0


def _headers(quota: object, left: object, reset: object) -> dict[str, str]:
    return {
        "X-Rate-Limit-Requests-Quota": str(quota),
        "X-Rate-Limit-Requests-Left": str(left),
        "X-Rate-Limit-Time-Reset-Ms": str(reset),
        "X-Rate-Limit-Time-Window-Ms": str(int(LENGTH * 1000)),
    }


class Shop:
    """A store that counts in windows which begin when they like, and what we know of it."""

    def __init__(self, quota: int, phase: float) -> None:
        self.quota = quota
        self.phase = phase
        self.ours: dict[int, int] = {}
        self.window = Window()

    def comes(self, now: float, others: int) -> Mapping[str, str]:
        """One request of ours arrives; the others' count in the same window."""
        at = now + self.phase
        number = int(at // LENGTH)
        self.ours[number] = self.ours.get(number, 0) + 1
        left = max(0, self.quota - self.ours[number] - others)
        return _headers(self.quota, left, int((LENGTH - at % LENGTH) * 1000))


#: How long a request is under way to the store, and its answer back; what others used by then.
TRIPS = st.tuples(st.floats(0, LENGTH / SLOTS), st.floats(0, 20), st.integers(0, 300))


@given(
    st.integers(1, 500),
    st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]),
    st.floats(0, LENGTH),
    st.integers(1, 12),
    st.lists(TRIPS, min_size=1, max_size=40),
)
@example(40, 0.5, 0.1, 12, [(0.0, 0.0, 0), (1.0, 0.2, 0), (0.5, 19.0, 0)])
@example(1, 0.1, 0.0, 2, [(0.0, 11.0, 0)])
@settings(deadline=None)
def test_no_window_of_the_store_sees_more_than_our_share(
    quota: int,
    share: float,
    phase: float,
    askers: int,
    trips: list[tuple[float, float, int]],
) -> None:
    """Whenever it begins, whatever the others use, however late an answer of the one before comes,
    and however many ask: as long as a request is no more than a slot under way. While nothing is
    known one asks alone, as the keeper has it."""
    shop, alone = Shop(quota, phase), False
    events: list[tuple[float, int, str, Mapping[str, str]]] = []
    for asker in range(askers):
        heapq.heappush(events, (asker / 100, asker, "ask", {}))
    done = 0
    while done < 400:
        now, asker, what, headers = heapq.heappop(events)
        there, back, others = trips[done % len(trips)]
        if what == "comes":
            heapq.heappush(events, (now + back, asker, "answer", shop.comes(now, others)))
        elif what == "answer":
            shop.window, alone = answered(shop.window, headers, now), False
            heapq.heappush(events, (now, asker, "ask", {}))
        elif not shop.window.is_known and alone:
            heapq.heappush(events, (now + 0.05, asker, "ask", {}))
        elif (seconds := pause(shop.window, share, now)) > 0:
            heapq.heappush(events, (now + seconds, asker, "ask", {}))
        else:
            shop.window, alone = spend(shop.window, now), True
            heapq.heappush(events, (now + there, asker, "comes", {}))
        done += 1
    assert max(shop.ours.values(), default=0) <= max(1, int(quota * share))


def test_our_share_is_used() -> None:
    """Of a store that answers at once, nine tenths of it and more: patience is no end in itself."""
    shop, now = Shop(100, 0.0), 0.0
    while now < 20 * LENGTH:
        seconds = pause(shop.window, 0.5, now)
        if seconds <= 0:
            shop.window = answered(spend(shop.window, now), shop.comes(now, 0), now)
        now += max(seconds, 0.01)
    assert 0.9 * 50 * 20 <= sum(shop.ours.values()) <= 50 * 20


def test_what_others_need_is_left_to_them() -> None:
    """With a fifth of the window left we wait for the next one, however little we used."""
    window = answered(Window(), _headers(100, 20, 12_000), now=5.0)
    assert pause(window, 0.5, now=5.0) == pytest.approx(12.0 + SLACK)
    assert pause(window, 0.5, now=17.1) == 0


def test_a_wait_ends_when_the_first_of_ours_are_old() -> None:
    """Our share used up in the 5th second: a window and two slots from its begin on."""
    window = answered(Window(), _headers(100, 100, 30_000), now=0.0)
    for number in range(50):
        window = spend(window, 5 + number / 100)
    pauses = [pause(window, 0.5, now) for now in (5.5, 20.0, 37.0)]
    assert pauses == pytest.approx([31.5, 17.0, 0.0])


def test_a_store_that_names_no_quota_has_none() -> None:
    """Nothing waits after its first good answer; an error in between proves nothing."""
    window = answered(spend(Window(), 1.0), {"Content-Type": "application/json"}, 1.0)
    for _ in range(1000):
        window = spend(window, 1.0)
    assert (pause(window, 0.1, 1.0), window.silent) == (0.0, True)
    assert not answered(spend(Window(), 1.0), {}, 1.0, good=False).is_known


@pytest.mark.parametrize(
    "headers",
    [
        _headers(0, 0, 1000),
        _headers(-1, 5, 1000),
        _headers("x", 5, 1000),
        _headers(100, "", 1000),
        _headers(100, 0, 10**11),
        _headers(100, 0, "9" * 20),
        _headers("\u0661\u0660", 0, 1000),
    ],
    ids=str,
)
def test_headers_that_make_no_sense_change_nothing(headers: Mapping[str, str]) -> None:
    """A hostile number never makes us wait for a year."""
    known = answered(Window(), _headers(100, 90, 12_000), 1.0)
    later = answered(known, headers, 2.0)
    assert replace(later, silent=False) == known


def test_all_wait_as_long_as_the_store_asks_for_and_an_hour_is_not_granted() -> None:
    """The longer of two wishes; our own share never shortens it."""
    window = refused(refused(Window(), 12.0, 100.0), 5.0, 101.0)
    assert pause(window, 1.0, 102.0) == 10.0
    assert pause(refused(window, 1e9, 102.0), 1.0, 102.0) == LONGEST_WISH


def test_a_store_that_names_no_wait_is_left_alone_for_longer_each_time() -> None:
    """Doubling up to a minute; three that were refused together count once, an answer ends it."""
    window, now, waits = Window(), 0.0, []
    for _ in range(9):
        for _ in range(3):
            window = refused(window, None, now)
        waits.append(pause(window, 1.0, now))
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_STRIKE, LONGEST_STRIKE, LONGEST_STRIKE]
    assert pause(refused(answered(window, {}, now), None, now), 1.0, now) == 1


@pytest.mark.parametrize("share", [0, -1, 1.5, float("nan")])
def test_a_share_that_is_none_can_not_be_built(share: float) -> None:
    """Over 0 and up to 1."""
    with pytest.raises(ValueError, match="share of the quota"):
        QuotaKeeper(share, lambda: 0.0, Alone())


# the note that processes share

NOW = 5_000.0
KNOWN = answered(spend(spend(Window(), NOW), NOW), _headers(100, 40, 12_000), NOW)


def test_a_note_tells_the_same_window() -> None:
    """All of it."""
    window = refused(KNOWN, 9.0, NOW)
    assert read_account(write_account(window), NOW) == window
    assert read_account(write_account(spend(Window(), NOW)), NOW) == spend(Window(), NOW)


@pytest.mark.parametrize(
    "window",
    [
        replace(KNOWN, ends=NOW + 10 * LONGEST_WINDOW),
        replace(KNOWN, until=NOW + 10 * LONGEST_WISH),
        replace(KNOWN, sent=((10**9, 10**9),)),
        replace(KNOWN, length=1e9),
        replace(KNOWN, length=1e-9),
        replace(KNOWN, quota=0),
        replace(KNOWN, quota=-5),
        replace(KNOWN, left=True),
        replace(KNOWN, ends=float("nan")),
        replace(KNOWN, strikes=10**6),
    ],
    ids=str,
)
def test_a_note_of_another_time_or_of_no_sense_is_none(window: Window) -> None:
    """A clock that began anew, a hand that wrote it: nobody waits for that."""
    assert read_account(write_account(window), NOW) == Window()


@given(
    st.binary(max_size=200)
    | st.builds(
        lambda at, what: write_account(KNOWN)[:at] + what + write_account(KNOWN)[at + len(what) :],
        st.integers(0, 120),
        st.binary(max_size=9),
    )
)
@example(b"[" * 100_000)
@example(b"null")
@example(b"[" + b"9" * 5_000 + b"]")
@settings(max_examples=300)
def test_no_note_makes_us_wait_for_long_or_fail(note: bytes) -> None:
    """Whatever stands in it: a window is read, and it can be used and written."""
    window = read_account(note, NOW)
    most = max(LONGEST_WISH, LONGEST_WINDOW * (1 + 3 / SLOTS))
    assert 0 <= pause(window, 0.5, NOW) <= most
    assert read_account(write_account(spend(window, NOW)), NOW) == spend(window, NOW)


# the keeper


class Refusing(QuietPulse):
    """Whoever would have to wait is told so."""

    class Waits(Exception):
        pass

    def wait(self, seconds: float) -> None:
        raise self.Waits(seconds)


def test_threads_and_keepers_share_one_window() -> None:
    """Twenty threads with a keeper each and five requests: 50 go out, the others wait."""
    common = Alone()
    first = QuotaKeeper(0.5, lambda: 0.0, common)
    first.answered(_headers(100, 100, 30_000), good=True)
    granted: list[int] = []

    def work() -> None:
        keeper = QuotaKeeper(0.5, lambda: 0.0, common, at_once=20)
        for _ in range(5):
            try:
                with keeper.turn("v2/orders", Refusing()):
                    granted.append(1)
            except Refusing.Waits:
                return

    threads = [Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(granted), first.allowed()) == (50, Allowed(50, 30.0))


def test_who_has_the_smaller_share_leaves_the_rest_to_the_others() -> None:
    """A long pull at its end does not keep orders waiting."""
    common = Alone()
    pull, orders = (QuotaKeeper(share, lambda: 0.0, common) for share in (0.45, 0.5))
    orders.answered(_headers(100, 100, 30_000), good=True)
    assert [_sent_until_it_waits(keeper) for keeper in (pull, orders)] == [45, 5]


def _sent_until_it_waits(keeper: QuotaKeeper) -> int:
    sent = 0
    while True:
        try:
            with keeper.turn("v2/orders", Refusing()):
                sent += 1
        except Refusing.Waits:
            return sent


def test_while_nothing_is_known_one_request_goes_alone() -> None:
    """Many would be more than our share, for all we know; then all go, whatever it found out. One
    that fails has found out nothing, and lets the next one."""
    keeper = QuotaKeeper(0.5, lambda: 0.0, Alone())

    def fail() -> None:
        with pytest.raises(Refusing.Waits), keeper.turn("v2/orders", Refusing()):
            pass
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError), keeper.turn("v2/orders", Refusing()):
            fail()
    with keeper.turn("v2/orders", Refusing()):
        keeper.answered({}, good=True)
        with keeper.turn("v2/orders", Refusing()):
            pass


def test_no_more_requests_at_a_time_than_there_are_turns() -> None:
    """Three of any kind, one where the platform takes one; each is free again at its end."""
    keeper = QuotaKeeper(1.0, lambda: 0.0, Alone())
    keeper.answered({}, good=True)
    trees, orders = "v3/catalog/trees/12/categories", "v2/orders"

    def may(path: str) -> bool:
        try:
            with keeper.turn(path, Refusing()):
                return True
        except Refusing.Waits:
            return False

    told = []
    with keeper.turn(trees, Refusing()):
        told += [may(trees), may(orders)]
        with keeper.turn(orders, Refusing()), keeper.turn(orders, Refusing()):
            told.append(may(orders))
        told.append(may(orders))
    assert [*told, may(trees)] == [False, True, False, True, True]


def test_every_cap_is_known_by_its_path() -> None:
    """Whatever stands for the star; other paths have none of their own."""
    for path, most in CAPS.items():
        assert most in caps_of(path.replace("*", "12"), 100).values()
    for path in ("v3/catalog/trees/12/categories/3", "v2/orders", "v3/promotions/1/codes/2"):
        assert list(caps_of(path, 100).values()) == [100]
