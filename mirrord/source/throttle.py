"""The bandwidth that a store may cost, as a bucket of bytes that fills with time. Pure."""

from __future__ import annotations

#: Seconds: what was not used does not gather for longer.
_DEPTH = 0.5


class Throttle:
    """``bandwidth`` in bytes a second, None for no limit."""

    def __init__(self, bandwidth: int | None) -> None:
        self._bandwidth = bandwidth
        self._free_at = 0.0  # the moment at which all that came is paid for

    def wait(self, now: float) -> float:
        """Seconds until something may come again."""
        return self._free_at - now if self._bandwidth else 0.0

    def spent(self, size: int, now: float) -> None:
        """So many bytes came."""
        if self._bandwidth:
            self._free_at = max(self._free_at, now - _DEPTH) + size / self._bandwidth
