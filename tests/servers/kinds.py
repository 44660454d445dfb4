"""Every kind of real server that the suites run against, by name, each over a folder of its own."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.servers.apache import apache
from tests.servers.lighttpd import lighttpd
from tests.servers.nginx import nginx
from tests.servers.rclone import rclone
from tests.servers.sabre import sabre
from tests.servers.tools import Peer
from tests.servers.wsgidav import wsgidav

#: Given the tree and a room for config and logs.
KINDS: dict[str, Callable[[Path, Path], AbstractContextManager[Peer]]] = {
    "sabre": sabre,
    "sabre with etags": lambda tree, room: sabre(tree, room, etags=True),
    "wsgidav": lambda tree, _: wsgidav(tree),
    "apache": apache,
    "apache with basic": lambda tree, room: apache(tree, room, "basic"),
    "apache, HTTP/2": lambda tree, room: apache(tree, room, tls=True),
    "nginx": nginx,
    "nginx, HTTP/2": lambda tree, room: nginx(tree, room, tls=True),
    "lighttpd": lighttpd,
    "lighttpd with basic": lambda tree, room: lighttpd(tree, room, "basic"),
    "rclone": rclone,
}


@contextmanager
def serving(kind: str) -> Iterator[tuple[Path, Peer]]:
    """A server of that kind over an empty folder that any user may read, and that folder."""
    with tempfile.TemporaryDirectory(prefix="mirrord-peer-") as name:
        room = Path(name)
        room.chmod(0o755)
        tree = room / "tree"
        tree.mkdir(mode=0o755)
        with KINDS[kind](tree, room) as peer:
            yield tree, peer
