"""The daemon as systemd runs it: a process of its own, a notify socket, signals, and the disk."""

import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirrord.demo.misbehave import fails, slow
from mirrord.disk.house import MARKER
from tests.houses import content
from tests.system.shop import Shop, environment

#: How often SIGTERM comes at a random moment; and the seed of the moments.
TERMS = int(os.environ.get("MIRRORD_TERMS", "10"))
SEED = 20261123
PATIENCE = 30.0
#: Bytes of a log, at the most.
_LOG = 1 << 20


class Notified:
    """The notify socket that systemd would open: every datagram, in the order of its coming."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.told: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(file))
        self._thread = threading.Thread(target=self._listen, name="notify-socket")
        self._thread.start()

    def has(self, datagram: bytes) -> bool:
        return datagram in self.told

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(b"", str(self.file))
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while datagram := self._socket.recv(65536):
            self.told.append(datagram)


class Running:
    """One `mirrord run` at work."""

    def __init__(self, shop: Shop, process: "subprocess.Popen[str]", notified: Notified) -> None:
        self.shop, self.process, self.notified = shop, process, notified

    def until(self, true: Callable[[], object]) -> None:
        """Wait for something that the daemon does by itself; AssertionError after PATIENCE."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert self.process.poll() is None, "it has ended"
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.02)

    def status(self) -> str:
        """The status line that systemd has of it."""
        lines = [told for told in self.notified.told if told.startswith(b"STATUS=")]
        return lines[-1].decode().removeprefix("STATUS=") if lines else ""

    def last(self, job: str) -> dict[str, object]:
        """What status.json tells of a job's last run; empty before the first one ended."""
        try:
            told = json.loads((self.shop.house / "report/status.json").read_bytes())
        except FileNotFoundError:
            return {}
        last: dict[str, object] = told["jobs"][job]["last"] or {}
        return last

    def ran(self, job: str, outcome: str, since: float = 0.0) -> bool:
        """Whether the job's last run began after a moment and ended so."""
        last = self.last(job)
        return last.get("outcome") == outcome and float(str(last["started"])) > since

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float, str]:
        """Send the signal; the exit code, the seconds that the end took, and the log."""
        began = time.monotonic()
        self.process.send_signal(number)
        done = self.shop.finished(self.process, timeout=15)
        return done.returncode, time.monotonic() - began, done.stderr


@contextmanager
def running(shop: Shop, through: Sequence[str] = (), **env: str) -> Iterator[Running]:
    """The daemon, from READY on; whatever happens, it is gone at the end.

    Where a test fails, its log is shown, and what each of its threads was at.
    """
    notified = Notified(shop.home / "notify")
    told = {"NOTIFY_SOCKET": str(notified.file), "PYTHONFAULTHANDLER": "1"}
    process = shop.start("run", through=through, **told, **env)
    assert process.stderr is not None
    fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, _LOG)  # nobody reads it before the end
    one = Running(shop, process, notified)
    try:
        one.until(lambda: notified.has(b"READY=1"))
        yield one
    except BaseException:
        process.send_signal(signal.SIGABRT)
        sys.stdout.write(process.communicate()[1])
        raise
    finally:
        process.kill()
        process.communicate()
        notified.close()
        notified.file.unlink()


@pytest.fixture
def often(shop: Shop) -> Shop:
    """A shop whose files and orders are due again and again; the other datasets once."""
    shop.set("schedule", files="2s", orders="1s", products="1h", customers="1h")
    return shop


def test_the_daemon_tells_systemd_that_it_is_ready_at_work_and_stopping(often: Shop) -> None:
    """READY once, STATUS lines of ASCII, STOPPING at the end; each a datagram of its own."""
    with running(often) as daemon:
        daemon.until(lambda: any(b"acme files: ok" in told for told in daemon.notified.told))
        code, seconds, log = daemon.stop()
    # a lane that took longer than systemd knows of is no matter here
    told = [one for one in daemon.notified.told if not one.startswith(b"EXTEND_TIMEOUT_USEC=")]
    assert (code, seconds < 10, log.count("stopped")) == (0, True, 1)
    assert (told[0], told[-1], told.count(b"READY=1")) == (b"READY=1", b"STOPPING=1", 1)
    assert {datagram.partition(b"=")[0] for datagram in told[1:-1]} == {b"STATUS"}
    assert all(datagram.isascii() and b"\n" not in datagram for datagram in told)


