"""The store's request quota, shared with the shop's other apps, and our share of it.

BigCommerce counts requests of *all* apps in windows of (usually) 30 seconds and tells in every
answer how the present window stands. We use no more than a share of each, and stop before
others find it empty. One keeper per store, known to all threads. The decision is pure; this room
must never sleep but through the pulse.
Source: BigCommerce, "API rate limits" (X-Rate-Limit-* headers; ignoring 429 counts as abuse).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mirrord.core.pulse import Pulse

#: What is always left to others, as a share of the window, however little of ours is used.
RESERVE = 0.2
#: Seconds added to the end that the store names, which it rounds down to whole milliseconds.
SLACK = 0.05
#: Seconds: no window is longer; the documented one has 30. A larger number is no window.
LONGEST_WINDOW = 3600.0


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the store's quota; times in seconds of the caller's clock.

    ``quota`` requests in ``length`` seconds for all apps, None while the store has not said;
    ``left`` for all of us; ``spent`` by us; the next window begins at ``ends``.
    """

    quota: int | None = None
    left: int = 0
    spent: int = 0
    length: float = 0.0
    ends: float = 0.0


def pause(window: Window, share: float, now: float) -> float:
    """How many seconds to wait before the next request; 0 where it may be sent now."""
    if window.quota is None or now >= window.ends:
        return 0.0
    allowance = max(1, int(window.quota * share))
    reserve = int(window.quota * min(RESERVE, 1 - share))
    if window.spent < allowance and window.left > reserve:
        return 0.0
    return window.ends - now


def spend(window: Window, now: float) -> Window:
    """Count one request that is about to be sent."""
    if window.quota is None:
        return replace(window, spent=window.spent + 1)
    if now < window.ends:
        return replace(window, spent=window.spent + 1, left=window.left - 1)
    return replace(window, spent=1, left=window.quota - 1, ends=now + window.length)


def told(window: Window, headers: Mapping[str, str], now: float) -> Window:
    """The window after an answer; unchanged where the headers are missing or make no sense."""
    quota = _whole(headers, "X-Rate-Limit-Requests-Quota")
    left = _whole(headers, "X-Rate-Limit-Requests-Left")
    reset = _whole(headers, "X-Rate-Limit-Time-Reset-Ms")
    length = _whole(headers, "X-Rate-Limit-Time-Window-Ms")
    if not quota or left is None or reset is None or not length:
        return window
    if max(reset, length) > LONGEST_WINDOW * 1000:
        return window
    if window.quota is not None and now >= window.ends:
        window = Window(spent=1)  # this very request may count in the new window
    elif window.quota is not None:
        left = min(left, window.left)  # requests still under way are not in the store's number
    return Window(quota, left, window.spent, length / 1000, now + reset / 1000 + SLACK)


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


class QuotaKeeper:
    """The present window of one store, for all its threads.

    ``share``: the part of each window that is ours, over 0 and up to 1. ``clock`` counts seconds
    and never goes back.
    """

    def __init__(self, share: float, clock: Callable[[], float]) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"a share of the quota is over 0 and up to 1, not {share}")
        self._share = share
        self._clock = clock
        self._window = Window()
        self._lock = threading.Lock()

    def take(self, pulse: Pulse) -> None:
        """Wait until a request may be sent, and count it."""
        while (seconds := self._try()) > 0:
            pulse.wait(seconds)

    def note(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says about the window; the names in any case."""
        with self._lock:
            self._window = told(self._window, headers, self._clock())

    def _try(self) -> float:
        with self._lock:
            now = self._clock()
            seconds = pause(self._window, self._share, now)
            if seconds <= 0:
                self._window = spend(self._window, now)
            return seconds
