"""A network that loses packets, swallows all of them, or resets what is sent through it.

A network namespace holds the sample store and who asks it; nft (the packet filter) makes its
loopback bad. By default the black hole is met with a patience of half a second; with
``MIRRORD_NETWORK=all`` the real program meets it as well, with its own patience: for minutes.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.guard import Limits
from mirrord.demo.misbehave import meanwhile
from mirrord.disk.house import House
from mirrord.errors import MirrordError
from mirrord.jobs.sync import Sync
from mirrord.source.api import ApiSource
from mirrord.source.pace import Patience
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.houses import content
from tests.system.shop import KEY, Shop, open_shop

ALL = os.environ.get("MIRRORD_NETWORK") == "all"
#: Seconds that the real program gives a store at the most: 30 for what it has begun to answer, then
#: four connections of 10, before each of them pauses of up to 1, 2, 4 and 8, and another one of 10.
BOUND = 30 + 4 * (10 + 10) + 15
#: Files that are held, and that have come since: enough to be still at it when the fault begins.
OLD, NEW = (600, 100) if ALL else (6, 12)
HURRIED = Patience(connect=0.5, read=0.5, grace=2.0, rate=1_000_000)

#: What the packet filter does.
LOSS = "numgen random mod 100 < 20 counter drop"
HOLE = "counter drop"
RESETS = "counter reject with tcp reset"
#: CLONE_NEWNET of <sched.h>; Python has its setns from 3.12 on.
_NEWNET = 0x40000000

P = ParamSpec("P")
T = TypeVar("T")

pytestmark = pytest.mark.timeout(600 if ALL else 120)


class Net:
    """A network of its own, with nothing in it but its loopback."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.through = ("ip", "netns", "exec", name)
        self._inside = ThreadPoolExecutor(1, "net", self._enter)

    def within(self, act: Callable[P, T], *args: P.args, **known: P.kwargs) -> T:
        """Do it in a thread whose sockets, and whose children's, are in this network."""
        return self._inside.submit(act, *args, **known).result()

    def spoil(self, *rules: str) -> None:
        """What is done with packets from now on, and counted; nothing without rules."""
        lines = ["type filter hook output priority 0;", *rules]
        chain = ["flush ruleset", "table inet spoilt {", "chain sent {", *lines, "}", "}", ""]
        text = "\n".join(chain)
        subprocess.run([*self.through, "nft", "-f", "-"], input=text.encode(), check=True)

    def struck(self) -> int:
        """How many packets the rules have met."""
        listed = subprocess.run(
            [*self.through, "nft", "list", "ruleset"], capture_output=True, text=True, check=True
        )
        words = listed.stdout.split()
        return sum(int(words[at + 1]) for at, word in enumerate(words) if word == "packets")

    def close(self) -> None:
        self._inside.shutdown()

    def _enter(self) -> None:
        with open(f"/run/netns/{self.name}") as network:
            assert ctypes.CDLL(None, use_errno=True).setns(network.fileno(), _NEWNET) == 0


@pytest.fixture
def net() -> Iterator[Net]:
    for tool, package in (("ip", "iproute2"), ("nft", "nftables")):
        if not shutil.which(tool):
            pytest.skip(f"needs {package}")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    name = f"mirrord-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("needs network namespaces")
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        with closing(Net(name)) as made:
            try:
                made.spoil(f"tcp dport 1 {LOSS}", f"tcp dport 2 {RESETS}")
            except subprocess.CalledProcessError:
                pytest.skip("needs a kernel with nf_tables, numgen and reject")
            yield made
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.fixture
def shop(net: Net, tmp_path: Path) -> Iterator[Shop]:
    """A shop in that network, mirrored once and changed since."""
    tree = tmp_path / "the-shop/content"
    tree.mkdir(parents=True)
    for number in range(OLD):
        (tree / f"old {number}.bin").write_bytes(os.urandom(30_000))
    with ExitStack() as ends:
        opened = net.within(ends.enter_context, open_shop(tmp_path))
        try:
            assert net.within(opened.mirrord, "sync").returncode == 0
            for number in range(NEW):
                (tree / f"new {number}.bin").write_bytes(os.urandom(30_000))
            yield opened
        finally:
            net.spoil()
            net.within(ends.close)


def _port(shop: Shop) -> int:
    return int(shop.store.api_url.rpartition(":")[2])