def test_orders_are_pulled_while_a_long_sync_goes_on(often: Shop) -> None:
    """Files and orders have lanes of their own: the one never waits for the other."""
    planted = often.store.misbehave.next("/dav/product_images/", slow(60))
    with running(often) as daemon:
        daemon.until(lambda: planted.fired)
        slow_since = time.time()
        daemon.until(lambda: daemon.ran("orders", "ok", since=slow_since))
        again = time.time()
        daemon.until(lambda: daemon.ran("orders", "ok", since=again))
        assert daemon.last("files") == {}
        code, seconds, _ = daemon.stop()
    assert (code, seconds < 10) == (0, True)


def test_a_change_in_the_shop_shows_up_by_itself(often: Shop) -> None:
    """A file and an order: both are in the mirror without anybody's doing."""
    with running(often) as daemon:
        daemon.until(lambda: daemon.ran("files", "ok") and daemon.ran("orders", "ok"))
        changed = often.store.folder / "content/styles/shop.css"
        changed.write_text("body { color: red }\n")
        order = max(often.store.orders)
        with often.store.shop.lock:
            often.store.orders[order].head["staff_notes"] = "rang twice, nobody in"
        orders = often.latest / "orders.csv"
        daemon.until(lambda: "rang twice" in orders.read_text())
        held = often.files / "content/styles/shop.css"
        daemon.until(lambda: held.read_bytes() == changed.read_bytes())
        daemon.until(lambda: daemon.ran("files", "ok", since=changed.stat().st_mtime))
        assert daemon.stop()[0] == 0
    assert (often.mirrors_the_store(), often.sums_agree()) == (True, True)


def test_sigterm_at_any_moment_ends_with_0_and_tears_nothing(often: Shop) -> None:
    """Ten times at random moments of a slow first sync and pull: 0 within 10 s, no torn file."""
    dice = random.Random(SEED)
    for path in ("/dav/product_images*", "/v2/orders*"):
        often.store.misbehave.next(path, slow(0.05), times=None)
    store = content(often.store.folder)
    ends = []
    for _ in range(TERMS):
        with running(often) as daemon:
            time.sleep(dice.uniform(0, 1.5))  # the moment is the test's input
            code, seconds, _ = daemon.stop(dice.choice([signal.SIGTERM, signal.SIGINT]))
            ends.append((code, seconds < 10))
        held = content(often.files)
        assert {path: body for path, body in held.items() if body != store.get(path)} == {}
    assert ends == [(0, True)] * TERMS
    often.store.misbehave.stop()
    assert (often.mirrord("sync").returncode, often.mirrors_the_store()) == (0, True)
    assert list((often.house / ".mirrord/staging/files").iterdir()) == []


def test_a_store_that_refuses_does_not_end_the_daemon(often: Shop) -> None:
    """Its jobs fail, are shown, and come up again; the other lane works on meanwhile."""
    often.set("schedule", snapshot="3s")  # one that was taken meanwhile is incomplete
    planted = often.store.misbehave.next("/dav*", fails(401), times=None)
    with running(often) as daemon:
        daemon.until(lambda: daemon.ran("files", "failed") and daemon.ran("orders", "ok"))
        assert planted.fired
        status = often.mirrord("status")
        assert (status.returncode, "login refused" in status.stdout) == (5, True)
        often.store.misbehave.stop()
        daemon.until(lambda: daemon.ran("files", "ok") and daemon.ran("products", "ok"))
        daemon.until(lambda: daemon.ran("snapshot", "ok") and daemon.ran("verify", "ok"))
        daemon.until(lambda: daemon.ran("themes", "ok"))
        assert daemon.stop()[0] == 0
    assert (often.mirrord("status").returncode, often.mirrors_the_store()) == (0, True)


