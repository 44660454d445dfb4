"""Before a job that goes by the ledger: have it rebuilt where it is gone, and tell what was found.

What rebuilds it is imported only then.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report, worst
from mirrord.disk.house import House
from mirrord.disk.lost_ledger import ledger_is_gone

log = logging.getLogger(__name__)


def reindex_if_gone(house: House, clock: Callable[[], float], pulse: Pulse) -> Report | None:
    """Rebuild the ledger where something is held and nothing tells of it; None where all is well.

    A house that lost its ledger must never be taken for a new one.
    """
    if not ledger_is_gone(house):
        return None
    from mirrord.jobs.reindex import Reindex

    log.warning("the ledger is gone, rebuilding it store=%s", house.key)
    report = Reindex(house, clock).run(pulse)
    log.log(logging.WARNING if report.findings else logging.INFO, "%s", report.line())
    return report


def with_rebuilt(report: Report, rebuilt: Report | None) -> Report:
    """A job's report that tells as well what a rebuild before it found."""
    if rebuilt is None or not rebuilt.findings:
        return report
    outcome = Outcome.PARTIAL if report.outcome is Outcome.OK else report.outcome
    return replace(
        report,
        outcome=outcome,
        exit_code=worst([report.exit_code, rebuilt.exit_code]),
        findings=(*report.findings, *rebuilt.findings),
    )
