"""How every job is run, by the daemon and by hand: marker, lock, diary, status, one report."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from mirrord.config import Config, Store
from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.disk.diary import Diary
from mirrord.disk.house import House, open_house
from mirrord.disk.locks import locked
from mirrord.errors import MirrordError
from mirrord.jobs import FILES, LANES, UPKEEP, Job, open_job
from mirrord.jobs.identity import check_identity, record_identity
from mirrord.jobs.status import write_status

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
        with locked(house.lock_file(LANES[name]), name, pulse if wait else None):
            if dry_run:
                with open_job(config, store, name, house, dry_run=True, clock=clock) as job:
                    check_identity(house, store, pulse, needs_api=name != FILES)
                    return job.run(pulse)
            return _recorded(config, store, name, house, pulse, clock, opening)
    except MirrordError as error:
        return _failed(store, name, error, started, clock())


def _recorded(
    config: Config,
    store: Store,
    name: str,
    house: House,
    pulse: Pulse,
    clock: Callable[[], float],
    opening: Opening,
) -> Report:
    started = clock()
    with Diary(house.room(".mirrord/diary.db")) as diary:
        number = diary.begin(name, started)
        try:
            with opening(config, store, name, house, clock=clock) as job:
                if LANES[name] == UPKEEP:  # the house alone: no store is asked who it is
                    report = job.run(pulse)
                else:
                    proven = check_identity(house, store, pulse, needs_api=name != FILES)
                    report = job.run(pulse)
                    record_identity(house, store, proven, pulse)
        except MirrordError as error:
            report = _failed(store, name, error, started, clock())
        diary.end(number, report)
        house.still_there()
        write_status(house, store, diary, config.timezone, clock(), pulse)
    level = logging.INFO if report.outcome is Outcome.OK else logging.WARNING
    log.log(level, "%s", report.line())
    return report


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
