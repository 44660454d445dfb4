"""One use case a room, all of one shape: ``run(pulse) -> Report``. Here they are built.

This is the one place that turns the config into jobs; their sources come from :mod:`.sources`.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mirrord.core.hours import is_quiet
from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.core.schedule import Cron, Every, Outside, Rule
from mirrord.disk.house import House
from mirrord.errors import ConfigError, Problem
from mirrord.jobs.sources import common_of, file_source, record_source, theme_source

if TYPE_CHECKING:
    from mirrord.config import Config, Store
    from mirrord.core.datasets.kinds import Dataset
    from mirrord.core.suspicion import Limits
    from mirrord.source import FileSource

    OpenStore = Callable[[], AbstractContextManager[FileSource]]

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
_LOOK, _NIGHT = 3_600, 86_400
#: Between two looks at what was dropped and what lies in the store's exports/, hints apart.
_FILE_EVERY = Every(300)

#: Every day: core/clock.py trusts no clock that went on by more than two days from run to run.
_PRUNE_EVERY = Every(_NIGHT)

#: Rooms with heavy libraries, or that are imported when they are used: for threads they are there
#: before. Imported only by who runs jobs: `status` starts without them.
_ROOMS = (
    "jobs.sync",
    "jobs.export",
    "jobs.sheets",
    "jobs.themes",
    "jobs.prune",
    "jobs.verify",
    "jobs.snapshot",
    "jobs.reindex",
    "jobs.filing",
    "disk.manners",
    "jobs.running",
    "source.webdav",
    "source.api",
    "source.themes",
)


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
        rule = Every(min(rule.seconds, _NIGHT))
    rules: dict[str, Rule] = {"verify": rule}
    if store.webdav is not None:
        rules["look"] = Every(_LOOK)
    return rules


def import_rooms() -> None:
    """Import what jobs need. For one thread, before others run jobs side by side.

    Threads that import requests at once, each by another of its modules, can find it half made.
    """
    for room in _ROOMS:
        importlib.import_module(f"mirrord.{room}")


@contextmanager
def open_job(
    config: Config,
    store: Store,
    name: str,
    house: House,
    *,
    dry_run: bool = False,
    patient: bool = False,
    clock: Callable[[], float] = time.time,
) -> Iterator[Job]:
    """A job with an open source, which is closed at the end.

    ``patient``: nobody waits at a terminal, and trouble of the store is outwaited for longer.
    ConfigError where a secret can not be read or the store has no such job.
    """
    if name == FILES:
        with _files(config, store, house, dry_run=dry_run, clock=clock) as job:
            yield job
    elif name == REINDEX:
        from mirrord.jobs.reindex import Reindex

        yield Reindex(house, clock)
    elif name == "verify":
        yield verify_job(config, store, house, clock)
    elif name == "look":
        from mirrord.jobs.look import Look

        yield Look(house, _store_to_ask(config, store, clock), clock)
    elif name == FILING:
        from mirrord.jobs.filing import Filing

        alone, limits = store.api is None, _suspicious(store)
        yield Filing(house, clock, config.timezone, alone=alone, limits=limits)
    elif name == SNAPSHOT:
        yield _snapshot(config, store, house, clock, patient=patient)
    elif name == THEMES:
        with _themes(config, store, house, clock, patient=patient) as job:
            yield job
    elif name == PRUNE:
        yield _prune(config, store, house, dry_run=dry_run, clock=clock)
    else:
        with _records(config, store, name, house, clock=clock, patient=patient) as job:
            yield job


def verify_job(
    config: Config,
    store: Store,
    house: House,
    clock: Callable[[], float],
    *,
    full: bool = False,
    heal: bool = True,
) -> Job:
    """The check of one house; the store is asked only for what can not be healed here."""
    from mirrord.jobs.verify import Pace, Verify

    rule = store.schedule.verify
    period = rule.seconds if isinstance(rule, Every) else None
    pace = Pace(period, min(period or _NIGHT, _NIGHT), store.verify.budget)
    return Verify(house, _store_to_ask(config, store, clock), pace, clock, full=full, heal=heal)


def _store_to_ask(config: Config, store: Store, clock: Callable[[], float]) -> OpenStore | None:
    """What opens the store's tree, if it has one; its secret is read no sooner."""
    dav = store.webdav
    quiet = _quiet(config, store, clock)
    return None if dav is None else lambda: closing(file_source(dav, quiet))


