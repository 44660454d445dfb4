"""The check of what is held: every byte is read within a set time, and compared with its record.

Each run reads the share that is due, what was read longest ago first, or all of it. It reads beside
a running sync and never takes what that moves for damage. What is wrong is put right where a good
copy exists; what is found is told, put right or not.
"""

import json
import math
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

from mirrord.core.entry import Kind
from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.disk.book import Book, Share
from mirrord.disk.claims import Claim, claims_of, points
from mirrord.disk.firstseen import FirstSeen
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.look import Seen, look
from mirrord.disk.manifest import Comparison
from mirrord.disk.snapshots import chain_findings
from mirrord.disk.staging import closing_fd, closing_folder
from mirrord.disk.steps import FOLDER, lstat
from mirrord.disk.wounds import FILES
from mirrord.jobs.healing import OpenStore
from mirrord.jobs.look import suspect
from mirrord.jobs.repair import Repair
from mirrord.jobs.scrub import Scrub
from mirrord.jobs.settled import Suspicion, report

_DAY = 86_400
_FILE = Kind.FILE.value


@dataclass(frozen=True, slots=True)
class Pace:
    """Every byte within ``period`` seconds, by a run every ``interval`` seconds.

    A period of None: all of it in every run. ``budget`` bytes at the most in one run.
    """

    period: float | None
    interval: float
    budget: int | None = None


class Verify:
    """One house. ``full`` reads all, whatever was read before and whatever the budget."""

    name = "verify"

    def __init__(
        self,
        house: House,
        store: OpenStore | None,
        pace: Pace,
        clock: Callable[[], float],
        *,
        full: bool = False,
        heal: bool = True,
    ) -> None:
        self._house = house
        self._store = store
        self._pace = pace
        self._clock = clock
        self._full = full
        self._heal = heal

    def run(self, pulse: Pulse) -> Report:
        """Check once. DiskError, LedgerBroken; the store's errors are findings."""
        started = self._clock()
        suspicion = Suspicion()
        counts: Counter[str] = Counter()
        first_seen = FirstSeen(self._house)
        with (
            Ledger(self._house.room(".mirrord/ledger.db")) as ledger,
            Book(self._house.room(".mirrord/scrub.db")) as book,
        ):
            seen = self._seen(ledger, suspicion, counts, started, pulse)
            scrub = Scrub(self._house, book, first_seen, full=self._full)
            sentences: list[str] = []
            if self._full:
                # it is read while it is still gathered: the disk's time is the run's time
                sentences += scrub.run(book.gather_to_read(seen), started, pulse)
                book.forget_others()
            else:
                deque(book.gather(seen), maxlen=0)
                share, sentences = self._share(book, started)
                sentences += scrub.run(book.due(share), started, pulse)
        counts.update(scrub.counts)
        suspicion.names |= scrub.suspects
        if suspicion:
            repair = Repair(self._house, self._store, started, pulse, heal=self._heal)
            settled = repair.settle(suspicion)
            counts.update(settled.counts())
            sentences += settled.sentences
        if self._heal:
            counts["first seen"] = first_seen.write(pulse)
        sentences += [*_broken_decisions(self._house), *chain_findings(self._house)]
        return report(self.name, self._house, started, self._clock(), dict(counts), sentences)

    def _seen(
        self,
        ledger: Ledger,
        suspicion: Suspicion,
        counts: Counter[str],
        now: float,
        pulse: Pulse,
    ) -> Iterator[tuple[tuple[str, str, float | None], os.stat_result]]:
        """Every recorded file that is there; what is not as it should be is noted."""
        with (
            closing_folder(self._house.root) as root,
            closing(Comparison(self._house)) as manifests,
        ):
            same, full, beat = Seen.SAME, self._full, pulse.beat
            with closing_fd(os.open("files", FOLDER, dir_fd=root)) as files:
                # the rows of both papers' lines are those that are looked at
                rows = chain.from_iterable(map(manifests.passing, ledger.held_lists()))
                for number, sight in enumerate(look(files, rows), 1):
                    if full:  # how much is read is told instead
                        beat()
                    else:
                        pulse.progress("looking", number, None)
                    local, seen, row, there = sight
                    if seen is not same:
                        counts["droppings"] += seen is Seen.DROPPING
                        suspect(sight, suspicion)
                    elif row is not None and there is not None and row[1] == _FILE:
                        _, _, _, _, _, _, sha256, _, _, fetched, _, _ = row
                        yield (FILES + local, sha256, float(fetched)), there  # a Claim takes longer
            # before the first sync there is none; while one is due a sync is at it
            written = not ledger.manifest_due()
            suspicion.manifest = written and bool(manifests.damaged())
            for point in points(self._house):
                claims, sound = claims_of(self._house, point)
                if not sound:
                    suspicion.points.add(point)
                for claim in claims:
                    pulse.beat()
                    try:
                        there = lstat(root, claim.name)
                    except OSError:
                        suspicion.names.add(claim.name)
                    else:
                        yield Claim(claim.name, claim.sha256, min(there.st_mtime, now)), there

    def _share(self, book: Book, now: float) -> tuple[Share, list[str]]:
        """What this run reads; and, in words, that the budget does not suffice."""
        pace = self._pace
        if pace.period is None:
            size = book.total()
            share = Share(0, math.inf, pace.budget)
            each, within = size, "in every run"
        else:
            before = now + pace.interval - pace.period
            size = book.total()
            each = math.ceil(size * pace.interval / pace.period)
            share = Share(each, before, pace.budget)
            within = f"within {pace.period / _DAY:.3g} days"
        if pace.budget is None or each <= pace.budget:
            return share, []
        runs = math.ceil(size / max(1, pace.budget))
        words = (
            f"verify.budget of {pace.budget:,} bytes a run can not read the {size:,} bytes held"
            f" {within}: it takes {runs:,} runs; set the budget to {each:,} or more, or"
            " schedule.verify to more days"
        )
        return share, [words]


def _broken_decisions(house: House) -> Iterator[str]:
    """What people decided is told by small files; whether they can still be read."""
    for file in sorted(house.room("decisions").glob("*.json")):
        try:
            json.loads(file.read_bytes())
        except (OSError, ValueError):
            yield f"decisions/{file.name}: damaged; copy it back from a backup or a snapshot"
