"""The store's quota: so many requests in a window of 30 seconds, all clients together.

After BigCommerce's page on rate limits. This room must never wait.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from mirrord.demo.answer import Headers

WINDOW = 30.0
"""Seconds; a store may be given another length."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the window after one request; ``reset`` and ``window`` in seconds."""

    granted: bool
    quota: int
    left: int
    reset: float
    window: float = WINDOW

    def headers(self) -> Headers:
        """The quota as BigCommerce's headers say it."""
        retry = (("X-Retry-After", str(max(1, math.ceil(self.reset)))),)
        return (
            ("X-Rate-Limit-Time-Window-Ms", str(int(self.window * 1000))),
            ("X-Rate-Limit-Time-Reset-Ms", str(int(self.reset * 1000))),
            ("X-Rate-Limit-Requests-Quota", str(self.quota)),
            ("X-Rate-Limit-Requests-Left", str(self.left)),
            *(() if self.granted else retry),
        )


class Quota:
    """Counts requests; a new window opens with the first request after the old one closed.

    ``size`` and ``window`` (seconds) may be changed at any time; ``most``: so many requests came
    in the fullest window, refused ones among them.
    """

    def __init__(self, size: int, clock: Callable[[], float]) -> None:
        self.size = size
        self.window = WINDOW
        self.most = 0
        self._clock = clock
        self._lock = Lock()
        self._opened = clock()
        self._used = 0
        self._came = 0

    def take(self) -> Allowance:
        """Count one request, and say whether it is still granted."""
        with self._lock:
            now = self._clock()
            if now - self._opened >= self.window:
                self._opened, self._used, self._came = now, 0, 0
            self._came += 1
            self.most = max(self.most, self._came)
            granted = self._used < self.size
            self._used += granted
            reset = self.window - (now - self._opened)
            return Allowance(granted, self.size, self.size - self._used, reset, self.window)
