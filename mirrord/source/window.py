"""One store's quota as far as it is known, and what that means for the next request. Pure.

See :mod:`.quota`. A number that makes no sense, of the store or of a file, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mirrord.source.pauses import LONGEST_WISH

#: What is always left to others, as a share of the window, however little of ours is used.
RESERVE = 0.2
#: Seconds added to the end that the store names, which it rounds down to whole milliseconds.
SLACK = 0.05
#: Seconds: no window is longer; the documented one has 30. A larger number is no window.
LONGEST_WINDOW = 3600.0
#: The documented length, in seconds, while the store has not said.
USUAL_WINDOW = 30.0
#: What is sent is counted in so many slots a window.
SLOTS = 30
#: Seconds: the longest pause after a refusal that names none; they double from one second on.
LONGEST_STRIKE = 60.0
_MOST_STRIKES = 10


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of a store's quota; times in seconds of the caller's clock.

    ``quota`` requests in ``length`` seconds for all apps, None while the store has not said
    (``silent``: it answered and named none); ``left`` for all of us until ``ends``. ``sent``: how
    many of ours went out in which slot, oldest first. Nobody sends anything before ``until``;
    ``strikes``: so many refusals in a row.
    """

    quota: int | None = None
    left: int = 0
    length: float = USUAL_WINDOW
    ends: float = 0.0
    sent: tuple[tuple[int, int], ...] = ()
    silent: bool = False
    until: float = 0.0
    strikes: int = 0

    @property
    def is_known(self) -> bool:
        """Whether the store has said what its quota is, or that there is none."""
        return self.quota is not None or self.silent

    @property
    def slot(self) -> float:
        """Seconds of one slot."""
        return self.length / SLOTS


def pause(window: Window, share: float, now: float) -> float:
    """How many seconds to wait before the next request; 0 where it may be sent now."""
    waits = [window.until - now]
    if window.quota is None:
        return max(0.0, waits[0])
    waits.append(_until_ours(window, max(1, int(window.quota * share)), now) - now)
    if window.left <= int(window.quota * min(RESERVE, 1 - share)):
        waits.append(window.ends - now)
    return max(0.0, *waits)


def spend(window: Window, now: float) -> Window:
    """Count one request that is about to be sent."""
    slot = int(now // window.slot)
    sent = dict(_counting(window, now))
    sent[slot] = sent.get(slot, 0) + 1
    window = replace(window, sent=tuple(sorted(sent.items())))
    if window.quota is None:
        return window
    if now >= window.ends:
        window = replace(window, left=window.quota, ends=now + window.length)
    return replace(window, left=window.left - 1)


def answered(
    window: Window, headers: Mapping[str, str], now: float, *, good: bool = True
) -> Window:
    """The window after an answer; ``good``: one that is no error."""
    quota = _whole(headers, "X-Rate-Limit-Requests-Quota")
    left = _whole(headers, "X-Rate-Limit-Requests-Left")
    reset = _whole(headers, "X-Rate-Limit-Time-Reset-Ms")
    length = _whole(headers, "X-Rate-Limit-Time-Window-Ms")
    if good:
        window = replace(window, strikes=0)
    if not quota or left is None or reset is None or not length:
        # an error of something in between says nothing of the store's own ways
        return replace(window, silent=window.silent or (good and window.quota is None))
    if max(reset, length) > LONGEST_WINDOW * 1000:
        return window
    if window.quota is not None and now < window.ends:
        left = min(left, window.left)  # requests still under way are not in the store's number
    window = _of_length(replace(window, silent=False), length / 1000, now)
    return replace(window, quota=quota, left=left, ends=now + reset / 1000 + SLACK)


def refused(window: Window, after: float | None, now: float) -> Window:
    """After a 429 or 503: a pause for all, the longer of the one that stands and the new one.

    Several requests that are refused at the same time are one refusal.
    """
    strikes = window.strikes
    if after is None:
        if now >= window.until:
            strikes = min(strikes + 1, _MOST_STRIKES)
        after = min(LONGEST_STRIKE, 2.0 ** (strikes - 1))
    until = max(window.until, now + min(after, LONGEST_WISH))
    return replace(window, strikes=strikes, until=until)


def _until_ours(window: Window, allowance: int, now: float) -> float:
    """When so many have become old that there is room for one more of ours."""
    counting = _counting(window, now)
    over = sum(count for _, count in counting) - allowance + 1
    until = now
    for slot, count in counting:
        if over <= 0:
            break
        over -= count
        until = _counts_until(window, slot)
    return until


def _counting(window: Window, now: float) -> list[tuple[int, int]]:
    return [one for one in window.sent if _counts_until(window, one[0]) > now]


def _counts_until(window: Window, slot: int) -> float:
    # one slot for the end of this one, one for requests that are longer under way than others
    return (slot + 2) * window.slot + window.length


def _of_length(window: Window, length: float, now: float) -> Window:
    """The same in slots of another length: all that was sent counts as sent just now."""
    if length == window.length:
        return window
    count = sum(count for _, count in _counting(window, now))
    other = replace(window, length=length)
    return replace(other, sent=((int(now // other.slot), count),) if count else ())


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
