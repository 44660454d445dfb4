"""`erase-person`: somebody's data taken out of all that is held and older than the request.

The future is not touched: what the shop still holds comes with the next pull, so that is said
first. What was taken out is gone for good; a tombstone stays, and keeps older copies from bringing
it back.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from mirrord.config import Retention
from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.persons import RULES, Known, Person
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.times import iso, moment_name
from mirrord.core.tombstones import tombstone
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.erasing import Eraser
from mirrord.disk.erasure import Erasure
from mirrord.disk.erasures import set_stone
from mirrord.disk.house import House, write_whole
from mirrord.disk.locks import locked
from mirrord.disk.persons import (
    files_of_the_shop,
    loose_files,
    record_folders,
    versions,
)
from mirrord.disk.snapshots import finish_cut_work
from mirrord.disk.staging import Staging
from mirrord.disk.within import Seen, look_into
from mirrord.jobs.person import find
from mirrord.jobs.waiting import settle

log = logging.getLogger(__name__)

#: All lanes, in the order in which a snapshot takes them: nothing of ours moves meanwhile.
_LANES = ("upkeep", "files", "catalogue", "orders", "inbox")
#: Seconds; and the days of an hour, a day, a week, a month and a year, at the most.
_DAY, _DAYS = 86_400, (1, 1, 7, 31, 366)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: whose data, and why, in words that name nobody.

    ``keep_invoices``: their orders stay, with all that hangs on them, as the law may demand.
    ``elsewhere``: what is to be said of copies that are out of our reach.
    """

    person: Person
    why: str
    keep_invoices: bool
    elsewhere: str


