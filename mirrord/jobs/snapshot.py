"""One snapshot: sync and pull in one window, check, freeze, verdict, chain, and carry it off.

What goes wrong on the way does not stop it: it stands in the verdict. Nothing is frozen unseen: a
file that is not as it was placed is named instead. A snapshot comes in one rename, after its line
in CHAIN is durable, so that a cut leaves it whole or not there.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from mirrord.core import chain
from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.core.times import moment_name
from mirrord.core.verdict import Judgement, moment_words, named, verdict_text
from mirrord.disk.asked import Wish, take_button, take_wish
from mirrord.disk.chain import append
from mirrord.disk.decisions import Pin, pin
from mirrord.disk.diary import Diary
from mirrord.disk.duplicate import Way
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.exports import RECEIPTS
from mirrord.disk.freezing import Freeze, content_sum, exports_sums
from mirrord.disk.holds import open_holds
from mirrord.disk.house import House, write_whole
from mirrord.disk.ledger import Ledger
from mirrord.disk.locks import locked
from mirrord.disk.snapshots import (
    ROOM,
    VERDICT,
    facts,
    finish_cut_work,
    hidden_folder,
    show,
    snapshots,
)
from mirrord.disk.twins import Frozen
from mirrord.jobs.after_snapshot import carry_off, is_due
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


@dataclass(frozen=True, slots=True)
class _State:
    """All that is to be frozen now, and one sum over it."""

    judgement: Judgement
    sums: Mapping[str, str]
    receipts: Mapping[str, Any]
    content: str


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
        content = content_sum(sums, ledger, judgement.facts())
        there = snapshots(self._house)
        last = there[-1].name if there else ""
        if last and not wish.label and facts(self._house, last).get("content") == content:
            log.info("nothing changed since snapshot=%s store=%s", last, self._house.key)
            return _Taken(last, False, judgement, Frozen())
        state = _State(judgement, sums, receipts, content)
        return self._build(self._free_name(started), state, ledger, started, wish, pulse)

    def _build(
        self,
        name: str,
        state: _State,
        ledger: Ledger,
        started: float,
        wish: Wish,
        pulse: Pulse,
    ) -> _Taken:
        hidden = hidden_folder(self._house, name)
        self._house.still_there()
        try:
            with closing(Durable(self._house.root)) as durable:
                with Freeze(self._house, hidden, self._parts.way) as freeze:
                    freeze.exports(state.sums)
                    if self._parts.files:
                        freeze.files(ledger.held_plain(), _total(ledger), pulse)
                    told, sums = freeze.told, freeze.close()
                judgement = _with_local_damage(state.judgement, told)
                head = self._head(name, state, told, started, wish) | {"sums": sums}
                text = verdict_text(judgement, head, _records(state.receipts), name).encode()
                with disk_errors(f"taking the snapshot {name}"):
                    write_whole(hidden / VERDICT, text, 0o440)
                    durable.tree(hidden)
            verdict = hashlib.sha256(text).hexdigest()
            self._house.still_there()
            append(self._house, chain.taken(name, chain.Sums(sums, verdict)), self._clock())
        except BaseException:
            # the next start would do it as well, but a full disk needs the room now
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        show(self._house, name)
        log.info("taken snapshot=%s verdict=%s files=%d", name, judgement.verdict, told.files)
        return _Taken(name, True, judgement, told)

    def _head(
        self, name: str, state: _State, told: Frozen, started: float, wish: Wish
    ) -> dict[str, str]:
        whole = not told.missing and not told.altered
        return {
            "snapshot": name,
            "store": self._house.key,
            "label": wish.label,
            "begun": moment_words(started),
            "ended": moment_words(self._clock()),
            "files": f"{told.files:,}",
            "folders": f"{told.folders:,}",
            "bytes": f"{told.bytes:,}",
            "content": state.content if whole else "",
        }

    def _free_name(self, started: float) -> str:
        """The name of the moment; of two snapshots of one second the later one gets the next."""
        names = (moment_name(started + later) for later in count())
        room = self._house.room(ROOM)
        return next(name for name in names if not os.path.lexists(room / name))

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


def _with_local_damage(judgement: Judgement, told: Frozen) -> Judgement:
    lost = tuple(f"{path} is not there" for path in told.missing)
    altered = tuple(f"{path} is not as mirrord placed it; left out" for path in told.altered)
    return replace(judgement, missing=judgement.missing + lost, suspect=judgement.suspect + altered)


def _total(ledger: Ledger) -> int:
    totals = ledger.totals()
    return totals["files"] + totals["folders"]


def _records(receipts: Mapping[str, Any]) -> dict[str, str]:
    return {
        dataset: f"{receipt['records']:,}, pulled {receipt['started']} to {receipt['ended']}"
        for dataset, receipt in sorted(receipts.items())
    }


def _findings(taken: _Taken) -> Iterator[str]:
    name = taken.name
    if not taken.new:
        yield f"nothing changed since {name}: it is still true, and no new one was taken"
    judgement = taken.judgement
    if judgement.verdict != "COMPLETE":
        yield f"{name} is {judgement.line()}:"
        yield from named([*judgement.suspect, *judgement.missing])
