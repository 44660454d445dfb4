"""Fakes that stand beside the real parts; each passes the contract that the real one passes."""

from mirrord.errors import Stopped


class QuietPulse:
    """A pulse that never waits, counts its beats, and can be told to stop at the Nth."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.beats = 0
        self.waits: list[float] = []
        self.stop_at = stop_at
        self.passed = 0.0

    def clock(self) -> float:
        """Seconds, as its waits let them pass."""
        return self.passed

    def beat(self) -> None:
        self.beats += 1
        if self.stop_at is not None and self.beats >= self.stop_at:
            raise Stopped

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds
        self.beat()

    def progress(self, what: str, done: int, total: int | None) -> None:
        self.beat()
