"""From a staged file to a recorded one, in batches: durable, placed, durable again, recorded.

The rows of a batch wait for the sync of the next one: a power cut then never leaves the ledger
ahead of the disk. While one batch becomes durable, the next one comes: two are under way at most.
"""

import logging
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import TypeAlias, cast

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.entry import Entry, Held, TreePath
from mirrord.core.guard import Coming
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES
from mirrord.disk.flush import Flush
from mirrord.disk.ledger import Ledger
from mirrord.disk.tree import Staged, Tree
from mirrord.errors import Stopped, StoreError, TransferError
from mirrord.source import Fetched

log = logging.getLogger(__name__)

#: A batch ends with so many files, bytes, or seconds.
_FILES, _BYTES, _SECONDS = 1_000, 64 << 20, 5.0
#: So many are placed at each file that comes, lest the store waits for the disk.
_AT_ONCE = 16
#: Seconds between two signs of life while a disk takes its time.
_BEAT = 0.2

Arriving = Iterable[Fetched | TransferError | None]
#: What will be held, its staged file, and what is held in its place.
_Going: TypeAlias = tuple[Held, Staged, Held | None]


class Placing:
    """What one run brought into files/, and what went wrong with the rest."""

    def __init__(self, ledger: Ledger, tree: Tree, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._tree = tree
        self._clock = clock
        # the batch that comes, and the one that is on its way to the disk
        self._coming: list[tuple[Fetched, bool]] = []
        self._coming_bytes, self._opened = 0, clock()
        self._going: list[_Going] = []
        self._flush: Flush | None = None
        self._fit: deque[_Going] = deque()  # durable, and not placed yet
        # rows of what was placed before that flush began, and of what was placed since; and the
        # numbers under which they were announced
        self._due: list[Held] = []
        self._placed: list[Held] = []
        self._due_number: int | None = None
        self._number: int | None = None
        self._failures: list[str] = []
        self._counts = dict.fromkeys(
            ("fetched", "bytes", "folders", "unchanged", "read again", "silently changed"), 0
        )
        self._as_served: list[str] = []
        self._served_oddly = 0
        self._replaced, self._new_bytes = 0, 0
        self.failed = 0

    @contextmanager
    def settled(self, pulse: Pulse) -> Iterator[None]:
        """Make, fetch and read again inside: at its end all that came is placed and recorded.

        Also where the store fails or the house closes; a DiskError ends all at once.
        """
        try:
            yield
            self._settle(pulse)
        except (StoreError, Stopped):
            self._settle(None)
            raise

    def make_folders(self, entries: Iterable[Entry], pulse: Pulse) -> None:
        """Make the folders that the store lists, parents first."""
        with self._tree.steps():
            for entry in entries:
                self._placed.append(self._tree.make_folder(entry))
                self._counts["folders"] += 1
                self._carry_on(pulse)

    def fetch(
        self, arriving: Arriving, pulse: Pulse, total: int, again: Container[TreePath] = ()
    ) -> None:
        """Place what arrives. Raises what the stream raises.

        ``again`` is the sample that is read though nothing says that it changed: what changed
        behind its stamps is counted.
        """
        done = 0
        for one in arriving:
            if isinstance(one, Fetched) and one.entry.path in again:
                self._take(one, again=True)
            else:
                done += self._take(one, again=False)
            self._carry_on(pulse)
            pulse.progress("fetching", done, total)

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
            yield f"{discreet(path)}: taken as served, the store's listing gives another size"
        if self._served_oddly > len(self._as_served):
            yield f"and {self._served_oddly - len(self._as_served):,} more files taken as served"

    def _take(self, one: Fetched | TransferError | None, *, again: bool) -> int:
        """Take in what came, if anything: its bytes."""
        if one is None:
            return 0
        if isinstance(one, TransferError):
            self._note_failure(one)
            return 0
        if not self._coming:
            self._opened = self._clock()
        self._coming.append((one, again))
        self._coming_bytes += one.size
        return one.size

    def _carry_on(self, pulse: Pulse) -> None:
        """Place what is durable by now; let go to the disk what is enough, or has waited enough."""
        if self._flush is not None and self._flush.ended:
            self._land()
        self._place(_AT_ONCE)
        full = len(self._coming) >= _FILES or self._coming_bytes >= _BYTES
        # folders alone fill no batch, but a million rows of them must not wait
        full = full or len(self._placed) > _FILES
        idle = (self._coming or self._placed) and not (self._flush or self._fit)
        if full or (idle and self._clock() - self._opened >= _SECONDS):
            self._send(pulse)

    def _note_failure(self, error: TransferError) -> None:
        self.failed += 1
        path, why = discreet(error.path), displayed(str(error))
        log.warning("fetch failed path=%s why=%s", path, why)
        if len(self._failures) < NAMED_FAILURES:
            self._failures.append(f"{path}: {why}")

    def _send(self, pulse: Pulse | None) -> None:
        """Let the batch that came go to the disk, and with it what was placed before."""
        self._await(pulse)
        coming, self._coming, self._coming_bytes = self._coming, [], 0
        held = self._ledger.held_among([fetched.entry.path for fetched, _ in coming])
        self._going = []
        kept: list[tuple[Held, Held]] = []
        for fetched, again in coming:
            mine = held.get(fetched.entry.path)
            self._count(fetched, mine, again=again)
            # every sink of this source was opened by Tree.stage
            staged = cast(Staged, fetched.sink)
            as_served = fetched.as_served
            same = mine and self._tree.keep(fetched.entry, staged, mine, as_served=as_served)
            if mine and same:
                kept.append((same, mine))
            else:
                new = self._tree.coming(fetched.entry, staged, mine, as_served=as_served)
                self._going.append((new, staged, mine))
        self._confirm(kept)
        if self._going or self._placed:
            self._due, self._placed = self._placed, []
            self._due_number = self._number
            self._number = self._ledger.announced.add(new for new, _, _ in self._going)
            self._flush = self._tree.begin_durable()

    def _await(self, pulse: Pulse | None) -> None:
        """Wait for the batch that is on its way, and place it."""
        if self._flush is not None:
            while pulse is not None and not self._flush.wait(_BEAT):
                pulse.beat()
            self._land()
        self._place(len(self._fit))

    def _land(self) -> None:
        """Record what the flush made durable, and make ready what it made fit to be placed."""
        if self._flush is None:
            return
        self._flush.end()
        self._flush = None
        if self._due:
            self._ledger.record(self._due, self._due_number)
        self._due = []
        # folder by folder
        self._fit.extend(sorted(self._going, key=_path))
        self._going = []

    def _place(self, most: int) -> None:
        if not self._fit:
            return
        first = len(self._placed)
        try:
            with self._tree.steps():
                for _ in range(min(most, len(self._fit))):
                    new, staged, held = self._fit.popleft()
                    self._tree.place(new, staged, held)
                    self._placed.append(new)
        finally:
            _tell_fetched(self._placed[first:])
        if not self._coming:
            self._opened = self._clock()

    def _confirm(self, kept: list[tuple[Held, Held]]) -> None:
        """Note at once what was found as it was held: that has long been durable."""
        same = [now for now, before in kept if _tells_the_same(now, before)]
        moved = [now for now, before in kept if not _tells_the_same(now, before)]
        if same:
            self._ledger.confirm(same)
        if moved:
            self._ledger.record(moved)

    def _settle(self, pulse: Pulse | None) -> None:
        self._await(pulse)
        if self._coming:
            self._send(pulse)
            self._await(pulse)
        if self._placed:
            self._send(pulse)
            self._await(pulse)

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


def _tell_fetched(placed: list[Held]) -> None:
    """One line for those that came into one folder: a line for each costs a first sync dearly."""
    for folder, some in groupby(placed, lambda one: one.path.parent):
        came = list(some)
        names = [one.path.rpartition("/")[2] for one in came]
        steps = discreet("/".join([*folder.split("/"), *names])).split("/")
        within, told = "/".join(steps[: -len(names)]), "/".join(steps[-len(names) :])
        size = sum(one.size for one in came)
        log.info("fetched files=%d bytes=%d folder=%s/ names=%s", len(came), size, within, told)


def _path(going: _Going) -> TreePath:
    return going[0].path


def _tells_the_same(placed: Held, held: Held) -> bool:
    """Whether the row differs only in what the manifest does not tell."""
    entry = replace(placed.entry, fresh=held.entry.fresh)
    return replace(placed, entry=entry, checked=held.checked) == held
