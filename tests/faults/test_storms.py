"""A store that asks to come back later, through whole runs: obeyed, outwaited, or given up in time.

Every way to say how long is tried, by 429 and by 503. The pauses of minutes are waited by a clock
that goes on at once; that a stop ends one is tried by the real one.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from mirrord.demo.answer import Answer, Refusal, refusal_answer
from mirrord.demo.misbehave import Fault
from tests.faults.moved import Scene, Stage, staged
from tests.system.booted import until
from tests.system.shop import Shop, open_shop

API, TREE = "/v[23]/*", "/dav*"
HUGE = str(10**30)
STATUSES = (429, 503)
#: Whether every wish comes by both (``MIRRORD_STORMS=all``), or by one in turn.
ALL = os.environ.get("MIRRORD_STORMS") == "all"
#: Seconds: our own longest pause for a store that names none.
OWN = 60.0
#: The longest wish that is granted, and with what is added so that not all come at once.
GRANTED = 300.0
CAPPED = GRANTED * 1.1
#: Pauses that a store may ask for in a row, for its files.
DOZEN = 12

Headers = tuple[tuple[str, str], ...]
Wishes = dict[str, tuple[Callable[[], Headers], float, float]]


def _date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


#: How a store may say how long to stay away; the least and the most that it is then waited.
WISHES: Wishes = {
    "nothing": (lambda: (), 0, OWN),
    "0": (lambda: (("Retry-After", "0"),), 0, OWN),
    "7": (lambda: (("Retry-After", "7"),), 7, 2 * 7.7),
    "3600": (lambda: (("Retry-After", "3600"),), GRANTED, 2 * CAPPED),
    "a past date": (lambda: (("Retry-After", _date(-3_600)),), 0, OWN),
    "a future date": (lambda: (("Retry-After", _date(45)),), 40, 100),
    "a far date": (lambda: (("Retry-After", _date(90_000)),), GRANTED, 2 * CAPPED),
    "garbage": (lambda: (("Retry-After", "soon; \x7f\u00e9"),), 0, OWN),
    "negative": (lambda: (("Retry-After", "-5"),), 0, OWN),
    "huge": (lambda: (("Retry-After", HUGE),), 0, OWN),
    "empty": (lambda: (("Retry-After", ""),), 0, OWN),
    "two of them": (lambda: (("Retry-After", "5"), ("Retry-After", "9")), 0, OWN),
}
#: Those of BigCommerce's own API besides.
OF_THE_API: Wishes = WISHES | {
    "its own": (lambda: (("X-Retry-After", "8"),), 8, 2 * 8.8),
    "its own, huge": (lambda: (("X-Retry-After", HUGE),), 0, OWN),
    "the window's end": (lambda: _window(20, 0, 11_000), 11, 60),
    "a window without end": (lambda: _window(20, 0, HUGE), 0, OWN),
    "a window of garbage": (lambda: _window("x", "-1", "never"), 0, OWN),
    "a window of no requests": (lambda: _window(0, 0, 0), 0, OWN),
    "several at once": (
        lambda: (("Retry-After", "3"), ("X-Retry-After", "40"), *_window(20, 0, 9_000)),
        40,
        100,
    ),
}


def _window(quota: object, left: object, reset: object) -> Headers:
    return (
        ("X-Rate-Limit-Requests-Quota", str(quota)),
        ("X-Rate-Limit-Requests-Left", str(left)),
        ("X-Rate-Limit-Time-Reset-Ms", str(reset)),
        ("X-Rate-Limit-Time-Window-Ms", "30000"),
    )


def busy(status: int, headers: Headers = ()) -> Fault:
    refusal = Refusal(status, "You have made too many requests to the store.")
    return lambda path, _: refusal_answer(path, refusal, headers)


def by_turns(every: int, kinds: Wishes) -> Fault:
    """Each so-manieth answer is a refusal, and each of another kind."""
    numbers = count(1)
    told = [busy(status, make()) for make, _, _ in kinds.values() for status in STATUSES]

    def fault(path: str, answer: Answer) -> Answer:
        number = next(numbers)
        return answer if number % every else told[number // every % len(told)](path, answer)

    return fault


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The store of this room."""
    with staged(tmp_path_factory.mktemp("stormy")) as made:
        yield made