def test_a_marker_that_disappears_pauses_and_heals(often: Shop) -> None:
    """Without it nothing is written and the daemon lives; when it is back, work goes on."""
    marker = often.mirror / MARKER
    with running(often) as daemon:
        daemon.until(lambda: daemon.ran("files", "ok") and daemon.ran("orders", "ok"))
        aside = marker.rename(often.home / "marker")
        daemon.until(lambda: daemon.status().startswith("paused: no mark"))
        daemon.until(lambda: "running" not in daemon.status())  # what was under way ends by itself
        before = content(often.mirror)
        status = often.mirrord("status")
        assert (status.returncode, "is the disk mounted?" in status.stdout) == (6, True)
        assert content(often.mirror) == before
        assert "running" not in daemon.status()
        aside.rename(marker)
        back = time.time()
        daemon.until(lambda: daemon.ran("orders", "ok", since=back))
        code, _, log = daemon.stop()
    assert (code, log.count("paused why=")) == (0, 1)


def test_status_names_the_daemon_and_a_second_one_ends_with_75(often: Shop) -> None:
    """While it runs; afterwards it says that none does. Commands by hand work beside it."""
    with running(often) as daemon:
        who = f"mirrord run (process {daemon.process.pid})"
        daemon.until(lambda: daemon.ran("files", "ok"))
        assert who in often.mirrord("status").stdout
        second = often.mirrord("run")
        assert (second.returncode, f"{who} is at work" in second.stderr) == (75, True)
        assert often.mirrord("sync").returncode == 0
        assert daemon.stop()[0] == 0
    assert "not running (mirrord run)" in often.mirrord("status").stdout


def test_a_command_can_hand_its_work_to_the_daemon(often: Shop) -> None:
    """It ends at once, the daemon takes it up within a second; without one it says so."""
    often.set("schedule", files="9h", orders="9h", products="9h", customers="9h")
    with running(often) as daemon:
        daemon.until(lambda: daemon.ran("files", "ok") and daemon.ran("products", "ok"))
        asked = time.time()
        for words in (["sync"], ["export", "orders"]):
            done = often.mirrord(*words, "--hand-over")
            assert (done.returncode, "handed over" in done.stdout) == (0, True)
        daemon.until(lambda: daemon.ran("files", "ok", since=asked))
        daemon.until(lambda: daemon.ran("orders", "ok", since=asked))
        assert daemon.stop()[0] == 0
    done = often.mirrord("sync", "--hand-over")
    assert (done.returncode, "is the service running?" in done.stderr) == (3, True)


def test_a_reload_takes_a_good_config_and_refuses_a_broken_one(often: Shop) -> None:
    """By command with the verdict, by SIGHUP, and by itself when the file changes."""
    good = often.config.read_text()
    with running(often) as daemon:
        told = daemon.notified.told
        often.config.write_text(good + "nonsense: 1\n")
        done = often.mirrord("reload")
        assert (done.returncode, "the config before stays in force" in done.stderr) == (78, True)
        daemon.until(lambda: any(b"STATUS=config refused" in one for one in told))
        often.config.write_text(good)
        done = often.mirrord("reload")
        assert (done.returncode, done.stdout) == (0, "the new config is in force\n")
        often.config.write_text(good.replace("1s", "2s"))
        before = sum(one.startswith(b"RELOADING=1") for one in told)
        daemon.until(lambda: sum(one.startswith(b"RELOADING=1") for one in told) > before)
        before = sum(one.startswith(b"RELOADING=1") for one in told)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until(lambda: sum(one.startswith(b"RELOADING=1") for one in told) > before)
        code, _, log = daemon.stop()
    assert (code, log.count("config refused"), log.count("config taken") >= 3) == (0, 1, True)


