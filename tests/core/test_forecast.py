"""How long a pull takes, in advance and afterwards, in words."""

import pytest

from mirrord.core.forecast import foreseen, outlasted, seconds_for, span


@pytest.mark.parametrize(
    ("requests", "seconds"), [(0, 0), (1, 0), (225, 0), (226, 30), (450, 30), (9_001, 1_200)]
)
def test_a_share_of_each_window_is_all_there_is(requests: int, seconds: float) -> None:
    """225 in 30 seconds; those of the last window need not wait for its end."""
    assert seconds_for(requests, 225, 30) == seconds


def test_a_store_without_a_quota_costs_no_time() -> None:
    """As far as can be told."""
    assert seconds_for(10**6, None, 30) == 0


def test_a_pull_that_would_not_finish_in_its_interval_says_so() -> None:
    """One that would says nothing."""
    assert foreseen("products", 12_400, 900, 900) == ""
    assert foreseen("products", 12_400, 1_650, 900) == (
        "products needs 12,400 requests and more, which take 28 min by our share of the store's"
        " quota: longer than its interval of 15 min"
    )


def test_one_that_did_not_says_when_the_next_one_starts() -> None:
    """In UTC, as all moments in reports; or at once."""
    then = outlasted("products", 4_320, 3_600, 1_763_907_300)
    assert then.startswith("products took 1 h 12 min, longer than its interval of 1 h: the next")
    assert "starts at 2025-11-23 14:15:00 UTC;" in then
    assert "starts at once;" in outlasted("orders", 90, 60, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "1 h"), (4_320, "1 h 12 min")],
)
def test_a_span_is_told_as_people_do(seconds: float, words: str) -> None:
    """No more than two units."""
    assert span(seconds) == words
