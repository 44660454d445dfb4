"""`reindex`: the ledger made anew from what lies in the house, by itself where it is gone.

It asks no store, and neither fetches nor removes: what is wrong is told, and the next sync or
verify mends it.
"""

import logging
from collections.abc import Callable, Iterator

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.pulse import Pulse
from mirrord.core.rebuild import Fault
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.disk.house import House
from mirrord.disk.manifest import MANIFEST, SUMS
from mirrord.disk.rebuild import Rebuilt, rebuild

log = logging.getLogger(__name__)

_WORDS = {
    Fault.ALTERED: "is not as it was recorded; the next sync fetches it, and keeps this one aside",
    Fault.MISSING: "is recorded and not there; the next sync fetches it, if the shop still has it",
    Fault.UNEXPECTED: "is recorded nowhere; it stays as it is, and is not taken for the shop's",
    Fault.DISAGREED: f"is told otherwise by {MANIFEST} and {SUMS}; what lies in files/ decided",
    Fault.NAMELESS: "has a name in the shop that only the lost MANIFEST.csv knew; the next sync"
    " fetches it again",
}


class Reindex:
    """The ledger of one house, rebuilt; whoever runs it holds the lock of the files lane."""

    name = "reindex"

    def __init__(self, house: House, clock: Callable[[], float]) -> None:
        self._house = house
        self._clock = clock

    def run(self, pulse: Pulse) -> Report:
        """Rebuild once; DiskError: the ledger is as it was before, or gone."""
        started = self._clock()
        log.info("reindex begins store=%s", self._house.key)
        rebuilt = rebuild(self._house, pulse)
        findings = tuple(_findings(rebuilt))
        return Report(
            self.name,
            self._house.key,
            started,
            self._clock(),
            Outcome.PARTIAL if findings else Outcome.OK,
            3 if findings else 0,
            {"files": rebuilt.files, "folders": rebuilt.folders, "bytes": rebuilt.bytes}
            | {str(fault): number for fault, number in sorted(rebuilt.faults.items())}
            | {"droppings": rebuilt.droppings},
            findings,
        )


def _findings(rebuilt: Rebuilt) -> Iterator[str]:
    states = rebuilt.papers
    if states[MANIFEST] in _UNUSABLE and states[SUMS] in _UNUSABLE:
        yield (
            f"neither {MANIFEST} nor {SUMS} can be used: the {rebuilt.files:,} files in files/ are"
            " taken as they lie, proven by nothing; the next syncs compare each with the shop's"
        )
    else:
        for paper, state in states.items():
            if state:
                yield f"{paper}: {state}; what it should tell was taken from {_OTHER[paper]}"
    for fault, paths in sorted(rebuilt.named.items()):
        for path in paths:
            yield f"{displayed(discreet(path))} {_WORDS[fault]}"
        if rebuilt.faults[fault] > NAMED_FAILURES:
            yield f"and {rebuilt.faults[fault] - NAMED_FAILURES:,} more: {fault}"


_UNUSABLE = ("missing", "damaged")
_OTHER = {
    MANIFEST: f"{SUMS} and the disk (dates and ETags in the shop are not known: those files are"
    " compared by size, and read again first)",
    SUMS: MANIFEST,
}