class ErasePerson:
    """One erasure in one store's house. With ``dry_run`` it is only told what would go."""

    name = "erase-person"

    def __init__(
        self, house: House, wanted: Wanted, clock: Callable[[], float], *, dry_run: bool = False
    ) -> None:
        self._house, self._wanted, self._clock = house, wanted, clock
        self._dry_run = dry_run

    def run(self, pulse: Pulse) -> Report:
        """Find and erase. DiskError: what was erased is; run it again and it goes on."""
        started = self._clock()
        with ExitStack() as ends:
            for lane in _LANES:
                ends.enter_context(locked(self._house.lock_file(lane), self.name, pulse))
            if not self._dry_run:
                settle(self._house, started, pulse)
                finish_cut_work(self._house)
            ends.enter_context(locked(self._house.lock_file("exports"), self.name, pulse))
            folders = record_folders(self._house)
            known = find(self._house, self._wanted.person, folders, pulse)
            held = self._still_there(known, pulse)
            if self._wanted.keep_invoices:
                known.keep_orders()
            if self._dry_run:
                gone = Counter({name: len(keys) for name, keys in known.keys.items() if keys})
                return self._report(started, gone, 0, [*held, *self._named(pulse, known)])
            with disk_errors(f"opening {self._house.root}"):
                durable = ends.enter_context(closing(Durable(self._house.root)))
            staging = ends.enter_context(closing(Staging(self._house, "erasing", durable)))
            eraser = Eraser(known, staging, pulse)
            erasure = Erasure(self._house, durable, eraser, self._wanted.why, iso(started))
            # first, so that what a cut leaves undone is not brought back meanwhile
            self._set_stone(known, started, pulse)
            self._erase(erasure, folders, pulse)
            findings = [*held, *self._named(pulse, known)]
            report = self._report(started, erasure.gone, erasure.files, findings)
        self._certify(report)
        return report

    def _erase(self, erasure: Erasure, folders: list[Path], pulse: Pulse) -> None:
        for number, folder in enumerate(folders):
            pulse.progress("erasing", number, len(folders))
            is_snapshot = folder.parent.parent.name == "snapshots"
            changed = erasure.snapshot(folder.parent) if is_snapshot else erasure.day(folder)
            if changed:
                place = folder.relative_to(self._house.root)
                log.info("erased store=%s in=%s", self._house.key, place)
        for file in loose_files(self._house):
            pulse.beat()
            if file.relative_to(self._house.root).parts[0] != "snapshots":
                erasure.loose(file)
        erasure.forget_indexes()

    def _set_stone(self, known: Known, at: float, pulse: Pulse) -> None:
        person = known.person
        if self._wanted.keep_invoices:
            person = Person(person.emails, person.customers)
        stone = tombstone(person, at, secrets.token_hex(16))
        facts = {"why": self._wanted.why, "kept_orders": self._wanted.keep_invoices}
        set_stone(self._house, stone, facts, pulse)

    def _still_there(self, known: Known, pulse: Pulse) -> list[str]:
        """Whether the shop still has them, by the newest pull of each dataset."""
        latest = self._house.room("exports/latest")
        held: Counter[str] = Counter()
        for dataset in ("customers", "orders", "subscribers"):
            for one in versions([latest], dataset):
                pulse.beat()
                held[dataset] += known.has(dataset, one.key)
        there = ", ".join(f"{number:,} {name}" for name, number in held.items() if number)
        if not there:
            return []
        words = "what is not erased or made anonymous there comes back with the next one"
        return [f"the shop still holds {there} of theirs, by its newest pulls: {words}"]

    def _named(self, pulse: Pulse, known: Known) -> Iterator[str]:
        """What still names them, and is not ours to change, or no record of theirs."""
        loose = () if self._dry_run else loose_files(self._house)
        words = {
            (True, Seen.NAMES): "names them, and is the shop's own: remove it there; the next sync "
            "moves it to old-versions/, and then run this again",
            (False, Seen.NAMES): "names them, in no form that is known: look at it yourself",
            (
                True,
                Seen.CLOSED,
            ): "can not be looked into, and may name them: look at it in the shop",
            (False, Seen.CLOSED): "can not be looked into, and may name them: look at it yourself",
        }
        told: dict[str, list[Path]] = {one: [] for one in words.values()}
        for files, is_shops in ((files_of_the_shop(self._house), True), (loose, False)):
            for file in files:
                seen = look_into(file, known.person, pulse)
                if seen is not Seen.CLEAN:
                    told[words[is_shops, seen]].append(file)
        for why, some in told.items():
            yield from (f"{self._place(file)} {why}" for file in some[:NAMED_FAILURES])
        rest = sum(len(some[NAMED_FAILURES:]) for some in told.values())
        if rest:
            yield f"and {rest:,} more files"
        yield from self._mentioned(pulse, known)

    def _mentioned(self, pulse: Pulse, known: Known) -> Iterator[str]:
        """Records of others that name them, in latest/."""
        latest = self._house.room("exports/latest")
        for dataset in RULES:
            others = 0
            for one in versions([latest], dataset):
                pulse.beat()
                theirs = known.has(dataset, one.key)
                others += not theirs and known.person.is_named_in(one.text)
            if others:
                yield f"{others:,} {dataset} of others name them too, and stay"

    def _place(self, file: Path) -> str:
        return displayed(file.relative_to(self._house.root).as_posix())

    def _report(
        self, started: float, gone: Counter[str], files: int, findings: list[str]
    ) -> Report:
        counts = {name: number for name, number in sorted(gone.items()) if number}
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            Outcome.PARTIAL if findings else Outcome.OK,
            3 if findings else 0,
            counts | {"files": files},
            tuple(findings),
            {"elsewhere": self._wanted.elsewhere},
        )

    def _certify(self, report: Report) -> None:
        """A paper that says what was done, in words that name nobody."""
        name = f"decisions/erasure-{moment_name(report.started)}.txt"
        when = iso(report.started)
        lines = [
            f'Out of the backup of the shop "{report.store}", as far as it is older than {when},',
            "the data of one person were taken.",
            f"Reason: {self._wanted.why}",
            "Taken out (records; the most that any one day held):",
            *(f"  {what}: {number:,}" for what, number in report.counts.items()),
            self._wanted.elsewhere,
            *("Orders were kept, as the law demands of invoices.",) * self._wanted.keep_invoices,
            *(f"Not done: {_discreetly(finding)}" for finding in report.findings),
            "Whose data they were stands in decisions/erasures.json, as salted hashes.",
        ]
        with disk_errors("writing the certificate"):
            write_whole(self._house.room(name), ("\n".join(lines) + "\n").encode(), 0o640)


def _discreetly(finding: str) -> str:
    """The same for whoever may read decisions/: a file may be named after the person."""
    place, *words = re.split(r"(?= names them| can not be looked into)", finding, maxsplit=1)
    return "".join((discreet(place), *words))


def copies_elsewhere(keep: Retention, *, are_made: bool, at: float) -> str:
    """When the last copy that is out of our reach ends, in words; ``at``: seconds since 1970."""
    if not are_made:
        return "No copies elsewhere are known here (`after_snapshot` is not configured)."
    words = "Copies that `after_snapshot` made elsewhere are out of reach and still hold them."
    rules = keep.snapshots
    if rules is None or not rules.drops:
        return f"{words} By the rules here, which drop nothing, they never end: remove them there."
    counts = (rules.hourly, rules.daily, rules.weekly, rules.monthly, rules.yearly)
    longest = max(count * days for count, days in zip(counts, _DAYS, strict=True))
    last = iso(at + longest * _DAY)[:10]
    return f"{words} If they are kept as long as snapshots are here, the last one ends on {last}."
