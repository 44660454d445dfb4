"""report/status.json: all that `mirrord status` tells, written at the end of every run.

Whoever may read the mirror may read it: no secrets and no personal data stand in it.
"""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import Any

from mirrord import __version__
from mirrord.config import Store
from mirrord.core.pulse import Pulse
from mirrord.core.report import NEXT, Outcome, Report
from mirrord.core.schedule import AtRisk, Cron, Outside, Rule, next_due
from mirrord.core.space import days_left, warning
from mirrord.disk.diary import Diary
from mirrord.disk.durable import disk_errors
from mirrord.disk.holds import OpenHold, open_holds
from mirrord.disk.house import House, write_whole
from mirrord.disk.locks import locked
from mirrord.disk.snapshots import fingerprint, snapshots
from mirrord.disk.space import measured, sampled
from mirrord.jobs import ORDERS, jobs_of
from mirrord.jobs.after_snapshot import told_of
from mirrord.jobs.at_risk import rule_now
from mirrord.jobs.at_risk import told_of as told_of_orders
from mirrord.jobs.personal import write_page

STATUS_FILE = "report/status.json"


def write_status(
    house: House, store: Store, diary: Diary, zone: tzinfo, now: float, pulse: Pulse
) -> None:
    """Gather it from the diary and the schedule, and replace the file; DiskError, LedgerBroken.

    The page on personal data is made with it.
    """
    with locked(house.lock_file("status"), "status", pulse):
        # gathered under the lock: another lane's end must not be overwritten by older words
        text = _gather(house, store, diary, zone, now)
        with disk_errors("writing report/status.json"):
            write_whole(house.room(STATUS_FILE), text.encode(), 0o640)
        write_page(house, store, now)


def open_diary(house: House) -> Diary:
    """The house's diary; one that is new learns from status.json what ran before. LedgerBroken."""
    diary = Diary(house.room(".mirrord/diary.db"))
    if diary.is_new():
        diary.remember(_past_runs(house))
    return diary


def _past_runs(house: House) -> list[Report]:
    """Each job's newest run, and before it the one that ended well, as far as they are told."""
    runs: list[Report] = []
    # whatever else stands there: without it the jobs are due at once, and nothing is lost
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        told = json.loads(house.room(STATUS_FILE).read_bytes())
        for name, job in sorted(told["jobs"].items()):
            if job["last"] is None:
                continue
            last = Report(**job["last"] | {"outcome": Outcome(job["last"]["outcome"])})
            good = job["last_good"]
            if good is not None and good != last.ended:
                runs.append(Report(name, house.key, float(good), float(good), Outcome.OK))
            runs.append(last)
    return runs


def _gather(house: House, store: Store, diary: Diary, zone: tzinfo, now: float) -> str:
    told = diary.last_reports()
    jobs: dict[str, Any] = {}
    rules = jobs_of(store)
    for name, rule in rules.items():
        last = diary.last_start(name)
        at = datetime.fromtimestamp(now, UTC)
        due = next_due(rule_now(house, rule), _moment(last), at, zone).timestamp()
        known = told.get(name, {"last": None, "last_good": None})
        jobs[name] = known | {"schedule": _words(rule), "due": max(due, _put_off(known))}
    body = {
        "mirrord": __version__,
        "store": house.key,
        "written": now,
        "jobs": jobs,
        "holds": [_hold(one) for one in open_holds(house)],
        "disk": _disk(house, now),
        "snapshots": _snapshots(house, store),
        "at_risk": told_of_orders(house, rules.get(ORDERS)),
    }
    return json.dumps(body, indent=2, sort_keys=True) + "\n"


def _hold(hold: OpenHold) -> dict[str, Any]:
    told = asdict(hold)
    return {name: told[name] for name in ("id", "kind", "opened", "title", "answered")}


def _disk(house: House, now: float) -> dict[str, Any]:
    """Bytes free and in all, the days it lasts at this pace, and what to say of that."""
    free, total = measured(house, now)
    left = days_left(sampled(house, free), free)
    return {
        "free": free.free,
        "total": total,
        "days_left": None if left is None else round(left, 1),
        "warning": warning(free.free, total, left),
    }


def _snapshots(house: House, store: Store) -> dict[str, Any]:
    """The newest restore point and how many there are; whether a copy is carried off."""
    there = snapshots(house)
    newest = there[-1] if there else None
    return {
        "count": len(there),
        "newest": newest and newest.name,
        "at": newest and newest.at,
        "verdict": newest and newest.verdict,
        "fingerprint": fingerprint(house),
        "after_snapshot": told_of(house, configured=store.after_snapshot is not None),
    }


def _put_off(job: dict[str, Any]) -> float:
    """When a job may start again that outlasted its interval; 0 for any other."""
    return float(job["last"]["details"].get(NEXT, 0.0)) if job["last"] else 0.0


def _words(rule: Rule) -> str:
    if isinstance(rule, Outside):
        return f"{_words(rule.rule)}, not {', '.join(map(str, rule.hours))}"
    if isinstance(rule, Cron):
        return rule.expression
    if isinstance(rule, AtRisk):
        shortest, longest = _span(rule.at_least), _span(rule.every)
        return f"{shortest} to {longest}, {rule.most:,} at risk at the most"
    return _span(rule.seconds)


def _span(whole: int) -> str:
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if whole % seconds == 0:
            return f"{whole // seconds}{unit}"
    return f"{whole}s"


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
