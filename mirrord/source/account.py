"""A store's quota as bytes that processes share, and back; whatever else comes is "not known".

Pure. A file that was lost, torn or written by somebody else must never make us wait for long, nor
let us send more than one that was never there.
"""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

from mirrord.source.pauses import LONGEST_WISH
from mirrord.source.window import LONGEST_WINDOW, SLACK, SLOTS, Window

_MOST = 10**12
_NAMES = tuple(field.name for field in fields(Window))


def write_account(window: Window) -> bytes:
    """One line."""
    # astuple() copies deeply, which takes ten times as long as all the rest
    facts = [getattr(window, name) for name in _NAMES]
    return json.dumps(facts, separators=(",", ":")).encode()


def read_account(text: bytes, now: float) -> Window:
    """The window that was written; an unknown one for what is none, or is none of this time."""
    try:
        return _judged(json.loads(text), now) if text else Window()
    except (ValueError, TypeError, OverflowError, RecursionError):
        return Window()


def _judged(told: Any, now: float) -> Window:
    quota, left, length, ends, sent, silent, until, strikes = told
    window = Window(
        None if quota is None else _count(quota),
        _count(left, least=-_MOST),
        _seconds(length, 0.001, LONGEST_WINDOW),
        _seconds(ends, 0.0, now + LONGEST_WINDOW + SLACK),
        tuple((_count(slot), _count(number)) for slot, number in sent),
        silent is True,
        _seconds(until, 0.0, now + LONGEST_WISH),
        _count(strikes, most=100),
    )
    slots = [slot for slot, _ in window.sent]
    ahead = bool(slots) and slots[-1] > now // window.slot + 1
    if ahead or slots != sorted(set(slots)) or len(slots) > 2 * SLOTS or window.quota == 0:
        raise ValueError
    return window


def _count(value: Any, least: int = 0, most: int = _MOST) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError
    return value


def _seconds(value: Any, least: float, most: float) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not least <= value <= most:
        raise ValueError
    return float(value)
