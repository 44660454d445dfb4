"""rclone's own WebDAV server, with Basic."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.tools import PASSWORD, USER, Peer, free_port, running

_ASKED = re.compile(r": ([A-Z]+) from 127\.0\.0\.1")


@contextmanager
def rclone(tree: Path, room: Path) -> Iterator[Peer]:
    """Serve the tree under /dav; ``room`` gets the log."""
    if not shutil.which("rclone"):
        pytest.skip("needs rclone")
    port, log = free_port(), room / "requests.log"
    options = ["--addr", f"127.0.0.1:{port}", "--baseurl", "dav", "--read-only", "-v"]
    # it holds each folder's listing for five minutes, and the tests change the tree behind it
    options += ["--dir-cache-time", "0", "--cache-dir", str(room / "cache")]
    with running(
        ["rclone", "serve", "webdav", str(tree), *options],
        port,
        log,
        RCLONE_CONFIG="/dev/null",
        RCLONE_USER=USER,
        RCLONE_PASS=PASSWORD,
    ):
        yield Peer(
            f"http://127.0.0.1:{port}/dav",
            "basic",
            lambda: set(_ASKED.findall(log.read_text())),
            shown=_shown,
        )


def _shown(name: str) -> str:
    """It reads control characters as the pictures of them: a newline is U+240A in its listing."""
    return name.translate({code: 0x2400 + code for code in range(32)})
