"""Measures one run of a command: wall, processor, peak memory. A run that fails measures nothing.

Processor and memory are those of the command and of the children it waited for; the servers and
the proxy are not among them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.contest import Sample

_LAUNCHER = Path(__file__).with_name("launch.py")


class ToolFailed(Exception):
    """A tool ended with an error, or its copy is not what the server holds."""


def measure(command: list[str], **env: str) -> Sample:
    """Run it once; ToolFailed, with the end of what it said, where it ends with an error."""
    with tempfile.TemporaryDirectory() as room:
        figures, said = Path(room, "figures"), Path(room, "said")
        # -I -S: no site packages, no user folder, hence a small floor under the memory measured.
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(figures)]
        with said.open("wb") as log:
            subprocess.run(
                [*launcher, *command],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_plain() | env,
            )
        code, wall, cpu, kib = figures.read_text().split()
        if code != "0":
            tail = said.read_text(errors="replace")[-2000:]
            raise ToolFailed(f"{command[0]} ended with {code}:\n{tail}")
        return Sample(float(wall), float(cpu), int(kib) / 1024)


def _plain() -> dict[str, str]:
    """The environment without what would come between: a proxy on the way of some tools and not of
    others, a Python that compiles an installed program anew at every start.
    """
    return {
        key: value
        for key, value in os.environ.items()
        if not key.lower().endswith("_proxy") and key != "PYTHONDONTWRITEBYTECODE"
    }
