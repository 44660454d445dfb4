"""The rooms that read the store and never write to it. Their doors stand here.

Whatever comes from the store is hostile until checked; every foreign exception is translated in
the room through which it came. This floor never touches the house on disk: bytes go into a
:class:`Sink` that the caller opens.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mirrord.core.entry import Entry, TreePath, UnknownFolder
from mirrord.core.part import Part
from mirrord.core.pulse import Pulse
from mirrord.errors import TransferError

if TYPE_CHECKING:  # a sync of files need not know all columns of all datasets
    from datetime import datetime

    from mirrord.core.datasets.kinds import Dataset
    from mirrord.core.records import Key, Record


class Sink(Protocol):
    """Where one file's bytes go: a staged file, a part of a large one, or memory in a test."""

    @property
    def held(self) -> Part | None:
        """What an earlier, broken try left, if anything: :meth:`write` goes on behind it."""

    def expect(self, validator: str, /) -> None:
        """Say of which version (strong validator) the bytes to come are, so that a note is kept.

        With it a killed process loses little; a sink that holds a part expects that part's
        version already. Forgotten by :meth:`rewind`.
        """

    def rewind(self) -> None:
        """Throw away all that is there, and start from nothing: the store has another version."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next bytes; DiskError where the disk refuses."""

    def close(self) -> tuple[int, str]:
        """No more bytes come: size in bytes and sha256 in hex of all that was written."""

    def keep(self, validator: str, /) -> None:
        """Leave what came, of the version of that strong validator, for the next try.

        Instead of :meth:`discard`, which may still follow; quick, and never an error.
        """

    def discard(self) -> None:
        """Forget all that was written; safe after close, and twice."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One entry whose bytes lie in a closed sink.

    ``as_served``: listing and body disagree about the size for good, or no length was given, and
    two reads gave equal bytes.
    """

    entry: Entry
    sink: Sink
    size: int
    sha256: str
    as_served: bool = False


class FileSource(Protocol):
    """The store's tree of files."""

    def list(self, pulse: Pulse, known: Iterable[TreePath] = ()) -> Iterator[Entry | UnknownFolder]:
        """Every file and folder below the root, once, in any order, the root itself left out.

        ``known`` are folders that were there lately: they may be asked before their parents tell
        of them, and count only if these do.

        A folder that could not be listed comes as UnknownFolder. Raises StoreError where the root
        or the store as a whole does not answer; a silent part is never given.
        """

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Generator[Fetched | TransferError | None]:
        """The bytes of many files, several at once, in the order in which they are complete.

        ``into`` opens a sink for an entry. An entry that fails comes as TransferError, its sink
        discarded, or kept as a part; StoreError ends all; so does DiskError out of a sink. None
        comes when a second passed without a file: time goes on, and a batch may be due.

        Close it as soon as no more of it is taken, and before what the sinks are written to is
        left: what is under way has open sinks.
        """

    def close(self) -> None:
        """Let go of every connection; blocked reads end at once."""


class RecordSource(Protocol):
    """The store's records, dataset by dataset."""

    def records(
        self, dataset: Dataset, pulse: Pulse, since: datetime | None = None
    ) -> Iterator[Record]:
        """Every record that the store has, with companions; of Details none.

        Ascending by id, each once, where the dataset's paging ascends; else in any order, and one
        that moved meanwhile twice: then the later one counts. ``since`` (aware): only what changed
        since then, where the dataset can be asked so. Raises StoreError in the midst of it where
        the store does not go on answering: what came until then is a part and no pull.
        """

    def ids(self, dataset: Dataset, pulse: Pulse) -> Iterator[Key]:
        """The ids of all records, by the dataset's cheap listing of them; StoreError."""

    def withheld(self, dataset: Dataset, parent: Record, pulse: Pulse) -> Mapping[str, str]:
        """Which lists of a dataset of details the token may not read, each with the reason."""

    def details(
        self, dataset: Dataset, parents: Iterable[Record], without: Collection[str], pulse: Pulse
    ) -> Iterator[Record]:
        """What each of these records has besides, but for some lists, in their order; StoreError.

        ``parents`` are taken one by one, so that whoever asks may stop at any of them.
        """

    def count(self, dataset: Dataset, pulse: Pulse) -> int | None:
        """How many records the store itself says it has, in the dataset's own way of counting.

        None where it is not asked. Asked before and after a pull, for
        :func:`mirrord.core.datasets.counts.why_incomplete`.
        """

    def close(self) -> None:
        """Let go of every connection; blocked reads end at once."""
