"""A process of our own beside us, for libraries that the daemon must not carry.

It ends with us at the latest, and is handed nothing of ours: the environment may hold secrets.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mirrord.core.pulse import Pulse

#: Seconds: the longest that it may take; between two beats of the pulse.
_SECONDS, _TICK = 3_600, 0.5


def run_aside(
    command: Sequence[str], pulse: Pulse, environment: Mapping[str, str]
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; of an environment it gets this, a path and a language."""
    until = time.monotonic() + _SECONDS
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", **environment},
        start_new_session=True,  # Ctrl-C is for us; of its end by it we would make an error
    ) as process:
        try:
            while time.monotonic() < until:
                pulse.beat()
                with suppress(subprocess.TimeoutExpired):
                    out, words = process.communicate(timeout=_TICK)
                    return process.returncode, out, words
        finally:
            process.kill()
    return process.returncode, "", f"it took longer than {_SECONDS} seconds"
