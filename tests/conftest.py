"""Fixtures that every room's tests share."""

import pytest

from tests.fakes import QuietPulse


@pytest.fixture
def pulse() -> QuietPulse:
    """A pulse that never really waits."""
    return QuietPulse()
