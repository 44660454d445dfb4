"""How many examples of how many steps: the same ones by default, others and more by a word."""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

_ASKED = os.environ.get("MIRRORD_EXAMPLES")


def laws(examples: int, steps: int) -> settings:
    """The settings of one machine; ``MIRRORD_EXAMPLES`` and ``MIRRORD_STEPS`` ask for more."""
    return settings(
        max_examples=int(_ASKED or examples),
        stateful_step_count=int(os.environ.get("MIRRORD_STEPS", str(steps))),
        derandomize=_ASKED is None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],  # a step is a whole job on a real disk
    )


def fast_disk() -> str | None:
    """A folder in memory where there is one: what is tried here is order, not the disk."""
    shared = Path("/dev/shm")
    return str(shared) if os.access(shared, os.W_OK) else None
