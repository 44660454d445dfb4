"""Retention: the rules of the config decide what is dropped, then it is dropped.

All is decided before anything is dropped, and only the rules drop: never a lack of room. While a
hold waits, the store refuses us or the clock can not be trusted, nothing is dropped.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, tzinfo
from itertools import chain
from pathlib import Path
from typing import Any

from mirrord.config import Retention
from mirrord.core.clock import Clock, look
from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.core.retention import UNSEEN, Decision, Sleep
from mirrord.disk.copies import last_copies
from mirrord.disk.decisions import deciding, read_decision
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.points import Filed, OldVersions, PutBy
from mirrord.disk.pruning import Pruning
from mirrord.disk.scale import Scale
from mirrord.disk.snapshots import Snapshot, finish_cut_work, remove_snapshot
from mirrord.jobs.keeping import SNAPSHOTS, Standing, causes, judged, spared, standing

log = logging.getLogger(__name__)

_MEMORY = "retention"
_NO_RULE = "no rule under `keep` in the config: nothing is ever dropped"


class Prune:
    """The retention of one store's house.

    With ``dry_run`` it is only told, in ``details["points"]``: every point, newest first in its
    kind, as ``{"kind", "point", "keep", "reasons"}``.
    """

    name = "prune"

    def __init__(
        self,
        house: House,
        keep: Retention,
        clock: Callable[[], float],
        zone: tzinfo,
        *,
        dry_run: bool = False,
    ) -> None:
        self._house = house
        self._keep = keep
        self._clock = clock
        self._zone = zone
        self._dry_run = dry_run

    def run(self, pulse: Pulse) -> Report:
        """Decide and drop. DiskError: what was not dropped yet stands; the next run goes on."""
        started = self._clock()
        with locked(self._house.lock_file("exports"), self.name, pulse):
            if not self._dry_run:
                finish_cut_work(self._house)
            there = standing(self._house, self._zone)
            sleep = Sleep(self._trust(there, started, pulse), causes(self._house))
            decisions = judged(
                there,
                self._keep,
                now=started,
                zone=self._zone,
                spared=spared(self._house),
                sleep=sleep,
            )
            if SNAPSHOTS in decisions:
                decisions[SNAPSHOTS] = self._keep_last_copies(decisions[SNAPSHOTS], started, pulse)
            dropped = [one for one in chain.from_iterable(decisions.values()) if not one.keep]
            dropped.sort(key=lambda one: one.point.name)
            scale = Scale()
            scale.add(self._paths(there, dropped), pulse)
            if not self._dry_run:
                self._drop(there, dropped, pulse)
        everything = sum(len(told) for told in decisions.values())
        counts = {
            "kept": everything - len(dropped),
            "dropped": len(dropped),
            "bytes dropped": scale.named,
            "bytes freed": scale.freed,
        }
        partial = bool(sleep.clock or there.unread)
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            Outcome.PARTIAL if partial else Outcome.OK,
            3 if partial else 0,
            counts,
            tuple(self._findings(there, sleep, started)),
            {"points": list(_told(decisions))} if self._dry_run else {},
        )

    def _trust(self, there: Standing, now: float, pulse: Pulse) -> str:
        """Why the clock is not trusted, ``""`` if it is; what has to be remembered is."""
        if self._dry_run:
            return look(_clock(read_decision(self._house, _MEMORY)), now, there.thinned())[1]
        with deciding(self._house, _MEMORY, pulse) as memory:
            clock, why = look(_clock(memory), now, there.thinned())
            memory["last_run"], memory["jumped"] = clock.last_run, clock.jumped
            memory["before"] = sorted(clock.before)
        return why

    def _keep_last_copies(
        self, decisions: list[Decision], now: float, pulse: Pulse
    ) -> list[Decision]:
        """The same, but that a snapshot stays while it holds what should still be held."""
        longest = self._keep.old_versions
        young = {
            Path(one.point.name).name: one
            for one in decisions
            if not one.keep and (longest is None or now - one.point.at <= longest + UNSEEN)
        }
        staying = [Path(one.point.name).name for one in decisions if one.keep]
        last = last_copies(self._house, young.keys(), staying, pulse) if young else {}
        kept = {young[name].point.name: why for name, why in last.items()}
        return [
            replace(one, keep=True, reasons=(kept[one.point.name],))
            if one.point.name in kept
            else one
            for one in decisions
        ]

    def _paths(self, there: Standing, dropped: list[Decision]) -> Iterator[Path]:
        """The files and folders that go."""
        for one in dropped:
            thing = there.things[one.point.name]
            if isinstance(thing, Filed):
                yield from (self._house.room(f"exports/{thing.day}/{name}") for name in thing.files)
            else:
                yield self._house.room(one.point.name)

    def _drop(self, there: Standing, dropped: list[Decision], pulse: Pulse) -> None:
        with disk_errors(f"opening {self._house.root}"):
            durable = Durable(self._house.root)
        with closing(durable):
            pruning = Pruning(self._house, durable, pulse)
            exports: dict[date, list[Filed]] = {}
            for one in dropped:
                pulse.beat()
                thing = there.things[one.point.name]
                why = "; ".join(one.reasons)
                point = displayed(discreet(one.point.name))
                log.info("dropping store=%s point=%s why=%s", self._house.key, point, why)
                if isinstance(thing, Snapshot):
                    remove_snapshot(self._house, thing.name, why)
                elif isinstance(thing, PutBy):
                    pruning.drop_put_by(thing)
                elif isinstance(thing, OldVersions):
                    pruning.drop_old_versions(thing)
                else:
                    exports.setdefault(thing.day, []).append(thing)
            for _, gone in sorted(exports.items()):  # a day's folder is replaced once
                pulse.beat()
                pruning.drop_exports(gone)

    def _findings(self, there: Standing, sleep: Sleep, now: float) -> Iterator[str]:
        if not self._keep.drops:
            yield _NO_RULE
        elif sleep.why(now, personal=False):
            yield f"retention sleeps: {sleep.why(now, personal=False)}"
        yield from there.unread


def _clock(memory: dict[str, Any]) -> Clock:
    return Clock(memory.get("last_run"), memory.get("jumped"), frozenset(memory.get("before", ())))


def _told(decisions: dict[str, list[Decision]]) -> Iterator[dict[str, Any]]:
    for kind, told in decisions.items():
        for one in told:
            yield {
                "kind": kind,
                "point": discreet(one.point.name),
                "keep": one.keep,
                "reasons": list(one.reasons),
            }
