"""The shop's files in memory, and a sink in memory; both keep the contracts of the real ones."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mirrord.core.entry import ROOT, Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.core.pulse import Pulse
from mirrord.errors import EntryGone, StoreUnreachable, TransferError
from mirrord.source import Fetched, Sink


class MemorySink:
    """Bytes in memory; ``state`` tells whether they were kept."""

    def __init__(self) -> None:
        self.content = b""
        self.state = "open"

    def write(self, chunk: bytes, /) -> None:
        assert self.state == "open"
        self.content += chunk

    def close(self) -> tuple[int, str]:
        self.state = "closed"
        return len(self.content), hashlib.sha256(self.content).hexdigest()

    def discard(self) -> None:
        self.state, self.content = "discarded", b""


class MemorySinks:
    """Opens sinks from any thread and remembers them all."""

    def __init__(self) -> None:
        self.opened: list[tuple[Entry, MemorySink]] = []
        self._lock = threading.Lock()

    def __call__(self, entry: Entry) -> MemorySink:
        sink = MemorySink()
        with self._lock:
            self.opened.append((entry, sink))
        return sink

    def states(self) -> list[str]:
        return [sink.state for _, sink in self.opened]


@dataclass
class MemoryFiles:
    """A FileSource whose tree is a mapping; folders are None.

    ``unknown`` folders can not be listed; ``broken`` paths can not be fetched; ``unreachable``
    makes every method fail.
    """

    tree: dict[TreePath, bytes | None] = field(default_factory=dict)
    unknown: set[TreePath] = field(default_factory=set)
    broken: set[TreePath] = field(default_factory=set)
    unreachable: bool = False
    clock: int = 1_700_000_000
    fetches: list[TreePath] = field(default_factory=list)
    _changed: dict[TreePath, int] = field(default_factory=dict)

    def put(self, content: bytes, *names: str | bytes) -> None:
        """Write a file, and the folders above it."""
        path = TreePath.of(names)
        self.make_folder(*names[:-1])
        self.tree[path] = content
        self.clock += 10
        self._changed[path] = self.clock

    def make_folder(self, *names: str | bytes) -> None:
        for depth in range(1, len(names) + 1):
            self.tree.setdefault(TreePath.of(names[:depth]), None)

    def remove(self, *names: str | bytes) -> None:
        """A file, or a folder with all that is in it."""
        gone = TreePath.of(names)
        self.tree = {p: c for p, c in self.tree.items() if p != gone and not p.is_below(gone)}

    def list(self, pulse: Pulse) -> Iterator[Entry | UnknownFolder]:
        self._reach()
        for path, content in sorted(self.tree.items()):
            pulse.beat()
            if any(path.is_below(folder) for folder in self.unknown):
                continue
            yield self._entry(path, content)
            if path in self.unknown:
                yield UnknownFolder(path, "could not be listed")
        if ROOT in self.unknown:
            raise StoreUnreachable("the root could not be listed")

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Iterator[Fetched | TransferError]:
        self._reach()
        for entry in entries:
            pulse.beat()
            self.fetches.append(entry.path)
            content = self.tree.get(entry.path)
            if content is None:
                yield EntryGone(entry.path, f"/{entry.path} is gone from the store")
            elif entry.path in self.broken:
                yield TransferError(entry.path, f"/{entry.path} was answered 500")
            else:
                yield self._fetched(entry, into(entry), content)

    def close(self) -> None:
        """Nothing is open."""

    def _fetched(self, entry: Entry, sink: Sink, content: bytes) -> Fetched:
        try:
            sink.write(content)
            size, sha256 = sink.close()
        except BaseException:
            sink.discard()
            raise
        return Fetched(entry, sink, size, sha256, as_served=size != entry.size)

    def _entry(self, path: TreePath, content: bytes | None) -> Entry:
        if content is None:
            return Entry(path, Kind.FOLDER)
        stamp = Stamp(hashlib.md5(content).hexdigest(), self._changed.get(path))
        return Entry(path, Kind.FILE, len(content), stamp)

    def _reach(self) -> None:
        if self.unreachable:
            raise StoreUnreachable("memory: connection refused")
