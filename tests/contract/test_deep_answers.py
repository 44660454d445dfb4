"""What real servers answer when a whole tree is asked for at once, against the tree itself."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.core.entry import TreePath
from mirrord.source.asker import Asker, Digest
from mirrord.source.deep_listing import DeepListing, DeepReader
from tests.servers.disk_tree import NAMES
from tests.servers.sabre import sabre
from tests.servers.tools import PASSWORD, USER, Peer
from tests.servers.wsgidav import wsgidav


@pytest.fixture
def tree() -> Iterator[Path]:
    """Every odd name as a file in a folder in a folder, and an empty folder beside it."""
    with tempfile.TemporaryDirectory() as room:
        Path(room).chmod(0o755)
        tree = Path(room) / "tree"
        (tree / "a & b" / "caf\u00e9 %").mkdir(parents=True)
        (tree / "a & b" / "bare").mkdir()
        for name in NAMES:
            (tree / "a & b" / "caf\u00e9 %" / name).write_text(name)
        yield tree


def asked(peer: Peer) -> DeepListing:
    with Asker(peer.url, Digest(USER, PASSWORD), None) as asker:
        reply = asker.propfind("/", "infinity")
        assert (reply.status, reply.whole) == (207, True)
        reader = DeepReader(asker.base, time.time())
    reader.feed(reply.body)
    return reader.finish()


def test_a_server_that_goes_deep_tells_the_whole_tree(tree: Path) -> None:
    """Every entry is what lies there, and only the bare folder is left to be asked."""
    with wsgidav(tree) as peer:
        listing = asked(peer)
    lies = {TreePath.of(path.relative_to(tree).parts) for path in tree.rglob("*")}
    assert {entry.path for entry in listing.entries()} == lies
    assert listing.unproven == ["a & b/bare"]


def test_a_server_that_stays_at_the_top_is_seen_through(tree: Path, tmp_path: Path) -> None:
    """SabreDAV answers one level without a word: the folder in it is left to be asked."""
    with sabre(tree, tmp_path) as peer:
        listing = asked(peer)
    assert [entry.path for entry in listing.entries()] == ["a & b"]
    assert (listing.deep, listing.unproven) == (False, ["a & b"])
