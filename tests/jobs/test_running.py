"""What every run says of itself: how it stands to its interval, and to all who ask its store."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mirrord.config import Config, load
from mirrord.core.report import Outcome, Report
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import House
from mirrord.errors import Stopped
from mirrord.jobs.opening import open_job
from mirrord.jobs.running import run_job
from mirrord.jobs.sources import common_of
from mirrord.source.account import read_account
from tests.clocks import HandClock
from tests.fakes import QuietPulse
from tests.houses import new_house

CONFIG = """\
mirror: {mirror}
stores:
  acme:
    api:
      url: {store.api_url}
      store_hash: {store.store_hash}
      token: {{file: {home}/token}}
    schedule: {{products: 1h, orders: 1m}}
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A small sample store."""
    with SampleStore(tmp_path / "shop", sizes=Sizes(3, 3, 3)) as store:
        yield store


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty house."""
    (tmp_path / "mirror").mkdir()
    return new_house(tmp_path / "mirror")


def configured(store: SampleStore, tmp_path: Path, more: str = "") -> Config:
    """The config for it."""
    (tmp_path / "token").write_text(store.token)
    (tmp_path / "token").chmod(0o600)
    file = tmp_path / "mirrord.yaml"
    text = CONFIG.format(mirror=tmp_path / "mirror", store=store, home=tmp_path)
    file.write_text(text + more)
    return load(file)


def takes(seconds: float, clock: HandClock) -> Callable[..., Any]:
    """A job that does nothing for so long."""

    class Job:
        def __init__(self, name: str) -> None:
            self.name = name

        def run(self, _pulse: object) -> Report:
            started = clock.at
            clock.at += seconds
            return Report(self.name, "acme", started, clock.at, Outcome.OK)

    @contextmanager
    def opening(*words: Any, **_more: Any) -> Iterator[Job]:
        yield Job(words[2])

    return opening


def test_a_run_that_outlasts_its_interval_says_so_and_when_the_next_one_starts(
    store: SampleStore, house: House, tmp_path: Path
) -> None:
    """In its report, and in status; one that is over in time says nothing."""
    config = configured(store, tmp_path)
    acme, clock = config.stores["acme"], HandClock()
    reports = []
    for seconds in (3_600, 3_601):
        began = clock.at
        opening = takes(seconds, clock)
        run = (config, acme, "products", QuietPulse())
        reports.append(run_job(*run, clock=clock.now, opening=opening))
    (words,) = reports[1].findings
    assert (reports[0].findings, reports[0].details) == ((), {})
    assert words.startswith("products took 1 h, longer than its interval of 1 h: the next one")
    assert (reports[1].outcome, reports[1].details) == (Outcome.OK, {"next": began + 7_200})
    told = json.loads(house.room("report/status.json").read_bytes())["jobs"]["products"]
    assert told["due"] == began + 7_200


def test_quiet_hours_put_the_next_one_off_as_well(
    store: SampleStore, house: House, tmp_path: Path
) -> None:
    """It is 12:15; they end at 20:00."""
    config = configured(store, tmp_path, "    quiet_hours: [08:00-20:00]\n")
    clock = HandClock()
    began = clock.at
    run = (config, config.stores["acme"], "products", QuietPulse())
    report = run_job(*run, clock=clock.now, opening=takes(4_000, clock))
    assert report.details == {"next": began + 7.75 * 3_600}


def test_orders_that_outlast_their_interval_start_again_at_once(
    store: SampleStore, house: House, tmp_path: Path
) -> None:
    """They are most at risk, and nobody waits behind them."""
    config, clock = configured(store, tmp_path), HandClock()
    run = (config, config.stores["acme"], "orders", QuietPulse())
    report = run_job(*run, clock=clock.now, opening=takes(90, clock))
    assert ("starts at once" in report.findings[0], report.details) == (True, {})


def test_all_who_ask_one_store_count_in_one_note(
    store: SampleStore, house: House, tmp_path: Path
) -> None:
    """Each job, and the question who the store is."""
    import time

    config = configured(store, tmp_path)
    for name in ("products", "customers", "orders"):
        run_job(config, config.stores["acme"], name, QuietPulse(), opening=open_job)
    note = common_of(house).change(lambda before: (before, before))
    window = read_account(note, time.monotonic())
    assert window.quota == store.quota.size
    assert sum(count for _, count in window.sent) == len(store.log)


def test_a_pull_that_will_not_be_over_in_time_is_told_before(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """120 products need 13 requests, of which five may be sent in an hour."""

    class Ending(QuietPulse):
        def wait(self, seconds: float) -> None:
            raise Stopped

    with SampleStore(tmp_path / "shop", sizes=Sizes(120, 3, 3), quota=12) as store:
        store.quota.window = 3_600.0
        config = configured(store, tmp_path)
        with pytest.raises(Stopped):
            run_job(config, config.stores["acme"], "products", Ending())
    (words,) = [one for one in caplog.messages if "outlasts" in one]
    assert words.endswith(
        "products needs 13 requests and more, which take 2 h by our share of the store's quota:"
        " longer than its interval of 1 h"
    )
