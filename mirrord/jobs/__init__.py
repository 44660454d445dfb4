"""One use case a room, all of one shape: ``run(pulse) -> Report``. Here stands which there are.

Their lanes and their schedules, by the config; :mod:`.opening` builds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.core.schedule import Cron, Every, Outside, Rule

if TYPE_CHECKING:
    from mirrord.config import Store

FILES, ORDERS, PRUNE = "files", "orders", "prune"
#: The main datasets, each a job; of the others one job pulls all, and another goes on asking for
#: what orders have besides.
DATASETS = ("products", "customers", "orders")
MORE, DETAILS, THEMES = "more", "order_details", "themes"
SNAPSHOT = "snapshot"
UPKEEP, INBOX = "upkeep", "inbox"
REINDEX = "reindex"
FILING = "filing"
#: Which lane a job runs in. Orders have one of their own: they are the most at risk. What works on
#: the house alone is in a fourth, so that a long check of the disk delays nothing that is pulled;
#: what people drop is in a fifth, since they stand there and wait.
_LANES = {
    "files": "files",
    "orders": "orders",
    SNAPSHOT: UPKEEP,
    PRUNE: UPKEEP,
    "verify": UPKEEP,
    "look": UPKEEP,
    FILING: INBOX,
    REINDEX: "files",
}
#: Lanes whose jobs work on the house alone and ask no store who it is.
AT_HOME = frozenset({UPKEEP, INBOX})


def lane_of(job: str) -> str:
    """The lane of a job: all datasets but the orders share one."""
    return _LANES.get(job, "catalogue")


#: Seconds between two looks at files/, hints apart; a share of what is held is read each day.
_LOOK, NIGHT = 3_600, 86_400
#: Between two looks at what was dropped and what lies in the store's exports/, hints apart.
_FILE_EVERY = Every(300)

#: Every day: core/clock.py trusts no clock that went on by more than two days from run to run.
_PRUNE_EVERY = Every(NIGHT)


class Job(Protocol):
    """One use case, ready to run."""

    def run(self, pulse: Pulse) -> Report:
        """Do it once; MirrordError where it could not be done."""


def jobs_of(store: Store) -> dict[str, Rule]:
    """The jobs that the store's config asks for, each with its schedule."""
    rules: dict[str, Rule] = {}
    if store.webdav is not None:
        rules[FILES] = _outside(store, store.schedule.files)
    if store.api is not None:
        for name in (*DATASETS, MORE, DETAILS, THEMES):
            rule = getattr(store.schedule, name)
            # when the shop is busy orders are most at risk
            rules[name] = rule if name == ORDERS else _outside(store, rule)
    rules[SNAPSHOT] = store.schedule.snapshot
    if store.keep.drops:
        rules[PRUNE] = _PRUNE_EVERY
    rules[FILING] = _FILE_EVERY
    return rules | _checks(store)


def _outside(store: Store, rule: Every | Cron) -> Rule:
    return Outside(rule, store.quiet_hours) if store.quiet_hours else rule


def _checks(store: Store) -> dict[str, Rule]:
    """Verify reads its share every day where it has more than one; files/ is looked over hourly."""
    rule = store.schedule.verify
    if isinstance(rule, Every):
        rule = Every(min(rule.seconds, NIGHT))
    rules: dict[str, Rule] = {"verify": rule}
    if store.webdav is not None:
        rules["look"] = Every(_LOOK)
    return rules