def _quiet(config: Config, store: Store, clock: Callable[[], float]) -> Callable[[], bool]:
    """Whether the shop is busy now, as often as it is asked."""
    hours, zone = store.quiet_hours, config.timezone
    return lambda: is_quiet(datetime.fromtimestamp(clock(), UTC), hours, zone)


@contextmanager
def _files(
    config: Config, store: Store, house: House, *, dry_run: bool, clock: Callable[[], float]
) -> Iterator[Job]:
    from mirrord.core.guard import Limits
    from mirrord.disk.manners import manners_of, note_manners
    from mirrord.jobs.sync import Sync

    dav = store.webdav
    if dav is None:
        raise _not_configured(store, "webdav", "its files can not be mirrored")
    known = manners_of(house, dav.url, clock())
    source = file_source(dav, _quiet(config, store, clock), deep=known.deep, begin=known.at_once)
    limits = Limits(store.guard.vanished, store.guard.floor, store.guard.grown)
    with closing(source):
        yield Sync(house, source, limits, dav.exclude, clock, dry_run=dry_run)
    if source.was_asked and not dry_run:
        note_manners(house, dav.url, clock(), was_deep=source.was_deep, at_once=source.at_once)


def _prune(
    config: Config, store: Store, house: House, *, dry_run: bool, clock: Callable[[], float]
) -> Job:
    from mirrord.jobs.prune import Prune

    return Prune(house, store.keep, clock, config.timezone, dry_run=dry_run)


@contextmanager
def _records(
    config: Config,
    store: Store,
    name: str,
    house: House,
    *,
    clock: Callable[[], float],
    patient: bool,
) -> Iterator[Job]:
    from mirrord.core.datasets import DATASETS as TABLE
    from mirrord.core.forecast import foreseen
    from mirrord.jobs.at_risk import rule_now
    from mirrord.jobs.export import Export
    from mirrord.jobs.exporting import Plan
    from mirrord.source.retry import BY_HAND, UNATTENDED

    api = store.api
    if api is None:
        raise _not_configured(store, "api", "its records can not be pulled")
    apart = (*DATASETS, DETAILS)
    rows = tuple(row for row in TABLE.values() if row.name == name or name == MORE)
    chosen = tuple(row for row in rows if name != MORE or row.name not in apart)
    source = record_source(
        api,
        common_of(house),
        endurance=UNATTENDED if patient else BY_HAND,
        urgent=name == ORDERS,
    )
    rule = rule_now(house, getattr(store.schedule, name, store.schedule.more))

    def too_long(dataset: Dataset, records: int) -> str:
        requests, seconds = source.least(dataset, records)
        return foreseen(name, requests, seconds, rule.seconds) if isinstance(rule, Every) else ""

    limits, full_every = _suspicious(store), store.schedule.full
    plan = Plan(
        name,
        chosen,
        "REST API",
        config.timezone,
        full_every,
        limits,
        too_long,
        sheets=store.exports.xlsx,
    )
    with closing(source):
        yield Export(house, source, plan, clock)


def _suspicious(store: Store) -> Limits:
    from mirrord.core.suspicion import Limits

    return Limits(store.guard.cells, store.guard.rows, store.guard.floor)


@contextmanager
def _themes(
    config: Config, store: Store, house: House, clock: Callable[[], float], *, patient: bool
) -> Iterator[Job]:
    from mirrord.jobs.themes import PullThemes
    from mirrord.source.retry import BY_HAND, UNATTENDED

    if store.api is None:
        raise _not_configured(store, "api", "its themes can not be pulled")
    endurance = UNATTENDED if patient else BY_HAND
    source = theme_source(store.api, common_of(house), endurance)
    with closing(source):
        yield PullThemes(house, source, clock, config.timezone, unpacked=store.themes.unpack)


def _snapshot(
    config: Config, store: Store, house: House, clock: Callable[[], float], *, patient: bool
) -> Job:
    from mirrord.jobs.running import run_job
    from mirrord.jobs.snapshot import Parts, TakeSnapshot

    def take(name: str, pulse: Pulse) -> Report:
        opening = partial(open_job, patient=patient)
        return run_job(config, store, name, pulse, clock=clock, opening=opening)

    parts = Parts(
        files=store.webdav is not None,
        datasets=DATASETS if store.api else (),
        exclude=store.webdav.exclude if store.webdav else (),
        way=store.snapshots.copy_by,
        after=store.after_snapshot or (),
    )
    return TakeSnapshot(house, parts, take, clock)


def _not_configured(store: Store, part: str, so: str) -> ConfigError:
    return ConfigError(
        Problem("config", None, f"the store {store.key} has no `{part}`: {so}", f"add `{part}`")
    )
