"""One run over the datasets of a plan: each is taken, judged, and all are placed as one step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset, Details
from mirrord.core.merging import OVERLAP
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.suspicion import USUAL, Limits
from mirrord.core.times import day_name, iso, moment_name
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.exports import Beside, Exports, Judge, Ready, Standing
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.lossless import Held
from mirrord.disk.refused import keep_refused
from mirrord.disk.staging import Staging
from mirrord.errors import StoreError
from mirrord.jobs import ORDERS
from mirrord.jobs.applying import keep_index
from mirrord.jobs.at_risk import note_more, note_orders
from mirrord.jobs.detailing import pull_details
from mirrord.jobs.drawing import draw
from mirrord.jobs.gates import Taken, gates, inspected, receipt_of
from mirrord.jobs.naming import names_for
from mirrord.jobs.pulling import Base, Pulled, Tools
from mirrord.jobs.suspecting import Suspecting
from mirrord.jobs.waiting import Waiting, receipt_beside

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is pulled together under one name.

    ``full_every``: seconds between two full pulls; ``limits``: what is suspicious; ``too_long``
    says in words why so many records can not be pulled in time, or nothing. ``sheets``: whether
    people get sheets of what is placed.
    """

    name: str
    datasets: tuple[Dataset, ...]
    origin: str
    zone: tzinfo
    full_every: float
    limits: Limits = USUAL
    too_long: Callable[[Dataset, int], str] = lambda *_: ""
    sheets: bool = False


@dataclass(frozen=True, slots=True)
class _Aside:
    """A pull whose changes wait beside what stands."""

    waiting: Waiting
    before: Standing
    ended: str


class Run:
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
        self._taken: list[Taken] = []
        self._aside: list[_Aside] = []
        self._accepted: list[Taken] = []
        self._ready: list[Ready] = []
        self._beside: list[Beside] = []
        self._judges: dict[str, Judge] = {}
        self._suspecting: list[Suspecting] = []
        self._changed = 0
        self._refused = False
        self.findings: list[str] = []

    def take(self, tools: Tools, dataset: Dataset, ends: ExitStack) -> None:
        """Pull one dataset. StoreError, DiskError."""
        of = DATASETS[dataset.source.of] if isinstance(dataset.source, Details) else None
        with locked(self._house.lock_file("exports"), self._plan.name, self._pulse):
            exports = Exports(self._house, self._durable)
            before = exports.standing(dataset.name)
            held = self._lent(exports, dataset)
            parents = self._lent(exports, of) if of else None
            there = {one.of: self._lent(exports, DATASETS[one.of]) for one in dataset.lookups}
        drawn: Pulled | Waiting
        if of is not None:
            drawn = pull_details(tools, dataset, parents, held, self._started)
        else:
            known = {name: one for name, one in there.items() if one is not None}
            names = names_for(
                dataset, known, lambda other: tools.source.records(other, tools.pulse)
            )
            base = self._base(held, before, dataset)
            drawn = draw(tools, self._house, dataset, before, base, names, self._started, self._day)
        if isinstance(drawn, Waiting):
            ends.callback(drawn.discard)
            if before is not None:
                self._aside.append(_Aside(drawn, before, iso(tools.clock())))
            return
        ends.callback(drawn.draft.discard)
        self._taken.append(Taken(drawn, before, iso(self._started), iso(tools.clock())))

    def _lent(self, exports: Exports, dataset: Dataset) -> Held | None:
        """The sound files of the newest pull, where nobody else changes them."""
        standing = exports.standing(dataset.name)
        if standing is None:
            return None
        # a dataset may be lent twice in one run: to look names up in it, and for its own pull
        with disk_errors(f"making a folder in {self._staging.path}"):
            folder = mkdtemp(prefix=f"before-{dataset.name}-", dir=self._staging.path)
        return exports.lend(standing, dataset, Path(folder))

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
        facts = inspected(self._taken, self._pulse)
        for one in self._taken:
            wrong = list(gates(one, facts))
            if wrong:
                self._refuse(one, wrong)
            else:
                self._accept(one)
        for aside in self._aside:
            waiting = aside.waiting
            receipt = receipt_beside(waiting, aside.before.receipt, self._started)
            receipt["ended"] = aside.ended
            self._beside.append(Beside(waiting.dataset.name, waiting.files, receipt))
            self._changed += len(waiting.files)
            self._suspect(waiting.dataset, receipt)

    def _refuse(self, one: Taken, wrong: list[str]) -> None:
        kept = keep_refused(self._house, moment_name(self._started), one.pulled.draft, wrong)
        self._refused = True
        self.findings += [f"{reason}; kept in {kept.name} for a look" for reason in wrong]

    def _accept(self, one: Taken) -> None:
        self._accepted.append(one)
        pulled = one.pulled
        receipt = receipt_of(one, self._plan.origin, self._started)
        before = one.before.receipt if one.before else {}
        same = before.get("plain_sha256") == receipt["plain_sha256"]
        self._changed += 0 if same else len(receipt["plain_sha256"])
        self._ready.append(Ready(pulled.draft, pulled.drafted, receipt, pulled.changes))
        self._suspect(pulled.draft.dataset, receipt)
        said = [f"incomplete: {pulled.why}"] if pulled.why else []
        said += pulled.draft.gaps[:NAMED_FAILURES]
        alone = len(self._plan.datasets) == 1
        self.findings += said if alone else [f"{pulled.draft.dataset.name}: {it}" for it in said]

    def _suspect(self, dataset: Dataset, receipt: dict[str, Any]) -> None:
        """Have it compared with the pulls of the last day, once its changes are known."""
        if not dataset.judged:
            return
        limits = self._plan.limits
        suspecting = Suspecting(self._house, dataset, limits, self._started, self._pulse)
        rows = {
            (table, kind): count
            for table, kinds in receipt["kinds"].items()
            for kind, count in kinds.items()
        }
        self._judges[dataset.name] = partial(suspecting.judge, rows, complete=receipt["complete"])
        self._suspecting.append(suspecting)

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
            judges=self._judges,
        )
        self._note_orders(now)
        for one in self._accepted:
            pulled = one.pulled
            keep_index(self._house, pulled.draft, pulled.drafted, pulled.names)
        self.findings += [_words_of_damage(name) for name in placed.damaged]
        for suspecting in self._suspecting:
            self.findings += suspecting.findings()
        for name, told in self._receipts():
            day, how = placed.folder.name, told["how"]
            log.info("placed dataset=%s day=%s records=%d how=%s", name, day, told["records"], how)

    def _note_orders(self, ended: float) -> None:
        """How often orders are pulled goes by how many come."""
        for one in self._taken:
            if one.pulled.draft.dataset.name == ORDERS and not one.pulled.why:
                note = note_orders if one.pulled.changes is None else note_more
                note(self._house, one.pulled.arrived, self._started, ended)
        for aside in self._aside:
            if aside.waiting.dataset.name == ORDERS:
                note_more(self._house, aside.waiting.arrived, self._started, ended)

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


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _words_of_damage(name: str) -> str:
    return f"{name} of the pull before was damaged or changed here: kept in set-aside/ for a look"
