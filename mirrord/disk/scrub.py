"""Two processes that read what is held, and the questions that keep them at work.

The pulse beats while they read: a disk that others use makes them wait, which is on purpose. One
that gives no answer at all for a long time is an error. They end with us, at once.
"""

import json
import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Generic, TypeVar, cast

from mirrord.core.pulse import Pulse
from mirrord.disk.reading import Answer, Asked
from mirrord.errors import DiskError

#: Processes that read, and questions that each has before it.
READERS, _AHEAD = 2, 2
#: A question is about so many files, characters of names, or bytes to read at the most; the
#: characters fit into a pipe twice, so that asking never waits.
_FILES, _TEXT, _BYTES = 200, 12_000, 32 << 20
#: Seconds between two beats; and without an answer, until the disk counts as broken. A large file
#: at the lowest priority may take its time.
_TICK, _SILENCE = 0.25, 6 * 3_600.0
_DIED = "a process that reads what is held has died (out of memory?): run `mirrord verify` again"

_Key = TypeVar("_Key")
#: What the caller calls a file, its size in bytes, and the question.
Wanted = tuple[_Key, int, Asked]


def read_all(
    root: Path, wanted: Iterable[Wanted[_Key]], pulse: Pulse
) -> Iterator[tuple[_Key, Answer]]:
    """Read files below ``root`` in other processes; each answer as it comes. DiskError."""
    batches = _batches(wanted)
    first = next(batches, None)
    if first is None:
        return
    with ExitStack() as ends:
        selector = ends.enter_context(selectors.DefaultSelector())
        readers: list[_Reader[_Key]] = []
        for _ in range(READERS):
            reader: _Reader[_Key] = _Reader(root)
            ends.callback(reader.close)
            selector.register(reader.output, selectors.EVENT_READ, reader)
            readers.append(reader)
        readers[0].ask(first)
        for _ in range(_AHEAD):
            for reader in readers:
                _ask_more(reader, batches)
        heard = time.monotonic()
        while any(reader.busy for reader in readers):
            pulse.beat()
            for ready, _ in selector.select(_TICK):
                heard = time.monotonic()
                for answered in ready.data.take():
                    yield from answered
                _ask_more(ready.data, batches)
            if time.monotonic() - heard > _SILENCE:
                raise DiskError(f"the disk of {root} gave no answer for hours: check it")


def _ask_more(reader: "_Reader[_Key]", batches: Iterator[list[Wanted[_Key]]]) -> None:
    while len(reader.asked) < _AHEAD:
        batch = next(batches, None)
        if batch is None:
            return
        reader.ask(batch)


def _batches(wanted: Iterable[Wanted[_Key]]) -> Iterator[list[Wanted[_Key]]]:
    batch: list[Wanted[_Key]] = []
    text = size = 0
    for one in wanted:
        length = 6 * len(one[2][0]) + 20  # a character may come as \uXXXX
        full = len(batch) >= _FILES or text + length > _TEXT or size + one[1] > _BYTES
        if batch and full:
            yield batch
            batch, text, size = [], 0, 0
        batch.append(one)
        text += length
        size += one[1]
    if batch:
        yield batch


class _Reader(Generic[_Key]):
    """One process, and what it was asked."""

    def __init__(self, root: Path) -> None:
        # -P: never what lies in the current folder, which may be files/ and so the shop's
        command = [sys.executable, "-P", "-m", "mirrord.disk.reading", str(root)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # the environment may hold secrets
            start_new_session=True,  # Ctrl-C is for us
        )
        self.asked: deque[list[Wanted[_Key]]] = deque()
        self._heard = b""

    @property
    def output(self) -> IO[bytes]:
        """Where its answers come."""
        return _pipe(self._process.stdout)

    @property
    def busy(self) -> bool:
        """Whether an answer is due."""
        return bool(self.asked)

    def ask(self, batch: list[Wanted[_Key]]) -> None:
        """One question more; DiskError where the process has died."""
        line = json.dumps([asked for _, _, asked in batch]).encode() + b"\n"
        try:
            _pipe(self._process.stdin).write(line)
            _pipe(self._process.stdin).flush()
        except OSError as error:
            raise DiskError(_DIED) from error
        self.asked.append(batch)

    def take(self) -> Iterator[list[tuple[_Key, Answer]]]:
        """What it has answered by now, question by question; DiskError where it has died."""
        chunk = os.read(self.output.fileno(), 1 << 16)
        if not chunk:
            raise DiskError(_DIED)
        *lines, self._heard = (self._heard + chunk).split(b"\n")
        for line in lines:
            keys = [key for key, _, _ in self.asked.popleft()]
            answers = [cast(Answer, tuple(one)) for one in json.loads(line)]
            yield list(zip(keys, answers, strict=True))

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
