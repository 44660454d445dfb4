"""Changes of a large dataset that wait to be merged: a file of 64 MB is not written every minute.

A pull then leaves its changes in changes/ alone, and says so; they are merged hourly, for a
snapshot, and at the end of the day. What can not be told by changes alone (something vanished, or
very much changed) is merged at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mirrord.core.changes import Change, Kind, Line
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.counts import why_incomplete
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.datasets.kinds import Standing as Counted
from mirrord.core.merging import Watermark
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, Record, order, read_record
from mirrord.core.times import iso, moment_name
from mirrord.disk.durable import Durable, disk_errors
from mirrord.disk.exports import Exports, Ready, Standing
from mirrord.disk.house import House
from mirrord.disk.locks import locked
from mirrord.disk.lossless import Held, change_line, companion_line
from mirrord.disk.plaintext import PlainText
from mirrord.disk.staging import Staging
from mirrord.jobs.applying import apply, keep_index
from mirrord.jobs.naming import names_for
from mirrord.jobs.pulling import Base, How, Tools, arrival, listed

#: Bytes of a file from which on changes wait, and for how many seconds at the most.
LARGE, _AT_MOST = 64_000_000, 3_600.0
#: Characters of changed records that are held in memory; more are merged at once.
_HELD = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Waiting:
    """What changed in one pull: a file for each lossless file that it is about."""

    dataset: Dataset
    files: Mapping[str, PlainText]
    counts: Counter[Kind]
    seen: Counter[Counted]
    modified: datetime
    arrived: tuple[float, ...] = ()

    def discard(self) -> None:
        """Forget what was written."""
        for file in self.files.values():
            file.staged.discard()


def may_wait(standing: Standing, day: str, now: float) -> bool:
    """Whether changes need not be merged into what stands: it is large, of today, and recent."""
    merged = standing.receipt.get("merged")
    if standing.folder.name != day or not isinstance(merged, str):
        return False
    if abs(now - datetime.fromisoformat(merged).timestamp()) >= _AT_MOST:
        return False
    with disk_errors(f"reading {standing.folder}"):
        names = standing.receipt["plain_sha256"]
        return any((standing.folder / name).stat().st_size > LARGE for name in names)


def changes_alone(
    tools: Tools, dataset: Dataset, base: Base, receipt: Mapping[str, Any]
) -> Waiting | How:
    """What changed since, compared with what is held.

    By changes alone it can not be had where very much changed, or something vanished: then, how
    to pull instead.
    """
    mark = Watermark(dataset.since.field if dataset.since else "", base.modified)
    counted = tools.source.count(dataset, tools.pulse)
    changed: list[_Changed] = []
    size = 0
    for record in listed(tools, dataset, base.since, mark):
        # their texts alone: what was parsed takes several times as much
        sides = {name: _companions(record, name) for name in dataset.files}
        changed.append(_Changed(record.id, record.text, sides))
        size += len(record.text) + sum(len(text or "") for text in sides.values())
        if size > _HELD:
            return How.CHANGES
    after = tools.source.count(dataset, tools.pulse)
    seen = Counter({Counted(name): count for name, count in receipt["standing"].items()})
    counts: Counter[Kind] = Counter()
    arrived: list[float] = []
    with disk_errors(f"reading {base.held.folder}"):
        differences = _own(dataset, base.held, changed)
        noted = _noted(differences, dataset, seen, counts)
        own = _file(tools, _arrived(noted, dataset, tools.clock(), arrived))
        files = {dataset.name: own} | {
            stem: _file(tools, _side(dataset, base.held, name, changed))
            for name, stem in dataset.files.items()
        }
    waiting = Waiting(
        dataset,
        {stem: file for stem, file in files.items() if file is not None},
        counts,
        seen,
        mark.latest or base.modified,
        tuple(arrived),
    )
    if counted is not None and after is not None and why_incomplete(seen, counted, after):
        waiting.discard()  # something vanished: what, only a listing of all ids can tell
        return How.COMPARED
    return waiting


def receipt_beside(waiting: Waiting, before: Mapping[str, Any], started: float) -> dict[str, Any]:
    """The receipt of the pull: that of what stands, and what waits beside it."""
    seen = {str(kind): count for kind, count in waiting.seen.items() if count}
    records = before["records"] + waiting.counts[Kind.APPEARED] - waiting.counts[Kind.VANISHED]
    kinds: dict[str, dict[str, int]] = before.get("kinds", {})
    rows = {table: one | {"": records} if "" in one else one for table, one in kinds.items()}
    return {
        **before,
        "kinds": rows,
        "started": iso(started),
        "records": records,
        "standing": seen,
        "how": "changes",
        "changes": {str(kind): waiting.counts[kind] for kind in Kind},
        "modified": iso(min(waiting.modified.timestamp(), started)),
    }


def settle(house: House, now: float, pulse: Pulse) -> None:
    """Merge all changes that wait into the files of their day. DiskError."""
    if not house.room("exports").is_dir():
        return  # no records were ever pulled
    with (
        locked(house.lock_file("settling"), "settling", pulse),
        closing(Durable(house.root)) as durable,
        closing(Staging(house, "settling", durable)) as staging,
    ):
        for dataset in DATASETS.values():
            with locked(house.lock_file("exports"), "settling", pulse):
                exports = Exports(house, durable)
                standing = exports.standing(dataset.name)
                if standing is None or not standing.held.pending:
                    continue
                wanted = {dataset.name, *(one.of for one in dataset.lookups)}
                held = {name: _lent(exports, name, staging) for name in wanted}
                there = {name: one for name, one in held.items() if one is not None}
                if dataset.name in there:
                    _settle_one(house, exports, standing, dataset, there, staging, now, pulse)


def _settle_one(
    house: House,
    exports: Exports,
    standing: Standing,
    dataset: Dataset,
    there: Mapping[str, Held],
    staging: Staging,
    now: float,
    pulse: Pulse,
) -> None:
    names = names_for(dataset, there)
    made = apply(house, dataset, there[dataset.name], standing, names, staging, now, pulse)
    try:
        receipt = standing.receipt | {
            "rows": dict(made.drafted.rows),
            "plain_sha256": dict(made.drafted.plain),
            "groups": made.draft.groups,
            "kinds": made.kinds,
            "pending": [],
            "merged": iso(now),
        }
        # what changed stands in changes/ already
        ready = [Ready(made.draft, made.drafted, receipt, {})]
        day = standing.folder.name
        exports.place(ready, day=day, moment=moment_name(now), staging=staging)
        keep_index(house, made.draft, made.drafted, names.digest)
    finally:
        made.draft.discard()


def _lent(exports: Exports, name: str, staging: Staging) -> Held | None:
    standing = exports.standing(name)
    folder = staging.path / f"before-{name}"
    return exports.lend(standing, DATASETS[name], folder) if standing else None


@dataclass(frozen=True, slots=True)
class _Changed:
    """A record that came: its line, and by companion that one's line, None where there is none."""

    id: Key
    text: str
    sides: Mapping[str, str | None]


