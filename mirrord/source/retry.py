"""Trying again what a thread of its own asks, one request after the other.

It never sleeps by itself: every wait goes through the pulse, so that a stop ends it.
"""

from __future__ import annotations

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from mirrord.core.pulse import Pulse
from mirrord.errors import MirrordError
from mirrord.source.pauses import pause


def retrying(pulse: Pulse, attempts: int = 5) -> Retrying:
    """A caller that tries again what fails with a transient error: ``retrying(pulse)(f, *args)``.

    In between stand the pauses of :func:`mirrord.source.pauses.pause`. The last error is raised as
    it is; errors that are not transient, and Stopped, at once.
    """
    return Retrying(
        sleep=pulse.wait,
        stop=stop_after_attempt(attempts),
        wait=_pause,
        retry=retry_if_exception(_is_transient),
        reraise=True,
    )


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, MirrordError) and error.transient


def _pause(state: RetryCallState) -> float:
    return pause(state.attempt_number, state.outcome.exception() if state.outcome else None)
