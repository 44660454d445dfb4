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
from mirrord.core.names import displayed
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import StagedFile
from mirrord.disk.tree import Tree
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
        self._staged: list[Fetched] = []
        self._placed: list[Held] = []
        self._opened = clock()
        self._failures: list[str] = []
        self._counts = dict.fromkeys(
            ("fetched", "bytes", "folders", "unchanged", "read again", "silently changed"), 0
        )
        self._as_served: list[str] = []
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

    def findings(self) -> Iterator[str]:
        """What a person should know, in sentences."""
        yield from self._failures
        if self.failed > len(self._failures):
            yield f"and {self.failed - len(self._failures):,} more files could not be fetched"
        for path in self._as_served[:NAMED_FAILURES]:
            yield f"{path}: taken as served, the store's listing gives another size"

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
        self._staged.append(fetched)
        self._count(fetched, again=again)
        full = len(self._staged) >= _FILES or sum(one.size for one in self._staged) >= _BYTES
        if full or self._clock() - self._opened >= _SECONDS:
            self._place_batch()

    def _count(self, fetched: Fetched, *, again: bool) -> None:
        before = self._ledger.held_at(fetched.entry.path)
        same = before is not None and before.sha256 == fetched.sha256
        if again:
            self._counts["read again"] += 1
            self._counts["silently changed"] += not same
        elif same:
            self._counts["unchanged"] += 1
        else:
            self._counts["fetched"] += 1
        self._counts["bytes"] += fetched.size
        if fetched.as_served:
            self._as_served.append(fetched.entry.path)

    def _place_batch(self) -> None:
        self._tree.make_durable()
        self._ledger.record(self._placed)
        self._placed = []
        for fetched in self._staged:
            held = self._ledger.held_at(fetched.entry.path)
            # every sink of this source was opened by Tree.stage
            staged = cast(StagedFile, fetched.sink)
            placed = self._tree.place(fetched.entry, staged, held=held)
            self._placed.append(replace(placed, as_served=fetched.as_served))
            if held is None or held.sha256 != placed.sha256:
                log.info("fetched path=%s bytes=%d", placed.path, placed.size)
        self._staged = []

    def _settle(self) -> None:
        if self._staged:
            self._place_batch()
        if self._placed:
            self._tree.make_durable()
            self._ledger.record(self._placed)
            self._placed = []
