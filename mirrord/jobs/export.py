"""One pull of one dataset, or of several, into its dated folder: pull, check, place, receipt.

A pull that is not whole is placed as incomplete, with the reason; it never becomes latest/. A pull
that can not be right is not placed at all: it waits in holds/ for a look, and the last good one
stays.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from mirrord.core.columns import Table
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset, Details
from mirrord.core.merging import OVERLAP
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.times import day_name, iso, moment_name
from mirrord.disk.dataset import Facts, inspect
from mirrord.disk.draft import table_file
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.exports import Beside, Exports, Ready, Standing, days
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.lossless import Held
from mirrord.disk.refused import keep_refused
from mirrord.disk.staging import Staging
from mirrord.errors import ScopeMissing, StoreBusy, StoreError, StoreRefused, StoreUnreachable
from mirrord.jobs.detailing import pull_details
from mirrord.jobs.naming import names_for
from mirrord.jobs.pulling import Base, Desk, How, Pulled, pull
from mirrord.jobs.waiting import Waiting, changes_alone, may_wait, receipt_of, settle
from mirrord.source import RecordSource

log = logging.getLogger(__name__)

#: An export that is suddenly empty is refused when at least so many records were there before.
_WORTH_MISSING = 20
#: Of several datasets the others are tried, too, unless the store as a whole does not answer.
_OF_THE_STORE = (StoreRefused, StoreBusy, StoreUnreachable)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is pulled together under one name; ``full_every``: seconds between two full pulls."""

    name: str
    datasets: tuple[Dataset, ...]
    origin: str
    zone: tzinfo
    full_every: float


@dataclass(frozen=True, slots=True)
class _Taken:
    """A finished pull, what stood before it, and when it ended."""

    pulled: Pulled
    before: Standing | None
    ended: str


@dataclass(frozen=True, slots=True)
class _Aside:
    """A pull whose changes wait beside what stands."""

    waiting: Waiting
    before: Standing
    ended: str


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
            run = _Run(self._house, self._plan, durable, staging, started, pulse)
            desk = Desk(self._source, staging, pulse, self._clock)
            failed = self._take_all(run, desk, ends)
            run.judge()
            self._house.still_there()
            with locked(self._house.lock_file("exports"), self._plan.name, pulse):
                run.place(self._clock())
            return run.report(self._clock(), failed)

    def _day_is_over(self, now: float) -> bool:
        """Whether the newest dated folder is not of today: what waits there is merged for good."""
        with disk_errors("reading the exports"):
            there = days(self._house.room("exports"))
        return bool(there) and there[-1].name != day_name(now, self._plan.zone)

    def _take_all(self, run: "_Run", desk: Desk, ends: ExitStack) -> StoreError | None:
        """Pull each; the error that ended it early, of several datasets."""
        alone = len(self._plan.datasets) == 1
        for dataset in self._plan.datasets:
            try:
                run.take(desk, dataset, ends)
            except StoreError as error:
                if alone:
                    raise
                run.findings.append(f"{dataset.name}: {error}")
                if isinstance(error, _OF_THE_STORE) and not isinstance(error, ScopeMissing):
                    return error
        return None