def test_another_mirror_in_the_same_place_pauses_until_it_is_swapped_back(often: Shop) -> None:
    """A disk with another house on it is not filled with this shop's files."""
    marker = often.mirror / MARKER
    ours = marker.read_text()
    with running(often) as daemon:
        daemon.until(lambda: daemon.ran("files", "ok"))
        marker.write_text(ours.replace('"house": "', '"house": "x'))
        daemon.until(lambda: any(b"holds another mirror" in one for one in daemon.notified.told))
        marker.write_text(ours)
        back = time.time()
        daemon.until(lambda: daemon.ran("orders", "ok", since=back))
        assert daemon.stop()[0] == 0


def test_the_sign_of_life_stops_while_a_lane_shows_none(often: Shop) -> None:
    """A lane that waits for a silent answer does not feed the watchdog; its work does again."""
    planted = often.store.misbehave.next("/v2/orders*", slow(6))
    with running(often, WATCHDOG_USEC="1000000") as daemon:

        def signs() -> int:
            return daemon.notified.told.count(b"WATCHDOG=1")

        daemon.until(lambda: planted.fired)
        time.sleep(1.5)  # a last sign may be on its way
        before = signs()
        time.sleep(2)
        assert signs() == before
        daemon.until(lambda: signs() > before + 3)
        assert daemon.stop()[0] == 0


def test_what_somebody_changes_in_files_is_put_right_within_seconds(shop: Shop) -> None:
    """No sync is due for hours: the watcher hints, the look proves, the bytes are kept aside."""
    shop.set("schedule", files="6h", orders="6h", products="6h", customers="6h", snapshot="30d")
    assert shop.mirrord("sync").returncode == 0
    with running(shop) as daemon:
        daemon.until(lambda: daemon.ran("files", "ok") and daemon.ran("snapshot", "ok"))
        file = shop.files / "content/styles/shop.css"
        good = file.read_bytes()
        file.chmod(0o600)
        file.write_bytes(b"body { display: none }")
        daemon.until(lambda: file.read_bytes() == good)
        daemon.until(lambda: daemon.last("look").get("exit_code") in (0, 3))
        kept = [path.read_bytes() for path in (shop.house / "set-aside").rglob("*.css")]
        code, _, log = daemon.stop()
    assert (code, kept) == (0, [b"body { display: none }"])
    assert "changed here by somebody" in log


def test_without_a_notify_socket_the_daemon_runs_as_well(often: Shop) -> None:
    """Started by hand, SIGINT ends it as SIGTERM does; its log goes to stderr."""
    process = often.start("run")
    one = Running(often, process, Notified(often.home / "unused"))
    try:
        one.until(lambda: one.ran("orders", "ok"))
        code, _, log = one.stop(signal.SIGINT)
    finally:
        one.notified.close()
    assert (code, "running stores=1 lanes=5" in log, "stopped" in log) == (0, True, True)


def test_a_broken_diary_fails_jobs_without_a_storm(often: Shop) -> None:
    """Where nobody knows when a job last ran, a failed one is tried again later, not at once."""
    assert often.mirrord("export", "orders").returncode == 0
    (often.house / ".mirrord/diary.db").write_bytes(b"no database at all\n" * 100)
    with running(often) as daemon:
        daemon.until(lambda: any(b"products: failed" in told for told in daemon.notified.told))
        code, _, log = daemon.stop()
    # once a second at the most, since that is the rule of the orders here
    assert (code, log.count("run failed") < 20, "diary.db can not be used" in log) == (
        0,
        True,
        True,
    )


def test_lanes_find_all_libraries_imported(shop: Shop) -> None:
    """Once the rooms are imported, opening any job imports nothing of ours or of the network.

    Threads that imported requests side by side saw it half made, and their jobs failed.
    """
    code = """
import sys
from pathlib import Path
from mirrord.config import load
from mirrord.disk.house import House
from mirrord.jobs import jobs_of
from mirrord.jobs.opening import import_rooms, open_job
config = load(sys.argv[1])
store = config.stores["acme"]
import_rooms()
before = set(sys.modules)
for name in jobs_of(store):
    with open_job(config, store, name, House(config.mirror, "acme")):
        pass
ours = ("mirrord", "requests", "urllib3", "webdav3", "lxml")
print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] in ours))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(shop.config)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
