"""One quota for all who ask one store: real processes side by side, against the sample store."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.demo import misbehave
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.shared import Shared
from mirrord.errors import StoreBusy
from mirrord.source.api import ApiSource
from mirrord.source.retry import Endurance
from tests.fakes import QuietPulse

ASKS = """
import sys
from pathlib import Path
from threading import Thread
from mirrord.core.datasets import DATASETS
from mirrord.disk.shared import Shared
from mirrord.jobs.pulse import Heart
from mirrord.source.api import ApiSource
from mirrord.source.common import Alone

url, store_hash, token, folder, times = sys.argv[1:]
common = Shared(Path(folder)) if folder else Alone()
heart = Heart()
print("ready", flush=True)
sys.stdin.readline()

def ask():
    source = ApiSource(store_hash, token, url, quota_share=0.5, common=common)
    for _ in range(int(times)):
        source.count(DATASETS["orders"], heart)
    source.close()

threads = [Thread(target=ask) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
QUOTA, WINDOW = 40, 5.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small sample store with short windows."""
    with SampleStore(tmp_path / "shop", sizes=Sizes(3, 3, 3), quota=QUOTA) as store:
        store.quota.window = WINDOW
        yield store


class Askers:
    """Processes of two threads each, which ask ``times`` times a thread."""

    def __init__(self, store: SampleStore, folder: Path | None, number: int, times: int) -> None:
        account = [store.api_url, store.store_hash, store.token]
        command = [sys.executable, "-c", ASKS, *account, str(folder or ""), str(times)]
        self.processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(number)
        ]

    def __enter__(self) -> "Askers":
        for process in self.processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as ends:
            for process in self.processes:
                ends.enter_context(process)
                ends.callback(process.kill)

    def ended(self) -> list[int]:
        """How each of them ended."""
        return [process.wait(90) for process in self.processes]


def test_no_window_sees_more_than_our_share_from_any_number_of_processes(
    store: SampleStore, tmp_path: Path
) -> None:
    """Four processes with eight threads, which need three windows; one of them is killed."""
    with Askers(store, tmp_path / "quota", 4, times=7) as askers:
        askers.processes[0].send_signal(signal.SIGKILL)
        ended = askers.ended()
    assert ended == [-signal.SIGKILL, 0, 0, 0]
    assert {entry.status for entry in store.log} == {200}
    assert (store.quota.most <= QUOTA // 2, len(store.log) >= 42) == (True, True)


def test_processes_that_do_not_share_send_more(store: SampleStore) -> None:
    """What the test above would see if nothing were shared."""
    with Askers(store, None, 4, times=7) as askers:
        assert askers.ended() == [0, 0, 0, 0]
    assert store.quota.most > QUOTA // 2


@pytest.mark.parametrize(("wish", "least"), [(7, 7.0), (None, 1.0)])
def test_what_one_was_asked_to_wait_all_wait(
    store: SampleStore, tmp_path: Path, wish: int | None, least: float
) -> None:
    """Another source, in another process for all it knows, that was not refused itself."""
    store.misbehave.next("/v2/orders/count", misbehave.busy(wish))
    pulse = QuietPulse()

    def ask() -> None:
        source = ApiSource(
            store.store_hash,
            store.token,
            store.api_url,
            common=Shared(tmp_path / "quota"),
            clock=pulse.clock,
            endurance=Endurance(1),
        )
        with closing(source):
            source.count(DATASETS["orders"], pulse)

    with pytest.raises(StoreBusy):
        ask()
    ask()
    assert sum(pulse.waits) >= least


def test_a_refusal_stops_all_of_them(store: SampleStore, tmp_path: Path) -> None:
    """A storm of 429s: one sees it, all wait; hardly anything is sent that will be refused."""
    store.quota.size = 10_000
    storm = store.misbehave.next("/v2/orders/count", misbehave.busy(1), times=9)
    with Askers(store, tmp_path / "quota", 3, times=4) as askers:
        assert askers.ended() == [0, 0, 0]
    statuses = [entry.status for entry in store.log]
    assert (storm.fired, statuses.count(200), statuses.count(429)) == (9, 24, 9)


def test_never_more_at_a_time_than_the_platform_takes(store: SampleStore, tmp_path: Path) -> None:
    """Three requests of three processes with two threads each."""
    store.quota.size = 10_000
    gate = Gate()
    store.misbehave.next("/v2/orders/count", gate.slowly, times=None)
    with Askers(store, tmp_path / "quota", 3, times=5) as askers:
        assert askers.ended() == [0, 0, 0]
    assert gate.most == 3


class Gate:
    """Counts how many answers are under way at the same time."""

    def __init__(self) -> None:
        import threading

        self.most = self._now = 0
        self._lock = threading.Lock()
        self._never = threading.Event()

    def slowly(self, _path: str, answer: misbehave.Answer) -> misbehave.Answer:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._never.wait(0.1)
        with self._lock:
            self._now -= 1
        return answer
