"""What one run of a job did, in numbers and sentences that log, status and terminal share."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: So many failures are named in a report; the rest is counted.
NAMED_FAILURES = 100
#: The name, in a report's details, of when the job may start again at the earliest (since 1970).
NEXT = "next"


class Outcome(StrEnum):
    """How a run ended, from best to worst."""

    OK = "ok"
    PARTIAL = "partial"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """One run: of which job and store, from when to when (seconds since 1970), how it ended.

    ``counts`` names what was done in numbers (files, bytes, rows); ``findings`` are sentences for
    people, personal data left out; ``exit_code`` is what a command ends with. ``details`` are for
    programs: what is held, a dry run's plan, or the class of the ``error`` that ended it.
    """

    job: str
    store: str
    started: float
    ended: float
    outcome: Outcome
    exit_code: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """The run in one line: ``acme sync: ok, fetched 12, ... in 3.1 s``."""
        numbers = ", ".join(f"{name} {count:,}" for name, count in self.counts.items() if count)
        parts = [str(self.outcome)] + ([numbers] if numbers else ["nothing changed"])
        return f"{self.store} {self.job}: {', '.join(parts)} in {self.ended - self.started:.1f} s"


def worst(codes: list[int]) -> int:
    """One exit code for several runs: the first of 1, 78, 6, 5, 4, 3, then any other, then 0."""
    for code in (1, 78, 6, 5, 4, 3):
        if code in codes:
            return code
    return max(codes, default=0)
