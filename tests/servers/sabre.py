"""SabreDAV with Digest, by PHP's own server: the nearest there is to BigCommerce's WebDAV."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.tools import PASSWORD, USER, Peer, free_port, running, verbs_in

SCRIPT = Path(__file__).with_name("sabre.php")


@contextmanager
def sabre(tree: Path, room: Path, etags: bool = False) -> Iterator[Peer]:
    """Serve the tree under /dav; ``room`` gets the logs."""
    if not shutil.which("php"):
        pytest.skip("needs php-cli")
    if not Path("/usr/share/php/Sabre/DAV").is_dir():
        pytest.skip("needs php-sabre-dav")
    port, log = free_port(), room / "requests.log"
    log.touch()
    # PHP's path cache would hold a file that became a folder for two minutes
    options = ["-d", "realpath_cache_size=0"]
    with running(
        ["php", *options, "-S", f"127.0.0.1:{port}", str(SCRIPT)],
        port,
        room / "php.log",
        TREE=str(tree),
        DAV_USER=USER,
        DAV_PASSWORD=PASSWORD,
        DAV_LOG=str(log),
        DAV_ETAGS="1" if etags else "",
        PHP_CLI_SERVER_WORKERS="4",
    ):
        yield Peer(f"http://127.0.0.1:{port}/dav", "digest", verbs_in(log))
