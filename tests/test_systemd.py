"""What systemd is told, over a real datagram socket."""

import socket
from pathlib import Path

import pytest

from mirrord.systemd import Systemd


# the library leaves the socket open that it could not connect
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_socket_that_is_gone_never_ends_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale NOTIFY_SOCKET, inherited from who knows where, is logged and forgotten."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    systemd = Systemd()
    systemd.ready()
    systemd.stopping()


def test_a_status_is_one_ascii_line_in_a_datagram_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not ASCII is escaped; ready and stopping come as they are."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        systemd = Systemd()
        systemd.ready()
        systemd.status("café\nREADY=1")
        systemd.stopping()
        assert systemd._notifier is not None
        systemd._notifier.socket.close()
        told = [listener.recv(1000) for _ in range(3)]
    assert told == [b"READY=1", b"STATUS=caf\\xe9 READY=1", b"STOPPING=1"]
