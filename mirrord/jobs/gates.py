"""What a finished pull is: the gates that it must pass, and its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirrord.core.columns import Table
from mirrord.core.pulse import Pulse
from mirrord.core.times import iso
from mirrord.disk.dataset import Facts, inspect
from mirrord.disk.draft import table_file
from mirrord.disk.exports import Standing
from mirrord.jobs.pulling import How, Pulled

#: An export that is suddenly empty is refused when at least so many records were there before.
_WORTH_MISSING = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished pull, what stood before it, and from when to when it was made (ISO 8601)."""

    pulled: Pulled
    before: Standing | None
    started: str
    ended: str


def inspected(taken: Sequence[Taken], pulse: Pulse) -> dict[str, Facts | str]:
    """What each CSV file holds, or why it is none; all looked at by one process. DiskError."""
    files = {
        name: dict(one.pulled.draft.files())[name].staged.path
        for one in taken
        for name in map(table_file, one.pulled.draft.tables)
    }
    return dict(zip(files, inspect(list(files.values()), pulse), strict=True))


def gates(one: Taken, facts: Mapping[str, Facts | str]) -> Iterator[str]:
    """In words, what can not be right about the pull."""
    draft, drafted = one.pulled.draft, one.pulled.drafted
    was = one.before.receipt["records"] if one.before else 0
    if not drafted.records and was >= _WORTH_MISSING:
        yield f"the store has no {draft.dataset.name} at all, and had {was:,} at the pull before"
    if draft.repeated:
        yield f"{draft.repeated:,} {draft.dataset.name} came twice or out of order"
    for table in draft.tables:
        name = table_file(table)
        wrong = _wrong_in(facts[name], table, drafted.rows[name])
        if wrong:
            yield f"{name} {wrong}"


def receipt_of(one: Taken, origin: str, started: float) -> dict[str, Any]:
    """What receipts.json says of the pull; ``started`` in seconds since 1970."""
    pulled, before = one.pulled, one.before
    tables = {table_file(table): table for table in pulled.draft.tables}
    is_full = pulled.how is How.FULL or before is None
    return {
        "pulled_from": origin,
        "started": one.started,
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
        "suspect": "",
        "gaps": list(pulled.draft.gaps),
        "how": str(pulled.how),
        "full": one.started if is_full or before is None else before.receipt.get("full"),
        "merged": one.started,
        "kinds": pulled.draft.kinds,
        "groups": pulled.draft.groups,
        "standing": {str(kind): count for kind, count in pulled.seen.items()},
        # a date in the future is the store's slip, and would hide what comes before it
        "modified": pulled.modified and iso(min(pulled.modified.timestamp(), started)),
        **pulled.facts,
    }


def _wrong_in(told: Facts | str, table: Table, rows: int) -> str:
    if isinstance(told, str):
        return f"is no sound CSV: {told}"
    if told.columns != table.columns:
        return "has other columns than it should"
    return "" if told.rows == rows else f"has {told.rows:,} rows and should have {rows:,}"
