"""How many requests run at a time: the flow against stores of our own making, by simulated time."""

import heapq
import itertools
from dataclasses import dataclass, field

import pytest

from mirrord.source.flow import START, Flow

SIZE = 20_000


@dataclass
class Store:
    """``workers`` answer ``rate`` requests a second each, ``away`` seconds from us."""

    away: float
    workers: int
    rate: float
    limits: list[int] = field(default_factory=list)

    def serve(self, flow: Flow, requests: int, throttled: int | None = None) -> float:
        """Seconds until all are answered; over ``throttled`` at a time the store refuses."""
        now, given, done, active = 0.0, 0, 0, 0
        free = [0.0] * self.workers
        coming: list[tuple[float, bool]] = []
        while done < requests:
            while active < flow.limit and given < requests:
                active += 1
                given += 1
                refused = throttled is not None and active > throttled
                worker = min(range(self.workers), key=free.__getitem__)
                begun = max(now + self.away / 2, free[worker])
                if not refused:
                    free[worker] = begun + 1 / self.rate
                heapq.heappush(coming, (begun + 1 / self.rate + self.away / 2, refused))
            now, refused = heapq.heappop(coming)
            active -= 1
            if refused:
                given -= 1
                flow.trouble(now)
            else:
                done += 1
                flow.look(now, done, done * SIZE, busy=given < requests)
            self.limits.append(flow.limit)
        return now


def test_it_begins_with_few() -> None:
    """A store publishes no limit: the first requests are a handful, or what the config allows."""
    assert (Flow(64).limit, Flow(2).limit) == (START, 2)


@pytest.mark.parametrize("most", [1, 3, 32, 64])
def test_a_store_far_away_is_asked_as_much_as_allowed(most: int) -> None:
    """Nothing but more at a time shortens the way: all is used, but for one short trial."""
    store = Store(away=0.05, workers=100, rate=1000)
    took = store.serve(Flow(most), 5000)
    assert max(store.limits) == most
    assert took < 1.15 * 5000 * 0.051 / most + 0.3


def test_a_store_that_gains_nothing_by_it_is_asked_little() -> None:
    """Two workers next door are busy with a few requests; a queue before them brings nothing."""
    store = Store(away=0.0002, workers=2, rate=2000)
    store.serve(Flow(64), 20_000)
    assert store.limits[-1] <= 8


def test_a_slow_store_is_not_swamped_for_long() -> None:
    """Where more brings no more, half as many are tried, until that would cost something."""
    store = Store(away=0.05, workers=4, rate=50)
    took = store.serve(Flow(64), 4000)
    assert store.limits[-1] <= 32
    assert took < 1.1 * 4000 / (4 * 50)


def test_a_throttling_store_is_asked_half_as_much_at_once() -> None:
    """Trouble halves, and a burst of it counts once."""
    flow = Flow(64, start=64)
    for moment in (10.0, 10.01, 10.02):
        flow.trouble(moment)
    assert flow.limit == 32
    flow.trouble(13.0)
    assert flow.limit == 16


def test_after_trouble_it_grows_one_by_one() -> None:
    """A store that refuses over ten at a time is asked about ten at a time, and seldom refuses."""
    store = Store(away=0.05, workers=100, rate=1000)
    flow = Flow(64)
    store.serve(flow, 20_000, throttled=10)
    assert 4 <= flow.limit <= 12
    late = store.limits[len(store.limits) // 2 :]
    assert max(b - a for a, b in itertools.pairwise(late)) <= 1


def test_never_under_one_nor_over_what_is_allowed() -> None:
    """Whatever happens."""
    flow = Flow(3)
    for second in range(0, 100, 5):
        flow.trouble(float(second))
    assert flow.limit == 1
    for tick in range(100_000):
        flow.look(100 + tick / 100, tick * 50, tick * 50 * SIZE, busy=True)
        assert 1 <= flow.limit <= 3


def test_what_was_not_busy_proves_nothing() -> None:
    """A walk with one folder to list says nothing of what the store could do."""
    flow = Flow(64)
    for tick in range(1000):
        flow.look(tick / 10, tick, tick * SIZE, busy=False)
    assert flow.limit == START