class _Run:
    """What one run has pulled so far, what of it may be placed, and what is to be said."""

    def __init__(
        self,
        house: House,
        plan: Plan,
        durable: Durable,
        staging: Staging,
        started: float,
        pulse: Pulse,
    ) -> None:
        self._house, self._plan, self._durable, self._staging = house, plan, durable, staging
        self._started = started
        self._pulse = pulse
        self._day = day_name(started, plan.zone)
        self._taken: list[_Taken] = []
        self._aside: list[_Aside] = []
        self._ready: list[Ready] = []
        self._beside: list[Beside] = []
        self._changed = 0
        self._refused = False
        self.findings: list[str] = []

    def take(self, desk: Desk, dataset: Dataset, ends: ExitStack) -> None:
        """Pull one dataset. StoreError, DiskError."""
        of = DATASETS[dataset.source.of] if isinstance(dataset.source, Details) else None
        with locked(self._house.lock_file("exports"), self._plan.name, self._pulse):
            exports = Exports(self._house, self._durable)
            before = exports.standing(dataset.name)
            held = self._lent(exports, dataset)
            parents = self._lent(exports, of) if of else None
            there = {one.of: self._lent(exports, DATASETS[one.of]) for one in dataset.lookups}
        base = self._base(held, before, dataset)
        if base and before and may_wait(before, self._day, self._started):
            waiting = changes_alone(desk, dataset, base, before.receipt)
            if waiting is not None:
                ends.callback(waiting.discard)
                self._aside.append(_Aside(waiting, before, iso(desk.clock())))
                return
        if of is not None:
            pulled = pull_details(desk, dataset, parents, held, self._started)
        else:
            pulled = self._pulled(desk, dataset, base, there)
        ends.callback(pulled.draft.discard)
        self._taken.append(_Taken(pulled, before, iso(desk.clock())))

    def _pulled(
        self, desk: Desk, dataset: Dataset, base: Base | None, there: Mapping[str, Held | None]
    ) -> Pulled:
        held = {name: one for name, one in there.items() if one is not None}
        names = names_for(dataset, held, lambda other: desk.source.records(other, desk.pulse))
        return pull(desk, dataset, base, names, self._started)

    def _lent(self, exports: Exports, dataset: Dataset) -> Held | None:
        """The sound files of the newest pull, where nobody else changes them."""
        standing = exports.standing(dataset.name)
        folder = self._staging.path / f"before-{dataset.name}"
        return exports.lend(standing, dataset, folder) if standing else None

    def _base(self, held: Held | None, before: Standing | None, dataset: Dataset) -> Base | None:
        """What changes may be merged into; None for a full pull."""
        if held is None or before is None or dataset.since is None:
            return None
        modified = _moment(before.receipt.get("modified"))
        full = _moment(before.receipt.get("full"))
        if not before.receipt["complete"] or modified is None or full is None:
            return None
        if abs((self._now - full).total_seconds()) >= self._plan.full_every:
            return None
        return Base(held, modified, modified - OVERLAP)

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._started, UTC)

    def judge(self) -> None:
        """Take each pull for placing, or keep it in holds/ for a look. DiskError."""
        facts = self._inspected()
        for one in self._taken:
            wrong = list(_gates(one, facts))
            if wrong:
                self._refuse(one, wrong)
            else:
                self._accept(one)
        for aside in self._aside:
            receipt = receipt_of(aside.waiting, aside.before.receipt, self._started)
            receipt["ended"] = aside.ended
            name, files = aside.waiting.dataset.name, aside.waiting.files
            self._beside.append(Beside(name, files, receipt))
            self._changed += len(files)

    def _refuse(self, one: _Taken, wrong: list[str]) -> None:
        kept = keep_refused(self._house, moment_name(self._started), one.pulled.draft, wrong)
        self._refused = True
        self.findings += [f"{reason}; kept in {kept.name} for a look" for reason in wrong]

    def _accept(self, one: _Taken) -> None:
        pulled = one.pulled
        receipt = self._receipt(one)
        before = one.before.receipt if one.before else {}
        same = before.get("plain_sha256") == receipt["plain_sha256"]
        self._changed += 0 if same else len(receipt["plain_sha256"])
        self._ready.append(Ready(pulled.draft, pulled.drafted, receipt))
        said = [f"incomplete: {pulled.why}"] if pulled.why else []
        said += pulled.draft.gaps[:NAMED_FAILURES]
        alone = len(self._plan.datasets) == 1
        self.findings += said if alone else [f"{pulled.draft.dataset.name}: {it}" for it in said]

    def _inspected(self) -> dict[str, Facts | str]:
        """What each CSV file holds, or why it is none; all looked at by one process."""
        files = {
            name: dict(one.pulled.draft.files())[name].staged.path
            for one in self._taken
            for name in map(table_file, one.pulled.draft.tables)
        }
        return dict(zip(files, inspect(list(files.values()), self._pulse), strict=True))

    def place(self, now: float) -> None:
        """Place all that was taken, in one step of its day's folder. DiskError."""
        together: list[Ready | Beside] = [*self._ready, *self._beside]
        if not together:
            return
        placed = Exports(self._house, self._durable).place(
            together,
            day=day_name(now, self._plan.zone),
            moment=moment_name(self._started),
            staging=self._staging,
        )
        self.findings += [_words_of_damage(name) for name in placed.damaged]
        for name, told in self._receipts():
            day, how = placed.folder.name, told["how"]
            log.info("placed dataset=%s day=%s records=%d how=%s", name, day, told["records"], how)

    def _receipts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for one in self._ready:
            yield one.draft.dataset.name, one.receipt
        for beside in self._beside:
            yield beside.dataset, beside.receipt

    def report(self, ended: float, failed: StoreError | None) -> Report:
        """What came of it."""
        outcome, code = Outcome.OK, 0
        if self.findings:
            outcome, code = Outcome.PARTIAL, 3
        if self._refused:
            outcome, code = Outcome.HELD, 4
        if failed is not None:
            outcome, code = Outcome.FAILED, failed.exit_code
        records = [told["records"] for _, told in self._receipts()]
        counts = {"records": sum(records)}
        if len(self._plan.datasets) > 1:
            counts["datasets"] = len(records)
        if not self._refused:
            counts["changed files"] = self._changed
        return Report(
            self._plan.name,
            self._house.key,
            self._started,
            ended,
            outcome,
            code,
            counts,
            tuple(self.findings),
            {"error": type(failed).__name__} if failed else {},
        )

    def _receipt(self, one: _Taken) -> dict[str, Any]:
        pulled, before = one.pulled, one.before
        tables = {table_file(table): table for table in pulled.draft.tables}
        started = iso(self._started)
        full = started if pulled.how is How.FULL or before is None else before.receipt["full"]
        return {
            "pulled_from": self._plan.origin,
            "started": started,
            "ended": one.ended,
            "records": pulled.drafted.records,
            "rows": dict(pulled.drafted.rows),
            "columns": {name: len(table.columns) for name, table in tables.items()},
            "not_filled": {name: dict(table.not_filled) for name, table in tables.items()},
            "cuts": {name: list(table.cuts) for name, table in tables.items() if table.cuts},
            "new_fields": list(pulled.draft.new_fields),
            "plain_sha256": dict(pulled.drafted.plain),
            "complete": not pulled.why,
            "why": pulled.why,
            "gaps": list(pulled.draft.gaps),
            "how": str(pulled.how),
            "merged": started,
            "standing": {str(kind): count for kind, count in pulled.seen.items()},
            "full": full,
            # a date in the future is the store's slip, and would hide what comes before it
            "modified": pulled.modified and iso(min(pulled.modified.timestamp(), self._started)),
            **pulled.facts,
        }


def _gates(one: _Taken, facts: Mapping[str, Facts | str]) -> Iterator[str]:
    """In words, what can not be right about the pull."""
    dataset, drafted = one.pulled.draft.dataset, one.pulled.drafted
    was = one.before.receipt["records"] if one.before else 0
    if not drafted.records and was >= _WORTH_MISSING:
        yield f"the store has no {dataset.name} at all, and had {was:,} at the pull before"
    if one.pulled.draft.repeated:
        yield f"{one.pulled.draft.repeated:,} {dataset.name} came twice or out of order"
    for table in one.pulled.draft.tables:
        name = table_file(table)
        wrong = _wrong_in(facts[name], table, drafted.rows[name])
        if wrong:
            yield f"{name} {wrong}"


def _wrong_in(told: Facts | str, table: Table, rows: int) -> str:
    if isinstance(told, str):
        return f"is no sound CSV: {told}"
    if told.columns != table.columns:
        return "has other columns than it should"
    return "" if told.rows == rows else f"has {told.rows:,} rows and should have {rows:,}"


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _words_of_damage(name: str) -> str:
    return f"{name} of the pull before was damaged or changed here: kept in set-aside/ for a look"
