"""One sync of a store's files: list, plan, guard, fetch, retire, manifest, report.

The order is the promise: a file is durable before it is placed, placed before it is recorded,
fetched before anything is retired, moved before it is forgotten. A listing that is not whole
retires nothing that it could not see.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain, count, islice
from typing import Any

from mirrord.core.discreet import discreet
from mirrord.core.entry import ROOT, Entry, Held, Kind, TreePath, UnknownFolder
from mirrord.core.guard import Limits
from mirrord.core.plan import make_plan
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.times import moment_name
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.listed import Left
from mirrord.disk.manifest import manifest_stands, write_manifest
from mirrord.disk.naming import LocalNames, naming_of
from mirrord.disk.partnote import Note
from mirrord.disk.tree import Tree
from mirrord.errors import StoreError
from mirrord.jobs.alarm import Alarm
from mirrord.jobs.cut_short import adopt
from mirrord.jobs.exclude import excluded
from mirrord.jobs.holding import Holding
from mirrord.jobs.placing import Placing
from mirrord.jobs.room import Room, room_on_disk
from mirrord.jobs.sample import sample
from mirrord.source import FileSource

log = logging.getLogger(__name__)

#: So many are moved out before they are forgotten together.
_RETIRED_AT_ONCE = 1_000
#: The listing's progress is told once in so many entries; the source beats by itself.
_TOLD_LISTING = 64
#: What lies here is looked at so often between two beats.
_LOOKED = 256
#: So many lines of a plan are told; the rest is counted.
_TOLD_PLAN = 1_000


class Sync:
    """The files of one store, mirrored into its house."""

    name = "files"

    def __init__(
        self,
        house: House,
        source: FileSource,
        limits: Limits,
        exclude: tuple[str, ...],
        clock: Callable[[], float],
        *,
        dry_run: bool = False,
    ) -> None:
        self._house = house
        self._source = source
        self._limits = limits
        self._exclude = exclude
        self._clock = clock
        self._dry_run = dry_run

    def run(self, pulse: Pulse) -> Report:
        """Sync once. StoreError, DiskError: nothing was retired, what was fetched stays.

        With ``dry_run`` the plan is made and told, and files/ stays as it is.
        """
        started = self._clock()
        with (
            Ledger(self._house.room(".mirrord/ledger.db")) as ledger,
            Tree(
                self._house,
                self._moment(started),
                int(started),
                LocalNames(naming_of(self._house), ledger.held_at, ledger.held),
            ) as tree,
        ):
            unknown: dict[TreePath, str] = {}
            if not self._dry_run:
                adopt(self._house, ledger, tree, pulse)

            def intact(held: Held) -> bool:
                pulse.beat()
                left = (held.local, held.entry.kind is Kind.FOLDER, held.size, held.mtime)
                return not any(tree.lost([left]))

            listing = self._source.list(pulse, ledger.folders())
            ledger.listing.spool(self._wanted(listing, unknown, pulse))
            ledger.listing.compare(lambda alike: tree.lost(_beating(alike, pulse)))
            ledger.plan.keep(
                make_plan(
                    ledger.listing.unlike(),
                    ledger.listing.unlike_held(),
                    spared=lambda path: _is_unknown(path, unknown) or self._excluded(path),
                    intact=intact,
                )
            )
            ledger.plan.keep_new()
            holding = Holding(self._house, ledger, self._limits, started, pulse)
            holding.decide()
            if self._dry_run:
                return self._planned(ledger, holding, unknown, started)
            holding.write()
            alarm = Alarm(self._house, self._limits, ledger.totals(), started, pulse)
            if holding.was_whole:
                alarm.raise_for(ledger.plan.coming())
            placing = Placing(ledger, tree, self._clock)
            room = self._room(ledger, tree, unknown)
            retired = self._apply(ledger, tree, placing, holding, room, pulse)
            all_came = not (unknown or placing.failed or room.left_out)
            if all_came:
                tree.parts.clear()
                alarm.take_back_unless(placing.came())
            holding.finish({path.top for path in unknown}, whole=all_came)
            counts = placing.counts() | {"retired": retired, "set aside": tree.set_aside}
            findings = [
                *holding.findings(),
                *alarm.finding(),
                *_unknown_findings(unknown),
                *placing.findings(),
                *room.findings(),
            ]
            partial = not all_came or alarm.raised
            return self._report(
                started, holding, counts, findings, {"held": ledger.totals()}, partial=partial
            )

    def _planned(
        self, ledger: Ledger, holding: Holding, unknown: dict[TreePath, str], started: float
    ) -> Report:
        return self._report(
            started,
            holding,
            ledger.plan.numbers(),
            [*holding.findings(), *_unknown_findings(unknown)],
            {"plan": ledger.plan.lines(_TOLD_PLAN)},
            partial=bool(unknown),
        )

    def _report(
        self,
        started: float,
        holding: Holding,
        counts: dict[str, int],
        findings: list[str],
        details: dict[str, Any],
        *,
        partial: bool,
    ) -> Report:
        outcome = Outcome.HELD if holding.held else Outcome.PARTIAL if partial else Outcome.OK
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            outcome,
            {Outcome.HELD: 4, Outcome.PARTIAL: 3}.get(outcome, 0),
            counts,
            tuple(findings),
            details,
        )

    def _moment(self, started: float) -> str:
        """A name for what this run replaces; two runs of one second get two."""
        for later in count():
            name = moment_name(started + later)
            if not any(
                self._house.room(f"{r}/{name}").exists() for r in ("old-versions", "set-aside")
            ):
                return name
        raise AssertionError

    def _wanted(
        self, listing: Iterable[Entry | UnknownFolder], unknown: dict[TreePath, str], pulse: Pulse
    ) -> Iterator[Entry]:
        number, patterns = 0, self._exclude
        for number, one in enumerate(listing, 1):
            if number % _TOLD_LISTING == 1:
                pulse.progress("listing", number, None)
            if isinstance(one, UnknownFolder):
                unknown[one.path] = one.why
                log.warning("listing failed folder=%s why=%s", discreet(one.path), one.why)
            elif not (patterns and excluded(one.path, patterns)):
                yield one
        pulse.progress("listing", number, None)

    def _excluded(self, path: TreePath) -> bool:
        return excluded(path, self._exclude)

    def _room(self, ledger: Ledger, tree: Tree, unknown: dict[TreePath, str]) -> Room:
        """How much of what comes the disk has room for, beside what came in part; DiskFull."""

        def wanted(note: Note) -> bool:
            entry = ledger.listing.at(note.path)
            listed = entry is not None and note.is_of(entry)
            return listed or _is_unknown(note.path, unknown)

        return room_on_disk(self._house, ledger.plan, tree.parts, wanted)

    def _apply(
        self,
        ledger: Ledger,
        tree: Tree,
        placing: Placing,
        holding: Holding,
        room: Room,
        pulse: Pulse,
    ) -> int:
        blocked, retired = self._clear(ledger, tree, holding)
        files = _unblocked(ledger.plan.files(room.largest), blocked)
        stage = partial(tree.stage, beat=pulse.beat)
        try:
            with placing.settled(pulse):
                placing.make_folders(_unblocked(ledger.plan.folders(), blocked), pulse)
                again = {entry.path: entry for entry in sample(ledger, tree.now)}
                wanted = chain(files, again.values())
                with closing(self._source.fetch_many(wanted, stage, pulse)) as came:
                    placing.fetch(came, pulse, room.bytes, again=again.keys())
        except StoreError:
            # the run ends, but what came is there to stay: the checksums shall tell of it
            self._tell(ledger, tree)
            raise
        holding.note_losses()
        # an empty store is never followed unasked: not even its empty folders go
        unproven = holding.held and not ledger.listing.files()
        gone = iter(()) if unproven else ledger.plan.going()
        while batch := list(islice(gone, _RETIRED_AT_ONCE)):
            retired += self._retire(ledger, tree, batch, pulse)
        self._tell(ledger, tree)
        return retired

    def _tell(self, ledger: Ledger, tree: Tree) -> None:
        if ledger.manifest_due() or not manifest_stands(self._house):
            write_manifest(self._house, ledger, tree.staging, tree.now)

    def _clear(self, ledger: Ledger, tree: Tree, holding: Holding) -> tuple[list[TreePath], int]:
        """Make room where a file became a folder or the reverse; what waits for a person blocks."""
        clears = ledger.plan.clears()
        blocked = [held.path for held, may_go in clears if not may_go]
        ways = [held for held, may_go in clears if may_go]
        if ways:
            holding.note_losses()
        retired = 0
        for held in ways:
            gone = [*ledger.held_below(held.path), held]
            retired += self._retire(ledger, tree, gone, None)
        return blocked, retired

    def _retire(self, ledger: Ledger, tree: Tree, gone: list[Held], pulse: Pulse | None) -> int:
        with tree.steps():
            for held in gone:
                if pulse is not None:
                    pulse.beat()
                tree.retire(held)
                log.info("retired path=%s", discreet(held.path))
        if gone:
            tree.make_durable()
            ledger.forget(held.path for held in gone)
        return sum(held.entry.kind is Kind.FILE for held in gone)


def _beating(left: Iterable[Left], pulse: Pulse) -> Iterator[Left]:
    for number, one in enumerate(left):
        if not number % _LOOKED:
            pulse.beat()
        yield one


def _is_unknown(path: TreePath, unknown: dict[TreePath, str]) -> bool:
    """Whether it, or a folder above it, could not be told of."""
    while unknown and path != ROOT:
        if path in unknown:
            return True
        path = path.parent
    return False


def _unblocked(entries: Iterable[Entry], blocked: list[TreePath]) -> Iterator[Entry]:
    for entry in entries:
        if not any(entry.path == path or entry.path.is_below(path) for path in blocked):
            yield entry


def _unknown_findings(unknown: dict[TreePath, str]) -> Iterator[str]:
    for path, why in sorted(unknown.items())[:NAMED_FAILURES]:
        folder = discreet(path)
        yield f"the folder {folder} could not be listed, all below it stays as it is: {why}"
    if len(unknown) > NAMED_FAILURES:
        yield f"and {len(unknown) - NAMED_FAILURES:,} more folders"
