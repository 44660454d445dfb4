"""One pull of a dataset into its dated folder: pull, count, check, place, receipt.

A pull that is not whole is tried once more and then placed as incomplete, with the reason; it
never becomes latest/. A pull that can not be right is not placed at all: it waits in holds/ for a
look, and the last good one stays.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from mirrord.core.columns import Table
from mirrord.core.datasets import Dataset, Standing, why_incomplete
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.times import day_name, moment_name
from mirrord.disk.dataset import inspect
from mirrord.disk.draft import Draft, Drafted, table_file
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.exports import Exports
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.refused import keep_refused
from mirrord.disk.staging import Staging
from mirrord.source import RecordSource

log = logging.getLogger(__name__)

_TRIES = 2
#: An export that is suddenly empty is refused when at least so many records were there before.
_WORTH_MISSING = 20


@dataclass(frozen=True, slots=True)
class _Pull:
    """One finished pull: its draft, and why it is not whole (``""``: it is)."""

    draft: Draft
    drafted: Drafted
    why: str


class Export:
    """One dataset of one store, pulled into exports/.

    ``too_long`` says of so many records in words why they can not be pulled in time, or nothing.
    """

    def __init__(
        self,
        house: House,
        source: RecordSource,
        dataset: Dataset,
        origin: str,
        clock: Callable[[], float],
        zone: tzinfo,
        too_long: Callable[[int], str] = lambda _: "",
    ) -> None:
        self.name = dataset.name
        self._house = house
        self._source = source
        self._dataset = dataset
        self._origin = origin
        self._clock = clock
        self._zone = zone
        self._too_long = too_long

    def run(self, pulse: Pulse) -> Report:
        """Pull once. StoreError, DiskError: nothing was placed."""
        started = self._clock()
        with ExitStack() as ends:
            durable = ends.enter_context(closing(self._durable()))
            staging = ends.enter_context(closing(Staging(self._house, self.name, durable)))
            pull = self._pull(staging, int(started), pulse, ends)
            self._house.still_there()
            ends.enter_context(locked(self._house.lock_file("exports"), self.name, pulse))
            exports = Exports(self._house, durable)
            before = exports.receipt(self.name)
            wrong = list(self._gates(pull, before, pulse))
            counts = {"records": pull.drafted.records}
            if wrong:
                kept = keep_refused(self._house, moment_name(started), pull.draft, wrong)
                findings = [f"{reason}; kept in {kept.name} for a look" for reason in wrong]
                return self._report(started, Outcome.HELD, 4, counts, findings)
            now = self._clock()
            receipt = self._receipt(pull, started, now)
            placed = exports.place(
                pull.draft,
                pull.drafted,
                receipt,
                day=day_name(now, self._zone),
                moment=moment_name(started),
                staging=staging,
            )
            day = placed.folder.name
            log.info("placed dataset=%s day=%s records=%d", self.name, day, counts["records"])
            same = before is not None and before["plain_sha256"] == receipt["plain_sha256"]
            counts["changed files"] = 0 if same else len(receipt["plain_sha256"])
            findings = [f"incomplete: {pull.why}"] if pull.why else []
            findings += pull.draft.gaps[:NAMED_FAILURES]
            findings += [_words_of_damage(name) for name in placed.damaged]
            partial = bool(findings)
            outcome = Outcome.PARTIAL if partial else Outcome.OK
            return self._report(started, outcome, 3 if partial else 0, counts, findings)

    def _durable(self) -> Durable:
        with disk_errors(f"opening {self._house.root}"):
            return Durable(self._house.root)

    def _pull(self, staging: Staging, now: int, pulse: Pulse, ends: ExitStack) -> _Pull:
        for attempt in range(1, _TRIES + 1):
            draft = Draft(self._dataset, staging, now)
            ends.callback(draft.discard)
            seen: Counter[Standing] = Counter()
            before = self._source.count(self._dataset, pulse)
            if attempt == 1 and (words := self._too_long(before)):
                log.warning("pull begins that outlasts its interval: %s", words)
            for number, record in enumerate(self._source.records(self._dataset, pulse), 1):
                draft.add(record)
                seen[self._dataset.standing(record)] += 1
                pulse.progress(f"pulling {self.name}", number, max(before, number))
            after = self._source.count(self._dataset, pulse)
            why = why_incomplete(seen, before, after)
            pull = _Pull(draft, draft.close(), why)
            if not why or attempt == _TRIES:
                break
            log.warning("pull incomplete dataset=%s why=%s", self.name, why)
            draft.discard()
        return pull

    def _gates(self, pull: _Pull, before: dict[str, Any] | None, pulse: Pulse) -> Iterator[str]:
        """In words, what can not be right about the pull."""
        was = before["records"] if before else 0
        if not pull.drafted.records and was >= _WORTH_MISSING:
            yield f"the store has no {self.name} at all, and had {was:,} at the pull before"
        if pull.draft.repeated:
            yield f"{pull.draft.repeated:,} {self.name} came twice or out of order"
        for table in self._dataset.tables:
            pulse.beat()
            wrong = self._check_table(table, pull, pulse)
            if wrong:
                yield wrong

    def _check_table(self, table: Table, pull: _Pull, pulse: Pulse) -> str:
        name = table_file(table)
        staged = dict(pull.draft.files())[name].staged
        try:
            facts = inspect(staged.path, pulse)
        except ValueError as error:
            return f"{name} is no sound CSV: {error}"
        if facts.columns != table.columns:
            return f"{name} has other columns than it should"
        if facts.rows != pull.drafted.rows[name]:
            return f"{name} has {facts.rows:,} rows and should have {pull.drafted.rows[name]:,}"
        return ""

    def _receipt(self, pull: _Pull, started: float, ended: float) -> dict[str, Any]:
        tables = {table_file(table): table for table in self._dataset.tables}
        return {
            "pulled_from": self._origin,
            "started": _iso(started),
            "ended": _iso(ended),
            "records": pull.drafted.records,
            "rows": dict(pull.drafted.rows),
            "columns": {name: len(table.columns) for name, table in tables.items()},
            "not_filled": {name: dict(table.not_filled) for name, table in tables.items()},
            "plain_sha256": dict(pull.drafted.plain),
            "complete": not pull.why,
            "why": pull.why,
            "gaps": list(pull.draft.gaps),
        }

    def _report(
        self,
        started: float,
        outcome: Outcome,
        code: int,
        counts: dict[str, int],
        findings: list[str],
    ) -> Report:
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            outcome,
            code,
            counts,
            tuple(findings),
        )


def _words_of_damage(name: str) -> str:
    return f"{name} of the pull before was damaged or changed here: kept in set-aside/ for a look"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
