"""The store's request quota, shared with the shop's other apps, and our share of it.

BigCommerce counts requests of *all* apps in windows of (usually) 30 seconds and tells in every
answer how the present window stands. We use no more than a share of each, and stop before others
find it empty. One account is kept for a store, known to all threads and processes: it lies in
:class:`~mirrord.source.common.Common`. The decision is pure; this room must never sleep but
through the pulse.

Where the store's windows begin can not be known to the millisecond, least of all for requests that
are under way when one ends. So that it need not be known, our share is kept in *any* stretch of
that length: what is sent is counted in slots of a thirtieth of it.
Source: BigCommerce, "API rate limits" (X-Rate-Limit-* headers; ignoring 429 counts as abuse).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from mirrord.core.pulse import Pulse
from mirrord.source.account import read_account, write_account
from mirrord.source.caps import caps_of
from mirrord.source.common import Common, Turn
from mirrord.source.window import Window, answered, pause, refused, spend

_T = TypeVar("_T")

#: Seconds between two looks for a free turn: an answer takes about as long.
_LOOK = 0.05
#: The turn of the one who finds out what the quota is.
_ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What we may send: ``requests`` in ``seconds``, None where the store names no limit."""

    requests: int | None
    seconds: float


class QuotaKeeper:
    """The quota of one store, for all its threads and, by ``common``, all processes.

    ``share``: the part of each window that is ours, over 0 and up to 1; keepers of one store may
    have different ones: who has the smaller share leaves the rest to the others. ``clock`` counts
    seconds, never goes back, and is the same for all who share ``common``. ``at_once``: so many
    requests at the same time at the most.
    """

    def __init__(
        self, share: float, clock: Callable[[], float], common: Common, at_once: int = 3
    ) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"a share of the quota is over 0 and up to 1, not {share}")
        self._share = share
        self._clock = clock
        self._common = common
        self._at_once = at_once

    @contextmanager
    def turn(self, path: str, pulse: Pulse) -> Iterator[None]:
        """Wait until a request for this path may be sent, and count it; it ends with the block."""
        turns = self._wait_for(path, pulse)
        try:
            yield
        finally:
            _end(turns)

    def answered(self, headers: Mapping[str, str], *, good: bool) -> None:
        """Take in what an answer says about the window; ``good``: it is none of an error."""
        self._changed(lambda window, now: (answered(window, headers, now, good=good), None))

    def refused(self, after: float | None) -> None:
        """The store is busy: all wait so long or, where it names no time, longer each time."""
        self._changed(lambda window, now: (refused(window, after, now), None))

    def allowed(self) -> Allowed:
        """How much may be sent in how long, as far as the store has told."""

        def look(window: Window, _now: float) -> tuple[Window, Allowed]:
            ours = None if window.quota is None else max(1, int(window.quota * self._share))
            return window, Allowed(ours, window.length)

        return self._changed(look)

    def _wait_for(self, path: str, pulse: Pulse) -> list[Turn]:
        caps = caps_of(path, self._at_once)
        while True:
            turns = self._turns(caps)
            # the count is made with the turns in hand: counted is what is sent at once
            seconds = _LOOK if turns is None else self._spend(turns, alone=_ALONE in caps)
            if seconds is None:
                caps = {_ALONE: 1, **caps}
            elif turns is not None and seconds <= 0:
                return turns
            else:
                pulse.wait(seconds)

    def _turns(self, caps: Mapping[str, int]) -> list[Turn] | None:
        taken: list[Turn] = []
        for name, at_once in caps.items():
            turn = self._common.turn(name, at_once)
            if turn is None:
                _end(taken)
                return None
            taken.append(turn)
        return taken

    def _spend(self, turns: list[Turn], *, alone: bool) -> float | None:
        """Count one request: 0. Else the turns are over, and it is to wait for so many seconds.

        None where nothing is known of the quota: then whoever asks goes ``alone``, and the others
        wait for the answer, or for the end of the one that waits for it.
        """

        def attempt(window: Window, now: float) -> tuple[Window, float | None]:
            seconds = pause(window, self._share, now)
            if seconds > 0:
                return window, seconds
            return (spend(window, now), 0.0) if alone or window.is_known else (window, None)

        seconds: float | None = None
        try:
            seconds = self._changed(attempt)
        finally:
            if seconds != 0:
                _end(turns)
        return seconds

    def _changed(self, by: Callable[[Window, float], tuple[Window, _T]]) -> _T:
        def change(before: bytes) -> tuple[bytes, _T]:
            now = self._clock()
            window, found = by(read_account(before, now), now)
            return write_account(window), found

        return self._common.change(change)


def _end(turns: list[Turn]) -> None:
    for turn in turns:
        turn.close()
