"""Which filed export is shown in latest/, where a store has no API: the newest of its kind.

The built-in templates go before custom ones, which may be parts. One that has far fewer rows than
the one that is shown waits for a second one that says the same.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mirrord.core.pulse import Pulse
from mirrord.core.suspicion import Limits
from mirrord.disk.dataset import inspect
from mirrord.disk.dayfolder import Receipt
from mirrord.disk.elsewhere import DROPPED, Elsewhere, Known, Line
from mirrord.disk.foreign import Foreign

_NOT_PROVEN = "nobody but the control panel knows whether it exported all there was"


def judged(
    copies: Sequence[Foreign],
    shown: Mapping[str, Receipt | None],
    known: Known,
    limits: Limits,
    pulse: Pulse,
) -> dict[str, Line]:
    """What is to be said in the lines about some of these copies, by their path.

    ``shown`` are the receipts in latest/ by kind. ``latest``: it is to be shown; ``refused`` with
    ``why``: it would be, if it had not lost so many rows, or were sound. DiskError.
    """
    verdicts: dict[str, Line] = {}
    plain = [copy for copy in copies if copy.is_plain]
    for kind in sorted({copy.kind for copy in plain}):
        newest = max((copy for copy in plain if copy.kind == kind), key=_rank)
        before = shown.get(kind)
        if before is not None and not _follows(newest, before):
            continue
        why = _few(newest, before, known, limits) or _unsound(newest, pulse)
        verdicts[newest.path] = {"refused": True, "why": why} if why else {"latest": True}
    return verdicts


def show(elsewhere: Elsewhere, folder: Path, line: Line, source: str) -> None:
    """Let one that was judged so be in latest/; DiskError."""
    name = f"{line['kind']}.csv"
    receipt: Receipt = {
        "pulled_from": origin(source, line["path"]),
        "started": line["filed"],
        "ended": line["filed"],
        "modified": line["modified"],
        "template": line["template"],
        "filed_as": f"{folder.name}/{line['name']}",
        "records": line["rows"],
        "rows": {name: line["rows"]},
        "columns": {name: line["columns"]},
        "not_filled": {},
        "plain_sha256": {name: line["sha256"]},
        "complete": True,
        "why": "",
        "gaps": [_NOT_PROVEN],
    }
    elsewhere.show(line["kind"], folder / line["name"], receipt)


def make_up(elsewhere: Elsewhere, known: Known) -> None:
    """Show what was to be shown when a run was cut; DiskError."""
    for kind, (source, folder, line) in sorted(known.meant.items()):
        now = elsewhere.shown(kind) or {"plain_sha256": {}, "ended": ""}
        missed = now["plain_sha256"].get(f"{kind}.csv") != line["sha256"]
        if missed and now["ended"] <= line["filed"] and (folder / line["name"]).is_file():
            show(elsewhere, folder, line, source)


def origin(source: str, path: str) -> str:
    """Where an export came from, for people."""
    return f"drop-here/{path}" if source == DROPPED else f"WebDAV {path}"


def iso(at: float) -> str:
    """A moment in seconds since 1970 as it stands in receipts."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rank(copy: Foreign) -> tuple[bool, float, str]:
    return _is_exact(copy.template), copy.modified, copy.path


def _is_exact(template: str) -> bool:
    return not template.startswith("custom")


def _follows(copy: Foreign, before: Receipt) -> bool:
    """Whether it is newer than what is shown, and not the mere part of one."""
    shown: str = before.get("modified") or before["ended"]
    if iso(copy.modified) < shown:
        return False
    return _is_exact(copy.template) or not _is_exact(before.get("template", ""))


def _few(copy: Foreign, before: Receipt | None, known: Known, limits: Limits) -> str:
    """Why its rows are too few to be believed, ``""`` where they are not."""
    if before is None or before.get("template") != copy.template:
        return ""
    was: int = before["records"]
    if not _lost_many(copy.rows, was, limits):
        return ""
    said = known.refused.get((copy.kind, copy.template))
    if said is not None and not _lost_many(copy.rows, said, limits):
        return ""
    return f"the newest export of {copy.kind} has {copy.rows:,} rows, the one before {was:,}"


def _lost_many(rows: int, before: int, limits: Limits) -> bool:
    return before - rows >= limits.floor and before - rows > limits.rows * before


def _unsound(copy: Foreign, pulse: Pulse) -> str:
    """The gate that every export passes: another reader finds it sound as well."""
    (facts,) = inspect([copy.staged.path], pulse)
    if isinstance(facts, str):
        return f"the newest export of {copy.kind} is no sound CSV: {facts}"
    if copy.sheet is not None and len(facts.columns) != len(copy.sheet.columns):
        return f"the newest export of {copy.kind} has rows of other lengths than its heading"
    return ""
