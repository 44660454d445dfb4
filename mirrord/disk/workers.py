"""Processes of our own that work side by side: each is asked a question and answers it.

The pulse beats meanwhile: a disk that others use makes them wait, which is on purpose. One that
gives no answer at all for a long time is an error. They end with us, at once.
"""

import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import IO, Any, Generic, TypeVar

from mirrord.core.pulse import Pulse
from mirrord.disk.framing import framed, unframed
from mirrord.errors import DiskError

#: Bytes of a question at the most: a pipe takes two of them, so that asking never waits.
QUESTION = 30_000

_PROCESSES, _AHEAD = 2, 2
#: Seconds between two beats; and without an answer, until the disk counts as broken. A large file
#: at the lowest priority may take its time.
_TICK, _SILENCE = 0.25, 6 * 3_600.0

_Key = TypeVar("_Key")


def work(
    command: Sequence[str],
    questions: Iterable[tuple[_Key, Any]],
    pulse: Pulse,
    remedy: str,
    fds: Sequence[int] = (),
) -> Generator[tuple[_Key, Any]]:
    """Start a module of ours twice; the key of each question and its answer, as they come.

    ``command`` is the module, whose ``main`` answers, and its arguments. Questions are read as they
    are needed; each is of QUESTION bytes at the most, as it is sent. The processes inherit the open
    ``fds``. They have ended when the iterator is closed, and with a DiskError, which gives the
    ``remedy``.
    """
    with ExitStack() as ends:
        selector = ends.enter_context(selectors.DefaultSelector())
        workers: list[_Worker[_Key]] = []
        for _ in range(_PROCESSES):
            worker: _Worker[_Key] = _Worker(command, fds, remedy)
            ends.callback(worker.close)
            selector.register(worker.output, selectors.EVENT_READ, worker)
            workers.append(worker)
        rest = iter(questions)  # they start while the first is thought of
        for ahead in range(1, _AHEAD + 1):
            for worker in workers:
                _ask_more(worker, rest, ahead)
        heard = time.monotonic()
        while any(worker.asked for worker in workers):
            pulse.beat()
            for ready, _ in selector.select(_TICK):
                heard = time.monotonic()
                answers = ready.data.take()
                _ask_more(ready.data, rest, _AHEAD)
                yield from answers
            if time.monotonic() - heard > _SILENCE:
                raise DiskError(f"the disk gave no answer for hours: check it, then {remedy}")


def _ask_more(worker: "_Worker[_Key]", questions: Iterator[tuple[_Key, Any]], most: int) -> None:
    while len(worker.asked) < most:
        question = next(questions, None)
        if question is None:
            return
        worker.ask(*question)


class _Worker(Generic[_Key]):
    """One process, and the keys of what it was asked."""

    def __init__(self, command: Sequence[str], fds: Sequence[int], remedy: str) -> None:
        self._died = f"a process of mirrord's has died (out of memory?): {remedy}"
        module, *rest = command
        # -P: never what lies in the current folder, which may be files/ and so the shop's; -m
        # would first import what finds modules
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {module} import main; main()", *rest],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=fds,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # the environment may hold secrets
            start_new_session=True,  # Ctrl-C is for us
        )
        self.asked: deque[_Key] = deque()
        self._heard = b""

    @property
    def output(self) -> IO[bytes]:
        """Where its answers come."""
        return _pipe(self._process.stdout)

    def ask(self, key: _Key, question: Any) -> None:
        """One question more; DiskError where the process has died."""
        try:
            _pipe(self._process.stdin).write(framed(question))
            _pipe(self._process.stdin).flush()
        except OSError as error:
            raise DiskError(self._died) from error
        self.asked.append(key)

    def take(self) -> list[tuple[_Key, Any]]:
        """What it has answered by now; DiskError where it has died."""
        chunk = os.read(self.output.fileno(), 1 << 16)
        if not chunk:
            raise DiskError(self._died)
        answers, self._heard = unframed(self._heard + chunk)
        return [(self.asked.popleft(), answer) for answer in answers]

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        self._process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError  # both were asked for
    return pipe
