"""The sign of life between two steps, as every long-working room sees it."""

from __future__ import annotations

from typing import Protocol


class Pulse(Protocol):
    """What a job and its helpers hold in their hand while they work.

    Every method may raise :class:`mirrord.errors.Stopped`, and may be called from any thread.
    """

    def beat(self) -> None:
        """Say that work goes on."""

    def wait(self, seconds: float) -> None:
        """Wait on purpose (a 429, a pause between tries), beating; a stop ends the wait at once."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Say how far the work is: ``done`` of ``total`` (None: not known) of ``what``."""
