"""A FileSource in the hands of the contract suite, and what it must not leave behind."""

import os
from collections.abc import Callable
from pathlib import Path

from mirrord.core.entry import Entry, Kind, TreePath, UnknownFolder
from mirrord.source import Fetched, FileSource
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles, MemorySinks
from tests.servers.disk_tree import DiskTree
from tests.servers.tools import PASSWORD, USER, Peer, as_on_disk


class Shop:
    """One FileSource, and the hand that changes the tree behind it.

    ``shown`` is the name that a name in the tree has in the store; None where it can not be had.
    """

    def __init__(
        self,
        source: FileSource,
        tree: MemoryFiles | DiskTree,
        shown: Callable[[str], str | None] = as_on_disk,
    ) -> None:
        self.source, self.tree, self.shown = source, tree, shown

    def listed(self) -> dict[TreePath, Entry]:
        found = list(self.source.list(QuietPulse()))
        assert not [entry for entry in found if isinstance(entry, UnknownFolder)]
        listing = {entry.path: entry for entry in found if isinstance(entry, Entry)}
        assert len(listing) == len(found), "a path was listed twice"
        return listing

    def content(self) -> dict[tuple[str, ...], bytes | None]:
        """The whole tree by true names: bytes of files, None for folders."""
        listing = self.listed()
        whole: dict[tuple[str, ...], bytes | None] = {
            path.names: None for path, entry in listing.items() if entry.kind is Kind.FOLDER
        }
        sinks = MemorySinks()
        files = [entry for entry in listing.values() if entry.kind is Kind.FILE]
        for got in self.source.fetch_many(files, sinks, QuietPulse()):
            assert isinstance(got, Fetched), got
            assert not got.as_served
            assert got.entry.size == got.size
            whole[got.entry.path.names] = got.sink.content  # type: ignore[attr-defined]
        assert set(sinks.states()) <= {"closed"}
        return whole


def source_of(peer: Peer) -> WebDavSource:
    """A source that knows of a server what a config would tell it."""
    ca = str(peer.ca) if peer.ca else None
    return WebDavSource(peer.url, USER, PASSWORD, peer.scheme, ca=ca)


def client_sockets() -> set[str]:
    """The sockets of this process that are a client's; WsgiDAV serves in this very process."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            continue  # the one that lists
    return {name for name in found if name.startswith("socket:") and _is_ours(name)}


def _is_ours(socket: str) -> bool:
    inode = socket.removeprefix("socket:[").removesuffix("]")
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[9] == inode:
            return fields[2] != "00000000:0000" and not _is_server_side(fields[1])
    return False


def _is_server_side(local: str) -> bool:
    return any(
        line.split()[1] == local and line.split()[3] == "0A"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
    )
