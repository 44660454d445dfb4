"""The alarm after a mass change: nothing waits, but the last good snapshot is pinned.

It is raised by what the store's stamps say, before a byte is taken, and taken back where the bytes
turn out to be the same. While one is open, later mass changes belong to it: its snapshot is the
last one from before all of them.
"""

import logging

from mirrord.core.guard import Coming, Limits, alarming
from mirrord.core.holdwords import changed_text, changed_title
from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.disk.decisions import Pin, pin, release
from mirrord.disk.holds import open_holds
from mirrord.disk.house import House
from mirrord.disk.papers import free_id, remove_papers, write_papers
from mirrord.disk.snapshots import snapshots

log = logging.getLogger(__name__)


class Alarm:
    """One run's alarm, if it comes to one; ``now`` is the run's start."""

    def __init__(
        self, house: House, limits: Limits, totals: dict[str, int], now: float, pulse: Pulse
    ) -> None:
        self._house = house
        self._limits = limits
        self._files, self._bytes = totals["files"], totals["bytes"]
        self._now = now
        self._pulse = pulse
        self._hold = ""
        self._opened = False
        self._title = ""

    @property
    def raised(self) -> bool:
        """Whether this run found a mass change."""
        return bool(self._hold)

    def raise_for(self, coming: Coming) -> None:
        """Open one, or speak of the open one, where so much is about to come; DiskError."""
        if not alarming(coming, self._files, self._bytes, self._limits):
            return
        self._title = changed_title(coming, self._files)
        waiting = [one.id for one in open_holds(self._house) if one.kind == "changed"]
        self._opened = not waiting
        self._hold = waiting[0] if waiting else self._open(coming)
        log.warning("mass change id=%s %s", self._hold, self._title)

    def take_back_unless(self, came: Coming) -> None:
        """End it where what really came was no mass change: equal bytes under new stamps."""
        if self._opened and not alarming(came, self._files, self._bytes, self._limits):
            release(self._house, self._hold, self._pulse)
            remove_papers(self._house, self._hold)
            log.info("mass change taken back id=%s why=the bytes are the same", self._hold)
            self._hold = ""

    def finding(self) -> tuple[str, ...]:
        """What a person should know, if anything."""
        show = f"mirrord holds show {self._hold} --store {self._house.key}"
        return (f"{self._title}; all of it was taken: {show}",) if self._hold else ()

    def _open(self, coming: Coming) -> str:
        hold = free_id(self._house, moment_name(self._now), "mass-change")
        point = _newest_complete(self._house)
        if point is not None:
            # before the papers: a cut in between leaves a pin too many, not one too few
            pin(self._house, point, Pin(self._title, self._now, hold), self._pulse)
        text = changed_text(hold, self._house.key, coming, self._files, self._now, point)
        refers = () if point is None else (point,)
        write_papers(self._house, hold, "changed", self._title, text, refers=refers)
        return hold


def _newest_complete(house: House) -> str | None:
    """As decisions name it: ``snapshots/2026-11-23T030000Z``."""
    names = [one.name for one in snapshots(house) if one.verdict == "COMPLETE"]
    return f"snapshots/{names[-1]}" if names else None
