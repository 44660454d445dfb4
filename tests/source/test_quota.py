"""Our share of the store's quota."""

from collections.abc import Mapping
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.source.quota import SLACK, QuotaKeeper, Window, pause, spend, told
from tests.fakes import QuietPulse

LENGTH = 30.0


def _headers(quota: object, left: object, reset: object) -> dict[str, str]:
    return {
        "X-Rate-Limit-Requests-Quota": str(quota),
        "X-Rate-Limit-Requests-Left": str(left),
        "X-Rate-Limit-Time-Reset-Ms": str(reset),
        "X-Rate-Limit-Time-Window-Ms": str(int(LENGTH * 1000)),
    }


class Store(QuietPulse):
    """A store with a quota, and the only clock; waiting moves it."""

    def __init__(self, quota: int) -> None:
        super().__init__()
        self.now = 0.0
        self.quota = quota
        self.used: dict[int, int] = {}

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.now += seconds

    def answer(self, others: int, takes: float) -> Mapping[str, str]:
        """One request of ours and some of the other apps, which took so long."""
        window = int(self.now // LENGTH)
        self.used[window] = self.used.get(window, 0) + 1
        left = max(0, self.quota - self.used[window] - others)
        reset = int((LENGTH - self.now % LENGTH) * 1000)
        self.now += takes
        return _headers(self.quota, left, reset)


@given(
    st.integers(1, 500),
    st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]),
    st.lists(st.tuples(st.integers(0, 500), st.floats(0, 5)), max_size=60),
)
def test_no_window_of_the_store_sees_more_than_our_share(
    quota: int, share: float, answers: list[tuple[int, float]]
) -> None:
    """Whatever the others use and however slow the answers are."""
    store = Store(quota)
    keeper = QuotaKeeper(share, lambda: store.now)
    for others, takes in answers:
        keeper.take(store)
        keeper.note(store.answer(others, takes))
    assert max(store.used.values(), default=0) <= max(1, int(quota * share))


def test_what_others_need_is_left_to_them() -> None:
    """With a fifth of the window left we wait for the next one, however little we used."""
    window = told(Window(), _headers(100, 20, 12_000), now=5.0)
    assert pause(window, 0.5, now=5.0) == pytest.approx(12.0 + SLACK)


def test_a_wait_ends_with_the_window() -> None:
    """Our share used up at second 5, the window ends at 17."""
    window = told(Window(spent=50), _headers(100, 50, 12_000), now=5.0)
    pauses = [pause(window, 0.5, now - SLACK) for now in (5.0, 16.0, 17.0 + 2 * SLACK)]
    assert pauses == pytest.approx([12.0 + 2 * SLACK, 1.0 + 2 * SLACK, 0.0])


def test_without_a_word_about_a_quota_nothing_waits() -> None:
    """Before the first answer, and for a store that names none."""
    window = Window()
    for _ in range(1000):
        window = spend(told(window, {"Content-Type": "application/json"}, 1.0), 1.0)
    assert (pause(window, 0.1, 1.0), window.spent) == (0.0, 1000)


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
    assert told(Window(), headers, 1.0) == Window()


@pytest.mark.parametrize("share", [0, -1, 1.5, float("nan")])
def test_a_share_that_is_none_can_not_be_built(share: float) -> None:
    """Over 0 and up to 1."""
    with pytest.raises(ValueError, match="share of the quota"):
        QuotaKeeper(share, lambda: 0.0)


def test_threads_share_one_window() -> None:
    """Twenty threads with five requests each: 50 go out, the others wait."""
    store = Store(100)
    keeper = QuotaKeeper(0.5, lambda: 0.0)
    keeper.note(_headers(100, 100, 30_000))

    class Waited(Exception):
        pass

    class Refusing(QuietPulse):
        def wait(self, seconds: float) -> None:
            raise Waited

    granted: list[int] = []

    def work() -> None:
        for _ in range(5):
            try:
                keeper.take(Refusing())
            except Waited:
                return
            granted.append(1)

    threads = [Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(granted), store.waits) == (50, [])
