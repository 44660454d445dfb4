"""One lane of one store: when its jobs are due, the thread that runs one, its last sign of life.

A lane runs one job at a time in a thread that lives as long as the job, so that a daemon at rest
has no threads but its own. A failed job comes up again with growing pauses. A lane never decides
whether it may run now; the supervisor does.
"""

import ctypes
import gc
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from mirrord.core.report import NEXT, Outcome, Report
from mirrord.core.schedule import AtRisk, Cron, Every, Outside, Rule, due_since, put_off
from mirrord.errors import MirrordError, ScopeMissing, Stopped, StoreRefused
from mirrord.jobs.pulse import Heart, Time

log = logging.getLogger(__name__)

#: A failed job is tried again after the first pause, then twice as long, up to the longest.
_RETRY_FIRST, _RETRY_MOST = 60.0, 900.0
#: These are not tried again before their regular time: it would only lock the account.
_REFUSED = (StoreRefused.__name__, ScopeMissing.__name__)


@dataclass
class _Turn:
    """What a lane knows of one of its jobs; moments in seconds since 1970."""

    rule: Rule
    last_start: float | None
    not_before: float
    asked_at: float | None = None
    retry_at: float | None = None
    put_off_to: float = 0.0
    failures: int = 0
    said: str = ""


class Lane:
    """``run`` does one job by its name and gives its report.

    ``wait`` in seconds before its first start, by which the starts of many stores are spread.
    ``rule_now`` reads a rule as it is to be read at this moment: some follow what was pulled.
    """

    def __init__(
        self,
        key: str,
        name: str,
        run: Callable[[str, Heart], Report],
        time: Time,
        wait: float,
        rule_now: Callable[[Rule], Rule] = lambda rule: rule,
    ) -> None:
        self.key = key
        self.name = name
        self._run = run
        self._time = time
        self._wait = wait
        self._begin_at = time.now() + wait
        self._rule_now = rule_now
        self._turns: dict[str, _Turn] = {}
        self._thread: threading.Thread | None = None
        self._heart = Heart(clock=time)

    def configure(self, rules: dict[str, Rule], last_start: Callable[[str], float | None]) -> None:
        """Take the schedule of now; what is known of jobs that stay is kept."""
        turns = {}
        for job, rule in rules.items():
            turn = self._turns.get(job) or _Turn(rule, last_start(job), self._begin_at)
            turn.rule = rule
            turns[job] = turn
        self._turns = turns

    @property
    def busy(self) -> bool:
        """Whether a job runs now."""
        return self._thread is not None and self._thread.is_alive()

    def ask(self, job: str) -> bool:
        """Have a job run as soon as may be; False where this lane has no such job."""
        if job not in self._turns:
            return False
        self._turns[job].asked_at = self._time.now()
        return True

    def hurry(self) -> None:
        """What kept its jobs from succeeding is gone: those that failed come up at once."""
        for turn in self._turns.values():
            if turn.failures:
                turn.retry_at = self._time.now()

    def next(self, now: float, zone: tzinfo) -> tuple[float, str]:
        """When which of its jobs is due first, or was (seconds since 1970).

        Of several that are overdue it is the one that waits longest, so that a job whose runs
        outlast its interval does not starve the others.
        """
        return min((self._due(turn, now, zone), job) for job, turn in self._turns.items())

    def start(self, job: str) -> None:
        """Run the job in a thread of its own; where there is none to be had, it comes up again."""
        turn = self._turns[job]
        turn.last_start, turn.asked_at, turn.retry_at = self._time.now(), None, None
        turn.said = "running"
        self._heart.beat()
        thread = threading.Thread(
            target=self._work, args=(job, turn), name=f"{self.key} {job}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # the machine is full; this must not end the other lanes
            log.error("run failed store=%s job=%s why=%s", self.key, job, error)
            turn.said = "failed"
            self._note(turn, failed=True, refused=False)
        else:
            self._thread = thread

    def stop(self) -> None:
        """End the running job at its next step; none starts again."""
        self._heart.stop()

    def join(self, seconds: float) -> bool:
        """Wait so long for the running job; whether it has ended."""
        if self._thread is not None:
            self._thread.join(max(0.0, seconds))
        return not self.busy

    def has_beaten_since(self, moment: float) -> bool:
        """Whether its job, if one runs, showed life after a moment of the monotonic clock."""
        return not self.busy or self._heart.last_beat > moment

    def said(self) -> dict[str, str]:
        """Per job how it stands, in a word."""
        return {job: turn.said for job, turn in self._turns.items() if turn.said}

    def _work(self, job: str, turn: _Turn) -> None:
        refused = False
        try:
            report = self._run(job, self._heart)
        except Stopped:
            turn.said = "stopped"
            return
        except MirrordError as error:
            log.error("run failed store=%s job=%s why=%s", self.key, job, error)
            failed, turn.said = True, "failed"
        except Exception:
            log.exception("bug store=%s job=%s", self.key, job)
            failed, turn.said = True, "failed (a bug; see the log)"
        else:
            failed, turn.said = report.outcome is Outcome.FAILED, str(report.outcome)
            turn.put_off_to = float(report.details.get(NEXT, 0.0))
            refused = report.details.get("error") in _REFUSED
        _give_back_memory()
        self._note(turn, failed=failed, refused=refused)

    def _note(self, turn: _Turn, *, failed: bool, refused: bool) -> None:
        turn.failures = turn.failures + 1 if failed else 0
        if failed and not refused:
            turn.retry_at = self._retry_at(turn)

    def _retry_at(self, turn: _Turn) -> float:
        """Early, but never at once; and not later than the next regular time."""
        pause = min(_RETRY_MOST, _RETRY_FIRST * 2.0 ** min(turn.failures - 1, 10))
        rule = self._bare(turn)
        if isinstance(rule, Every):
            pause = min(pause, rule.seconds)
        return self._time.now() + pause

    def _due(self, turn: _Turn, now: float, zone: tzinfo) -> float:
        if turn.asked_at is not None:
            return min(turn.asked_at, now)  # also in quiet hours: whoever asks means now
        due = self._regular(turn, now, zone)
        if not isinstance(turn.rule, Outside):
            return due
        at, asked = datetime.fromtimestamp(due, UTC), datetime.fromtimestamp(now, UTC)
        return put_off(turn.rule, at, asked, zone).timestamp()

    def _regular(self, turn: _Turn, now: float, zone: tzinfo) -> float:
        # what was to be later than it can be was told by a clock that has been put back since
        if turn.retry_at is not None:
            return min(turn.retry_at, now + _RETRY_MOST)
        begin = min(turn.not_before, now + self._wait)
        if turn.last_start is None:
            # since then, and not since now: another job that is always overdue must not starve it
            return begin
        last = datetime.fromtimestamp(turn.last_start, UTC)
        rule = self._bare(turn)
        due = due_since(rule, last, datetime.fromtimestamp(now, UTC), zone).timestamp()
        if isinstance(rule, Every) and turn.put_off_to - now <= rule.seconds:
            due = max(due, turn.put_off_to)
        return max(begin, due)

    def _bare(self, turn: _Turn) -> Every | Cron | AtRisk:
        """The rule of this moment, without its quiet hours."""
        rule = self._rule_now(turn.rule)
        return rule.rule if isinstance(rule, Outside) else rule


def _give_back_memory() -> None:
    """What a job has used goes back to the system; the allocator would keep it for the next."""
    gc.collect()
    with suppress(AttributeError):  # a C library without it
        ctypes.CDLL(None).malloc_trim(0)
