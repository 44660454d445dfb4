"""Jobs with their sources, built from the config: the one place that does so.

What a job needs is imported when it is opened: a command pays for no other.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from mirrord.core.hours import is_quiet
from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.core.schedule import Every
from mirrord.disk.house import House
from mirrord.errors import ConfigError, Problem
from mirrord.jobs import (
    DATASETS,
    DETAILS,
    FILES,
    FILING,
    MORE,
    NIGHT,
    ORDERS,
    PRUNE,
    REINDEX,
    SNAPSHOT,
    THEMES,
    Job,
)
from mirrord.jobs.sources import common_of, file_source, record_source, theme_source

if TYPE_CHECKING:
    from mirrord.config import Config, Store
    from mirrord.core.datasets.kinds import Dataset
    from mirrord.core.suspicion import Limits
    from mirrord.source import FileSource

    OpenStore = Callable[[], AbstractContextManager[FileSource]]

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
    pace = Pace(period, min(period or NIGHT, NIGHT), store.verify.budget)
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
