"""The supervisor of `mirrord run`: one thread a lane, a main thread that only watches.

A job's error never ends it: the error stands in the report, and the job comes up again. It ends on
SIGTERM and SIGINT, within seconds, at whatever moment; what was being written then is swept at the
next start.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from types import FrameType

from mirrord.config import Config, Store
from mirrord.core.report import Outcome, Report
from mirrord.core.schedule import Rule, next_due
from mirrord.disk.diary import Diary
from mirrord.disk.house import House, check_marker, open_house
from mirrord.disk.locks import locked
from mirrord.errors import DiskError, MirrordError, Stopped
from mirrord.jobs import LANES, import_rooms, jobs_of
from mirrord.jobs.pulse import Heart
from mirrord.jobs.running import run_job
from mirrord.systemd import Systemd

log = logging.getLogger(__name__)

#: Nobody sleeps longer than this without looking whether the clock or the disk changed.
_LONGEST_SLEEP = 30.0
#: Lanes have so many seconds to stop; then the process ends under them, which loses nothing.
_STOP_WITHIN = 8.0
#: A marker that is gone is looked for so often, in seconds.
_LOOK_AGAIN = 2.0
#: A failed job is tried again after the first pause, then twice as long, up to the longest.
_RETRY_FIRST, _RETRY_MOST = 60.0, 900.0


class Daemon:
    """All lanes of all stores of one config."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._heart = Heart()
        self._systemd = Systemd()
        self._said: dict[tuple[str, str], str] = {}

    def run(self) -> int:
        """Run until a signal comes; the exit code. AlreadyRunning, MirrorMissing, NotOurs."""
        with ExitStack() as held:
            self._take_houses(held)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)
            import_rooms()
            lanes = [
                threading.Thread(target=self._run_lane, args=(store, lane), name=f"{key} {lane}")
                for key, store in sorted(self._config.stores.items())
                for lane in sorted({LANES[job] for job in jobs_of(store)})
            ]
            for thread in lanes:
                thread.daemon = True
                thread.start()
            self._systemd.ready()
            log.info("running stores=%d lanes=%d", len(self._config.stores), len(lanes))
            while not self._heart.stopping:
                self._systemd.status(self._status())
                self._nap(5.0)
            self._systemd.stopping()
            return self._end(lanes)

    def _take_houses(self, held: ExitStack) -> None:
        """Only one daemon a house."""
        check_marker(self._config.mirror)
        for key, store in self._config.stores.items():
            house = open_house(self._config.mirror, key, store.contact or "")
            held.enter_context(locked(house.lock_file("run"), "run", None))

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._heart.stop()

    def _nap(self, seconds: float) -> None:
        try:
            self._heart.wait(seconds)
        except Stopped:
            return

    def _end(self, lanes: list[threading.Thread]) -> int:
        until = time.monotonic() + _STOP_WITHIN
        for thread in lanes:
            thread.join(max(0.0, until - time.monotonic()))
        late = [thread.name for thread in lanes if thread.is_alive()]
        if late:
            log.warning("ending under lanes=%s", ", ".join(late))
            logging.shutdown()
            os._exit(0)
        log.info("stopped")
        return 0

    def _run_lane(self, store: Store, lane: str) -> None:
        rules = {job: rule for job, rule in jobs_of(store).items() if LANES[job] == lane}
        failures = dict.fromkeys(rules, 0)
        retry_at: dict[str, float] = {}
        try:
            while True:
                if self._paused(store, lane, rules):
                    retry_at.clear()
                job, due = self._next(store, rules, retry_at)
                if due > time.time():
                    self._heart.wait(min(_LONGEST_SLEEP, due - time.time()))
                    continue
                report = self._run_one(store, job)
                retry_at.pop(job, None)
                if report is not None and report.outcome is not Outcome.FAILED:
                    failures[job] = 0
                    continue
                failures[job] += 1
                retry_at[job] = self._retry_at(store, job, rules[job], failures[job])
        except Stopped:
            return

    def _paused(self, store: Store, lane: str, jobs: Iterable[str]) -> bool:
        """Wait while the marker is missing; whether it was. The disk may come back at any time."""
        missing = self._missing()
        if not missing:
            return False
        log.warning("paused store=%s lane=%s why=%s", store.key, lane, missing)
        self._said.update({(store.key, job): f"paused, {missing}" for job in jobs})
        while self._missing():
            self._heart.wait(_LOOK_AGAIN)
        log.info("resumed store=%s lane=%s", store.key, lane)
        for job in jobs:
            del self._said[store.key, job]
        return True

    def _missing(self) -> str:
        try:
            check_marker(self._config.mirror)
        except DiskError as error:
            return str(error)
        return ""

    def _next(
        self, store: Store, rules: dict[str, Rule], retry_at: dict[str, float]
    ) -> tuple[str, float]:
        """The job that is due first, and when (seconds since 1970)."""
        due = {job: retry_at.get(job) or self._due(store, job, rule) for job, rule in rules.items()}
        first = min(due, key=due.__getitem__)
        return first, due[first]

    def _due(self, store: Store, job: str, rule: Rule) -> float:
        last = self._last_start(store, job)
        due = next_due(rule, last, datetime.now(UTC), self._config.timezone)
        return float(due.timestamp())

    def _retry_at(self, store: Store, job: str, rule: Rule, failures: int) -> float:
        """A failed job comes up again early, with growing pauses, and never at once."""
        regular = self._due(store, job, rule)
        now = time.time()  # later than what is due at once, which must not count
        retry = now + min(_RETRY_MOST, _RETRY_FIRST * 2.0 ** (failures - 1))
        return min(retry, regular) if regular > now else retry

    def _last_start(self, store: Store, job: str) -> datetime | None:
        house = House(self._config.mirror, store.key)
        try:
            house.still_there()
            with Diary(house.room(".mirrord/diary.db")) as diary:
                at = diary.last_start(job)
        except DiskError:
            return None
        return None if at is None else datetime.fromtimestamp(at, UTC)

    def _run_one(self, store: Store, job: str) -> Report | None:
        self._said[store.key, job] = "running"
        try:
            report = run_job(self._config, store, job, self._heart)
        except MirrordError:
            raise
        except Exception:
            log.exception("bug store=%s job=%s", store.key, job)
            self._said[store.key, job] = "failed (a bug; see the log)"
            return None
        self._said[store.key, job] = str(report.outcome)
        return report

    def _status(self) -> str:
        said = sorted(self._said.items())
        return "; ".join(f"{store} {job}: {what}" for (store, job), what in said) or "starting"
