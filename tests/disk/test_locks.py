"""One at a time; a dead holder holds nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from mirrord.disk.locks import holder, locked
from mirrord.errors import AlreadyRunning, Stopped
from tests.fakes import QuietPulse


def test_a_second_one_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    """Without waiting it ends at once, naming job and process."""
    file = tmp_path / "files.lock"
    with (
        locked(file, "files", None),
        pytest.raises(AlreadyRunning, match=r"mirrord files \(process \d+\) is at work"),
        locked(file, "files", None),
    ):
        pass
    with locked(file, "files", None):
        pass


def test_waiting_for_a_lock_ends_with_a_stop(tmp_path: Path) -> None:
    """It waits by the pulse, so that Ctrl-C ends it."""
    file = tmp_path / "files.lock"
    pulse = QuietPulse(stop_at=3)
    with locked(file, "files", None), pytest.raises(Stopped), locked(file, "files", pulse):
        pass
    assert len(pulse.waits) == 3


def test_who_holds_it_is_known_without_taking_it(tmp_path: Path) -> None:
    """Nobody; a holder by name; nobody again; and no file is made by asking."""
    file = tmp_path / "run.lock"
    assert (holder(file), file.exists()) == ("", False)
    with locked(file, "run", None):
        assert holder(file).startswith("mirrord run (process ")
    assert holder(file) == ""


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    """The lock dies with the process; no stale pid file keeps the next one out."""
    file = tmp_path / "files.lock"
    code = (
        "import os, pathlib, sys\n"
        "from mirrord.disk.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), 'files', None):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(file)], check=False).returncode == -9
    with locked(file, "files", None):
        pass


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """Nothing is opened for writing outside the house."""
    (tmp_path / "target").write_text("keep")
    (tmp_path / "files.lock").symlink_to(tmp_path / "target")
    with (
        pytest.raises(Exception, match="taking the lock"),
        locked(tmp_path / "files.lock", "x", None),
    ):
        pass
    assert (tmp_path / "target").read_text() == "keep"
