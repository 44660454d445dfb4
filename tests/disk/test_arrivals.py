"""What is kept of when orders came: counts, and nothing of anybody."""

import json
from pathlib import Path

import pytest

from mirrord.core.risk import arrivals
from mirrord.disk.arrivals import read_arrivals, record_arrivals
from tests.houses import NOW, new_house

FILE = "report/arrivals.json"
KNOWN = arrivals([NOW - 10.5, NOW - 20, NOW - 4_000], NOW, NOW + 7.5)


def test_what_was_recorded_is_read(tmp_path: Path) -> None:
    """As often as it is asked, and anew after each record; private."""
    house = new_house(tmp_path)
    assert read_arrivals(house) is None
    for known in (KNOWN, arrivals([], NOW + 900, NOW + 901)):
        record_arrivals(house, known)
        assert [read_arrivals(house), read_arrivals(house)] == [known, known]
    assert house.room(FILE).stat().st_mode & 0o777 == 0o600


def test_nothing_of_a_single_order_is_kept(tmp_path: Path) -> None:
    """Only how many came in which five minutes."""
    house = new_house(tmp_path)
    record_arrivals(house, KNOWN)
    told = json.loads(house.room(FILE).read_bytes())
    assert [count for _, count in told["counts"]] == [1, 2]
    assert str(NOW - 20) not in house.room(FILE).read_text().replace(str(float(NOW)), "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        '{"started": 1, "took": 1, "until": 1, "counts": 5}',
        '{"started": 1, "took": 1, "until": 1, "counts": [[1]]}',
        '{"started": 1, "took": 1, "until": 1, "counts": [[1, -4]]}',
        '{"started": 1, "took": -1, "until": 1, "counts": []}',
        '{"started": 9, "took": 1, "until": 1, "counts": []}',
        '{"started": NaN, "took": 1, "until": 1, "counts": []}',
        '{"started": 1, "took": Infinity, "until": 1, "counts": []}',
        "[" * 5_000,
        "9" * 2_000_000,
    ],
    ids=lambda text: text[:40],
)
def test_whatever_else_stands_there_tells_nothing(tmp_path: Path, text: str) -> None:
    """The next pull writes it anew."""
    house = new_house(tmp_path)
    house.room(FILE).write_text(text)
    assert read_arrivals(house) is None
    record_arrivals(house, KNOWN)
    assert read_arrivals(house) == KNOWN
