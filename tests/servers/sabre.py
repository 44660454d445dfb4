"""SabreDAV with Digest, by PHP's own server: the nearest there is to BigCommerce's WebDAV."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.tools import PASSWORD, USER, free_port, running

SCRIPT = Path(__file__).with_name("sabre.php")


@contextmanager
def sabre(tree: Path, room: Path, etags: bool = False) -> Iterator[str]:
    """Serve the tree under /dav; the URL. ``room`` gets requests.log."""
    if not shutil.which("php"):
        pytest.skip("needs php-cli")
    if not Path("/usr/share/php/Sabre/DAV").is_dir():
        pytest.skip("needs php-sabre-dav")
    port = free_port()
    with running(
        ["php", "-S", f"127.0.0.1:{port}", str(SCRIPT)],
        port,
        room / "php.log",
        TREE=str(tree),
        DAV_USER=USER,
        DAV_PASSWORD=PASSWORD,
        DAV_LOG=str(room / "requests.log"),
        DAV_ETAGS="1" if etags else "",
        PHP_CLI_SERVER_WORKERS="4",
    ):
        yield f"http://127.0.0.1:{port}/dav"
