"""What the servers of the tests share: a login, free ports, waiting for a start, a clean end."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD, REALM = "backup@acme.example", "s3cret horse", "store"


@dataclass(frozen=True)
class Peer:
    """A real WebDAV server at work: its URL, how to log in, which verbs it was sent so far."""

    url: str
    scheme: str
    verbs: Callable[[], set[str]]


def verbs_in(log: Path) -> Callable[[], set[str]]:
    """The first word of every line of a server's own log."""
    return lambda: {line.split()[0] for line in log.read_text().splitlines() if line.strip()}


def free_port() -> int:
    """A loopback port that was free a moment ago, for servers that must be told one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the port accepts; AssertionError where the process ends first or takes 10 s."""
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise AssertionError(f"the server on port {port} did not start (exit {process.poll()})")


@contextmanager
def running(command: list[str], port: int, log: Path, **env: str) -> Iterator[None]:
    """A server process in a group of its own, ended with all of its children."""
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
            wait_until_listening(port, process)
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
