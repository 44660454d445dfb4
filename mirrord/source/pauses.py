"""How long to wait before asking again, and how long the store asks for. Pure."""

from __future__ import annotations

import random
import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from mirrord.errors import StoreBusy

#: Seconds: the longest pause of our own, and the longest that a store may ask for.
LONGEST_PAUSE = 30.0
LONGEST_WISH = 300.0


def pause(attempt: int, error: BaseException | None, longest: float = LONGEST_PAUSE) -> float:
    """Seconds before the try after number ``attempt`` (from 1), which failed with ``error``.

    They grow from about one to ``longest``, with jitter; a longer wish of the store (StoreBusy) is
    granted up to LONGEST_WISH.
    """
    own = min(longest, 2.0 ** (attempt - 1))
    own *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads the tries of many lines, no secret
    if not isinstance(error, StoreBusy) or error.after is None:
        return own
    return max(own, min(error.after, LONGEST_WISH) * random.uniform(1.0, 1.1))  # noqa: S311


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
