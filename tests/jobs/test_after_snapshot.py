"""The command that carries a snapshot off: what it is told, what it is not, how it ends."""

import json
import logging
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mirrord.errors import Stopped
from mirrord.jobs.after_snapshot import told_of
from mirrord.jobs.pulse import Heart
from tests.points import Points


def command(code: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *words)


@pytest.fixture
def points(tmp_path: Path) -> Points:
    return Points(tmp_path)


def carry(points: Points, *command: str) -> tuple[str, ...]:
    """Take a snapshot with this command; the report's findings."""
    points.parts = replace(points.parts, after=command)
    return points.take(Heart()).findings


def test_the_command_is_run_on_each_new_snapshot_once(points: Points, tmp_path: Path) -> None:
    """No shell reads it; the folder stands for {snapshot}, wherever it is written."""
    out = tmp_path / "out"
    code = "import sys; open(sys.argv[1], 'a').write(repr(sys.argv[2:]) + '\\n')"
    words = command(code, str(out), "{snapshot}", "--tag={snapshot}", "$HOME;")
    assert carry(points, *words) == ()
    assert carry(points, *words)[0].startswith("nothing changed since")
    folder = points.newest()
    assert out.read_text() == f"['{folder}', '--tag={folder}', '$HOME;']\n"
    assert told_of(points.house, configured=True) == {
        "configured": True,
        "last_success": points.now - 60,
        "last_error": "",
    }


def test_a_failure_is_told_and_tried_again_though_nothing_changed(
    points: Points, tmp_path: Path
) -> None:
    """With its last words; the time of the last success stays."""
    flag = tmp_path / "flag"
    words = command(f"import os, sys; os.path.exists({str(flag)!r}) or sys.exit('no route')")
    (finding,) = carry(points, *words)
    assert finding == f"after_snapshot: {sys.executable} ended with 1: no route"
    assert told_of(points.house, configured=True)["last_error"] == finding
    flag.touch()
    assert len(carry(points, *words)) == 1
    told = told_of(points.house, configured=True)
    assert (told["last_success"], told["last_error"]) == (points.now, "")
    assert len(points.names()) == 1


def test_a_program_that_is_not_there_is_a_finding(points: Points) -> None:
    """The snapshot stands all the same."""
    (finding,) = carry(points, "/nonexistent/restic", "backup")
    assert "could not be started: No such file" in finding
    assert len(points.names()) == 1


def test_the_command_sees_none_of_our_secrets(
    points: Points, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither systemd's credentials nor a variable that the config names as a secret."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/mirrord.service")
    monkeypatch.setenv("MIRRORD_API_TOKEN", "made-up")
    out = tmp_path / "out"
    carry(
        points, *command(f"import json, os; json.dump(dict(os.environ), open({str(out)!r}, 'w'))")
    )
    seen = json.loads(out.read_text())
    assert seen["PATH"] == os.environ["PATH"]
    assert not {name for name in seen if "CREDENTIALS" in name or "MIRRORD" in name}


def test_what_it_says_is_logged_and_bounded(
    points: Points, caplog: pytest.LogCaptureFixture
) -> None:
    """A flood of words never fills the log nor the memory, and ends no run."""
    caplog.set_level(logging.INFO)
    carry(points, *command("for n in range(5000): print('line', n, 'x' * 1000)"))
    said = [one.getMessage() for one in caplog.records if "after_snapshot s" in one.getMessage()]
    assert len(said) == 202
    assert said[1].startswith("after_snapshot says=line 0 x")
    assert max(len(line) for line in said) < 600
    assert said[-1] == "after_snapshot said 4800 more lines"


def test_a_stop_ends_the_command_and_all_that_it_started(points: Points, tmp_path: Path) -> None:
    """Within seconds, also one that does not want to; it is tried again at the next run."""
    heart = Heart()
    ready, out = tmp_path / "ready", tmp_path / "pids"
    os.mkfifo(ready)
    code = (
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(out)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"open({str(ready)!r}, 'w').write('x')\n"
        "child.wait(); signal.pause()\n"
    )
    points.parts = replace(points.parts, after=command(code))

    def stop() -> None:
        ready.read_text()
        heart.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Stopped):
        points.take(heart)
    thread.join()
    started = [int(pid) for pid in out.read_text().split()]
    # a signal that can not be caught still takes a moment
    until = time.monotonic() + 20
    while any(map(_lives, started)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(_lives, started))
    assert len(points.names()) == 1
    assert carry(points, "true")[0].startswith("nothing changed")
    assert told_of(points.house, configured=True)["last_success"] == points.now


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
