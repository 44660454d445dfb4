"""The real program on a pseudo-terminal, answered as a person would."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """What was said so far, and a keyboard."""

    def __init__(self, process: "subprocess.Popen[bytes]", fd: int) -> None:
        self._process, self._fd = process, fd
        self.said = ""
        self._seen = 0

    def expect(self, words: str, seconds: float = 20.0) -> str:
        """Read until the words come after what was expected last; all that was said before."""
        until = time.monotonic() + seconds
        while words not in self.said[self._seen :]:
            if not self._read(until):
                raise AssertionError(f"never said {words!r}; said:\n{self.said[self._seen :]}")
        at = self.said.index(words, self._seen)
        before, self._seen = self.said[self._seen : at], at + len(words)
        return before

    def answer(self, words: str, text: str) -> None:
        """Wait for the question, then type the answer and Enter."""
        self.expect(words)
        self.expect(": ")
        os.write(self._fd, text.encode() + b"\n")

    def interrupt(self) -> int:
        """Ctrl-C as a person does it: again where nothing happens; the exit code."""
        for _ in range(5):
            # one that comes between a question and the reading of its answer is noticed late
            os.write(self._fd, b"\x03")
            with suppress(subprocess.TimeoutExpired):
                return self.end(3.0)
        raise AssertionError(f"Ctrl-C does not end it; said: {self.said}")

    def end(self, seconds: float = 30.0) -> int:
        """Read on to the end; the exit code."""
        until = time.monotonic() + seconds
        while self._read(until):
            pass
        return self._process.wait(max(0.1, until - time.monotonic()))

    def _read(self, until: float) -> bool:
        if not select.select([self._fd], [], [], max(0.0, until - time.monotonic()))[0]:
            return False
        try:
            got = os.read(self._fd, 65_536)
        except OSError:  # the other side has closed
            return False
        self.said += _COLOUR.sub("", got.decode("utf-8", "replace").replace("\r\n", "\n"))
        return bool(got)


@contextmanager
def on_terminal(*arguments: str | Path) -> Iterator[Terminal]:
    """`mirrord ARGUMENTS` in a session of its own, on a terminal of its own."""
    keyboard, screen = pty.openpty()
    # a controlling terminal, so that Ctrl-C is a signal and passwords are not echoed
    take = "import fcntl,os,signal,sys,termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    # a shell has what it starts behind it ignore Ctrl-C, and that is handed on
    take += "signal.signal(signal.SIGINT, signal.SIG_DFL); "
    take += "os.execv(sys.executable, [sys.executable, '-m', 'mirrord', *sys.argv[1:]])"
    process = subprocess.Popen(
        [sys.executable, "-c", take, *map(str, arguments)],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
        env=os.environ | {"TERM": "dumb", "COLUMNS": "400"},
    )
    os.close(screen)
    try:
        yield Terminal(process, keyboard)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(keyboard)
