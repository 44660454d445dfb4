"""Clocks for tests: one that a test moves by hand, one that runs faster than ours."""

import time


class HandClock:
    """Stands still until it is moved; waiting takes no time."""

    def __init__(self, now: float = 1_763_900_100.0) -> None:
        self.at = now

    def now(self) -> float:
        return self.at

    def real(self, seconds: float) -> float:
        return 0.0


class FastClock:
    """Runs ``factor`` times as fast as real time, and waits accordingly shorter."""

    def __init__(self, factor: float, now: float = 1_763_900_100.0) -> None:
        self._factor = factor
        self._began = time.monotonic()
        self._now = now

    def now(self) -> float:
        return self._now + (time.monotonic() - self._began) * self._factor

    def real(self, seconds: float) -> float:
        return seconds / self._factor
