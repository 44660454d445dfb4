"""A token that is revoked in mid-pull, at any request: nothing half is shown, the remedy is told.

The requests are counted up until a run passes; ``MIRRORD_REVOKED=1`` revokes it at every one.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Singles
from mirrord.demo.misbehave import fails
from mirrord.demo.store import SampleStore
from tests.faults.moved import Moved, Scene, Stage, staged

API = "/v[23]/*"
#: Every so-manieth request is tried; a prime number, so that it falls into lists of every kind.
STRIDE = int(os.environ.get("MIRRORD_REVOKED", "101"))
#: The first of them, by the store's answer.
FIRST = {401: 5, 403: 183}
#: What a person is told, by the store's answer.
REMEDY = {
    401: "make a new read-only token in the control panel under Settings > Store-level API acc",
    403: "make a token whose account has the scope store_",
}
#: What a whole export over all datasets ends with: a scope that is missing counts less.
CODE = {401: 5, 403: 3}
#: Jobs that ask the store for records or themes; each may find out by one request.
JOBS = 6


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """All was exported yesterday; since then the shop has changed everywhere."""
    with staged(tmp_path_factory.mktemp("revoked")) as made:
        change_everything(made.shop.store)
        yield made


@dataclass(frozen=True)
class Today:
    """What a run with a good token makes of yesterday's exports, and by how many requests."""

    lossless: Mapping[str, bytes | None]
    requests: int


@pytest.fixture(scope="module")
def today(stage: Stage) -> Today:
    """The run that is not hindered."""
    like = stage.shop.home / "calm"
    good = Scene(stage.shop, stage.shop.home / "good", Moved(), like)
    began = good.asked()
    assert good.mirrord("export") == 0
    lossless, requests = good.lossless(), good.asked() - began
    changed = {name for name in lossless if lossless[name] != stage.lossless[name]}
    assert len(changed) > 40, changed
    return Today(lossless, requests)


def change_everything(store: SampleStore) -> None:
    """The first row of every list has a field more; of what is asked for by date it is dated."""
    for rows in (store.products, store.customers):
        first = next(iter(rows))
        rows[first] = rows[first] | {"mark": 1, "date_modified": "2030-01-01T00:00:00Z"}
    for rows in store.shop.lists.values():
        for key, row in list(rows.items())[:1]:
            rows[key] = row | {"mark": 1} if isinstance(row, dict) else row


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("status", REMEDY)
def test_a_token_revoked_at_any_request_shows_nothing_half_and_says_what_to_do(
    stage: Stage,
    today: Today,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each dataset is yesterday's or today's, whole; the next run with a good token has all."""
    numbers = range(FIRST[status] % STRIDE, today.requests, STRIDE)
    for number in numbers:
        folder = tmp_path / str(number)
        folder.mkdir()
        with monkeypatch.context() as patch:
            scene = stage.scene(folder, patch, exported=True)
            rule = stage.shop.store.misbehave.next(API, fails(status), times=None, skip=number)
            code, said = scene.mirrord("export"), capsys.readouterr().err
            assert (code, REMEDY[status] in said, f"answered {status}" in said) == (
                CODE[status], True, True,
            ), (number, said)  # fmt: skip
            # whoever is refused asks no second time; of 403 each list may be another matter
            assert rule.fired <= (JOBS if status == 401 else JOBS + _lists()), number
            known = scene.lossless()
            mixed = [
                name
                for name, text in today.lossless.items()
                if known[name] not in (text, stage.lossless[name])
            ]
            assert (mixed, sums_agree(scene)) == ([], True), number
            stage.shop.store.misbehave.stop()
            if number == numbers[-1] or STRIDE == 1:
                assert (scene.mirrord("export"), scene.lossless()) == (0, today.lossless), number
                assert sums_agree(scene)
    print(f"revoked by {status} at {len(numbers)} of {today.requests} requests")


def _lists() -> int:
    """How many things are asked for that may be refused one by one."""
    settings = DATASETS["settings"].source
    assert isinstance(settings, Singles)
    return len(DATASETS) + len(settings.paths)


def sums_agree(scene: Scene) -> bool:
    """Whether sha256sum finds every dated folder, and latest/, as their checksums say."""
    folders = [one.parent for one in (scene.shop.house / "exports").rglob("SHA256SUMS")]
    assert folders
    checks = [
        subprocess.run(
            ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"],
            cwd=folder,
            capture_output=True,
            check=False,
        ).returncode
        for folder in folders
    ]
    return not any(checks)


@pytest.mark.parametrize("status", REMEDY)
@pytest.mark.parametrize("after", [0, 1, 2])
def test_of_a_first_pull_that_is_refused_in_its_midst_nothing_is_shown(
    stage: Stage,
    status: int,
    after: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of a dataset by its name: 5, the words, no file, no receipt."""
    scene = stage.scene(tmp_path, monkeypatch)
    rule = scene.shop.store.misbehave.next("/v2/orders*", fails(status), times=None, skip=after)
    assert scene.mirrord("export", "orders") == 5
    said = capsys.readouterr().err
    assert re.search(rf"orders: the API token .* answered {status}", said), said
    assert REMEDY[status] in said
    assert (rule.fired, list(scene.shop.house.glob("exports/**/*.csv"))) == (1, [])
    assert not (scene.shop.latest / "receipts.json").exists()
