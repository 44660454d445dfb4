"""How much a store's files will take, before the first sync: a walk that is ended in time."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from mirrord.config import Webdav
from mirrord.core.entry import Entry, Kind
from mirrord.core.pulse import Pulse
from mirrord.jobs.sources import file_source


@dataclass(frozen=True, slots=True)
class Estimate:
    """``size`` in bytes; ``whole``: the walk came to its end, else there is more than this."""

    files: int
    size: int
    whole: bool

    def __str__(self) -> str:
        words = f"{self.files:,} files, {self.size / 1e9:,.2f} GB"
        return words if self.whole else f"more than {words} (not counted to the end)"


def estimate(
    dav: Webdav, pulse: Pulse, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Estimate:
    """List for so many seconds at most; StoreError where the store does not answer."""
    source = file_source(dav)
    files = size = 0
    until = clock() + seconds
    with closing(source):
        for one in source.list(pulse):
            if isinstance(one, Entry) and one.kind is Kind.FILE:
                files, size = files + 1, size + (one.size or 0)
            if clock() > until:
                return Estimate(files, size, whole=False)
    return Estimate(files, size, whole=True)
