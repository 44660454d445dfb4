"""`mirrord status`: one screen of what is held, how fresh it is, and what is wrong.

It reads only report/status.json and the locks, and starts none of the heavy libraries.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirrord.cli.settings import Settings
from mirrord.core.displayed import displayed
from mirrord.core.report import worst
from mirrord.disk.house import House, check_marker
from mirrord.disk.locks import holder
from mirrord.errors import DiskError
from mirrord.jobs import (
    AT_HOME,
    DATASETS,
    DETAILS,
    FILES,
    FILING,
    MORE,
    PRUNE,
    SNAPSHOT,
    THEMES,
    lane_of,
)

if TYPE_CHECKING:
    from mirrord.config import Store

#: A job whose next start is overdue by more than this many seconds makes the store stale.
_OVERDUE = 3_600.0
_ORDER = (FILES, *DATASETS, MORE, DETAILS, THEMES, FILING, SNAPSHOT, "verify", "look", PRUNE)
_ELSEWHERE = "can not be told from here: systemctl status mirrord"
_AT_WORK = "no run has ended yet: the daemon begins within ten minutes of its start"


def status(settings: Settings, store: str | None, *, as_json: bool) -> int:
    """Tell it; the exit code tells the health."""
    config = settings.load()
    told = [_gather(config.mirror, one) for one in settings.stores(config, store)]
    if as_json:
        print(json.dumps(told, indent=2))
    else:
        for one in told:
            _print(one)
    return worst([one["health"] for one in told])


def _gather(mirror: Path, store: "Store") -> dict[str, Any]:
    house = House(mirror, store.key)
    told: dict[str, Any] = {
        "store": store.key,
        "jobs": {},
        "problem": "",
        "written": None,
        "disk": None,
        "holds": [],
        "snapshots": None,
        "at_risk": None,
    }
    try:
        check_marker(mirror)
        written = json.loads(house.room("report/status.json").read_bytes())
    except DiskError as error:
        return told | {"problem": str(error), "health": error.exit_code, "daemon": None}
    except FileNotFoundError:
        daemon = _daemon(house)
        words = (
            _AT_WORK if daemon else "nothing was taken yet: run `mirrord sync` and `mirrord export`"
        )
        return told | {"problem": words, "health": 3, "daemon": daemon}
    except (OSError, ValueError) as error:
        words = f"report/status.json can not be read ({error}): the next run writes it anew"
        return told | {"problem": words, "health": 6, "daemon": _daemon(house)}
    holds = [hold for hold in written.get("holds", ()) if not hold["answered"]]
    told |= {"jobs": written["jobs"], "written": written["written"], "holds": holds}
    told["disk"] = written.get("disk")  # none in the file of an older mirrord
    told["snapshots"] = written.get("snapshots")
    now = time.time()
    told["at_risk"] = _at_risk(written.get("at_risk"), now)
    codes = [_health(name, job, now) for name, job in told["jobs"].items()]
    if told["at_risk"] and told["at_risk"]["too_many"]:
        codes.append(3)
    codes += [4 if hold["kind"] == "vanished" else 3 for hold in holds]
    if told["disk"] and told["disk"]["warning"]:
        codes.append(3)
    return told | {"health": worst(codes), "daemon": _daemon(house)}


def _at_risk(written: dict[str, Any] | None, now: float) -> dict[str, Any] | None:
    """The orders that are probably unsaved ``now``, and whether that is more than was allowed."""
    if written is None:
        return None
    count = round(written["per_hour"] / 3_600 * max(0.0, now - written["since"]))
    most = written["most"]
    return written | {"now": count, "too_many": most is not None and count > most}


def _daemon(house: House) -> str | None:
    """Who runs it, ``""`` for nobody; None where this user may not look at the lock."""
    lock = house.lock_file("run")
    if os.access(lock, os.F_OK) and not os.access(lock, os.R_OK):
        return None
    return holder(lock)


def _health(name: str, job: dict[str, Any], now: float) -> int:
    if job["last"] is None:
        # what was never taken is missing; upkeep comes by itself, with the daemon
        return 0 if lane_of(name) in AT_HOME else 3
    late = now > job["due"] + _OVERDUE
    # a hold speaks for itself, and may have been answered since the run that found it
    held = name == "files" and job["last"]["outcome"] == "held"
    code = 0 if held else job["last"]["exit_code"]
    return code or (3 if late else 0)


def _print(told: dict[str, Any]) -> None:
    words = {
        0: "fine",
        3: "look at it",
        4: "held: a person must decide",
        5: "the store",
        6: "the disk",
        78: "the config",
    }
    health = words.get(told["health"], f"failed ({told['health']})")
    print(_bold(f"{told['store']}: {health}"))
    lines = list(_lines(told))
    wide = max(len(label) for label, _ in lines)
    for label, line in lines:
        print(f"  {label:<{wide}} {line}")


def _lines(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What each line is about, ``""`` where it goes on from the one before, and its words."""
    daemon = {None: _ELSEWHERE, "": "not running (mirrord run)"}
    yield "daemon", daemon.get(told["daemon"], told["daemon"])
    if told["disk"]:
        disk = told["disk"]
        yield "disk", f"{_size(disk['free'])} free of {_size(disk['total'])}"
        if disk["warning"]:
            yield "", disk["warning"]
    if told["problem"]:
        yield "problem", told["problem"]
    for hold in told.get("holds", ()):
        words = f"{hold['title']}: mirrord holds show {hold['id']} --store {told['store']}"
        yield "waits", displayed(words)
    for name in sorted(told["jobs"], key=_place):
        job = told["jobs"][name]
        yield name, _job_line(job)
        for finding in (job["last"] or {}).get("findings", ())[:5]:
            yield "", displayed(finding)
    if told["at_risk"]:
        yield "at risk", _at_risk_line(told["at_risk"])
    if told.get("snapshots"):
        yield from _snapshot_lines(told["snapshots"])


