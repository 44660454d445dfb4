"""A large file whose sync was stopped, or killed, goes on where it was: real program and server."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.apache import apache
from tests.servers.fault_proxy import FaultProxy, fault_proxy
from tests.servers.tools import PASSWORD, USER
from tests.system.shop import PROGRAM, environment, mirrord

#: Over the part that is noted on the way, so that a kill has something to leave.
SIZE = 80 << 20
DATE = 1_700_000_000
CALL = ("--config", "mirrord.yaml")
CONFIG = """\
mirror: {home}/mirror
stores:
  acme:
    webdav:
      url: http://127.0.0.1:{port}/dav
      username: {user}
      password: {{file: {home}/password}}
"""


@contextmanager
def served(home: Path) -> Iterator[tuple[Path, FaultProxy, Path]]:
    """The body of one large file, the line to its server, and the server's log."""
    with tempfile.TemporaryDirectory(prefix="mirrord-peer-") as name:
        room = Path(name)
        room.chmod(0o755)
        tree = room / "tree"
        tree.mkdir()
        film = tree / "film.mp4"
        film.write_bytes(os.urandom(1 << 20) * (SIZE >> 20))
        os.utime(film, (DATE, DATE))
        with apache(tree, room) as peer, fault_proxy(peer.port) as proxy:
            (home / "password").write_text(PASSWORD)
            (home / "password").chmod(0o600)
            config = CONFIG.format(home=home, port=proxy.port, user=USER)
            (home / "mirrord.yaml").write_text(config)
            (home / "mirror").mkdir()
            assert mirrord(*CALL, "init", "--marker-only", cwd=home).returncode == 0
            yield film, proxy, room / "requests.log"


def came_so_far(home: Path) -> int:
    """Bytes of the part."""
    room = home / "mirror/acme/.mirrord/parts"
    return max((file.stat().st_size for file in room.glob("*") if not file.suffix), default=0)


@pytest.mark.parametrize(
    ("how", "least", "code"),
    [(signal.SIGINT, 12 << 20, 130), (signal.SIGKILL, 70 << 20, -signal.SIGKILL)],
)
def test_what_came_before_the_stop_is_not_fetched_again(
    how: signal.Signals, least: int, code: int, tmp_path: Path
) -> None:
    """A stop keeps all that came, a kill what was noted; the rest alone is asked for."""
    with served(tmp_path) as (film, proxy, log):
        proxy.set("stall", least + (4 << 20))
        first = subprocess.Popen(
            [*PROGRAM, *CALL, "sync"],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while came_so_far(tmp_path) < least and first.poll() is None:
            assert time.monotonic() < until
            threading.Event().wait(0.01)
        first.send_signal(how)
        assert first.wait(10) == code
        proxy.set("pass")
        done = mirrord(*CALL, "sync", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "mirror/acme/files/film.mp4").read_bytes() == film.read_bytes()
        assert list((tmp_path / "mirror/acme/.mirrord/parts").glob("*")) == []
        answers = [line.split()[-1] for line in log.read_text().splitlines() if "film.mp4" in line]
    assert answers[-1] == "206"