def _own(dataset: Dataset, held: Held, changed: list[_Changed]) -> Iterator[Change]:
    lines: list[tuple[Key, str | None]] = [(one.id, one.text) for one in changed]
    return _differences(held.lines(dataset.name, dataset.keys), lines)


def _side(dataset: Dataset, held: Held, name: str, changed: list[_Changed]) -> Iterator[Change]:
    lines = [(one.id, one.sides[name]) for one in changed]
    return _differences(held.lines(dataset.files[name], dataset.companion_keys), lines)


def _companions(record: Record, name: str) -> str | None:
    some = record.companions.get(name)
    return companion_line(record.id, name, some).removesuffix("\n") if some else None


def _differences(old: Iterator[Line], changed: list[tuple[Key, str | None]]) -> Iterator[Change]:
    """Of the changed keys, ascending, those whose line is another than the old one."""
    line = next(old, None)
    for key, text in changed:
        while line is not None and order(line[0]) < order(key):
            line = next(old, None)
        before = line[1] if line is not None and line[0] == key else None
        if before != text:
            yield Change(key, before, text)


def _noted(
    made: Iterator[Change], dataset: Dataset, seen: Counter[Counted], counts: Counter[Kind]
) -> Iterator[Change]:
    """The same; how the store's count sees the records, and their kinds, are counted."""
    standing: Callable[[Record], Counted] = lambda _: Counted.COUNTED  # noqa: E731 - by default
    if dataset.counting is not None:
        standing = dataset.counting.standing
    for change in made:
        counts[change.kind] += 1
        if change.old is not None:
            seen[standing(read_record(change.old, dataset.keys))] -= 1
        if change.new is not None:
            seen[standing(read_record(change.new, dataset.keys))] += 1
        yield change


def _arrived(
    made: Iterator[Change], dataset: Dataset, now: float, moments: list[float]
) -> Iterator[Change]:
    """The same; when the records that appeared were placed is gathered."""
    for change in made:
        if change.old is None and change.new is not None:
            moments += arrival(dataset, read_record(change.new, dataset.keys), now)
        yield change


def _file(tools: Tools, made: Iterator[Change]) -> PlainText | None:
    text = PlainText(tools.staging.open(0o600, int(tools.clock())), packed=True)
    for change in made:
        tools.pulse.beat()
        text.write(change_line(change))
    text.close()
    if text.lines:
        return text
    text.staged.discard()
    return None
