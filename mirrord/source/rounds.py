"""One round of an engine's work: tasks drawn, tried, tried again, answered.

It decides what is tried again and when, obeys a store that asks for a pause, and cuts off who is
late or brings too much. When it is left, for whatever reason, what is under way is cut, and
nothing is waited for.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mirrord.core.pulse import Pulse
from mirrord.errors import MirrordError, Stopped, StoreBusy, StoreUnreachable
from mirrord.source.pauses import pause
from mirrord.source.task import Task

if TYPE_CHECKING:
    from mirrord.source.curl import Handle
    from mirrord.source.engine import Engine

Got = TypeVar("Got")

#: Tries of one task; and pauses in a row that a store may ask for without any answer in between.
ATTEMPTS = 5
BUSY_FOR_GOOD = 12
#: Seconds: between two looks at the clock, and between two signs that nothing came.
_TICK = 0.1
_SIGN = 1.0


@dataclass(slots=True)
class _Try(Generic[Got]):
    task: Task[Got]
    number: int = 1
    began: float = 0.0


@dataclass(slots=True, eq=False)
class _Later:
    due: float
    one: _Try[Any]


class Round(Generic[Got]):
    """Tasks drawn, tried, tried again, answered."""

    def __init__(
        self,
        engine: Engine,
        draw: Callable[[], Task[Got] | None],
        pulse: Pulse,
        drop: Callable[[Got], object],
    ) -> None:
        self._engine, self._draw, self._pulse, self._drop = engine, draw, pulse, drop
        self._multi = engine.multi
        self._tries: dict[Handle, _Try[Got]] = {}
        self._later: list[_Later] = []
        self._whole: deque[_Try[Got]] = deque()  # answered in full, and not looked at yet
        self._ready: deque[Got] = deque()
        self._over: MirrordError | None = None
        self._pauses = 0  # that the store asked for, since its last good answer
        self._paused_at = 0.0
        self._starved = False
        self._quiet = engine.is_quiet()
        self._looked = self._signed = time.monotonic()

    def run(self) -> Iterator[Got | None]:
        """All that comes of the round, and None when a second passed without."""
        while True:
            self._fill()
            if self._tries:
                self._judge()
                self._turn()
            elif self._later or self._is_paused():
                self._rest()
            elif not self._ready:
                return
            if self._whole:
                # what is asked next is on its way while we work on what came
                self._fill()
                self._multi.send()
            while self._whole:
                self._end(self._whole.popleft())
            while self._ready:
                yield self._ready.popleft()
                self._signed = time.monotonic()
            if self._over is not None:
                raise self._over
            if time.monotonic() - self._signed >= _SIGN:
                self._signed = time.monotonic()
                yield None

    def leave(self) -> None:
        """Cut what is under way."""
        for handle, one in self._tries.items():
            self._multi.remove(handle)
            self._engine.free(handle)
            one.task.drop()
        for one in (*(later.one for later in self._later), *self._whole):
            one.task.drop()
        for got in self._ready:
            self._drop(got)

    # what begins

    def _fill(self) -> None:
        """Begin what may begin."""
        self._starved = False
        while not self._over and len(self._tries) < self._limit and not self._is_paused():
            one = self._next()
            if one is None:
                self._starved = True
                break
            self._begin(one)

    @property
    def _limit(self) -> int:
        return 1 if self._quiet else self._engine.flow.limit

    def _next(self) -> _Try[Got] | None:
        now = time.monotonic()
        due = [later for later in self._later if later.due <= now]
        if due:
            # where nothing answers, the last try of one ends the round; all others need not be
            # tried as often before that, one by one as they are after so much trouble
            last = max(due, key=lambda later: later.one.number)
            self._later.remove(last)
            return last.one
        if len(self._later) >= 2 * self._limit:
            return None  # most fails: to go on drawing would only make it more
        task = self._draw()
        return None if task is None else _Try(task)

    def _begin(self, one: _Try[Got]) -> None:
        request = one.task.request()
        handle = self._engine.handle()
        handle.ask(request, one.task)
        one.began = time.monotonic()
        self._tries[handle] = one
        self._multi.add(handle)

    def _is_paused(self) -> bool:
        return self._engine.paused_until > time.monotonic()

    def _rest(self) -> None:
        """Nothing can be done but wait: for the store's pause, or for the next try's time."""
        until = self._engine.paused_until
        if not self._is_paused():
            until = min(later.due for later in self._later)
        self._pulse.wait(max(0.0, until - time.monotonic()))
        # it was waited for, whatever clock the pulse goes by
        self._engine.paused_until = 0.0
        if self._later:
            min(self._later, key=lambda later: later.due).due = 0.0

    # what is under way

    def _turn(self) -> None:
        wait = self._engine.throttle.wait(time.monotonic())
        if wait > 0:
            time.sleep(min(wait, _TICK))
            self._look()
            return
        meter = self._engine.meter
        before = meter.received
        for handle, code, words in self._multi.turn(_TICK):
            self._pulse.beat()
            self._finish(handle, code, words)
        now = time.monotonic()
        self._engine.throttle.spent(meter.received - before, now)
        if now - self._looked >= _TICK:
            self._looked = now
            self._look()

    def _judge(self) -> None:
        meter = self._engine.meter
        busy = not self._starved and not self._quiet
        self._engine.flow.look(
            meter.now, meter.answers, meter.received, busy=busy, quickest=meter.quickest
        )

    def _look(self) -> None:
        """Ten times a second: a sign of life, and who is late or brings too much is cut off."""
        self._pulse.beat()
        if self._engine.is_closed:
            raise Stopped
        meter, patience = self._engine.meter, self._engine.patience
        now = meter.now
        self._quiet = self._engine.is_quiet()
        for handle, one in list(self._tries.items()):
            late = now > handle.began + patience.grace + handle.received / patience.rate
            silent = now > handle.last + patience.read
            if late or silent:
                why = "answers too slowly; given up" if late else "no answer in time"
                self._cut(handle, f"{self._engine.where}{' ' if late else ': '}{why}")
            elif handle.bytes_so_far() > one.task.most():
                self._cut(handle, f"{self._engine.where}: brings bytes without end")

    def _cut(self, handle: Handle, words: str) -> None:
        midway = handle.has_head
        self._multi.remove(handle)
        self._end_badly(self._put_back(handle), StoreUnreachable(words), midway=midway)

    # what is done

    def _finish(self, handle: Handle, code: int, words: str) -> None:
        midway = code != 0 and handle.has_head
        try:
            handle.conclude(code, words, self._engine.where)
        except MirrordError as error:
            self._end_badly(self._put_back(handle), error, midway=midway)
            return
        meter = self._engine.meter
        meter.answers += 1
        meter.quickest = min(meter.quickest, meter.now - handle.began)
        self._whole.append(self._put_back(handle))

    def _end(self, one: _Try[Got]) -> None:
        """Have a task look at its whole answer."""
        try:
            got = one.task.end()
        except MirrordError as error:
            self._end_badly(one, error, midway=False)
            return
        if got is None:
            self._begin(one)
            return
        self._pauses = 0
        self._ready.append(got)

    def _end_badly(self, one: _Try[Got], error: MirrordError, *, midway: bool) -> None:
        if isinstance(error, StoreUnreachable | StoreBusy):
            self._engine.flow.trouble(self._engine.meter.now)
        error = one.task.broken(error, midway=midway)
        if isinstance(error, StoreBusy):
            self._obey(error, one)
        elif error.transient and one.number < ATTEMPTS:
            self._try_later(one, pause(one.number, error))
            one.number += 1
        else:
            self._give_up(one, error)

    def _give_up(self, one: _Try[Got], error: MirrordError) -> None:
        """What came whole until now is given before the error that ends the round."""
        try:
            self._ready.append(one.task.give_up(error))
        except MirrordError as last:
            self._over = self._over or last

    def _put_back(self, handle: Handle) -> _Try[Got]:
        self._engine.free(handle)
        return self._tries.pop(handle)

    def _obey(self, busy: StoreBusy, one: _Try[Got]) -> None:
        """The store asks for a pause: nothing new begins until then, and this one is asked again.

        It costs the task no try. What was asked before the pause began belongs to it.
        """
        if one.began >= self._paused_at:
            self._pauses += 1
            self._paused_at = time.monotonic()
        if self._pauses >= BUSY_FOR_GOOD:
            self._give_up(one, busy)
            return
        seconds = pause(self._pauses, busy)
        until = time.monotonic() + seconds
        self._engine.paused_until = max(self._engine.paused_until, until)
        self._try_later(one, seconds)

    def _try_later(self, one: _Try[Got], seconds: float) -> None:
        self._later.append(_Later(time.monotonic() + seconds, one))
