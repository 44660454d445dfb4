"""A lane: when its jobs come up, and what becomes of one that fails."""

import threading
from collections.abc import Callable
from datetime import UTC

import pytest

from mirrord.core.hours import Hours
from mirrord.core.report import Outcome, Report
from mirrord.core.schedule import AtRisk, Every, Outside
from mirrord.errors import StoreUnreachable
from mirrord.jobs.pulse import Heart
from mirrord.lanes import Lane
from tests.clocks import HandClock

RULES = {"products": Every(3_600), "customers": Every(7_200)}
Run = Callable[[str, Heart], Report]


def ended(outcome: Outcome) -> Run:
    return lambda job, _heart: Report(job, "acme", 0, 0, outcome)


def make(run: Run, wait: float = 0.0) -> tuple[Lane, HandClock]:
    clock = HandClock()
    lane = Lane("acme", "catalogue", run, clock, wait)
    lane.configure(RULES, lambda _job: None)
    return lane, clock


def go(lane: Lane, job: str) -> None:
    lane.start(job)
    assert lane.join(10)


def due_in(lane: Lane, clock: HandClock) -> tuple[float, str]:
    at, job = lane.next(clock.at, UTC)
    return at - clock.at, job


def test_what_never_ran_is_due_at_once_and_then_by_its_rule() -> None:
    """One job after the other; each counts from its own start."""
    lane, clock = make(ended(Outcome.OK))
    assert due_in(lane, clock) == (0, "customers")
    go(lane, "customers")
    assert due_in(lane, clock) == (0, "products")
    go(lane, "products")
    clock.at += 600
    assert due_in(lane, clock) == (3_000, "products")


def test_what_never_ran_is_not_starved_by_what_is_always_overdue() -> None:
    """A first run waits for one run of another job at the most."""
    lane, clock = make(ended(Outcome.OK))
    lane.configure({"products": Every(1), "verify": Every(86_400)}, lambda _job: None)
    ran = []
    for _ in range(2):
        ran.append(due_in(lane, clock)[1])
        go(lane, ran[-1])
        clock.at += 60
    assert sorted(ran) == ["products", "verify"]


def test_what_outlasts_its_interval_does_not_starve_the_others() -> None:
    """Three jobs that are overdue at each end of one: each gets its turn, whatever its name."""
    lane, clock = make(ended(Outcome.OK))
    rules = {"customers": Every(60), "more": Every(600), "products": Every(300)}
    lane.configure(rules, lambda _job: None)
    ran = []
    for _ in range(30):
        ran.append(lane.next(clock.at, UTC)[1])
        go(lane, ran[-1])
        clock.at += 700
    assert {job: ran.count(job) for job in rules} == dict.fromkeys(rules, 10)


def test_a_job_that_outlasts_its_interval_waits_for_its_next_beat() -> None:
    """As its report says; but not for a beat that lies beyond any, by a clock since put right."""
    clock = HandClock()
    began = clock.at
    lane: Lane = Lane("acme", "catalogue", lambda *_: reports.pop(), clock, 0.0)
    reports = [
        Report("products", "acme", 0, 0, Outcome.OK, details={"next": began + beat})
        for beat in (7_200, 500_000)
    ][::-1]
    lane.configure({"products": Every(3_600)}, lambda _job: None)
    go(lane, "products")
    clock.at += 4_000
    assert due_in(lane, clock) == (3_200, "products")
    go(lane, "products")
    clock.at += 4_000
    assert due_in(lane, clock) == (-400, "products")


def test_a_rule_that_follows_what_was_pulled_is_read_at_each_look() -> None:
    """Orders come faster: the next pull is due sooner, also after a failure."""
    clock = HandClock()
    seconds = [900]
    rule = AtRisk(25, 900, 30)
    lane = Lane(
        "acme",
        "orders",
        ended(Outcome.FAILED),
        clock,
        0.0,
        lambda told: Every(seconds[0]) if told == rule else told,
    )
    lane.configure({"orders": rule}, lambda _job: clock.at)
    waits = [due_in(lane, clock)[0]]
    seconds[0] = 40
    waits.append(due_in(lane, clock)[0])
    go(lane, "orders")
    assert [*waits, due_in(lane, clock)[0]] == [900, 40, 40]


