"""What is left of an answer that nobody could make anything of."""

import gc
import os

from mirrord.core.entry import Entry, TreePath
from mirrord.errors import TransferError
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySinks
from tests.servers.hostile import hostile, says


def test_an_answer_with_senseless_headers_holds_no_socket() -> None:
    """Two lengths that differ: the libraries give up half way, and the descriptor goes back."""
    gc.collect()
    gc.disable()
    try:
        with hostile(lambda _: says("200 OK", b"x" * 10, "Content-Length: 3")) as store:
            source = WebDavSource(store.url, "user", "password", "basic", connections=1)
            before = len(os.listdir("/proc/self/fd"))
            entries = [Entry(TreePath(f"{number}"), size=10) for number in range(5)]
            got = list(source.fetch_many(entries, MemorySinks(), QuietPulse()))
            source.close()
        assert all(isinstance(one, TransferError) for one in got)
        assert len(os.listdir("/proc/self/fd")) <= before
    finally:
        gc.enable()
