"""Orders at risk: what a pull notes, and how often to pull by that."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from mirrord.core.risk import BIN, arrivals, interval, rate
from mirrord.core.schedule import AtRisk, Rule
from mirrord.disk.arrivals import read_arrivals, record_arrivals
from mirrord.disk.house import House


def note_orders(house: House, moments: Iterable[float], started: float, ended: float) -> None:
    """After a pull of orders: when each order that is held now was created; DiskError.

    All of them, not only those that were new or changed, in any order, in seconds since 1970, as
    ``started`` and ``ended`` of the pull are. Only how many came in which five minutes is kept.
    """
    record_arrivals(house, arrivals(moments, started, ended))


def note_more(house: House, fresh: Iterable[float], started: float, ended: float) -> None:
    """The same after a pull that saw only what changed: ``fresh`` are the orders that came."""
    known = read_arrivals(house)
    before = known.counts.items() if known else ()
    counted = (number * BIN + BIN / 2 for number, count in before for _ in range(count))
    note_orders(house, chain(counted, fresh), started, ended)


def rule_now(house: House, rule: Rule) -> Rule:
    """The rule as it is to be read at this moment: an interval where it follows the orders."""
    return interval(rule, read_arrivals(house)) if isinstance(rule, AtRisk) else rule


def told_of(house: House, rule: Rule | None) -> dict[str, Any] | None:
    """What status.json says of it, None where no pull has told yet.

    ``per_hour`` orders come now, ``since`` the last pull started; ``most`` by the config.
    """
    known = read_arrivals(house)
    if rule is None or known is None:
        return None
    return {
        "per_hour": round(rate(known) * 3_600, 1),
        "since": known.started,
        "most": rule.most if isinstance(rule, AtRisk) else None,
    }
