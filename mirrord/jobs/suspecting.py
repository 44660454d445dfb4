"""The alarm over records that look damaged: nothing waits, but the last good points are pinned.

Each pull that changed anything is compared with all of the last day. While an alarm is open, what
it is about is compared with what was there before it: it ends when the shop is mended, or by an
answer, and is told anew only when another column joins. After a week it ends by an answer alone.
"""

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from mirrord.core.cells import Column, Harm
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.holdwords import suspect_text, suspect_title
from mirrord.core.pulse import Pulse
from mirrord.core.suspicion import Limits, Suspicion, Tally, may_be
from mirrord.core.times import moment_name
from mirrord.disk.accepted import accept, accepted
from mirrord.disk.dayfolder import days, read_receipts
from mirrord.disk.decisions import Pin, pin, release
from mirrord.disk.holds import OpenHold, open_holds
from mirrord.disk.house import House
from mirrord.disk.papers import free_id, remove_papers, write_papers
from mirrord.disk.recent import Recent, recent
from mirrord.disk.snapshots import snapshots
from mirrord.errors import DiskError

log = logging.getLogger(__name__)

_DAY = 86_400
#: So long an open alarm looks back to what was there before it.
_WEEK = 7 * _DAY


class Suspecting:
    """One pull's alarm, if it comes to one; ``now`` is the pull's start."""

    def __init__(
        self, house: House, dataset: Dataset, limits: Limits, now: float, pulse: Pulse
    ) -> None:
        self._house = house
        self._dataset = dataset
        self._limits = limits
        self._now = now
        self._pulse = pulse
        self._findings: list[str] = []

    def judge(
        self,
        rows: Mapping[tuple[str, str], int],
        folders: Sequence[Path],
        changes: Collection[str],
        *,
        complete: bool,
    ) -> str:
        """What is suspect about this pull, in words, ``""`` for nothing; DiskError.

        ``rows`` are there now, by table and kind; ``folders`` are the dated ones, oldest first,
        ``changes`` what this pull adds to the newest. Of a pull that is not ``complete`` rows may
        be missing: none are told gone, and no alarm ends by it.
        """
        waiting = [
            hold
            for hold in open_holds(self._house)
            if hold.kind == "suspect" and hold.dataset == self._dataset.name
        ]
        if not changes:
            return "; ".join(hold.title for hold in waiting)
        oldest = moment_name(self._now - _WEEK)
        watched = [hold for hold in waiting if min(hold.columns.values(), default="") >= oldest]
        told = self._recent(folders, changes, watched)
        # without the changes that it began with nobody can say whether it is over
        watched = [hold for hold in watched if {*hold.columns.values()} <= {*told.moments}]
        found = self._compare(told, rows, waiting, watched)
        if not complete:
            found = [one for one in found if one.harm is not Harm.GONE]
        known = {column for hold in waiting for column in hold.columns}
        fresh = [one for one in found if str(one.column) not in known]
        titles = [hold.title for hold in waiting if hold not in watched]
        for hold in watched if complete else ():
            left = [one for one in found if str(one.column) in hold.columns]
            titles += self._keep_up(hold, left, fresh, told)
            fresh = []
        if not complete:
            titles += [hold.title for hold in watched]
        if fresh:
            hold_id = free_id(self._house, moment_name(self._now), self._dataset.name)
            titles.append(self._write(hold_id, self._now, fresh, {}, (), told))
        return "; ".join(titles)

    def findings(self) -> tuple[str, ...]:
        """What a person should know, if anything."""
        return tuple(self._findings)

    def _recent(
        self, folders: Sequence[Path], changes: Collection[str], watched: Sequence[OpenHold]
    ) -> Recent:
        starts = [moment for hold in watched for moment in hold.columns.values()]
        since = min([moment_name(self._now - _DAY), *starts])
        told = recent(folders, self._dataset, since, moment_name(self._now), changes)
        self._findings += [
            f"exports/{name} was damaged or changed here: what it tells could not be compared"
            for name in told.damaged
        ]
        return told

    def _compare(
        self,
        told: Recent,
        rows: Mapping[tuple[str, str], int],
        waiting: Sequence[OpenHold],
        watched: Sequence[OpenHold],
    ) -> list[Suspicion]:
        """All that is over the limits; of what a hold is about, all that is not mended."""
        if not watched and not may_be(told.told, rows, self._dataset.judged, self._limits):
            return []
        work = self._house.room(".mirrord/staging")
        with told.merged(work, self._pulse.beat) as merged:
            tally = Tally(self._dataset, len(told.moments), merged, rows)
        known = {column for hold in waiting for column in hold.columns}
        begun = {column: moment for hold in watched for column, moment in hold.columns.items()}
        first = self._first(told.moments, begun)
        found = tally.suspicions(self._limits, first)
        left = tally.suspicions(self._limits.eased, first) if begun else ()
        return [
            *(one for one in found if str(one.column) not in known),
            *(one for one in left if str(one.column) in begun),
        ]

    def _first(self, moments: Sequence[str], begun: Mapping[str, str]) -> Callable[[Column], int]:
        """From which pull on a column is compared: a day back, or from where its alarm began."""
        is_accepted = accepted(self._house, self._dataset.name)
        day = bisect_left(moments, moment_name(self._now - _DAY))

        def first(column: Column) -> int:
            name = str(column)
            if name in begun:
                return bisect_left(moments, begun[name])
            answered = bisect_right(moments, is_accepted.get(name, ""))
            # whatever the clock says: this pull came after all that was ever accepted
            return min(max(day, answered), len(moments) - 1)

        return first

    def _keep_up(
        self, hold: OpenHold, left: list[Suspicion], fresh: list[Suspicion], told: Recent
    ) -> Iterator[str]:
        """Bring an open hold up to what is so now; its title, if it is not over."""
        there = {str(one.column) for one in left}
        mended = [column for column in hold.columns if column not in there]
        if mended:
            now = moment_name(self._now)
            accept(self._house, self._dataset.name, mended, now, self._pulse)
        if left or fresh:
            yield self._write(
                hold.id, hold.opened, [*left, *fresh], hold.columns, hold.refers, told
            )
            return
        release(self._house, hold.id, self._pulse)
        remove_papers(self._house, hold.id)
        self._findings.append(f"the hold {hold.id} is over: the shop has its cells again")
        log.info("hold over id=%s why=the shop has its cells again", hold.id)

    def _write(
        self,
        hold: str,
        opened: float,
        found: Sequence[Suspicion],
        begun: Mapping[str, str],
        refers: Sequence[str],
        told: Recent,
    ) -> str:
        """Write a hold's papers, pin what is from before it, and tell of what is new in it."""
        name = self._dataset.name
        columns = {
            str(one.column): begun.get(str(one.column), told.moments[one.since]) for one in found
        }
        title = suspect_title(name, found)
        found_on = dict(zip(told.moments, told.days, strict=True))
        at_work = {f"exports/{found_on[since]}" for since in columns.values() if since in found_on}
        points = dict.fromkeys(
            [*refers, *self._points(min(columns.values()), told), *sorted(at_work)]
        )
        for point in points:
            # before the papers: a cut in between leaves a pin too many, not one too few
            pin(self._house, point, Pin(title, opened, hold), self._pulse)
        text = suspect_text(
            hold,
            self._house.key,
            name,
            found,
            list(columns.values()),
            opened,
            {point: _holds(point, at_work) for point in points},
        )
        write_papers(
            self._house,
            hold,
            "suspect",
            title,
            text,
            refers=tuple(points),
            dataset=name,
            columns=columns,
        )
        if columns.keys() - begun.keys():
            show = f"mirrord holds show {hold} --store {self._house.key}"
            self._findings.append(f"{title}; the pull was filed as it is: {show}")
            log.warning("suspect dataset=%s id=%s columns=%s", name, hold, ", ".join(columns))
        return title

    def _points(self, since: str, told: Recent) -> Iterator[str]:
        """The newest good snapshot and day from before the pull of a moment."""
        shots = [one.name for one in snapshots(self._house) if one.verdict == "COMPLETE"]
        # of the day of this pull only the changes stay
        past = [one.name for one in days(self._house.room("exports")) if one.name != told.days[-1]]
        for room, names, below in (("snapshots", shots, "exports"), ("exports", past, "")):
            folders = (f"{room}/{name}" for name in reversed(names))
            good = (one for one in folders if self._is_good(self._house.room(one) / below, since))
            yield from islice(good, 1)

    def _is_good(self, folder: Path, since: str) -> bool:
        """Whether the dataset's pull that lies there is whole, unsuspicious and of before."""
        try:
            receipt = read_receipts(folder).get(self._dataset.name)
        except DiskError:
            return False
        if receipt is None or not receipt["complete"] or receipt.get("suspect"):
            return False
        return moment_name(datetime.fromisoformat(receipt["started"]).timestamp()) < since


def _holds(point: str, at_work: Collection[str]) -> str:
    """What a pinned point is good for."""
    if point.startswith("snapshots/"):
        return "the newest complete snapshot from before it, pinned"
    if point in at_work:
        return "pinned; its changes/ has the old and the new text of each record"
    return "the newest whole day from before it, pinned"
