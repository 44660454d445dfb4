"""From a staged file to a recorded one, in batches: durable, placed, durable again, recorded.

The rows of a batch wait for the sync of the next one: a power cut then never leaves the ledger
ahead of the disk.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from mirrord.core.entry import Entry, Held
from mirrord.core.guard import Coming
from mirrord.core.names import displayed
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES
from mirrord.disk.ledger import Ledger
from mirrord.disk.tree import Staged, Tree
from mirrord.errors import Stopped, StoreError, TransferError
from mirrord.source import Fetched

log = logging.getLogger(__name__)

#: A batch ends with so many files, bytes, or seconds.
_FILES, _BYTES, _SECONDS = 1_000, 64 << 20, 5.0


class Placing:
    """What one run brought into files/, and what went wrong with the rest."""

    def __init__(self, ledger: Ledger, tree: Tree, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._tree = tree
        self._clock = clock
        self._staged: list[tuple[Fetched, Held | None]] = []
        self._staged_bytes = 0
        self._placed: list[Held] = []
        self._confirmed: list[Held] = []
        self._opened = clock()
        self._failures: list[str] = []
        self._counts = dict.fromkeys(
            ("fetched", "bytes", "folders", "unchanged", "read again", "silently changed"), 0
        )
        self._as_served: list[str] = []
        self._served_oddly = 0
        self._replaced, self._new_bytes = 0, 0
        self.failed = 0

    def make_folders(self, entries: Iterable[Entry]) -> None:
        """Make the folders that the store lists, parents first."""
        made = [self._tree.make_folder(entry) for entry in entries]
        if made:
            self._tree.make_durable()
            self._ledger.record(made)
            self._counts["folders"] += len(made)

    def fetch(self, arriving: Iterable[Fetched | TransferError], pulse: Pulse, total: int) -> None:
        """Place what arrives. Raises what the stream raises; what came before it stays placed."""
        done = 0
        with self._settling():
            for one in arriving:
                done += self._take(one, again=False)
                pulse.progress("fetching", done, total)

    def reread(self, arriving: Iterable[Fetched | TransferError], pulse: Pulse) -> None:
        """Place the sample that is read again; count what changed behind its stamps."""
        with self._settling():
            for one in arriving:
                self._take(one, again=True)
                pulse.beat()

    def counts(self) -> dict[str, int]:
        """What was done, in numbers."""
        return self._counts | {"failed": self.failed}

    def came(self) -> Coming:
        """What other bytes came, as the guard counts them."""
        return Coming(self._replaced, self._counts["fetched"], self._new_bytes)

    def findings(self) -> Iterator[str]:
        """What a person should know, in sentences."""
        yield from self._failures
        if self.failed > len(self._failures):
            yield f"and {self.failed - len(self._failures):,} more files could not be fetched"
        for path in self._as_served:
            yield f"{path}: taken as served, the store's listing gives another size"
        if self._served_oddly > len(self._as_served):
            yield f"and {self._served_oddly - len(self._as_served):,} more files taken as served"

    @contextmanager
    def _settling(self) -> Iterator[None]:
        try:
            yield
        except (StoreError, Stopped):
            self._settle()
            raise
        self._settle()

    def _take(self, one: Fetched | TransferError, *, again: bool) -> int:
        if isinstance(one, TransferError):
            self._note_failure(one)
            return 0
        self._add(one, again=again)
        return one.size

    def _note_failure(self, error: TransferError) -> None:
        self.failed += 1
        log.warning("fetch failed path=%s why=%s", error.path, displayed(str(error)))
        if len(self._failures) < NAMED_FAILURES:
            self._failures.append(f"{error.path}: {displayed(str(error))}")

    def _add(self, fetched: Fetched, *, again: bool) -> None:
        if not self._staged:
            self._opened = self._clock()
        held = self._ledger.held_at(fetched.entry.path)
        self._staged.append((fetched, held))
        self._staged_bytes += fetched.size
        self._count(fetched, held, again=again)
        full = len(self._staged) >= _FILES or self._staged_bytes >= _BYTES
        if full or self._clock() - self._opened >= _SECONDS:
            self._place_batch()

    def _count(self, fetched: Fetched, held: Held | None, *, again: bool) -> None:
        same = held is not None and held.sha256 == fetched.sha256
        if again:
            self._counts["read again"] += 1
            self._counts["silently changed"] += not same
        elif same:
            self._counts["unchanged"] += 1
        else:
            self._counts["fetched"] += 1
            self._replaced += held is not None
            self._new_bytes += fetched.size
        self._counts["bytes"] += fetched.size
        self._served_oddly += fetched.as_served
        if fetched.as_served and len(self._as_served) < NAMED_FAILURES:
            self._as_served.append(fetched.entry.path)

    def _place_batch(self) -> None:
        self._record()
        for fetched, held in self._staged:
            # every sink of this source was opened by Tree.stage
            staged = cast(Staged, fetched.sink)
            placed = self._tree.place(fetched.entry, staged, held=held)
            placed = replace(placed, as_served=fetched.as_served)
            known = held is not None and _tells_the_same(placed, held)
            (self._confirmed if known else self._placed).append(placed)
            if held is None or held.sha256 != placed.sha256:
                log.info("fetched path=%s bytes=%d", placed.path, placed.size)
        self._staged = []
        self._staged_bytes = 0

    def _settle(self) -> None:
        if self._staged:
            self._place_batch()
        if self._placed or self._confirmed:
            self._record()

    def _record(self) -> None:
        """Make all that was staged and placed durable, then write the rows that waited for it."""
        self._tree.make_durable()
        if self._placed:
            self._ledger.record(self._placed)
        if self._confirmed:
            self._ledger.confirm(self._confirmed)
        self._placed, self._confirmed = [], []


def _tells_the_same(placed: Held, held: Held) -> bool:
    """Whether the row differs only in what the manifest does not tell."""
    entry = replace(placed.entry, fresh=held.entry.fresh)
    return replace(placed, entry=entry, checked=held.checked) == held
