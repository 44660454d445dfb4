"""Fixtures that every room's tests share."""

from collections import Counter

import pytest

from tests.fakes import QuietPulse


@pytest.fixture
def pulse() -> QuietPulse:
    """A pulse that never really waits."""
    return QuietPulse()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what could not run, and what it needs; nothing is skipped in silence."""
    needs: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        needs[reason.removeprefix("Skipped: ")] += 1
    if not needs:
        return
    terminalreporter.section("could not run here")
    for reason, tests in sorted(needs.items()):
        terminalreporter.line(f"{tests} tests: {reason}")
