"""How every job is run, by the daemon and by hand: marker, lock, diary, status, one report."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from mirrord.config import Config, Store
from mirrord.core.forecast import outlasted
from mirrord.core.pulse import Pulse
from mirrord.core.report import NEXT, Outcome, Report
from mirrord.core.schedule import Every, Outside, after_long_run, put_off
from mirrord.disk.durable import machine_error
from mirrord.disk.house import House, open_house
from mirrord.disk.locks import locked
from mirrord.errors import MirrordError
from mirrord.jobs import (
    AT_HOME,
    FILES,
    FILING,
    ORDERS,
    REINDEX,
    UPKEEP,
    Job,
    jobs_of,
    lane_of,
)
from mirrord.jobs.at_risk import rule_now
from mirrord.jobs.identity import check_identity, record_identity
from mirrord.jobs.lost_ledger import reindex_if_gone, with_rebuilt
from mirrord.jobs.opening import open_job
from mirrord.jobs.status import open_diary, write_status

log = logging.getLogger(__name__)

Opening = Callable[..., AbstractContextManager[Job]]


def run_job(
    config: Config,
    store: Store,
    name: str,
    pulse: Pulse,
    *,
    wait: bool = True,
    dry_run: bool = False,
    clock: Callable[[], float] = time.time,
    opening: Opening = open_job,
) -> Report:
    """Run one job of one store; whatever goes wrong with it stands in the report.

    ``wait``: for the lane to be free, instead of AlreadyRunning. Stopped passes through.
    ``opening`` builds the job where a command by hand wants it in its own way.
    """
    started = clock()
    try:
        house = open_house(config.mirror, store.key, store.contact or "")
        with locked(house.lock_file(lane_of(name)), name, pulse if wait else None):
            rebuilt = _with_ledger(house, name, pulse, clock, wait=wait)
            if dry_run:
                with open_job(config, store, name, house, dry_run=True, clock=clock) as job:
                    if lane_of(name) not in AT_HOME:
                        check_identity(house, store, pulse, needs_api=name != FILES)
                    return with_rebuilt(job.run(pulse), rebuilt)
            return _recorded(config, store, name, house, pulse, clock, opening, rebuilt)
    except MirrordError as error:
        return _failed(store, name, error, started, clock())
    except OSError as error:
        disk = machine_error(error, f"running {name}")
        if disk is None:
            raise
        return _failed(store, name, disk, started, clock())


def _recorded(
    config: Config,
    store: Store,
    name: str,
    house: House,
    pulse: Pulse,
    clock: Callable[[], float],
    opening: Opening,
    rebuilt: Report | None,
) -> Report:
    started = clock()
    with open_diary(house) as diary:
        number = diary.begin(name, started)
        try:
            with opening(config, store, name, house, clock=clock) as job:
                # the house alone: no store is asked who it is
                if lane_of(name) in AT_HOME or name == REINDEX:
                    report = job.run(pulse)
                else:
                    proven = check_identity(house, store, pulse, needs_api=name != FILES)
                    report = job.run(pulse)
                    record_identity(house, store, proven, pulse)
        except MirrordError as error:
            report = _failed(store, name, error, started, clock())
        # one start for diary and report: status.json must tell what the schedule goes by
        report = replace(with_rebuilt(report, rebuilt), started=started)
        report = _with_next(house, store, report, config.timezone)
        diary.end(number, report)
        house.still_there()
        write_status(house, store, diary, config.timezone, clock(), pulse)
    log.log(_level(report), "%s", report.line())
    return report


def _with_next(house: House, store: Store, report: Report, zone: tzinfo) -> Report:
    """The same; of a run that outlasted its interval it says so, and when the next one starts.

    Orders start at once: they have a lane of their own, and are most at risk.
    """
    told = jobs_of(store).get(report.job)
    rule = rule_now(house, told.rule if isinstance(told, Outside) else told) if told else None
    if not isinstance(rule, Every) or report.outcome is Outcome.FAILED:
        return report
    then = after_long_run(rule, report.started, report.ended)
    if then is None:
        return report
    if isinstance(told, Outside):
        at = datetime.fromtimestamp(then, UTC)
        then = put_off(told, at, at, zone).timestamp()
    details = {} if report.job == ORDERS else {NEXT: then}
    took = report.ended - report.started
    words = outlasted(report.job, took, rule.seconds, details.get(NEXT))
    findings = (*report.findings, words)
    return replace(report, findings=findings, details=report.details | details)


def _level(report: Report) -> int:
    if report.outcome is not Outcome.OK:
        return logging.WARNING
    # every five minutes nothing was dropped: no line in the journal for that
    idle = report.job == FILING and not any(report.counts.values())
    return logging.DEBUG if idle else logging.INFO


def _with_ledger(
    house: House, name: str, pulse: Pulse, clock: Callable[[], float], *, wait: bool
) -> Report | None:
    """Before a job that goes by the ledger: have it rebuilt where it is gone."""
    if name == FILES:
        return reindex_if_gone(house, clock, pulse)
    if lane_of(name) != UPKEEP:
        return None
    with locked(house.lock_file("files"), name, pulse if wait else None):
        return reindex_if_gone(house, clock, pulse)


def _failed(store: Store, name: str, error: MirrordError, started: float, ended: float) -> Report:
    log.error("run failed store=%s job=%s why=%s", store.key, name, error)
    return Report(
        name,
        store.key,
        started,
        ended,
        Outcome.FAILED,
        error.exit_code,
        findings=(str(error),),
        details={"error": type(error).__name__},
    )
