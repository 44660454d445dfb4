"""The end of the program: quick, and nothing is lost by it."""

import subprocess
import sys

END = "from mirrord.__main__ import main; import sys; sys.argv = ['mirrord', 'nosuch']; main()"


def _ended(before: str) -> subprocess.CompletedProcess[str]:
    """The program to its end, after this was done in its process."""
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{END}"], capture_output=True, text=True, check=False
    )


def test_what_was_to_be_done_at_the_end_is_done() -> None:
    """By whoever asked for it, and what it says is out; the exit code is the command's."""
    done = _ended("import atexit; atexit.register(print, 'the end', end='')")
    assert (done.returncode, done.stdout) == (2, "the end")


def test_the_end_waits_for_another_thread() -> None:
    """As the end of every program in Python does."""
    done = _ended(
        "import threading, time\n"
        "def work():\n"
        "    while threading.main_thread().is_alive(): pass\n"
        "    print('done', end='')\n"
        "threading.Thread(target=work).start()"
    )
    assert (done.returncode, done.stdout) == (2, "done")


def test_what_can_not_be_said_any_more_is_no_success() -> None:
    """A full disk behind stdout: what was printed last is lost, and the exit code tells."""
    done = _ended("import sys; sys.stdout = open('/dev/full', 'w'); print('lost')")
    assert (done.returncode, "No space left" in done.stderr) == (120, True)
