"""What a real datagram socket hears."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.systemd import Systemd

Heard = Callable[[], list[str]]


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """A notify socket; called, it gives what came since the last call."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def listen() -> list[str]:
            said = []
            while True:
                try:
                    said.append(ear.recv(8_192).decode())
                except BlockingIOError:
                    return said

        yield listen


@pytest.fixture
def systemd(heard: Heard) -> Iterator[Systemd]:
    with closing(Systemd()) as systemd:
        yield systemd


def test_each_message_is_a_datagram_of_its_own(heard: Heard, systemd: Systemd) -> None:
    """So that one that can not be sent never takes the sign of life with it."""
    systemd.ready()
    systemd.alive()
    systemd.need_longer(2.5)
    systemd.stopping()
    assert heard() == ["READY=1", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=2500000", "STOPPING=1"]


def test_a_status_is_ascii_on_one_line_and_told_when_it_changes(
    heard: Heard, systemd: Systemd
) -> None:
    """What sdnotify could not encode is escaped; a second equal one is not sent."""
    for text in ("synced café…", "synced café…", "two\nlines"):
        systemd.status(text)
    assert heard() == [r"STATUS=synced caf\xe9\u2026", "STATUS=two lines"]


def test_reloading_carries_the_clock_that_newer_systemds_want(
    heard: Heard, systemd: Systemd
) -> None:
    """RELOADING=1 and MONOTONIC_USEC in one datagram."""
    systemd.reloading()
    assert heard()[0].startswith("RELOADING=1\nMONOTONIC_USEC=")


def test_a_socket_that_was_made_anew_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One message is lost and logged, no error leaves; the next one arrives."""
    place = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", place)
    with closing(Systemd()) as systemd:
        for number in (1, 2):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
                ear.bind(place)
                ear.setblocking(False)
                for _ in range(number):
                    systemd.alive()
                assert ear.recv(100) == b"WATCHDOG=1"
            Path(place).unlink()
    assert caplog.text.count("systemd not told message=WATCHDOG") == 1


def test_nobody_listening_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand in a terminal there is no socket, and no watchdog."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    systemd = Systemd()
    systemd.ready()
    assert systemd.watchdog == 0.0


@pytest.mark.parametrize(("pid", "seconds"), [(None, 180.0), ("1", 0.0)])
def test_a_watchdog_meant_for_another_process_is_not_ours(
    pid: str | None, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WATCHDOG_PID names whom systemd watches."""
    monkeypatch.setenv("WATCHDOG_USEC", "180000000")
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert Systemd().watchdog == seconds


# the library leaves the socket open that it could not connect
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_socket_that_is_gone_never_ends_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A stale NOTIFY_SOCKET, inherited from who knows where, is logged."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    Systemd().ready()
    assert "systemd not told message=READY" in caplog.text