def _rules(shop: Shop, spoilt: str) -> list[str]:
    """What the packet filter does with what is sent to the store, and with what it sends."""
    ways = ("dport",) if spoilt == RESETS else ("dport", "sport")  # the RST itself has to come back
    return [f"tcp {way} {_port(shop)} {spoilt}" for way in ways]


def _whole_again(shop: Shop, net: Net) -> None:
    """Without any rule the next run is whole; nothing had been retired, nothing is left over."""
    net.spoil()
    assert content(shop.house / "old-versions") == {}
    done = net.within(shop.mirrord, "sync")
    assert (done.returncode, shop.mirrors_the_store(), shop.sums_agree()) == (0, True, True), done
    assert _staged(shop) == []


def _staged(shop: Shop) -> list[str]:
    """Files that were left where they are written unseen."""
    staged = content(shop.house / ".mirrord/staging")
    return [name for name, body in staged.items() if body is not None]


def test_a_fifth_of_all_packets_lost_is_outlasted_or_told(net: Net, shop: Shop) -> None:
    """The real program ends whole, or says what it could not have; nothing is retired."""
    net.spoil(*_rules(shop, LOSS))
    began = time.monotonic()
    done = net.within(shop.mirrord, "sync", timeout=110)
    took, lost = time.monotonic() - began, net.struck()
    assert lost > 5
    assert done.returncode in (0, 3, 5), done
    assert done.returncode or shop.mirrors_the_store()
    print(f"exit {done.returncode} after {took:.1f} s, {lost} packets lost")
    _whole_again(shop, net)


def _sync(shop: Shop) -> int:
    store = shop.store
    # one at a time: where several are under way, the pauses between the tries are real ones
    source = WebDavSource(
        store.webdav_url, store.username, store.password, connections=1, patience=HURRIED
    )
    with closing(source):
        try:
            house = House(shop.mirror, KEY)
            return Sync(house, source, Limits(), (), time.time).run(QuietPulse()).exit_code
        except MirrordError as error:
            return error.exit_code


def _pull(shop: Shop) -> int:
    store = shop.store
    api = ApiSource(store.store_hash, store.token, store.api_url, patience=HURRIED)
    with closing(api):
        try:
            list(api.records(DATASETS["customers"], QuietPulse()))
        except MirrordError as error:
            return error.exit_code
    return 0


def _program(shop: Shop) -> int:
    return shop.mirrord("sync", timeout=2 * BOUND).returncode


def _lines(shop: Shop) -> int:
    """Sockets of this process, whatever their state, that are not the store's own."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        path = f"/proc/self/fd/{name}"
        # the one that lists is gone by now
        if os.path.lexists(path) and os.readlink(path).startswith("socket:"):
            with socket.socket(fileno=os.dup(int(name))) as line:
                found += line.getsockname()[1:2] != (_port(shop),)
    return found


@dataclass(frozen=True)
class Work:
    """What is done, and its exit code; the fault begins with one answer, after so many good ones.

    It has to end within so many seconds.
    """

    act: Callable[[Shop], int]
    path: str
    good: int
    within: float = 8.0


WORK = {
    "a listing": Work(_sync, "/dav/*", 1),
    "downloads": Work(_sync, "/dav/content/new*", 4),
    "records": Work(_pull, "/v3/customers", 1),
}
if ALL:
    WORK["the real program"] = Work(_program, "/dav/content/new*", 4, BOUND + 10)


@pytest.mark.parametrize("rule", [HOLE, RESETS], ids=["hole", "resets"])
@pytest.mark.parametrize("work", WORK)
def test_a_network_that_goes_away_midway_ends_the_run(
    work: str, rule: str, net: Net, shop: Shop
) -> None:
    """By our own clock, with a documented code; no thread, no file and no line stays behind."""
    done = WORK[work]
    spoiling = meanwhile(lambda: net.spoil(*_rules(shop, rule)))
    planted = shop.store.misbehave.next(done.path, spoiling, skip=done.good)
    before = shop.held()
    threads, lines = threading.active_count(), _lines(shop)
    began = time.monotonic()
    code = net.within(done.act, shop)
    took = time.monotonic() - began
    assert (planted.fired, net.struck() > 0) == (1, True)
    assert (code, took < done.within) == (5, True), took
    print(f"{work}: exit {code} after {took:.1f} s")
    assert shop.held().items() >= before.items()
    assert _staged(shop) == []
    assert (threading.active_count() <= threads, _lines(shop)) == (True, lines)
    _whole_again(shop, net)
