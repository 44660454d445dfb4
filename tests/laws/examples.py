"""How many examples of how many steps: the same ones by default, others and more by a word."""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

_ASKED = os.environ.get("MIRRORD_EXAMPLES")
_STEPS = os.environ.get("MIRRORD_STEPS")
#: Seconds: a step takes some five thousandths, a failure is made smaller for minutes.
PATIENCE = 600 + int(_ASKED or 0) * int(_STEPS or 30) // 20


def laws(examples: int, steps: int) -> settings:
    """The settings of one machine; ``MIRRORD_EXAMPLES`` and ``MIRRORD_STEPS`` ask for more."""
    return settings(
        max_examples=int(_ASKED or examples),
        stateful_step_count=int(_STEPS or steps),
        derandomize=_ASKED is None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],  # a step is a whole job on a real disk
    )


def fast_disk() -> str | None:
    """A folder in memory where there is one: what is tried here is order, not the disk."""
    shared = Path("/dev/shm")
    return str(shared) if os.access(shared, os.W_OK) else None
