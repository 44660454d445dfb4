"""The supervisor of `mirrord run`: signals, schedule, systemd. It does no work itself.

A job's error never ends it, nor does a disk that is away or a config that broke: what was good
stays in force, and the status line says so. It ends on SIGTERM and SIGINT, within seconds, at
whatever moment; what was being written then is swept at the next start.
"""

import hashlib
import logging
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from mirrord.config import Config, load
from mirrord.control import Control
from mirrord.core.report import Report
from mirrord.core.schedule import Rule
from mirrord.disk.house import House
from mirrord.errors import ConfigError
from mirrord.houses import Houses, last_start
from mirrord.jobs import FILES, FILING, UPKEEP, jobs_of, lane_of
from mirrord.jobs.at_risk import rule_now
from mirrord.jobs.opening import import_rooms, open_job
from mirrord.jobs.pulse import Bell, Heart, RealTime, Time
from mirrord.jobs.running import run_job
from mirrord.lanes import Lane
from mirrord.systemd import Systemd
from mirrord.watch import ConfigWatch

log = logging.getLogger(__name__)

#: So many lanes of one kind work at the same time, whatever the number of stores.
_AT_ONCE = {"files": 4, "catalogue": 4, "orders": 8, "upkeep": 1, "inbox": 2}
#: Seconds between the first starts of two stores, and over which all of them are spread.
_STEP, _SPREAD = 15.0, 600.0
#: Seconds of one round of the supervisor.
_ROUND = 1.0
#: Lanes have so many seconds to stop; then the process ends under them, which loses nothing.
_STOP_WITHIN = 6.0
#: Nobody waits at a terminal for what is run here.
_PATIENTLY = partial(open_job, patient=True)
#: A question by hand is answered within so many seconds, or not at all.
_ANSWER_WITHIN = 50.0


@dataclass(frozen=True, slots=True)
class _Question:
    """What a command by hand asked, and the answer that it waits for."""

    words: dict[str, Any]
    answer: Future[dict[str, Any]] = field(default_factory=Future)


