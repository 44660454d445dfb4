"""How many requests run at the same time: as few as bring what more would, half at any trouble.

Pure: the moments come in. A store publishes no limit. So we begin with a few and let every answer
allow one more, as TCP does; where more brings no more, or all that may be is reached, half as many
are tried, and half of these, as long as they bring as much. A store that throttles us (429, 503, a
reset, silence) is asked half as much at once, and more again only one by one.
"""

from __future__ import annotations

from enum import Enum, auto

#: Requests at the same time to begin with.
START = 4
#: Twice as many must bring so much more, or they are for nothing; half as many so much less.
_GAIN = 1.15
#: What one answer counts beside its bytes: many small files are work, too.
_ANSWER = 32 * 1024
#: So many measurements in a row without a gain end the rise: new connections are slow to help.
_FLAT = 3
#: Seconds: the shortest time that is measured; and how long what was found stands.
_SHORTEST = 0.05
_REST = 30.0
_CAREFUL = 2.0


class _Mood(Enum):
    RISING = auto()  # each answer allows one more
    MEASURING = auto()  # what does this many bring?
    TRYING = auto()  # half as many as before: is it as good?
    RESTING = auto()
    CAREFUL = auto()  # there was trouble: one more a while


class Flow:
    """The present ``limit``, between 1 and ``most``, judged by what :meth:`look` is told."""

    def __init__(self, most: int, start: int = START) -> None:
        self.most = most
        self.limit = min(start, most)
        self._mood = _Mood.RISING
        self._answers = 0
        self._until = 0.0  # when resting, or being careful, ends
        self._best = 0.0  # the highest rate while rising, and how often it was not beaten since
        self._flat = 0
        self._before = (self.limit, 0.0)  # a larger limit, and the rate that it brought
        self._span: tuple[float, int, int] | None = None  # began, answers and bytes by then
        self._warming = False

    def look(self, now: float, answers: int, received: int, *, busy: bool) -> None:
        """Take note of all that came so far, at a moment in seconds of any steady clock.

        ``busy``: since the last look there was always as much to do as the limit allows; what is
        not busy proves nothing.
        """
        came, self._answers = answers - self._answers, answers
        if not busy:
            self._span = None
            return
        if self._mood is _Mood.RISING:
            self.limit = min(self.most, self.limit + came)
        if self._span is None:
            self._span = (now, answers, received)
            return
        began, before, bytes_before = self._span
        enough = answers - before >= self.limit or received - bytes_before >= self.limit << 20
        if not enough or now - began < _SHORTEST:
            return
        self._span = (now, answers, received)
        if self._warming:
            self._warming = False  # what ran before has ended; from here on it is measured
        else:
            work = received - bytes_before + _ANSWER * (answers - before)
            self._judge(now, work / (now - began))

    def trouble(self, now: float) -> None:
        """The store is overloaded, or the line is; all that happens at once counts once."""
        if self._mood is _Mood.CAREFUL and now < self._until - _CAREFUL / 2:
            return
        self.limit = max(1, self.limit // 2)
        self._mood, self._until = _Mood.CAREFUL, now + _CAREFUL
        self._span = None

    def _judge(self, now: float, rate: float) -> None:
        match self._mood:
            case _Mood.RISING:
                self._rise(rate)
            case _Mood.MEASURING:
                self._try_half(rate)
            case _Mood.TRYING:
                self._compare(now, rate)
            case _Mood.RESTING if now >= self._until:
                self._best, self._flat = rate, 0
                self._mood = _Mood.RISING
            case _Mood.CAREFUL if now >= self._until:
                self.limit = min(self.most, self.limit + 1)
                self._until = now + _CAREFUL

    def _rise(self, rate: float) -> None:
        self._flat = 0 if rate > self._best * _GAIN else self._flat + 1
        self._best = max(self._best, rate)
        if self._flat == _FLAT or self.limit == self.most:
            self._mood, self._warming = _Mood.MEASURING, True

    def _try_half(self, rate: float) -> None:
        self._before = (self.limit, rate)
        self.limit = max(1, self.limit // 2)
        self._mood, self._warming = _Mood.TRYING, True

    def _compare(self, now: float, rate: float) -> None:
        limit, before = self._before
        if rate * _GAIN >= before and self.limit > 1:
            self._try_half(max(rate, before))
            return
        self.limit = limit
        self._mood, self._until = _Mood.RESTING, now + _REST
