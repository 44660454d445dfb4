"""Many requests at a time: as many as allowed, as slow as the store asks for, and nothing lost."""

import itertools
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, Kind, TreePath
from mirrord.errors import StoreBusy, StoreRefused, StoreUnreachable
from mirrord.source import Fetched, flow, rounds
from mirrord.source.pace import Patience
from mirrord.source.rounds import ATTEMPTS, BUSY_FOR_GOOD
from mirrord.source.throttle import Throttle
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySinks
from tests.servers.apache import apache
from tests.servers.hostile import Answer, Asked, hostile, says
from tests.servers.tools import PASSWORD, USER, connections_to

Connect = Callable[..., WebDavSource]
OK = "200 OK"


def entries(number: int, size: int = 4) -> Iterator[Entry]:
    return (Entry(TreePath(f"{n}.bin"), size=size) for n in range(number))


def fetched(source: WebDavSource, wanted: Iterable[Entry]) -> list[Fetched]:
    got = [one for one in source.fetch_many(wanted, MemorySinks(), QuietPulse()) if one is not None]
    assert [one for one in got if not isinstance(one, Fetched)] == []
    return got  # type: ignore[return-value]


def test_a_store_that_falls_silent_is_left_at_the_last_try_of_one(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of all that was under way: with a time-out each that could take half an hour."""
    # a time-out of ten seconds is long, beside these
    monkeypatch.setattr(rounds, "pause", lambda *_: 0.01)
    monkeypatch.setattr(flow, "_CAREFUL", 0.02)

    def silent(asked: Asked) -> Iterator[bytes]:
        asked.wait(30)
        yield b""

    patience = Patience(connect=1.0, read=0.1, grace=1.0)
    with hostile(silent) as store:
        source = connect(store.url, begin=32, patience=patience)
        with pytest.raises(StoreUnreachable):
            fetched(source, entries(200))
        asked = len(store.log)
    # all of them once and again half as many at a time, and then the last tries of one
    assert asked <= 2 * 32 + 2 * ATTEMPTS


class Counting:
    """An answer that tells how many of it were under way at the same time."""

    def __init__(self, seconds: float) -> None:
        self.most = 0
        self._now = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        asked.wait(self._seconds)
        with self._lock:
            self._now -= 1
        yield from says(OK, b"body")


@pytest.mark.parametrize("most", [1, 3, 16])
def test_no_more_run_at_a_time_than_the_config_allows(most: int, connect: Connect) -> None:
    """All that may be is used where the store is slow, and never one more."""
    counting = Counting(0.02)
    with hostile(counting) as store:
        fetched(connect(store.url, connections=most), entries(150))
    assert counting.most == most


def test_in_quiet_hours_one_runs_at_a_time(connect: Connect) -> None:
    """The shop's busy hours: a sync under way goes on, but hardly anybody notices."""
    counting = Counting(0.005)
    quiet = True
    with hostile(counting) as store:
        source = connect(store.url, connections=8, is_quiet=lambda: quiet)
        fetched(source, entries(20))
        assert counting.most == 1
        quiet = False
        fetched(source, entries(60))
    assert counting.most > 1


def test_no_more_comes_in_than_the_bandwidth_allows(connect: Connect) -> None:
    """Bytes in a while, over all connections, whatever the store could give."""
    body = bytes(100_000)
    with hostile(lambda _: says(OK, body)) as store:
        source = connect(store.url, bandwidth=10_000_000)
        began = time.monotonic()
        fetched(source, entries(150, len(body)))
        took = time.monotonic() - began
    assert took > 0.4  # of 1.5 seconds: what half a second and the last turn bring comes at once


def test_the_throttle_pays_for_every_byte() -> None:
    """What came is waited for, what was not used is not saved up for long."""
    throttle = Throttle(1000)
    throttle.spent(3000, 100.0)
    assert throttle.wait(100.0) == pytest.approx(2.5)
    assert throttle.wait(103.0) < 0
    throttle.spent(10_000, 1000.0)
    assert throttle.wait(1000.0) == pytest.approx(9.5)
    assert Throttle(None).wait(0.0) == 0


def throttling(every: int) -> Answer:
    """A store that refuses every so many requests, whoever asks."""
    numbers = itertools.count(1)

    def answer(_: Asked) -> Iterable[bytes]:
        if next(numbers) % every == 0:
            return says("429 Slow down", b"", "Retry-After: 1")
        return says(OK, b"body")

    return answer


@pytest.mark.parametrize("every", [2, 3, 10])
def test_a_throttling_store_gets_slower_service_never_an_error(
    every: int, connect: Connect
) -> None:
    """However often it refuses, as long as it answers in between."""
    pulse = QuietPulse()
    with hostile(throttling(every)) as store:
        got = list(connect(store.url).fetch_many(entries(40), MemorySinks(), pulse))
    assert sum(isinstance(one, Fetched) for one in got) == 40
    assert min(pulse.waits) >= 0.5
    assert len(store.log) < 40 * every / (every - 1) + 20


def test_a_store_that_is_busy_for_good_ends_the_run(connect: Connect) -> None:
    """Many pauses in a row without one answer; until then the pauses grow."""
    pulse = QuietPulse()
    with hostile(lambda _: says("503 Busy")) as store:
        with pytest.raises(StoreBusy):
            list(connect(store.url, connections=1).fetch_many(entries(5), MemorySinks(), pulse))
        assert len(store.log) == BUSY_FOR_GOOD
    assert max(pulse.waits[:3]) < max(pulse.waits)


def test_a_busy_store_is_left_alone_by_all(connect: Connect) -> None:
    """The pause is the store's: nothing new begins for anybody until it is over."""
    began: list[float] = []

    def busy_once(asked: Asked) -> Iterable[bytes]:
        began.append(time.monotonic())
        if len(began) == 1:
            return says("429 Slow down", b"", "Retry-After: 1")
        return says(OK, b"body")

    class RealPulse(QuietPulse):
        def wait(self, seconds: float) -> None:
            threading.Event().wait(seconds)
            super().wait(seconds)

    with hostile(busy_once) as store:
        source = connect(store.url, connections=2)
        got = list(source.fetch_many(entries(10), MemorySinks(), RealPulse()))
    assert sum(isinstance(one, Fetched) for one in got) == 10
    assert [moment for moment in began if 0.3 < moment - began[0] < 0.95] == []


def test_what_came_whole_is_given_before_the_error_that_ends_all(connect: Connect) -> None:
    """A refused login at one file: the files that were whole by then are not fetched twice."""
    others = threading.Semaphore(0)

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/dav/3.bin":
            for _ in range(3):
                others.acquire(timeout=5)
            asked.wait(0.2)
            return says("401 No", b"", "WWW-Authenticate: Negotiate")
        others.release()
        return says(OK, b"body")

    got: list[object] = []
    with hostile(answer) as store:
        answers = connect(store.url).fetch_many(entries(4), MemorySinks(), QuietPulse())
        with pytest.raises(StoreRefused, match="login refused"):
            got.extend(answers)
    assert sum(isinstance(one, Fetched) for one in got) == 3


def test_time_that_passes_without_a_file_is_told(connect: Connect) -> None:
    """None at least every second, so that whoever gathers files can put down what is due."""

    def slow(asked: Asked) -> Iterator[bytes]:
        asked.wait(2.5)
        yield from says(OK, b"body")

    with hostile(slow) as store:
        got = list(connect(store.url).fetch_many(entries(1), MemorySinks(), QuietPulse()))
    assert [one is None for one in got] == [True, True, False]


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that a server's own user may read, too."""
    with tempfile.TemporaryDirectory(prefix="mirrord-peer-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_login_by_digest_costs_one_refusal_a_connection(room: Path) -> None:
    """Each connection learns its nonce once; no file is asked for in vain."""
    tree = room / "tree"
    tree.mkdir()
    for number in range(200):
        (tree / f"{number}.bin").write_bytes(b"body")
    with (
        apache(tree, room) as peer,
        closing(WebDavSource(peer.url, USER, PASSWORD, connections=4)) as source,
    ):
        listed = [one for one in source.list(QuietPulse()) if isinstance(one, Entry)]
        files = [one for one in listed if one.kind is Kind.FILE]
        assert len(fetched(source, files)) == 200
        assert 0 < connections_to(int(peer.url.split(":")[2][:-4])) <= 4
    statuses = [line.split()[-1] for line in (room / "requests.log").read_text().splitlines()]
    assert statuses.count("200") == 200
    assert 1 <= statuses.count("401") <= 4


def test_a_process_with_many_files_open_can_still_ask(connect: Connect) -> None:
    """A daemon with dozens of stores has descriptors over 1,023, which select() does not know."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as ends:
        ends.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1100):
            ends.enter_context(open(os.devnull))
        with hostile(lambda _: says(OK, b"body")) as store:
            assert len(fetched(connect(store.url), entries(20))) == 20


def test_close_lets_go_though_a_round_was_left_standing(connect: Connect) -> None:
    """A sync that ends by an error of the disk leaves its generator to whoever collects it."""
    with hostile(lambda _: says(OK, b"body")) as store:
        source = connect(store.url)
        standing = source.fetch_many(entries(50), MemorySinks(), QuietPulse())
        assert isinstance(next(standing), Fetched)
        source.close()
        assert not connections_to(store.port)
        standing.close()  # type: ignore[attr-defined]
