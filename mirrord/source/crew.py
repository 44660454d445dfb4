"""Several lines to the store at once: threads that each own one, and rounds of work for them.

A round holds no more work than it was given and gives each answer once; when it is left, for
whatever reason, its requests are cut, its answers that nobody took are dropped, and nothing of it
is waited for longer than a moment. Threads are daemons: a hanging name server must never keep the
house from closing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, Self, TypeAlias, TypeVar

from mirrord.core.pulse import Pulse
from mirrord.errors import Stopped
from mirrord.source.pace import Pacer
from mirrord.source.wire import Line

Job = TypeVar("Job")
Got = TypeVar("Got")
_Task: TypeAlias = tuple["Future[Any]", Callable[[Line], Any]]

_TICK = 0.2
_FAREWELL = 0.8  # seconds that leaving waits for threads whose connections were cut
_HUNG = 30.0  # seconds past its time after which an answer no longer counts as waited for


class Crew:
    """``size`` threads with a line each, started at the first round."""

    def __init__(self, size: int, open_line: Callable[[], Line]) -> None:
        self.size = size
        self._open_line = open_line
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lines: list[Line] = []
        self._pacer: Pacer | None = None
        self._closed = False

    def round(
        self,
        work: Callable[[Line, Job, Pulse], Got],
        pulse: Pulse,
        drop: Callable[[Got], object] = lambda _: None,
    ) -> Round[Job, Got]:
        """A new round of ``work``; ``drop`` is given the answers that nobody took."""
        if self._closed:
            raise Stopped
        if not self._threads:
            self._start()
        return Round(self, work, pulse, drop)

    def put(self, task: _Task) -> None:
        """Hand a task to the first thread that is free."""
        self._tasks.put(task)

    def is_hung(self) -> bool:
        """Whether an answer is so late that it should have been cut off long ago."""
        return any(line.pace.is_late(by=_HUNG) for line in self._lines)

    def close(self) -> None:
        """Cut every connection and send the threads home."""
        self._closed = True
        for _ in self._threads:
            self._tasks.put(None)
        for line in self._lines:
            line.pace.end()
        if self._pacer:
            self._pacer.close()
        until = time.monotonic() + _FAREWELL
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _start(self) -> None:
        self._lines = [self._open_line() for _ in range(self.size)]
        self._pacer = Pacer([line.pace for line in self._lines])
        self._threads = [
            threading.Thread(
                target=self._serve, args=(line,), name=f"mirrord-line-{n}", daemon=True
            )
            for n, line in enumerate(self._lines)
        ]
        for thread in self._threads:
            thread.start()

    def _serve(self, line: Line) -> None:
        try:
            while (task := self._tasks.get()) is not None and not self._closed:
                _carry_out(line, *task)
                del task  # an idle thread must not keep the last answer alive
        finally:
            line.close()


def _carry_out(line: Line, future: Future[Any], work: Callable[[Line], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work(line))
    except BaseException as error:  # noqa: BLE001 - raised again in the thread that takes it
        future.set_exception(error)


class Round(Generic[Job, Got]):
    """Work given and answers taken by one thread, done by all of the crew."""

    def __init__(
        self,
        crew: Crew,
        work: Callable[[Line, Job, Pulse], Got],
        pulse: Pulse,
        drop: Callable[[Got], object],
    ) -> None:
        self._crew, self._work, self._pulse, self._drop = crew, work, pulse, drop
        self._inner = _RoundPulse(pulse)
        self._open: set[Future[Got]] = set()
        self._done: queue.SimpleQueue[Future[Got]] = queue.SimpleQueue()
        self._at_work: set[Line] = set()

    def __enter__(self) -> Self:
        return self

    @property
    def busy(self) -> int:
        """How many answers are still to be taken."""
        return len(self._open)

    @property
    def wants_more(self) -> bool:
        """Whether more work keeps the threads from idling: twice as much as there are threads."""
        return self.busy < 2 * self._crew.size

    def give(self, job: Job) -> None:
        """Add work."""
        future: Future[Got] = Future()
        self._open.add(future)
        future.add_done_callback(self._done.put)
        self._crew.put((future, lambda line: self._do(line, job)))

    def take(self) -> Got:
        """The next answer, or what was raised instead of it; the pulse beats meanwhile."""
        while True:
            try:
                future = self._done.get(timeout=_TICK)
            except queue.Empty:
                if not self._crew.is_hung():
                    self._pulse.beat()
                continue
            self._open.discard(future)
            return future.result()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inner.over = True
        left = [future for future in self._open if not future.cancel()]
        for future in left:
            future.add_done_callback(self._forget)
        until = time.monotonic() + _FAREWELL
        while time.monotonic() < until and not all(future.done() for future in left):
            for line in tuple(self._at_work):
                line.pace.cut()
            time.sleep(0.01)

    def _forget(self, future: Future[Got]) -> None:
        if future.exception() is None:
            self._drop(future.result())

    def _do(self, line: Line, job: Job) -> Got:
        self._at_work.add(line)
        try:
            self._inner.check()
            return self._work(line, job, self._inner)
        finally:
            self._at_work.discard(line)


class _RoundPulse:
    """The caller's pulse in the hands of the threads: it also ends them when the round is over."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self.over = False

    def check(self) -> None:
        if self.over:
            raise Stopped

    def beat(self) -> None:
        self.check()
        self._pulse.beat()

    def wait(self, seconds: float) -> None:
        self.check()
        self._pulse.wait(seconds)
        self.check()

    def progress(self, what: str, done: int, total: int | None) -> None:
        self.check()
        self._pulse.progress(what, done, total)