def _place(job: str) -> tuple[int, str]:
    """What is taken of the shop first, then what is done with it here."""
    return (_ORDER.index(job) if job in _ORDER else len(_ORDER), job)


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def _snapshot_lines(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    now = time.time()
    if told["newest"] is None:
        yield "points", "no snapshot yet"
    else:
        age = _ago(now - told["at"])
        words = f"{told['count']:,}, newest {told['newest']} {told['verdict']} ({age})"
        yield "points", f"{words}, fingerprint {told['fingerprint']}"
    off = told["after_snapshot"]
    good = _ago(now - off["last_success"]) if off["last_success"] else "never"
    if not off["configured"]:
        yield "off-site", "no after_snapshot command: a fire or a thief takes this backup too"
    else:
        error = f"; {displayed(off['last_error'])}" if off["last_error"] else ""
        yield "off-site", f"last success {good}{error}"


def _at_risk_line(told: dict[str, Any]) -> str:
    last = _ago(time.time() - told["since"])
    words = f"about {told['now']:,} orders at risk now ({told['per_hour']:,.0f} an hour"
    words += f", last pull {last})"
    return words + (f", more than max_at_risk: {told['most']:,}" if told["too_many"] else "")


def _job_line(job: dict[str, Any]) -> str:
    last = job["last"]
    if last is None:
        return f"no run has ended yet; every {job['schedule']}"
    now = time.time()
    good = f"last good {_ago(now - job['last_good'])}" if job["last_good"] else "never good yet"
    held = last["details"].get("held")
    if held:
        what = f"{held['files']:,} files, {_size(held['bytes'])}"
    elif "read" in last["counts"]:
        what = f"{last['counts']['read']:,} files read"
    elif "droppings" in last["counts"]:
        what = f"{last['counts']['files']:,} files looked at"
    elif "verdict" in last["details"]:
        what = last["details"]["verdict"]
    elif "themes" in last["counts"]:
        what = f"{last['counts']['themes']:,} themes, {last['details']['zips']:,} with their zip"
    elif "records" in last["counts"]:
        what = f"{last['counts']['records']:,} records"
    elif "filed" in last["counts"]:
        filed = last["counts"]["filed"]
        what = f"{filed:,} exports filed" if filed else "nothing new"
    elif "dropped" in last["counts"]:
        what = f"{last['counts']['kept']:,} points kept, {last['counts']['dropped']:,} dropped"
    else:
        what = "nothing taken"
    wait = job["due"] - now
    due = f"next in {_span(wait)}" if wait > 0 else f"due since {_span(-wait)}"
    return f"{last['outcome']}, {what}, {good}, {due}"


def _ago(seconds: float) -> str:
    return f"{_span(seconds)} ago"


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _size(count: float) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1_000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1_000
    return f"{count:.1f} TB"