def test_a_clock_that_is_put_back_a_year_stalls_nothing() -> None:
    """What was asked for, what failed, what never ran and what did: all are due as ever."""
    lane, clock = make(ended(Outcome.FAILED), wait=15.0)
    clock.at -= 365 * 86_400
    assert due_in(lane, clock) == (15, "customers")
    clock.at += 365 * 86_400
    go(lane, "customers")
    lane.configure({"customers": Every(7_200)}, lambda _job: None)
    clock.at -= 365 * 86_400
    assert due_in(lane, clock)[0] <= 900
    clock.at += 365 * 86_400
    assert lane.ask("customers")
    clock.at -= 365 * 86_400
    assert due_in(lane, clock) == (0, "customers")


def test_a_restart_goes_on_where_the_diary_stands() -> None:
    """A last start before this process counts; a missed one is due at once."""
    clock = HandClock()
    lane = Lane("acme", "catalogue", ended(Outcome.OK), clock, 0.0)
    last = {"products": clock.at - 600, "customers": clock.at - 100_000}
    lane.configure(RULES, last.get)
    assert due_in(lane, clock) == (0, "customers")
    go(lane, "customers")
    assert due_in(lane, clock) == (3_000, "products")


@pytest.mark.parametrize("how", ["a failed report", "an error", "a bug"])
def test_a_failed_job_comes_again_with_growing_pauses(how: str) -> None:
    """1, 2, 4, 8, then every 15 minutes, never later than its rule; success ends that."""
    fails = [True]

    def run(job: str, _heart: Heart) -> Report:
        if fails[0] and how == "an error":
            raise StoreUnreachable("gone")
        if fails[0] and how == "a bug":
            raise ZeroDivisionError
        return Report(job, "acme", 0, 0, Outcome.FAILED if fails[0] else Outcome.OK)

    clock = HandClock()
    lane = Lane("acme", "orders", run, clock, 0.0)
    lane.configure({"orders": Every(3_600)}, lambda _job: None)
    pauses = []
    for _ in range(7):
        go(lane, "orders")
        pauses.append(due_in(lane, clock)[0])
        clock.at += pauses[-1]
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    fails[0] = False
    go(lane, "orders")
    assert due_in(lane, clock) == (3_600, "orders")


def test_a_refused_login_is_not_tried_again_early() -> None:
    """A wrong password every minute would lock the account: it waits for its regular time."""

    def refused(job: str, _heart: Heart) -> Report:
        details = {"error": "StoreRefused"}
        return Report(job, "acme", 0, 0, Outcome.FAILED, 5, details=details)

    clock = HandClock()
    lane = Lane("acme", "orders", refused, clock, 0.0)
    lane.configure({"orders": Every(3_600)}, lambda _job: None)
    go(lane, "orders")
    assert due_in(lane, clock) == (3_600, "orders")


def test_a_short_rule_is_not_outwaited_by_a_pause() -> None:
    """Orders every half minute are tried every half minute."""
    clock = HandClock()
    lane = Lane("acme", "orders", ended(Outcome.FAILED), clock, 0.0)
    lane.configure({"orders": Every(30)}, lambda _job: None)
    go(lane, "orders")
    assert due_in(lane, clock)[0] == 30


def _in_quiet_hours(outcome: Outcome) -> tuple[Lane, HandClock]:
    """A lane of files at 12:15 UTC, within the hours from 8 to 20."""
    clock = HandClock()
    lane = Lane("acme", "files", ended(outcome), clock, 0.0)
    lane.configure({"files": Outside(Every(3_600), (Hours(480, 1_200),))}, lambda _job: None)
    return lane, clock


TO_THE_END = 7.75 * 3_600


def test_quiet_hours_put_off_what_comes_by_itself() -> None:
    """A first run, a regular one, a retry, and what the disk's return brings up."""
    lane, clock = _in_quiet_hours(Outcome.FAILED)
    waits = [due_in(lane, clock)[0]]
    go(lane, "files")
    waits.append(due_in(lane, clock)[0])
    lane.hurry()
    waits.append(due_in(lane, clock)[0])
    clock.at += TO_THE_END
    assert (waits, due_in(lane, clock)) == ([TO_THE_END] * 3, (-TO_THE_END, "files"))
    go(lane, "files")
    assert due_in(lane, clock) == (120, "files")


