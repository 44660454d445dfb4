"""The table of datasets, and when a pull is complete."""

from collections import Counter

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.counts import (
    order_standing,
    pagination_total,
    placed_orders,
    why_incomplete,
)
from mirrord.core.datasets.kinds import Again, Apart, Standing
from mirrord.core.records import read_object
from mirrord.errors import AnswerBroken
from tests.fakes_records import record


def _seen(counted: int, maybe: int = 0, not_counted: int = 0) -> Counter[Standing]:
    return Counter({Standing.COUNTED: counted, Standing.MAYBE: maybe, Standing.NOT: not_counted})


@pytest.mark.parametrize(
    ("seen", "before", "after"),
    [
        (_seen(10), 10, 10),
        (_seen(10), 9, 11),
        (_seen(10), 11, 9),
        (_seen(0), 0, 0),
        (_seen(10, maybe=3), 10, 10),
        (_seen(10, maybe=3), 13, 13),
        (_seen(10, not_counted=5), 10, 10),
    ],
)
def test_a_pull_within_the_stores_counts_is_complete(
    seen: Counter[Standing], before: int, after: int
) -> None:
    """Between before and after, whether archived orders are counted or not."""
    assert why_incomplete(seen, before, after) == ""


@pytest.mark.parametrize(
    ("seen", "before", "after", "reason"),
    [
        (_seen(9), 10, 10, "9 records came, but the store counts 10"),
        (_seen(12), 10, 11, "12 records came, but the store counts 10 to 11"),
        (_seen(0), 1, 1, "0 records came, but the store counts 1"),
        (_seen(10, maybe=3), 12, 12, "10 or 13 records came, but the store counts 12"),
    ],
)
def test_a_pull_outside_the_stores_counts_says_why(
    seen: Counter[Standing], before: int, after: int, reason: str
) -> None:
    """Never a count somewhere between all archived orders and none."""
    assert why_incomplete(seen, before, after) == reason


def test_incomplete_orders_are_not_in_the_stores_count() -> None:
    """Status 0 is left out on both sides; archived ones may be in or out."""
    standings = [
        order_standing(record(text))
        for text in (
            '{"id": 1, "status_id": 0, "is_deleted": false}',
            '{"id": 2, "status_id": 0, "is_deleted": true}',
            '{"id": 3, "status_id": 10, "is_deleted": true}',
            '{"id": 4, "status_id": 10, "is_deleted": false}',
            '{"id": 5, "status_id": 10}',
        )
    ]
    expected = [Standing.NOT, Standing.NOT, Standing.MAYBE, Standing.COUNTED, Standing.COUNTED]
    assert standings == expected


def test_the_count_of_orders_is_that_of_all_statuses_but_incomplete() -> None:
    """The total beside them may hold or leave out status 0."""
    counts = '{"id": 0, "count": 5}, {"id": 1, "count": 3}, {"id": 9, "count": 4}'
    body = f'{{"count": 99, "statuses": [{counts}]}}'
    assert placed_orders(read_object(body, "a test")) == 7


@pytest.mark.parametrize("total", ['"60"', "-1", "null", "true", "6.5"])
def test_a_count_that_is_no_number_is_an_error(total: str) -> None:
    """What is complete is never decided by a guess."""
    body = read_object(f'{{"meta": {{"pagination": {{"total": {total}}}}}}}', "a test")
    with pytest.raises(AnswerBroken, match="count is no number"):
        pagination_total(body)


def test_every_companion_that_is_fetched_has_a_file_of_its_own() -> None:
    """What is asked for apart is in no record's own text and would be lost."""
    fetched = {
        (dataset.name, name)
        for dataset in DATASETS.values()
        for companion in dataset.companions
        if isinstance(companion, Again | Apart)
        for name in (companion.names if isinstance(companion, Again) else (companion.name,))
    }
    filed = {(dataset.name, name) for dataset in DATASETS.values() for name in dataset.files}
    assert fetched == filed