class Daemon:
    """All lanes of all stores of one config file. ConfigError where it can not be used.

    ``load`` reads the config, now and at every reload.
    """

    def __init__(
        self,
        config_file: Path,
        clock: Time | None = None,
        load: Callable[[Path], Config] = load,
    ) -> None:
        self._file = config_file
        self._load = load
        self._time = clock or RealTime()
        self._config = load(config_file)
        self._watch = ConfigWatch(config_file)
        self._systemd = Systemd()
        self._wake = Bell()
        self._stopping = False
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._houses = Houses()
        self._refused = ""
        self._lived_at = 0.0
        self._questions: queue.SimpleQueue[_Question] = queue.SimpleQueue()

    def run(self) -> int:
        """Run until a signal comes; the exit code. AlreadyRunning for a second one."""
        import_rooms()
        self._look_at_disk()
        self._arrange()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._watch.start()
        control = Control(self._file, self._answer)
        self._systemd.ready()
        log.info("running stores=%d lanes=%d", len(self._config.stores), len(self._lanes))
        try:
            while not self._stopping:
                self._round()
                self._wake.wait(_ROUND)
        finally:
            self._systemd.stopping()
            control.close()
            self._watch.close()
        return self._end()

    # the round

    def _round(self) -> None:
        while not self._questions.empty():
            question = self._questions.get()
            question.answer.set_result(self._obey(question.words))
        if self._watch.changed():
            self._reload()
        self._look_at_disk()
        if not self._houses.paused:
            self._hear_houses()
            self._start_due()
        self._systemd.status(self._status())
        self._show_life()

    def _start_due(self) -> None:
        now = self._time.now()
        busy = dict.fromkeys(_AT_ONCE, 0)
        for lane in self._lanes.values():
            busy[lane.name] += lane.busy
        lanes = [lane for lane in self._lanes.values() if lane.key not in self._houses.stuck]
        idle = [lane for lane in lanes if not lane.busy]
        due = [(*lane.next(now, self._config.timezone), lane) for lane in idle]
        for at, job, lane in sorted(due, key=lambda each: each[0]):
            if at <= now and busy[lane.name] < _AT_ONCE[lane.name]:
                busy[lane.name] += 1
                lane.start(job)

    def _show_life(self) -> None:
        """Tell systemd that we live, if every lane that works has shown life since we last did."""
        now = time.monotonic()
        due = self._systemd.watchdog and now - self._lived_at >= self._systemd.watchdog / 10
        if due and all(lane.has_beaten_since(self._lived_at) for lane in self._lanes.values()):
            self._lived_at = now
            self._systemd.alive()

    # the disk

    def _look_at_disk(self) -> None:
        """Pause while the mirror is not there or is another one, and go on by itself."""
        if self._houses.look(self._config):
            for lane in self._lanes.values():
                lane.hurry()

    def _hear_houses(self) -> None:
        """Have done what is asked for in the houses themselves, by others' changes or by hand."""
        for key in self._houses.keys() & self._config.stores.keys():
            upkeep = self._lanes.get((key, UPKEEP))
            files = self._lanes.get((key, FILES))
            busy = any(lane.busy for lane in (upkeep, files) if lane is not None)
            for job in sorted(self._houses.wants(self._config, key, busy=busy)):
                lane = self._lanes.get((key, lane_of(job)))
                # what was dropped while the last was filed comes up as soon as that is done
                if lane is not None and (job == FILING or not lane.busy):
                    lane.ask(job)

    # the config

    def _reload(self) -> str:
        """Take the new config, all of it or nothing; why not, or ``""``."""
        self._systemd.reloading()
        self._watch.note_read()
        try:
            config = self._load(self._file)
        except ConfigError as error:
            self._refused = str(error)
            log.error("config refused, the one before stays in force why=%s", error)
        else:
            self._refused = ""
            if config.mirror != self._config.mirror:
                self._houses.leave_all()
            self._config = config
            self._arrange()
            log.info("config taken stores=%d lanes=%d", len(config.stores), len(self._lanes))
        self._systemd.status(self._status())
        self._systemd.ready()
        return self._refused

    def _arrange(self) -> None:
        """Make the lanes be those of the config; a lane that is gone stops, the others go on."""
        wanted = {}
        keys = sorted(self._config.stores, key=lambda key: hashlib.sha256(key.encode()).digest())
        step = min(_STEP, _SPREAD / len(keys))
        for place, key in enumerate(keys):
            store = self._config.stores[key]
            for name in sorted({lane_of(job) for job in jobs_of(store)}):
                rules = {job: r for job, r in jobs_of(store).items() if lane_of(job) == name}
                lane = self._lanes.get((key, name)) or self._new_lane(key, name, place * step)
                lane.configure(rules, partial(last_start, self._config.mirror, key))
                wanted[key, name] = lane
        for key_and_name, lane in self._lanes.items():
            if key_and_name not in wanted:
                lane.stop()
        for key in self._houses.keys() - self._config.stores.keys():
            self._houses.leave(key)
        self._lanes = wanted

    def _new_lane(self, key: str, name: str, wait: float) -> Lane:
        def run(job: str, heart: Heart) -> Report:
            config = self._config
            store, now = config.stores[key], self._time.now
            report = run_job(config, store, job, heart, clock=now, opening=_PATIENTLY)
            if job == FILES:
                self._ask_for(key, FILING)  # an export may have come with it
            return report

        def read(rule: Rule) -> Rule:
            return rule_now(House(self._config.mirror, key), rule)

        return Lane(key, name, run, self._time, wait, read)

    # what is asked by hand

    def _answer(self, words: dict[str, Any]) -> dict[str, Any]:
        """Called in the thread of the control socket: the supervisor answers in its next round."""
        question = _Question(words)
        self._questions.put(question)
        self._wake.ring()
        return question.answer.result(_ANSWER_WITHIN)

    def _obey(self, words: dict[str, Any]) -> dict[str, Any]:
        if words.get("do") == "reload":
            refused = self._reload()
            return {"done": not refused, "why": refused}
        if words.get("do") == "run":
            return self._ask_for(str(words.get("store")), str(words.get("job")))
        return {"done": False, "why": "this daemon does not know how to do that: restart it"}

    def _ask_for(self, key: str, job: str) -> dict[str, Any]:
        lane = self._lanes.get((key, lane_of(job)))
        if lane is None or not lane.ask(job):
            return {"done": False, "why": f"the daemon has no {job} of {key} to do"}
        return {"done": True, "why": ""}

    # what is told

    def _status(self) -> str:
        words = list(self._words())
        return "; ".join(words) or "idle"

    def _words(self) -> Iterator[str]:
        if self._houses.paused:
            yield f"paused: {self._houses.paused}"
        for key, why in sorted(self._houses.stuck.items()):
            yield f"{key} paused: {why}"
        for key, why in sorted(self._houses.unwatched().items()):
            yield f"{key}: not all files are watched ({why}), they are looked at more often"
        if self._refused:
            yield f"config refused, the one before is in force: {self._refused.splitlines()[0]}"
        for (key, _), lane in sorted(self._lanes.items()):
            for job, said in lane.said().items():
                yield f"{key} {job}: {said}"

    # the end

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._watch.insist()
        else:
            self._stopping = True
        self._wake.ring()

    def _end(self) -> int:
        for lane in self._lanes.values():
            lane.stop()
        until = time.monotonic() + _STOP_WITHIN
        for lane in self._lanes.values():
            while not lane.join(min(1.0, until - time.monotonic())):
                self._systemd.need_longer(_STOP_WITHIN)
                if time.monotonic() >= until:
                    log.warning("ending under store=%s lane=%s", lane.key, lane.name)
                    logging.shutdown()
                    os._exit(0)
        self._houses.leave_all()
        self._systemd.close()
        log.info("stopped")
        return 0
