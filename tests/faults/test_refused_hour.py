"""A store that refuses every connection for an hour of the daemon's time, and then is back.

The daemon's own rounds run in this process, on a clock that the test moves: an hour takes seconds.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mirrord.core.report import Outcome, Report
from mirrord.daemon import Daemon
from mirrord.demo.shop import Sizes
from mirrord.disk.house import open_house
from mirrord.jobs.status import open_diary
from tests.clocks import HandClock
from tests.servers.fault_proxy import fault_proxy
from tests.system.shop import KEY, Shop, open_shop

SIZES = Sizes(products=1, customers=2, orders=2)
#: Seconds of the daemon's time between two of its rounds.
STEP = 10.0
MINUTE, HOUR = 60.0, 3_600.0
EVERY = {"files": "15m", "orders": "15m"}
#: What would only take time here: it ran a moment ago, and its day is not over.
RARE = {"products": "1d", "customers": "1d", "more": "1d", "order_details": "1d", "themes": "1d"}
DONE = (*RARE, "snapshot", "verify", "look", "filing")


class Served:
    """The daemon of a shop, moved on by hand: its rounds, its lanes, its clock."""

    def __init__(self, shop: Shop) -> None:
        self.clock = HandClock()
        with open_diary(open_house(shop.mirror, KEY, "Jo")) as diary:
            now = self.clock.at
            diary.remember(Report(job, KEY, now, now, Outcome.OK) for job in DONE)
        self._house = shop.house
        self._daemon = Daemon(shop.config, self.clock)
        self._daemon._look_at_disk()
        self._daemon._arrange()

    def go_on(self, seconds: float) -> None:
        """So much of its time, in which whatever comes up is done."""
        until = self.clock.at + seconds
        while self.clock.at < until:
            self._daemon._round()
            assert all(lane.join(30) for lane in self._daemon._lanes.values())
            self.clock.at += STEP

    def told(self) -> dict[str, tuple[str, list[str]]]:
        """How each job that asks the store ended last, and what was said of it."""
        status = json.loads((self._house / "report/status.json").read_bytes())
        last = {job: status["jobs"][job]["last"] for job in EVERY}
        return {job: (one["outcome"], one["findings"]) for job, one in last.items()}

    def close(self) -> None:
        self._daemon._end()


def _at_rest() -> tuple[int, int]:
    """Threads and descriptors of this process, without the threads of what stands for the net."""
    threads = [one for one in threading.enumerate() if one.name != "fault-proxy"]
    return len(threads), len(os.listdir("/proc/self/fd"))


@contextmanager
def _nobody_listens(port: int) -> Iterator[None]:
    """Connections to the port are refused, and nobody else gets it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield


def test_a_store_that_refuses_for_an_hour_is_had_whole_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is retired, nothing piles up, each run says once why; first refused, then reset."""
    with open_shop(tmp_path, SIZES) as shop:
        upstream = int(shop.store.api_url.rpartition(":")[2])
        with fault_proxy(upstream) as line:
            port = line.port
            shop.set("webdav", url=f"http://127.0.0.1:{port}/dav")
            shop.set("api", url=f"http://127.0.0.1:{port}")
            shop.set("schedule", **EVERY, **RARE)
            served = Served(shop)
            served.go_on(MINUTE)
        with closing(served):
            assert served.told() == dict.fromkeys(EVERY, ("ok", []))
            before = shop.held()
            (shop.store.folder / "content/new.txt").write_bytes(b"new")
            (shop.store.folder / "content/empty.txt").unlink()
            with _nobody_listens(port):
                runs = _outlast(served, HOUR, caplog)
            assert shop.held() == before
            for job, (_, [words]) in served.told().items():
                assert words.endswith(": connection refused; check the URL and the network"), job
            with fault_proxy(upstream, port) as line:
                line.set("refuse")
                again = _outlast(served, HOUR, caplog)
                asked = line.fired
                assert shop.held() == before
                line.set("pass")
                served.go_on(20 * MINUTE)
            # a run asks for two things at the most, ten times each
            assert max(*runs.values(), *again.values()) <= 7
            assert again["orders"] < asked <= 20 * sum(again.values())
            print(f"{runs} runs refused, {again} reset by {asked} requests")
            assert served.told() == dict.fromkeys(EVERY, ("ok", []))
            assert shop.mirrors_the_store()
            assert shop.sums_agree()


def _outlast(served: Served, seconds: float, caplog: pytest.LogCaptureFixture) -> dict[str, int]:
    """How many runs of which job failed in that time; at its end all is as after five minutes."""
    caplog.clear()
    served.go_on(5 * MINUTE)
    early = _at_rest()
    served.go_on(seconds - 5 * MINUTE)
    assert _at_rest() == early
    for job, (outcome, words) in served.told().items():
        assert (outcome, len(words)) == ("failed", 1), job
        assert words[0].endswith("check the URL and the network") or "broke off" in words[0]
    failed = [one.message for one in caplog.records if one.message.startswith("run failed")]
    return {job: sum(f" job={job} " in one for one in failed) for job in EVERY}
