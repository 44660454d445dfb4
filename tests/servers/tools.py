"""What the servers of the tests share: a login, free ports, waiting for a start, a clean end."""

import base64
import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

USER, PASSWORD, REALM = "backup@acme.example", "s3cret horse", "store"


def as_on_disk(name: str) -> str | None:
    """The name itself: how most servers show what is on their disk."""
    return name


@dataclass(frozen=True)
class Peer:
    """A real WebDAV server at work: its URL, how to log in, which verbs it was sent so far.

    ``ca`` is the certificate to trust where it speaks TLS; ``protocols`` the versions of HTTP in
    which it was asked so far, where its log tells; ``shown`` the name under which it shows and
    gives a name that is on its disk, None where it can not.
    """

    url: str
    scheme: str
    verbs: Callable[[], set[str]]
    ca: Path | None = None
    protocols: Callable[[], set[str]] = set
    shown: Callable[[str], str | None] = as_on_disk

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.url).port or 0


def through(peer: Peer, port: int) -> Peer:
    """The same server as it is reached by a proxy on another port."""
    return replace(peer, url=peer.url.replace(f":{peer.port}/", f":{port}/"))


def verbs_in(log: Path) -> Callable[[], set[str]]:
    """The first word of every line of a server's own log."""
    return lambda: _words_in(log, 0)


def protocols_in(log: Path) -> Callable[[], set[str]]:
    """The second word of every line: ``HTTP/1.1``, ``HTTP/2.0``."""
    return lambda: _words_in(log, 1)


def _words_in(log: Path, column: int) -> set[str]:
    return {line.split()[column] for line in log.read_text().splitlines() if line.strip()}


def users_file(room: Path, scheme: str) -> Path:
    """The one user as Apache's htdigest or htpasswd writes it, which other servers read too."""
    if scheme == "digest":
        secret = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        line = f"{USER}:{REALM}:{secret}\n"
    else:
        hashed = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
        line = f"{USER}:{{SHA}}{hashed}\n"
    users = room / "users"
    users.write_text(line)
    return users


def free_port() -> int:
    """A loopback port that was free a moment ago, for servers that must be told one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_listening(port: int, process: subprocess.Popen[bytes], patience: float = 10) -> None:
    """Until the port accepts; AssertionError where the process ends first or takes too long.

    ``patience`` in seconds.
    """
    until = time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise AssertionError(f"the server on port {port} did not start (exit {process.poll()})")


@contextmanager
def running(
    command: list[str], port: int, log: Path, patience: float = 10, **env: str
) -> Iterator[None]:
    """A server process in a group of its own, ended with all of its children.

    It has ``patience`` seconds to start.
    """
    with (
        log.open("ab") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | env,
            start_new_session=True,
        ) as process,
    ):
        try:
            wait_until_listening(port, process, patience)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def connections_to(port: int) -> int:
    """How many connections of this machine's clients to a port of it are up."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)