@pytest.fixture
def scene(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Nothing mirrored yet."""
    return stage.scene(tmp_path, monkeypatch)


def _asked(wishes: Wishes) -> list[tuple[str, int]]:
    """Every wish by one of the two answers, or by both where all is asked for."""
    both = [(wish, status) for wish in wishes for status in STATUSES]
    return both if ALL else both[::4] + both[3::4]


@pytest.mark.parametrize(("wish", "status"), _asked(OF_THE_API))
def test_a_wish_is_granted_once_and_within_reason_and_the_pull_is_whole(
    scene: Scene, wish: str, status: int
) -> None:
    """One refusal before the second request of an export: one request more, so long a wait."""
    headers, least, most = OF_THE_API[wish]
    rule = scene.shop.store.misbehave.next("/v3/catalog/brands", busy(status, headers()))
    code, waited = scene.mirrord("export", "brands"), scene.clock.ahead
    assert (code, rule.fired, rule.seen) == (0, 1, 2)
    assert least <= waited <= most
    assert scene.receipts()["brands"]["complete"] is True


@pytest.mark.parametrize(("wish", "status"), _asked(WISHES))
def test_a_tree_is_mirrored_whole_after_any_wish(scene: Scene, wish: str, status: int) -> None:
    """One refusal in the midst of a sync."""
    headers, least, most = WISHES[wish]
    rule = scene.shop.store.misbehave.next(TREE, busy(status, headers()), skip=9)
    code, waited = scene.mirrord("sync"), scene.clock.ahead
    assert (code, rule.fired) == (0, 1)
    assert least - 1 <= waited <= most  # it is waited from the answer on, which took some time
    assert (scene.shop.mirrors_the_store(), scene.shop.sums_agree()) == (True, True)


def test_a_whole_export_through_a_storm_of_every_kind_is_a_whole_export(
    scene: Scene, stage: Stage
) -> None:
    """Each seventh answer is a refusal: slower, no wait beyond what is granted, nothing missing."""
    rule = scene.shop.store.misbehave.next(API, by_turns(7, OF_THE_API), times=None)
    began = scene.asked()
    code, asked, refused = scene.mirrord("export"), scene.asked() - began, rule.fired // 7
    assert (code, refused > 20) == (0, True)
    assert asked - refused <= stage.asked
    assert scene.lossless() == stage.lossless
    assert all(receipt["complete"] for receipt in scene.receipts().values())
    assert (max(scene.clock.waits) <= CAPPED, len(scene.clock.waits) > refused // 4) == (True, True)
    print(f"storm: {asked} requests, {refused} refused, {scene.clock.ahead / 60:.0f} minutes")


def test_a_sync_through_a_storm_of_every_kind_mirrors_the_whole_tree(scene: Scene) -> None:
    """Each fifth answer is a refusal."""
    rule = scene.shop.store.misbehave.next(TREE, by_turns(5, WISHES), times=None)
    assert scene.mirrord("sync") == 0
    assert (rule.fired > 50, max(scene.clock.waits) <= CAPPED) == (True, True)
    assert (scene.shop.mirrors_the_store(), scene.shop.sums_agree()) == (True, True)


@pytest.mark.parametrize("status", STATUSES)
def test_a_storm_without_end_ends_an_export_with_5_and_loses_nothing(
    stage: Stage,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of one list five tries; of all of them two lists a job; what stands is not touched."""
    scene = stage.scene(tmp_path, monkeypatch, exported=True)
    before, asked = scene.exports(), scene.asked()
    scene.shop.store.misbehave.next(API, busy(status, (("Retry-After", "30"),)), times=None)
    assert scene.mirrord("export", "brands") == 5
    said = capsys.readouterr().err
    assert f"answered {status}" in said
    assert "the store asks to come back later" in said
    assert scene.asked() - asked == 5
    assert 4 * 30 <= sum(scene.clock.waits) <= 8 * 33
    asked = scene.asked()
    assert scene.mirrord("export") == 5
    # three jobs of one dataset, two lists of all the others, the details, the themes
    assert scene.asked() - asked == (3 + 2 + 1 + 1) * 5
    assert scene.exports() == before
    scene.shop.store.misbehave.stop()
    assert scene.mirrord("export", "brands") == 0


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("skip", [0, 25])
def test_a_storm_without_end_ends_a_sync_with_5_and_loses_nothing(
    scene: Scene, status: int, skip: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the first request, or from the midst: a dozen pauses, and a bounded number of tries."""
    assert scene.mirrord("sync") == 0
    before, store = scene.shop.held(), scene.shop.store
    for number in range(20):
        (store.folder / f"content/new-{status}-{skip}-{number}.txt").write_text("new")
    rule = store.misbehave.next(TREE, busy(status), times=None, skip=skip)
    capsys.readouterr()
    assert scene.mirrord("sync") == 5
    assert f"is busy (answer {status})" in capsys.readouterr().err
    # all that were under way when a pause began, one after each pause
    assert DOZEN <= rule.fired <= DOZEN + 64
    assert {name: body for name, body in scene.shop.held().items() if name in before} == before
    assert scene.shop.sums_agree()
    store.misbehave.stop()
    assert (scene.mirrord("sync"), scene.shop.mirrors_the_store()) == (0, True)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Shop]:
    """A shop for the real program, by the real clock."""
    with open_shop(tmp_path) as shop:
        yield shop


@pytest.mark.parametrize(("words", "path"), [("export brands", "/v3/*"), ("sync", TREE)])
def test_a_stop_ends_the_wait_for_a_store_at_once(real: Shop, words: str, path: str) -> None:
    """An hour was asked for; SIGTERM, and within two seconds it is over, with 130."""
    rule = real.store.misbehave.next(path, busy(429, (("Retry-After", "3600"),)), times=None)
    process = real.start(*words.split())
    try:
        until(lambda: rule.fired > 0, "the refusal is on its way")
        Event().wait(0.3)  # by then it waits; a stop before that would be as quick, and no test
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
    finally:
        done = real.finished(process, timeout=10)
    took = time.monotonic() - began
    assert (done.returncode, rule.fired, took < 2) == (130, 1, True), took
