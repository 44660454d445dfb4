"""What every RecordSource keeps: the API against the sample store, and the one in memory."""

from collections import Counter
from collections.abc import Iterator

import pytest

from mirrord.core.columns.forms import moment_of
from mirrord.core.datasets import DATASETS, MAIN
from mirrord.core.datasets.counts import why_incomplete
from mirrord.core.datasets.kinds import Counting, Dataset
from mirrord.core.records import Record
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.errors import Stopped
from mirrord.source import RecordSource
from mirrord.source.api import ApiSource
from tests.fakes import QuietPulse
from tests.fakes_records import MemorySource

#: More than one page of each, so that paging, batches and the three walks over orders are at work.
SIZES = Sizes(products=20, customers=300, orders=560)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleStore]:
    """A sample store that is not changed, with a quota that is never felt."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / "content").mkdir()  # an own tree: pictures are of no use here
    with SampleStore(folder, sizes=SIZES, quota=100_000) as running:
        yield running


def _api(store: SampleStore) -> ApiSource:
    return ApiSource(store.store_hash, store.token, store.api_url)


@pytest.fixture(scope="module")
def held(store: SampleStore) -> dict[str, list[Record]]:
    """All records of that store."""
    api = _api(store)
    pulled = {name: list(api.records(DATASETS[name], QuietPulse())) for name in MAIN}
    api.close()
    return pulled


@pytest.fixture(params=["api", "memory"])
def source(
    request: pytest.FixtureRequest, store: SampleStore, held: dict[str, list[Record]]
) -> Iterator[RecordSource]:
    """Each source with the same records."""
    chosen: RecordSource = _api(store) if request.param == "api" else MemorySource(held)
    yield chosen
    chosen.close()


@pytest.fixture(params=[DATASETS[name] for name in MAIN], ids=MAIN)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    """Each dataset in turn."""
    chosen: Dataset = request.param
    return chosen


def _counting(dataset: Dataset) -> Counting:
    assert dataset.counting is not None
    return dataset.counting


def test_every_record_comes_once_in_ascending_order(
    source: RecordSource, dataset: Dataset, store: SampleStore
) -> None:
    """The ids are exactly those that the store has, archived and incomplete orders included."""
    truth = {"products": store.products, "customers": store.customers, "orders": store.orders}
    ids = [record.id for record in source.records(dataset, QuietPulse())]
    assert ids == sorted(truth[dataset.name])


def test_a_whole_pull_is_complete_by_the_stores_own_count(
    source: RecordSource, dataset: Dataset
) -> None:
    """The number of records lies between the count before and the count after."""
    pulse = QuietPulse()
    before = source.count(dataset, pulse)
    seen = Counter(_counting(dataset).standing(record) for record in source.records(dataset, pulse))
    after = source.count(dataset, pulse)
    assert before is not None
    assert after is not None
    assert why_incomplete(seen, before, after) == ""


def test_only_what_changed_comes_when_asked_for(source: RecordSource, dataset: Dataset) -> None:
    """From a moment on, that moment included; the ids still name all."""
    assert dataset.since is not None
    whole = list(source.records(dataset, QuietPulse()))
    dates = {one.id: moment_of(one.fields.get(dataset.since.field)) for one in whole}
    middle = sorted(date for date in dates.values() if date)[len(whole) // 2]
    wanted = [one.id for one in whole if (date := dates[one.id]) is not None and date >= middle]
    came = [one.id for one in source.records(dataset, QuietPulse(), since=middle)]
    assert (came, len(came) < len(whole)) == (wanted, True)
    if dataset.since.ids is not None:
        assert list(source.ids(dataset, QuietPulse())) == [one.id for one in whole]


def test_two_pulls_of_an_unchanged_store_are_the_same_text(
    source: RecordSource, dataset: Dataset
) -> None:
    """Nothing in a record depends on when or how it was asked for."""
    first = [record.text for record in source.records(dataset, QuietPulse())]
    again = [record.text for record in source.records(dataset, QuietPulse())]
    assert first == again


def test_a_record_is_one_line_and_has_no_gap(source: RecordSource, dataset: Dataset) -> None:
    """The own text has no line break, and nothing was withheld."""
    pulled = list(source.records(dataset, QuietPulse()))
    assert not [one.id for one in pulled if "\n" in one.text or "\r" in one.text or one.gaps]


def test_a_stop_ends_a_pull_at_the_next_beat(source: RecordSource, dataset: Dataset) -> None:
    """Stopped comes out of the iterator as it is; nothing swallows it."""
    with pytest.raises(Stopped):
        list(source.records(dataset, QuietPulse(stop_at=1)))


def test_every_row_is_as_wide_as_its_header(source: RecordSource, dataset: Dataset) -> None:
    """A record of any kind gives rows of the table's own width, of text only."""
    records = list(source.records(dataset, QuietPulse()))
    tables = [one.sized(max(map(one.wanted, records))) for one in dataset.tables]
    widths = {
        (table.name, len(row) - len(table.columns), all(isinstance(cell, str) for cell in row))
        for record in records
        for table in tables
        for row in table.rows(record)
    }
    assert widths <= {(table.name, 0, True) for table in tables}
    assert (tables[0].name, 0, True) in widths
