"""Trying again what a thread of its own asks, one request after the other.

It never sleeps by itself: every wait goes through the pulse, so that a stop ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from mirrord.core.pulse import Pulse
from mirrord.errors import MirrordError
from mirrord.source.pauses import LONGEST_PAUSE, pause


@dataclass(frozen=True, slots=True)
class Endurance:
    """So many ``tries``, and no pause of our own between them over ``longest`` seconds."""

    tries: int
    longest: float = LONGEST_PAUSE


#: Somebody waits at a terminal: about a quarter of a minute.
BY_HAND = Endurance(5)
#: Nobody waits: about five minutes. The platform's errors of its own (500, 502, 503, 504, and 429
#: without a word how long) are over by then; it asks for pauses of a minute and more between tries.
UNATTENDED = Endurance(10, 120.0)


def retrying(pulse: Pulse, endurance: Endurance = BY_HAND) -> Retrying:
    """A caller that tries again what fails with a transient error: ``retrying(pulse)(f, *args)``.

    In between stand the pauses of :func:`mirrord.source.pauses.pause`. The last error is raised as
    it is; errors that are not transient, and Stopped, at once.
    """

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return pause(state.attempt_number, error, endurance.longest)

    return Retrying(
        sleep=pulse.wait,
        stop=stop_after_attempt(endurance.tries),
        wait=wait,
        retry=retry_if_exception(_is_transient),
        reraise=True,
    )


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, MirrordError) and error.transient
