"""report/status.json: all that `mirrord status` tells, written at the end of every run.

Whoever may read the mirror may read it: no secrets and no personal data stand in it.
"""

import json
from datetime import UTC, datetime, tzinfo
from typing import Any

from mirrord import __version__
from mirrord.config import Store
from mirrord.core.pulse import Pulse
from mirrord.core.schedule import Cron, Rule, next_due
from mirrord.disk.diary import Diary
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole
from mirrord.disk.locks import locked
from mirrord.disk.snapshots import fingerprint, snapshots
from mirrord.jobs import jobs_of
from mirrord.jobs.after_snapshot import told_of

STATUS_FILE = "report/status.json"


def write_status(
    house: House, store: Store, diary: Diary, zone: tzinfo, now: float, pulse: Pulse
) -> None:
    """Gather it from the diary and the schedule, and replace the file; DiskError, LedgerBroken."""
    with locked(house.lock_file("status"), "status", pulse):
        # gathered under the lock: another lane's end must not be overwritten by older words
        text = _gather(house, store, diary, zone, now)
        with disk_errors("writing report/status.json"):
            write_whole(house.room(STATUS_FILE), text.encode(), 0o640)


def _gather(house: House, store: Store, diary: Diary, zone: tzinfo, now: float) -> str:
    told = diary.last_reports()
    jobs: dict[str, Any] = {}
    for name, rule in jobs_of(store).items():
        last = diary.last_start(name)
        due = next_due(rule, _moment(last), datetime.fromtimestamp(now, UTC), zone)
        jobs[name] = told.get(name, {"last": None, "last_good": None}) | {
            "schedule": _words(rule),
            "due": due.timestamp(),
        }
    body = {
        "mirrord": __version__,
        "store": house.key,
        "written": now,
        "jobs": jobs,
        "snapshots": _snapshots(house, store),
    }
    return json.dumps(body, indent=2, sort_keys=True) + "\n"


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


def _words(rule: Rule) -> str:
    if isinstance(rule, Cron):
        return rule.expression
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if rule.seconds % seconds == 0:
            return f"{rule.seconds // seconds}{unit}"
    return f"{rule.seconds}s"


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