def test_what_is_asked_for_by_hand_runs_in_quiet_hours_too() -> None:
    """Whoever asks means now."""
    lane, clock = _in_quiet_hours(Outcome.OK)
    assert lane.ask("files")
    assert due_in(lane, clock) == (0, "files")
    go(lane, "files")
    assert due_in(lane, clock) == (TO_THE_END, "files")


def test_what_failed_comes_up_at_once_when_the_disk_is_back() -> None:
    """Its pause is over; what did not fail keeps its time."""
    lane, clock = make(ended(Outcome.FAILED))
    go(lane, "products")
    lane.hurry()
    assert due_in(lane, clock) == (0, "customers")
    lane, clock = make(ended(Outcome.FAILED))
    for job in RULES:
        go(lane, job)
    clock.at += 10
    lane.hurry()
    assert due_in(lane, clock)[0] == 0


def test_first_starts_of_many_stores_are_spread() -> None:
    """Each waits for its turn; what is asked for by hand does not."""
    starts = []
    for wait in (0.0, 15.0, 450.0):
        lane, clock = make(ended(Outcome.OK), wait)
        starts.append(due_in(lane, clock)[0])
    assert starts == [0, 15, 450]
    assert lane.ask("products")
    assert due_in(lane, clock) == (0, "products")
    assert not lane.ask("orders")


def test_a_new_schedule_keeps_what_is_known() -> None:
    """A reload neither starts everything anew nor forgets a last start."""
    lane, clock = make(ended(Outcome.OK))
    go(lane, "products")
    go(lane, "customers")
    lane.configure({"products": Every(900)}, lambda _job: None)
    assert due_in(lane, clock) == (900, "products")


def test_a_lane_at_rest_has_no_thread() -> None:
    """The thread lives as long as its job."""
    before = threading.active_count()
    lane, _ = make(ended(Outcome.OK))
    go(lane, "products")
    assert (lane.busy, threading.active_count()) == (False, before)


def test_a_stopped_lane_ends_its_job_at_the_next_step() -> None:
    """And says so; the stop is no failure."""
    begun = threading.Event()

    def run(_job: str, heart: Heart) -> Report:
        begun.set()
        while True:
            heart.beat()

    lane, _ = make(run)
    lane.start("products")
    assert begun.wait(5)
    assert lane.busy
    lane.stop()
    assert lane.join(5)
    assert lane.said() == {"products": "stopped"}


def test_life_is_shown_by_work_and_by_waiting_on_purpose() -> None:
    """A job that neither beats nor waits on purpose shows none; a lane at rest always does."""
    steps = {name: threading.Event() for name in ("begun", "beat", "over")}

    def run(job: str, heart: Heart) -> Report:
        steps["begun"].set()
        assert steps["beat"].wait(5)
        heart.beat()
        assert steps["over"].wait(5)
        return Report(job, "acme", 0, 0, Outcome.OK)

    import time

    lane, _ = make(run)
    assert lane.has_beaten_since(time.monotonic())
    lane.start("products")
    assert steps["begun"].wait(5)
    moment = time.monotonic()
    assert not lane.has_beaten_since(moment)
    steps["beat"].set()
    while not lane.has_beaten_since(moment):
        pass
    steps["over"].set()
    assert lane.join(5)
    assert lane.has_beaten_since(time.monotonic())


def test_a_job_without_a_thread_comes_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that gives no more threads ends no daemon: the job has failed, and is retried."""
    lane, clock = make(ended(Outcome.OK))
    asked = []

    def full(_thread: threading.Thread) -> None:
        asked.append(1)
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        lane.start("products")
    assert (asked, lane.busy, lane.said()) == ([1], False, {"products": "failed"})
    clock.at = lane.next(clock.at, UTC)[0]
    go(lane, "products")
    assert lane.said() == {"products": "ok"}
