"""How many orders are unsaved now, and how often to pull so that they stay few. Pure.

From nothing but how many orders came in which five minutes of the last two days. What is foreseen
is the highest of several rates: of the last minutes, for a sale that has just begun; of the last
hour and the last hours; and of the hour to come as it was yesterday, for every morning.

What that keeps: with :data:`SIGMAS` standard deviations to spare no more than ``most`` orders are
unsaved, as long as orders come no faster than was foreseen. A burst is foreseen by the first pull
that starts :data:`BURST` seconds or more after it began; until then, and where even the shortest
interval is too long, there may be more.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from mirrord.core.schedule import AtRisk, Every

if TYPE_CHECKING:
    from mirrord.core.jsontext import Json

#: Seconds of one count, and how long counts are kept.
BIN = 300
KEPT = 48 * 3_600
#: Seconds: the shortest stretch by which a rate is told is never longer.
BURST = 2 * BIN
#: Arrivals scatter: so many standard deviations of them are left free below the most.
SIGMAS = 3.0
#: The stretches that end with the last pull, in counts: five minutes, an hour, six hours.
_STRETCHES = (1, 12, 72)
_DAY, _HOUR = 86_400, 12
#: Seconds: an order of a later moment than this after the pull has no date that could be true.
_AHEAD = 3_600.0


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many orders came, as of a pull.

    The pull ``started`` and ``took`` seconds; all that came ``until`` then is counted, by the
    number of the five minutes since 1970. Moments in seconds since 1970.
    """

    started: float
    took: float
    until: float
    counts: Mapping[int, int]


def created(order: Mapping[str, Json]) -> float | None:
    """When an order was placed, by its ``date_created`` as v2 gives it; None where it tells none.

    Source: BigCommerce, orders v2: RFC 2822, ``Tue, 05 Mar 2019 21:40:11 +0000``.
    """
    from email.utils import parsedate_to_datetime  # only pulls read dates

    told = order.get("date_created")
    try:
        moment = parsedate_to_datetime(told) if isinstance(told, str) else None
        return None if moment is None else moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def arrivals(moments: Iterable[float], started: float, ended: float) -> Arrivals:
    """The counts of all orders that are held after a pull, by the moments of their creation.

    Older ones than two days are left out, and such as are far ahead of our clock; those that are a
    little ahead say that the store's clock is, and its time counts.
    """
    counts: Counter[int] = Counter()
    until = started
    for moment in moments:
        if started - KEPT < moment <= started + _AHEAD:
            counts[int(moment // BIN)] += 1
            until = max(until, moment)
    return Arrivals(started, max(0.0, ended - started), until, dict(sorted(counts.items())))


def rate(known: Arrivals) -> float:
    """Orders a second as they come now: the highest of several rates."""
    last = int(known.until // BIN)
    firsts = [last - stretch for stretch in _STRETCHES]
    return max(_between(known, first, last) / (known.until - first * BIN) for first in firsts)


def foreseen(known: Arrivals) -> float:
    """Orders a second that are to be reckoned with: as now, or as in this hour of yesterday."""
    yesterday = int((known.until - _DAY) // BIN)
    then = _between(known, yesterday, yesterday + _HOUR - 1) / (_HOUR * BIN)
    return max(rate(known), then)


def at_risk(known: Arrivals, now: float) -> float:
    """How many orders are probably unsaved at a moment."""
    return rate(known) * max(0.0, now - known.started)


def interval(rule: AtRisk, known: Arrivals | None) -> Every:
    """How long after the start of the last pull the next one is to start.

    Between the rule's shortest and longest, whatever is known; the longest where nothing is.
    """
    if known is None or (expected := foreseen(known)) <= 0:
        return Every(rule.every)
    # what comes while the next pull is under way is unsaved as well until its end
    seconds = aimed_at(rule.most) / expected - known.took
    return Every(int(min(rule.every, max(rule.at_least, seconds))))


def aimed_at(most: int) -> float:
    """How many to expect, so that there are no more than ``most`` when they scatter as they do."""
    return ((math.sqrt(SIGMAS**2 + 4 * most) - SIGMAS) / 2) ** 2


def _between(known: Arrivals, first: int, last: int) -> int:
    return sum(count for number, count in known.counts.items() if first <= number <= last)
