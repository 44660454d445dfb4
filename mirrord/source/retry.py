"""Trying again: how often, how long to wait in between, and what the store asks for.

It never sleeps by itself: every wait goes through the pulse, so that a stop ends it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import ParamSpec, TypeVar

from mirrord.core.pulse import Pulse
from mirrord.errors import MirrordError, StoreBusy

#: Seconds: the longest pause of our own, and the longest that a store may ask for.
LONGEST_PAUSE = 30.0
LONGEST_WISH = 300.0


_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Retrying:
    """See :func:`retrying`."""

    pulse: Pulse
    attempts: int

    def __call__(
        self, work: Callable[_Asked, _Answer], *args: _Asked.args, **known: _Asked.kwargs
    ) -> _Answer:
        """What the work gives."""
        for failed in range(1, self.attempts):
            try:
                return work(*args, **known)
            except MirrordError as error:
                if not error.transient:
                    raise
                pause = _pause(failed, error)
            self.pulse.wait(pause)
        return work(*args, **known)


def retrying(pulse: Pulse, attempts: int = 5) -> Retrying:
    """A caller that tries again what fails with a transient error: ``retrying(pulse)(f, *args)``.

    The pauses grow from about one second, with jitter; a longer wish of the store (StoreBusy) is
    granted up to LONGEST_WISH. The last error is raised as it is; errors that are not transient,
    and Stopped, at once.
    """
    return Retrying(pulse, attempts)


def retry_after(text: str | None, now: float) -> float | None:
    """A Retry-After header in seconds from ``now`` (seconds since 1970).

    None where it is absent, negative or neither seconds nor a date. A date in the past is 0.
    """
    text = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    if not re.match(r"[A-Za-z]{3,9},", text):
        return None
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _pause(failed: int, error: MirrordError) -> float:
    """Seconds to wait after so many failures, the last one being this."""
    own = min(LONGEST_PAUSE, 2.0 ** (failed - 1))
    own *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads the tries of many threads, no secret
    if not isinstance(error, StoreBusy) or error.after is None:
        return own
    return max(own, min(error.after, LONGEST_WISH) * random.uniform(1.0, 1.1))  # noqa: S311
