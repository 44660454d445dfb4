"""All datasets of the sample store, pulled: faithful, and enough to fill another store with."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS, MAIN
from mirrord.core.report import Outcome, Report
from mirrord.demo import misbehave
from mirrord.demo.api import ALL_SCOPES
from mirrord.demo.loading import load
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import House
from mirrord.disk.lossless import lossless_file
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from mirrord.source.api import ApiSource
from tests.fakes import QuietPulse
from tests.houses import new_house

SIZES = Sizes(products=40, customers=60, orders=120)
APART = (*MAIN, "order_details")


def a_store(folder: Path, seed: int = 1) -> SampleStore:
    (folder / "content").mkdir(parents=True)
    return SampleStore(folder, seed, sizes=SIZES, quota=1_000_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SampleStore]:
    """A sample store of its own for each test."""
    with a_store(tmp_path / "store") as running:
        yield running


def a_house(mirror: Path) -> House:
    mirror.mkdir()
    return new_house(mirror)


def pull(house: House, store: SampleStore, *names: str) -> Report:
    """One run over these datasets, as the daemon's job `more` does it."""
    rows = tuple(DATASETS[name] for name in names)
    plan = Plan(names[0] if len(names) == 1 else "more", rows, "REST API", UTC, 7 * 86_400)
    with closing(ApiSource(store.store_hash, store.token, store.api_url)) as source:
        return Export(house, source, plan, lambda: 1_795_435_200.0).run(QuietPulse())


def pull_all(house: House, store: SampleStore) -> None:
    others = [name for name in DATASETS if name not in APART]
    for names in (*((name,) for name in APART), others):
        report = pull(house, store, *names)
        assert (report.outcome, report.findings) == (Outcome.OK, ())


def texts(house: House) -> dict[str, str]:
    """Every lossless file, unpacked."""
    folder = house.room("exports/latest/lossless")
    return {
        file.name.removesuffix(".jsonl.gz"): gzip.decompress(file.read_bytes()).decode()
        for file in sorted(folder.iterdir())
    }


def test_every_dataset_is_filed_with_its_receipt(store: SampleStore, tmp_path: Path) -> None:
    """Each in a lossless file; each complete; no parameter that the store does not know."""
    house = a_house(tmp_path / "mirror")
    pull_all(house, store)
    receipts = json.loads(house.room("exports/latest/receipts.json").read_bytes())
    assert set(receipts) == set(DATASETS)
    assert {name for name, one in receipts.items() if not one["complete"]} == set()
    held = {name: text.count("\n") for name, text in texts(house).items()}
    assert {name for name in DATASETS if not held[name]} == set()
    assert {unknown for entry in store.log for unknown in entry.unknown} == set()


def test_the_lossless_files_fill_a_second_store_that_gives_the_same_pull(
    store: SampleStore, tmp_path: Path
) -> None:
    """What was pulled is the whole of it, and as the store gave it."""
    first, second = a_house(tmp_path / "first"), a_house(tmp_path / "second")
    pull_all(first, store)
    with a_store(tmp_path / "other", seed=2) as other:
        load(other.shop, first.room("exports/latest"))
        pull_all(second, other)
    ours, theirs = texts(first), texts(second)
    assert {name for name in ours if ours[name] != theirs.get(name)} == set()
    assert set(ours) == set(theirs)


def test_a_missing_scope_is_named_and_the_rest_goes_on(store: SampleStore, tmp_path: Path) -> None:
    """Of several datasets those that the token may read are filed."""
    store.tokens[store.token] = ALL_SCOPES - {"store_v2_marketing_read_only"}
    house = a_house(tmp_path / "mirror")
    report = pull(house, store, "brands", "coupons", "pages")
    assert (report.outcome, report.exit_code, len(report.findings)) == (Outcome.PARTIAL, 3, 1)
    assert report.findings[0].startswith("coupons: the API token may not read this")
    assert "store_v2_marketing_read_only (Marketing: read-only)" in report.findings[0]
    assert set(texts(house)) == {"brands", "pages"}


def test_a_broken_answer_costs_its_dataset_and_no_other(store: SampleStore, tmp_path: Path) -> None:
    """A page for people in the place of the coupons."""
    rule = store.misbehave.next("/v2/coupons", misbehave.html(), times=None)
    house = a_house(tmp_path / "mirror")
    report = pull(house, store, "brands", "coupons", "pages")
    assert (report.exit_code, set(texts(house)), rule.fired > 0) == (3, {"brands", "pages"}, True)


def test_a_store_that_refuses_us_ends_the_run_with_what_came(
    store: SampleStore, tmp_path: Path
) -> None:
    """The token is revoked in the midst: what came until then is filed, the rest is not asked."""
    store.misbehave.next("/v3/content/pages", misbehave.meanwhile(store.tokens.clear))
    house = a_house(tmp_path / "mirror")
    report = pull(house, store, "brands", "pages", "coupons", "banners")
    assert (report.outcome, report.exit_code) == (Outcome.FAILED, 5)
    assert "brands" in texts(house)
    assert "banners" not in texts(house)


def test_a_run_is_one_step_of_its_day(store: SampleStore, tmp_path: Path) -> None:
    """Sixty datasets are placed as one: the checksums of the day's folder tell of all of them."""
    house = a_house(tmp_path / "mirror")
    pull(house, store, "brands", "coupons", "pages")
    sums = house.room("exports/2026-11-23/SHA256SUMS").read_text()
    files = {lossless_file(name) for name in ("brands", "coupons", "pages")}
    assert {name for name in files if name not in sums} == set()
