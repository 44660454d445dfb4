"""The shop's files in memory, and a sink in memory; both keep the contracts of the real ones."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field

from mirrord.core.entry import ROOT, Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.core.part import Part
from mirrord.core.pulse import Pulse
from mirrord.errors import EntryGone, StoreUnreachable, TransferError
from mirrord.source import Fetched, Sink


class MemorySink:
    """Bytes in memory; ``state`` tells what became of them.

    ``held`` is a part to go on with, its ``tail`` being all that is known of its bytes.
    """

    def __init__(self, held: Part | None = None) -> None:
        self.held = held
        self.content = held.tail.rjust(held.size, b"?") if held else b""
        self.state = "open"
        self.expected = held.validator if held else ""
        self.kept_as = ""

    def write(self, chunk: bytes, /) -> None:
        assert self.state == "open"
        self.content += chunk

    def close(self) -> tuple[int, str]:
        self.state = "closed"
        return len(self.content), hashlib.sha256(self.content).hexdigest()

    def expect(self, validator: str, /) -> None:
        self.expected = validator

    def rewind(self) -> None:
        self.held, self.content, self.expected = None, b"", ""

    def keep(self, validator: str, /) -> None:
        self.state, self.kept_as = "kept", validator

    def discard(self) -> None:
        if self.state != "kept":
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


#: So many bytes of what came are shown to the next try.
TAIL = 64 * 1024


@dataclass
class KeptSinks:
    """Sinks of one file, of which a kept one is offered to the next try, as the house does."""

    opened: list[MemorySink] = field(default_factory=list)

    def __call__(self, entry: Entry) -> MemorySink:
        before = self.opened[-1] if self.opened else None
        if before is not None and before.state == "kept":
            part = Part(len(before.content), before.kept_as, before.content[-TAIL:])
            sink = MemorySink(part)
            sink.content = before.content
        else:
            sink = MemorySink()
        self.opened.append(sink)
        return sink


@dataclass
class MemoryFiles:
    """A FileSource whose tree is a mapping; folders are None.

    ``unknown`` folders can not be listed; ``broken`` paths can not be fetched; ``unreachable``
    makes every method fail. Of a path in ``cut`` so many bytes come, then the answer breaks off.
    ``served`` counts the bytes that were sent of each.
    """

    tree: dict[TreePath, bytes | None] = field(default_factory=dict)
    unknown: set[TreePath] = field(default_factory=set)
    broken: set[TreePath] = field(default_factory=set)
    unreachable: bool = False
    cut: dict[TreePath, int] = field(default_factory=dict)
    served: Counter[TreePath] = field(default_factory=Counter)
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

    def list(self, pulse: Pulse, known: Iterable[TreePath] = ()) -> Iterator[Entry | UnknownFolder]:
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
    ) -> Generator[Fetched | TransferError]:
        self._reach()
        for entry in entries:
            pulse.beat()
            self.fetches.append(entry.path)
            content = self.tree.get(entry.path)
            if content is None:
                yield EntryGone(entry.path, f"/{entry.path} is gone from the store")
            elif entry.path in self.broken:
                yield TransferError(entry.path, f"/{entry.path} was answered 500")
            elif entry.path in self.cut:
                yield self._broken_off(entry, into(entry), content[: self.cut[entry.path]])
            else:
                yield self._fetched(entry, into(entry), content)

    def close(self) -> None:
        """Nothing is open."""

    def _fetched(self, entry: Entry, sink: Sink, content: bytes) -> Fetched:
        try:
            start = self._begin(sink, entry, content)
            self.served[entry.path] += len(content) - start
            sink.write(content[start:])
            size, sha256 = sink.close()
        except BaseException:
            sink.discard()
            raise
        return Fetched(entry, sink, size, sha256, as_served=size != entry.size)

    def _broken_off(self, entry: Entry, sink: Sink, content: bytes) -> TransferError:
        start = self._begin(sink, entry, content)
        self.served[entry.path] += len(content) - start
        sink.write(content[start:])
        sink.keep(entry.stamp.etag)
        return TransferError(entry.path, f"/{entry.path} broke off after {len(content)} bytes")

    def _begin(self, sink: Sink, entry: Entry, content: bytes) -> int:
        """Where to go on: behind what the sink holds, if it is of this version; else from 0."""
        held = sink.held
        if held and held.validator == entry.stamp.etag and content[: held.size].endswith(held.tail):
            return held.size
        if held:
            sink.rewind()
        return 0

    def _entry(self, path: TreePath, content: bytes | None) -> Entry:
        if content is None:
            return Entry(path, Kind.FOLDER)
        stamp = Stamp(hashlib.md5(content).hexdigest(), self._changed.get(path))
        return Entry(path, Kind.FILE, len(content), stamp)

    def _reach(self) -> None:
        if self.unreachable:
            raise StoreUnreachable("memory: connection refused")
