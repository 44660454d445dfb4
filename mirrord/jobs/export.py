"""One pull of one dataset, or of several, into its dated folder: pull, check, place, receipt.

A pull that is not whole is placed as incomplete, with the reason; it never becomes latest/. A pull
that can not be right is not placed at all: it waits in holds/ for a look, and the last good one
stays. One that may be right but looks damaged is placed, and alarmed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing

from mirrord.core.pulse import Pulse
from mirrord.core.report import Report
from mirrord.core.times import day_name
from mirrord.disk.dayfolder import days
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.staging import Staging
from mirrord.errors import ScopeMissing, StoreBusy, StoreError, StoreRefused, StoreUnreachable
from mirrord.jobs.exporting import Plan, Run
from mirrord.jobs.pulling import Tools
from mirrord.jobs.sheets import renew_sheets
from mirrord.jobs.waiting import settle
from mirrord.source import RecordSource

#: Of several datasets the others are tried, too, unless the store as a whole refuses us, or gives
#: no answer to two of them in a row: one list alone may be broken there for days.
_SILENT = (StoreBusy, StoreUnreachable)
_SILENT_FOR_GOOD = 2


class Export:
    """One dataset of one store, or several in turn, pulled into exports/."""

    def __init__(
        self, house: House, source: RecordSource, plan: Plan, clock: Callable[[], float]
    ) -> None:
        self._house = house
        self._source = source
        self._plan = plan
        self._clock = clock

    def run(self, pulse: Pulse) -> Report:
        """Pull once. StoreError, DiskError: nothing was placed."""
        started = self._clock()
        with ExitStack() as ends:
            with disk_errors(f"opening {self._house.root}"):
                durable = ends.enter_context(closing(Durable(self._house.root)))
            staging = ends.enter_context(closing(Staging(self._house, self._plan.name, durable)))
            if self._day_is_over(started):
                settle(self._house, started, pulse)
            run = Run(self._house, self._plan, durable, staging, started, pulse)
            tools = Tools(self._source, staging, pulse, self._clock, self._plan.too_long)
            failed = self._take_all(run, tools, ends)
            run.judge()
            self._house.still_there()
            with locked(self._house.lock_file("exports"), self._plan.name, pulse):
                run.place(self._clock())
            now = self._clock()
            run.findings += renew_sheets(self._house, self._plan, durable, staging, now, pulse)
            return run.report(self._clock(), failed)

    def _day_is_over(self, now: float) -> bool:
        """Whether the newest dated folder is not of today: what waits there is merged for good."""
        with disk_errors("reading the exports"):
            there = days(self._house.room("exports"))
        return bool(there) and there[-1].name != day_name(now, self._plan.zone)

    def _take_all(self, run: Run, tools: Tools, ends: ExitStack) -> StoreError | None:
        """Pull each; the error that ended it early, of several datasets."""
        alone = len(self._plan.datasets) == 1
        silent = 0
        for dataset in self._plan.datasets:
            try:
                run.take(tools, dataset, ends)
                silent = 0
            except StoreError as error:
                if alone:
                    raise
                run.findings.append(f"{dataset.name}: {error}")
                refused = isinstance(error, StoreRefused) and not isinstance(error, ScopeMissing)
                silent = silent + 1 if isinstance(error, _SILENT) else 0
                if refused or silent == _SILENT_FOR_GOOD:
                    return error
        return None
