"""Fixtures that every room's tests share."""

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from mirrord.disk.dataset import look_at
from mirrord.jobs import gates
from tests.fakes import QuietPulse


@pytest.fixture(autouse=True, scope="session")
def _looked_at_here() -> Iterator[None]:
    """Pulls of this process have their CSV files looked at in it: another one takes half a second.

    That one is tried by `disk/test_dataset.py`, and by every real command.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "inspect", lambda files, pulse: [look_at(file) for file in files])
        yield


@pytest.fixture
def pulse() -> QuietPulse:
    """A pulse that never really waits."""
    return QuietPulse()


def pytest_collection_finish() -> None:
    """All tests together are a heap through which a lane's own search for garbage takes seconds."""
    gc.collect()
    gc.freeze()


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
