"""How many requests run at the same time: as few as bring what more would, half at any trouble.

Pure: the moments come in. A store publishes no limit. So we begin with a few and let every answer
allow three more, much as TCP does; where more brings no more, or all that may be is reached, and
answers take longer than the way alone would explain, half as many are tried, and half of these, as
long as they bring as much. A store that throttles us (429, 503, a reset, silence) is asked half as
much at once, and more again only one by one.
"""

from __future__ import annotations

from enum import Enum, auto

#: Requests at the same time to begin with.
START = 4
#: So many more each answer allows at first: TCP allows one, but a connection is made once for it.
_MORE = 3
#: Twice as many must bring so much more, or they are for nothing; half as many so much less.
_GAIN = 1.15
#: What was found best brings so much less by now: the finding was wrong, or is so today.
_LOSS = 1.25
#: An answer that takes so many times what the quickest took has waited in a queue.
_QUEUED = 1.5
#: What one answer counts beside its bytes: many small files are work, too.
_ANSWER = 32 * 1024
#: So many measurements in a row without a gain end the rise: new connections are slow to help.
_FLAT = 3
#: Seconds: how long what was found stands; and until one more is allowed after trouble.
_REST = 30.0
_CAREFUL = 2.0


class _Mood(Enum):
    RISING = auto()  # each answer allows some more
    MEASURING = auto()  # what does this many bring?
    TRYING = auto()  # half as many as before: is it as good?
    RESTING = auto()
    CAREFUL = auto()  # there was trouble: one more a while


#: What is measured at least: so many seconds, and answers for each that is allowed at a time.
_LEAST = {
    _Mood.RISING: (0.05, 1),
    _Mood.MEASURING: (0.1, 3),
    _Mood.TRYING: (0.1, 3),
    _Mood.RESTING: (1.0, 1),
    _Mood.CAREFUL: (0.1, 1),
}


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

    def look(
        self, now: float, answers: int, received: int, *, busy: bool, quickest: float = 0.0
    ) -> None:
        """Take note of all that came so far, at a moment in seconds of any steady clock.

        ``busy``: since the last look there was always as much to do as the limit allows; what is
        not busy proves nothing. ``quickest``: the seconds of the quickest answer so far.
        """
        came, self._answers = answers - self._answers, answers
        if not busy:
            self._span = None
            return
        if self._mood is _Mood.RISING:
            self.limit = min(self.most, self.limit + _MORE * came)
        if self._span is None:
            self._span = (now, answers, received)
            return
        began, before, bytes_before = self._span
        seconds, rounds = (0.0, 1) if self._warming else _LEAST[self._mood]
        least = rounds * self.limit
        enough = answers - before >= least or received - bytes_before >= least << 20
        if not enough or now - began < seconds:
            return
        self._span = (now, answers, received)
        if self._warming:
            self._warming = False  # what ran before has ended; from here on it is measured
        else:
            work = received - bytes_before + _ANSWER * (answers - before)
            # by Little's law: so long an answer takes on average, queues included
            takes = self.limit * (now - began) / max(1, answers - before)
            self._judge(now, work / (now - began), queued=takes > _QUEUED * quickest)

    def trouble(self, now: float) -> None:
        """The store is overloaded, or the line is; all that happens at once counts once."""
        if self._mood is _Mood.CAREFUL and now < self._until - _CAREFUL / 2:
            return
        self.limit = max(1, self.limit // 2)
        self._mood, self._until = _Mood.CAREFUL, now + _CAREFUL
        self._span = None

    def _judge(self, now: float, rate: float, *, queued: bool) -> None:
        match self._mood:
            case _Mood.RISING:
                self._rise(rate)
            case _Mood.MEASURING if queued:
                self._try_half(rate)
            case _Mood.MEASURING:
                self._rest(now, self.limit, rate)
            case _Mood.TRYING:
                self._compare(now, rate)
            case _Mood.RESTING if now >= self._until or rate * _LOSS < self._before[1]:
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
        self._rest(now, limit, before)

    def _rest(self, now: float, limit: int, rate: float) -> None:
        self.limit, self._before = limit, (limit, rate)
        self._mood, self._until = _Mood.RESTING, now + _REST
