"""The outermost door."""

import os
import pty
import subprocess
import sys

BUG = """
import sys
from mirrord.cli import run
from mirrord.cli.settings import Settings
Settings.load = lambda _: 1 / 0
sys.exit(run(["status"]))
"""


def test_a_bug_is_shown_on_a_terminal_too() -> None:
    """Exit code 1 comes with the traceback, also where the log is quiet."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([sys.executable, "-c", BUG], stderr=theirs, check=False)
        shown = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 1
    assert "please report this" in shown
    assert "ZeroDivisionError" in shown
