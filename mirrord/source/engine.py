"""Many requests to one store at a time, in the caller's own thread, each until it is answered.

The engine knows nothing of files and listings: a :class:`mirrord.source.task.Task` says what to
ask and takes the answer. It keeps what outlives a round of work: the connections with their
logins, how many may run at a time, and the pause that the store asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mirrord.core.pulse import Pulse
from mirrord.errors import Stopped
from mirrord.source.curl import Handle, Meter
from mirrord.source.exchange import Access
from mirrord.source.flow import START, Flow
from mirrord.source.multi import Multi
from mirrord.source.pace import Patience
from mirrord.source.rounds import Round
from mirrord.source.task import Task
from mirrord.source.throttle import Throttle

Got = TypeVar("Got")


class Engine:
    """The requests of one store. One round at a time; :meth:`close` may come from any thread.

    ``most`` requests run at the same time at the most, one in quiet hours; ``where`` names the
    store in messages; ``bandwidth`` in bytes a second, None for no limit;
    ``begin``: how many run at first, None for a few.
    """

    def __init__(
        self,
        where: str,
        access: Access,
        most: int,
        patience: Patience,
        *,
        bandwidth: int | None = None,
        is_quiet: Callable[[], bool] = lambda: False,
        begin: int | None = None,
    ) -> None:
        self.where = where
        self.patience = patience
        self.flow = Flow(most, begin or START)
        self.throttle = Throttle(bandwidth)
        self.is_quiet = is_quiet
        self.meter = Meter()
        self.paused_until = 0.0
        self._access = access
        self._idle: list[Handle] = []
        self._multi: Multi | None = None
        self._turn = threading.Lock()
        self._owner: int | None = None  # the thread whose round it is
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether somebody closed it."""
        return self._closed

    @property
    def multi(self) -> Multi:
        """The handles at work."""
        if self._closed:
            raise Stopped
        if self._multi is None:
            self._multi = Multi(self.flow.most, self.meter)
        return self._multi

    def handle(self) -> Handle:
        """One that is free: the one used last, whose connection and login are the freshest."""
        if self._idle:
            return self._idle.pop()
        return Handle(self._access, self.meter)

    def free(self, handle: Handle) -> None:
        """Its request is over."""
        handle.forget()
        self._idle.append(handle)

    def answers(
        self,
        draw: Callable[[], Task[Got] | None],
        pulse: Pulse,
        drop: Callable[[Got], object] = lambda _: None,
    ) -> Generator[Got | None, None, None]:
        """What becomes of each task, in the order of being done; None when a second passed so.

        ``draw`` gives the next task, None where there is none now; the round ends when none is
        left and none is under way. ``drop`` is given what nobody took. Raises what a task raises
        when it gives up, and Stopped.
        """
        with self._own_turn():
            round_ = Round(self, draw, pulse, drop)
            try:
                yield from round_.run()
            finally:
                round_.leave()

    def close(self) -> None:
        """Let go of every connection; a round under way ends by itself within a moment."""
        self._closed = True
        if self._owner == threading.get_ident():
            self._let_go()  # whoever had the round has left it standing
        elif self._turn.acquire(blocking=False):
            try:
                self._let_go()
            finally:
                self._turn.release()

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise RuntimeError("one round at a time: leave the one before first")
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = None
            if self._closed:
                self._let_go()
            self._turn.release()

    def _let_go(self) -> None:
        while self._idle:
            self._idle.pop().close()
        if self._multi is not None:
            multi, self._multi = self._multi, None
            multi.close()
