"""A store in memory whose stamps, faults and whole past a test holds in its hand."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field

from mirrord.core.entry import Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.core.pulse import Pulse
from mirrord.errors import ListingBroken, StoreUnreachable, TransferError
from mirrord.source import Fetched, Sink
from tests.fakes_files import MemoryFiles


@dataclass(frozen=True)
class Version:
    """What the store once served at a path, and how it listed it."""

    content: bytes
    stamp: Stamp

    def could_be(self, other: "Version") -> bool:
        """Whether no listing tells the two apart: the sizes agree and no stamp of both differs."""
        ours, theirs = self.stamp, other.stamp
        return (
            len(self.content) == len(other.content)
            and not (ours.etag and theirs.etag and ours.etag != theirs.etag)
            and (ours.modified is None or theirs.modified in (None, ours.modified))
        )


@dataclass
class Shop(MemoryFiles):
    """A MemoryFiles with stamps of its own, that remembers all it ever served.

    ``listing_breaks`` and ``fetching_breaks``: after so many entries the line is dead.
    """

    stamps: dict[TreePath, Stamp] = field(default_factory=dict)
    past: dict[TreePath, list[Version]] = field(default_factory=dict)
    listing_breaks: int | None = None
    fetching_breaks: int | None = None
    _written: int = 0

    def write(self, path: TreePath, content: bytes, *, etag: bool, modified: bool) -> None:
        """A file with a stamp that it never had before, as far as it has one."""
        self._written += 1
        stamp = Stamp(
            f"e{self._written}" if etag else "",
            self.clock + 10 * self._written if modified else None,
        )
        self._keep(path, content, stamp)

    def write_silently(self, path: TreePath, content: bytes) -> None:
        """Other bytes under the stamp that is there: no listing tells."""
        self._keep(path, content, self.stamps[path])

    def write_folder(self, path: TreePath) -> None:
        """A folder, empty unless it is there."""
        self._make_way(path.child("in"))
        self.make_folder(*path.names)

    def move(self, old: TreePath, new: TreePath) -> None:
        """A file under another name, with its stamp."""
        content = self.tree[old]
        assert content is not None
        stamp = self.stamps[old]
        self.take_away(old)
        self._keep(new, content, stamp)

    def take_away(self, path: TreePath) -> None:
        """A file, or a folder with all that is in it."""
        self.remove(*path.names)

    def files(self) -> list[TreePath]:
        """The paths of all files, sorted."""
        return sorted(path for path, content in self.tree.items() if content is not None)

    def folders(self) -> list[TreePath]:
        """The paths of all folders, sorted."""
        return sorted(path for path, content in self.tree.items() if content is None)

    def may_be(self, path: TreePath, content: object) -> bool:
        """Whether the content, shown at this path, is what the store has as far as it tells."""
        now = Version(self.tree[path] or b"", self.stamps[path])
        return any(one.content == content and one.could_be(now) for one in self.past[path])

    def recover(self) -> None:
        """No fault any more."""
        self.unknown, self.broken, self.cut = set(), set(), {}
        self.unreachable = False
        self.listing_breaks = self.fetching_breaks = None

    def list(self, pulse: Pulse, known: Iterable[TreePath] = ()) -> Iterator[Entry | UnknownFolder]:
        for number, one in enumerate(super().list(pulse, known)):
            if number == self.listing_breaks:
                raise ListingBroken("memory: the listing broke off")
            yield one

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Generator[Fetched | TransferError]:
        for number, one in enumerate(super().fetch_many(entries, into, pulse)):
            if number == self.fetching_breaks:
                if isinstance(one, Fetched):
                    one.sink.discard()
                raise StoreUnreachable("memory: the line went dead")
            yield one

    def _keep(self, path: TreePath, content: bytes, stamp: Stamp) -> None:
        self._make_way(path)
        self.make_folder(*path.parent.names)
        self.tree[path] = content
        self.stamps[path] = stamp
        self.past.setdefault(path, []).append(Version(content, stamp))

    def _make_way(self, path: TreePath) -> None:
        """What stands at the path, and files where folders must be, give way."""
        above = path.parent
        while above:
            if self.tree.get(above) is not None:
                self.take_away(above)
            above = above.parent
        if path in self.tree and self.tree[path] is None:
            self.take_away(path)

    def _entry(self, path: TreePath, content: bytes | None) -> Entry:
        if content is None:
            return Entry(path, Kind.FOLDER)
        return Entry(path, Kind.FILE, len(content), self.stamps[path])


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()
