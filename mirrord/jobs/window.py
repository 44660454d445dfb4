"""What a snapshot's verdict rests on: how its window's runs ended, what waits, which images lack.

It judges and changes nothing.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mirrord.core.entry import Kind, TreePath
from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.core.verdict import Judgement
from mirrord.disk.durable import disk_errors
from mirrord.disk.holds import OpenHold
from mirrord.disk.ledger import Ledger
from mirrord.errors import ScopeMissing
from mirrord.jobs.exclude import excluded

#: So many findings of a run are taken over into the verdict; the run's own report has all.
_TAKEN_OVER = 5


@dataclass(frozen=True, slots=True)
class Window:
    """The reports of this window's runs, and of every job's last run before it."""

    reports: Mapping[str, Report]
    before: Mapping[str, Any]

    def after(self, report: Report) -> "Window":
        """The same with one more run; of two of one job the later counts."""
        return replace(self, reports={**self.reports, report.job: report})

    def lacks_scope(self, dataset: str) -> bool:
        """Whether the token may not read it, by its last run."""
        report = self.reports.get(dataset)
        details = report.details if report else self.before.get(dataset, {}).get("details", {})
        return bool(details.get("error") == ScopeMissing.__name__)


def judge(
    window: Window,
    images: Iterable[str],
    holds: Iterable[OpenHold],
    receipts: Mapping[str, Any],
    *,
    files: bool,
    datasets: tuple[str, ...],
) -> Judgement:
    """What speaks against the snapshot; ``images`` are sentences about those that are missing.

    A dataset that the token may not read is no part of it: nobody asked for it.
    """
    without = [name for name in datasets if window.lacks_scope(name) and name not in receipts]
    wanted = [name for name in datasets if name not in without]
    waiting = [hold for hold in holds if _counts(hold, receipts)]
    suspect = [f"{hold.title} (holds/{hold.id})" for hold in waiting]
    missing = []
    for report in window.reports.values():
        if report.outcome is Outcome.OK or report.job in without:
            continue
        told = _told(report)
        if report.outcome is not Outcome.HELD:
            missing += told
        elif not waiting:
            suspect += told
    missing += [f"no complete export of {name} yet" for name in wanted if name not in receipts]
    missing += images
    return Judgement(tuple(missing), tuple(suspect), _without(files, wanted, without))


def missing_images(file: Path, ledger: Ledger, exclude: tuple[str, ...], pulse: Pulse) -> list[str]:
    """A sentence for every image that a product names and files/ does not hold; DiskError.

    ``file``: images.csv; ``[]`` where there is none. What the config excludes is not missed.
    """
    with disk_errors(f"reading {file}"):
        if not file.exists():
            return []
        with file.open(encoding="utf-8", newline="") as text:
            rows = csv.DictReader(text)
            return list(_missing(rows, ledger, exclude, pulse))


def _missing(
    rows: Iterable[Mapping[str, str]], ledger: Ledger, exclude: tuple[str, ...], pulse: Pulse
) -> Iterator[str]:
    for row in rows:
        pulse.beat()
        path, product = row["Store Path"], row["Product ID"]
        if path:
            held = ledger.held_at(TreePath(path))
            there = held is not None and held.entry.kind is Kind.FILE and bool(held.sha256)
            if not there and not excluded(TreePath(path), exclude):
                yield f"files/{path}, an image of product {product}"
        elif row["Image File"]:
            yield f"an image of product {product} whose name leads nowhere: {row['Image File']}"


def _counts(hold: OpenHold, receipts: Mapping[str, Any]) -> bool:
    """Whether it makes a snapshot suspect: nobody has answered, and no later pull was good."""
    if hold.answered:
        return False
    if hold.kind != "refused":
        return True
    dataset = hold.id.partition("Z-")[2]
    ended = receipts.get(dataset, {}).get("ended")
    return ended is None or datetime.fromisoformat(ended).timestamp() < hold.opened


def _told(report: Report) -> list[str]:
    what = {Outcome.FAILED: "failed", Outcome.PARTIAL: "was done in part", Outcome.HELD: "is held"}
    said = report.findings[:_TAKEN_OVER] or ("see its report",)
    return [f"the run of {report.job} {what[report.outcome]}: {one}" for one in said]


def _without(files: bool, wanted: list[str], without: list[str]) -> str:
    if not files:
        return ", ".join(["records only", *(f"without {name}" for name in without)])
    if not wanted:
        return "files only"
    return ", ".join(f"without {name}" for name in without)
