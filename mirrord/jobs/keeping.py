"""What stands in a house and could be dropped, and what retention says of each. Nothing is changed.

This room only gathers; it is core/retention.py that decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from itertools import groupby

from mirrord.config import Keep, Retention
from mirrord.core.entry import TreePath
from mirrord.core.names import is_personal
from mirrord.core.retention import (
    Cause,
    Decision,
    Point,
    Rules,
    Sleep,
    Spared,
    decide,
    decide_by_age,
)
from mirrord.disk.decisions import pins
from mirrord.disk.diary import Diary
from mirrord.disk.holds import open_holds
from mirrord.disk.house import House
from mirrord.disk.points import Filed, OldVersions, PutBy, filed_exports, old_versions, put_by
from mirrord.disk.snapshots import Snapshot, snapshots
from mirrord.errors import StoreRefused, WrongStore
from mirrord.jobs import AT_HOME, lane_of

SNAPSHOTS, OLD_VERSIONS, PUT_BY = "snapshots", "old-versions", "put by"
#: What goes by age alone, never by thinning.
_BY_AGE = (OLD_VERSIONS, PUT_BY)
_REFUSED = (StoreRefused.__name__, WrongStore.__name__)

Thing = Snapshot | Filed | OldVersions | PutBy


@dataclass(frozen=True, slots=True)
class Standing:
    """All points of a house by kind (``snapshots``, ``exports/orders``, ``old-versions``, ...).

    ``things`` is what each point's name stands for; ``unread`` are sentences on what could not be
    read and is left alone.
    """

    kinds: Mapping[str, tuple[Point, ...]]
    things: Mapping[str, Thing]
    unread: tuple[str, ...]

    def thinned(self) -> dict[str, tuple[Point, ...]]:
        """The kinds of which rules count points; what goes by age alone is none."""
        return {kind: points for kind, points in self.kinds.items() if kind not in _BY_AGE}


def standing(house: House, zone: tzinfo) -> Standing:
    """What could be dropped at all; DiskError."""
    exports, unread = filed_exports(house)
    pairs: list[tuple[str, Point, Thing]] = [
        *((SNAPSHOTS, _snapshot_point(house, one), one) for one in snapshots(house)),
        *((f"exports/{one.dataset}", _export_point(one, zone), one) for one in exports),
        *((OLD_VERSIONS, _old_point(one), one) for one in old_versions(house)),
        *((PUT_BY, Point(one.name, one.at, personal=True), one) for one in put_by(house)),
    ]
    pairs.sort(key=lambda pair: pair[0])
    kinds = {
        kind: tuple(point for _, point, _ in group)
        for kind, group in groupby(pairs, key=lambda pair: pair[0])
    }
    return Standing(kinds, {point.name: thing for _, point, thing in pairs}, tuple(unread))


def causes(house: House) -> tuple[Cause, ...]:
    """For what retention sleeps: holds that nobody has answered, a store that refuses us."""
    waiting = (
        Cause(f"the hold {hold.id} waits for an answer", hold.opened)
        for hold in open_holds(house)
        if not hold.answered
    )
    return (*waiting, *_refusals(house))


def spared(house: House) -> Spared:
    """What people and holds want kept."""
    pinned = {name: pin.why for name, pin in pins(house).items()}
    referred = {point: hold.id for hold in open_holds(house) for point in hold.refers}
    return Spared(pinned, referred)


def judged(
    there: Standing, keep: Retention, *, now: float, zone: tzinfo, spared: Spared, sleep: Sleep
) -> dict[str, list[Decision]]:
    """What becomes of every point, by kind, the newest first."""
    decisions = {}
    for kind, points in there.kinds.items():
        if kind in _BY_AGE:
            longest = keep.put_by if kind == PUT_BY else keep.old_versions
            told = decide_by_age(points, longest, now=now, spared=spared, sleep=sleep)
        else:
            rules = rules_of(keep, kind)
            told = decide(points, rules, now=now, zone=zone, spared=spared, sleep=sleep)
        decisions[kind] = told
    return decisions


def rules_of(keep: Retention, kind: str) -> Rules:
    """The rules of one kind of points; a dataset's own stand in place of those for all."""
    if kind == SNAPSHOTS:
        return _rules(keep.snapshots)
    own = getattr(keep.exports, kind.removeprefix("exports/"), None)
    return _rules(own if isinstance(own, Keep) else keep.exports)


def _rules(keep: Keep | None) -> Rules:
    if keep is None:
        return Rules()
    return Rules(keep.hourly, keep.daily, keep.weekly, keep.monthly, keep.yearly)


def _refusals(house: House) -> Iterator[Cause]:
    with Diary(house.room(".mirrord/diary.db")) as diary:
        reports = diary.last_reports()
    for job, told in sorted(reports.items()):
        last = told["last"]
        if last["details"].get("error") in _REFUSED and lane_of(job) not in AT_HOME:
            since = told["last_good"] or last["started"]
            yield Cause(f"the store refuses us (see the last run of {job})", since)


def _snapshot_point(house: House, one: Snapshot) -> Point:
    flaw = "" if one.verdict == "COMPLETE" else one.verdict.lower()
    personal = house.room(f"{SNAPSHOTS}/{one.name}/exports").exists()
    return Point(f"{SNAPSHOTS}/{one.name}", one.at, flaw, personal)


def _export_point(one: Filed, zone: tzinfo) -> Point:
    flaw = "suspect" if one.receipt.get("suspect") else ""
    flaw = flaw if one.receipt.get("complete") else "incomplete"
    at = _moment_of(one.day, datetime.fromisoformat(one.receipt["ended"]), zone)
    return Point(f"exports/{one.day}/{one.dataset}", at.timestamp(), flaw, personal=True)


def _moment_of(day: date, ended: datetime, zone: tzinfo) -> datetime:
    """When it was pulled, if that was on the folder's day; else that day's noon.

    A folder is of another day where the clock or the configured zone was another one.
    """
    if ended.astimezone(zone).date() == day:
        return ended
    return datetime.combine(day, time(12), zone)


def _old_point(one: OldVersions) -> Point:
    personal = is_personal(TreePath(one.top))
    return Point(f"{OLD_VERSIONS}/{one.moment}/{one.top}", one.at, personal=personal)
