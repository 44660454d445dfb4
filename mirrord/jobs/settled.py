"""What a check suspects, and what came of it: values, and the report made of them."""

import logging
from dataclasses import dataclass, field

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.entry import Held
from mirrord.core.manifest import Findings
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.disk.claims import Point
from mirrord.disk.house import House

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Suspicion:
    """What a check could not find as it was recorded, as names below the house.

    ``names`` of files, ``strays`` that nothing speaks of, ``folders`` of files/ that are none,
    ``points`` whose checksums can not be read; ``manifest``: those of files/ are not the ledger's.
    """

    names: set[str] = field(default_factory=set)
    strays: list[str] = field(default_factory=list)
    folders: list[Held] = field(default_factory=list)
    points: set[Point] = field(default_factory=set)
    manifest: bool = False

    def __bool__(self) -> bool:
        return bool(self.names or self.strays or self.folders or self.points or self.manifest)


@dataclass(slots=True)
class Settled:
    """What came of it: names by what was wrong, sentences for people, how much was put right."""

    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    put_right: int = 0
    left: int = 0

    @property
    def findings(self) -> Findings:
        """By name."""
        return Findings(tuple(self.missing), tuple(self.altered), tuple(self.unexpected))

    def tell(self, name: str, what: str) -> None:
        """One sentence about one place, also in the log."""
        sentence = f"{displayed(discreet(name))}: {what}"
        log.warning("found %s", sentence)
        self.sentences.append(sentence)

    def counts(self) -> dict[str, int]:
        """In numbers."""
        return {
            "missing": len(self.missing),
            "altered": len(self.altered),
            "unexpected": len(self.unexpected),
            "put right": self.put_right,
            "left to the next sync": self.left,
        }


def report(
    job: str,
    house: House,
    started: float,
    ended: float,
    counts: dict[str, int],
    sentences: list[str],
) -> Report:
    """The report of a check: 3 if anything was found, put right or not."""
    told = sentences[:NAMED_FAILURES]
    if len(sentences) > NAMED_FAILURES:
        told.append(f"and {len(sentences) - NAMED_FAILURES:,} more; see the log")
    outcome = Outcome.PARTIAL if sentences else Outcome.OK
    code = 3 if sentences else 0
    return Report(job, house.key, started, ended, outcome, code, counts, tuple(told))
