"""One snapshot: sync and pull in one window, check, build it where anything is new, carry it off.

What goes wrong on the way does not stop it: it stands in the verdict.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.core.verdict import Judgement, named
from mirrord.disk.asked import Wish, take_button, take_wish
from mirrord.disk.dayfolder import RECEIPTS
from mirrord.disk.decisions import Pin, pin
from mirrord.disk.diary import Diary
from mirrord.disk.duplicate import Way
from mirrord.disk.durable import disk_errors
from mirrord.disk.freezing import content_sum, exports_sums
from mirrord.disk.holds import open_holds
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.locks import locked
from mirrord.disk.snapshots import ROOM, facts, finish_cut_work, snapshots
from mirrord.disk.themes import themes_sums
from mirrord.disk.twins import Frozen
from mirrord.jobs.after_snapshot import carry_off, is_due
from mirrord.jobs.building import Found, build
from mirrord.jobs.waiting import settle
from mirrord.jobs.window import Window, judge, missing_images

log = logging.getLogger(__name__)

#: An image that is missing may only have been uploaded a moment ago: so often a sync is tried.
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """What the store's config says of its snapshots.

    ``datasets`` are those that are pulled; ``exclude`` the patterns of files that never are.
    """

    files: bool
    datasets: tuple[str, ...]
    exclude: tuple[str, ...]
    way: Way
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What came of it: the newest snapshot, and whether it is a new one."""

    name: str
    new: bool
    judgement: Judgement
    frozen: Frozen


class TakeSnapshot:
    """The snapshot of one store. ``take`` runs another of its jobs by name: files, products."""

    name = "snapshot"

    def __init__(
        self,
        house: House,
        parts: Parts,
        take: Callable[[str, Pulse], Report],
        clock: Callable[[], float],
    ) -> None:
        self._house = house
        self._parts = parts
        self._take = take
        self._clock = clock

    def run(self, pulse: Pulse) -> Report:
        """Take one, if anything is new. CannotLink, DiskError: there is none, and no trace of it.

        An incomplete or suspect one counts as done in part.
        """
        started = self._clock()
        finish_cut_work(self._house)
        wish = take_wish(self._house, pulse)
        if take_button(self._house):
            log.info("asked by drop-here/ store=%s", self._house.key)
        taken = self._take_one(started, wish, pulse)
        name = taken.name
        if wish.pin:
            why = wish.label or "asked for when it was taken"
            pin(self._house, f"{ROOM}/{name}", Pin(why, self._clock()), pulse)
        findings = list(_findings(taken))
        failed = self._carry_off(name, pulse)
        findings += [failed] if failed else []
        partial = taken.judgement.verdict != "COMPLETE" or bool(failed)
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            Outcome.PARTIAL if partial else Outcome.OK,
            3 if partial else 0,
            {"files": taken.frozen.files, "copied": taken.frozen.copied},
            tuple(findings),
            {"snapshot": name, "verdict": taken.judgement.line(), "new": taken.new},
        )

    def _take_one(self, started: float, wish: Wish, pulse: Pulse) -> _Taken:
        window = Window({}, self._diary())
        for job in self._window_jobs():
            window = window.after(self._take(job, pulse))
        settle(self._house, self._clock(), pulse)
        for attempt in count(1):
            with self._quiet(pulse) as ledger:
                missing = self._missing(ledger, pulse)
                if not missing or attempt == _TRIES:
                    return self._freeze(window, missing, ledger, started, wish, pulse)
            log.info("images missing=%d, one more sync store=%s", len(missing), self._house.key)
            window = window.after(self._take("files", pulse))
        raise AssertionError

    def _window_jobs(self) -> Iterator[str]:
        """The products, and what never came whole; then the files.

        The records first: an image that they name was in the shop before them.
        """
        held = self._receipts(exports_sums(self._house))
        for dataset in self._parts.datasets:
            if dataset == "products" or dataset not in held:
                yield dataset
        if self._parts.files:
            yield "files"

    @contextmanager
    def _quiet(self, pulse: Pulse) -> Iterator[Ledger]:
        """Nothing of ours moves in files/ and exports/ meanwhile.

        A pull of hours is not waited for: it changes exports/ only under the lock ``exports``.
        """
        with ExitStack() as ends:
            for lock in ("files", "exports"):
                ends.enter_context(locked(self._house.lock_file(lock), self.name, pulse))
            yield ends.enter_context(Ledger(self._house.room(".mirrord/ledger.db")))

    def _missing(self, ledger: Ledger, pulse: Pulse) -> list[str]:
        if not self._parts.files or "products" not in self._parts.datasets:
            return []
        file = self._house.room("exports/latest/images.csv")
        return missing_images(file, ledger, self._parts.exclude, pulse)

    def _freeze(
        self,
        window: Window,
        missing: list[str],
        ledger: Ledger,
        started: float,
        wish: Wish,
        pulse: Pulse,
    ) -> _Taken:
        sums = exports_sums(self._house)
        receipts = self._receipts(sums)
        judgement = judge(
            window,
            missing,
            open_holds(self._house),
            receipts,
            files=self._parts.files,
            datasets=self._parts.datasets,
        )
        themes = themes_sums(self._house)
        content = content_sum(sums, themes, ledger, judgement.facts())
        there = snapshots(self._house)
        last = there[-1].name if there else ""
        if last and not wish.label and facts(self._house, last).get("content") == content:
            log.info("nothing changed since snapshot=%s store=%s", last, self._house.key)
            return _Taken(last, False, judgement, Frozen())
        found = Found(started, wish.label, judgement, sums, themes, receipts, content)
        held = ledger if self._parts.files else None
        built = build(self._house, self._parts.way, found, held, self._clock, pulse)
        return _Taken(built.name, True, built.judgement, built.frozen)

    def _receipts(self, sums: Mapping[str, str]) -> Mapping[str, Any]:
        if RECEIPTS not in sums:
            return {}
        file = self._house.room("exports/latest") / RECEIPTS
        with disk_errors(f"reading {file}"):
            try:
                told: dict[str, Any] = json.loads(file.read_bytes())
            except ValueError as error:
                raise OSError(f"{file} is damaged; the next pull writes it anew") from error
        return told

    def _diary(self) -> Mapping[str, Any]:
        with Diary(self._house.room(".mirrord/diary.db")) as diary:
            return {job: told["last"] for job, told in diary.last_reports().items()}

    def _carry_off(self, name: str, pulse: Pulse) -> str:
        command = self._parts.after
        if not command or not is_due(self._house, name):
            return ""
        return carry_off(self._house, command, name, self._clock, pulse)


def _findings(taken: _Taken) -> Iterator[str]:
    name = taken.name
    if not taken.new:
        yield f"nothing changed since {name}: it is still true, and no new one was taken"
    judgement = taken.judgement
    if judgement.verdict != "COMPLETE":
        yield f"{name} is {judgement.line()}:"
        yield from named([*judgement.suspect, *judgement.missing])
