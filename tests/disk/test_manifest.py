"""The lines of MANIFEST.csv."""

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.manifest import sum_line
from mirrord.disk.manifest import HEADING, Row, _cells, _csv_line, _sums, _table, _time

CELLS = st.one_of(st.integers(), st.text("ab ,\"\r\n;'", max_size=6), st.just("%s"))


@given(st.tuples(*[CELLS] * len(HEADING)))
def test_a_line_is_as_the_csv_writer_writes_it(cells: tuple[object, ...]) -> None:
    """Quoted where it has to be, whatever the names are; and read back as it was."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    assert _csv_line(cells) == line.getvalue().removesuffix("\r\n") + "\n"
    (row,) = csv.reader(io.StringIO(_csv_line(cells), newline=""))
    assert row == [str(cell) for cell in cells]


TEXTS = st.text('ab,"\r\n\\', max_size=3)
NUMBERS = st.integers(0, 2_000_000_000)
ROWS = st.tuples(
    TEXTS,
    st.sampled_from(["file", "folder"]),
    st.none() | NUMBERS,
    TEXTS,
    st.none() | NUMBERS,
    TEXTS,
    st.just("0" * 64),
    *[NUMBERS] * 4,
    st.booleans(),
)


@given(st.lists(ROWS, max_size=4))
def test_many_lines_at_once_are_those_of_each_row(rows: list[Row]) -> None:
    """Of both papers, whatever has to be quoted or escaped, and wherever it stands."""
    assert _table(rows) == "".join(_csv_line(_cells(row)) for row in rows)
    files = [row for row in rows if row[1] == "file"]
    assert _sums(rows) == "".join(sum_line(row[6], row[5]) for row in files)


@given(st.integers(-10_000_000_000, 250_000_000_000))
def test_a_time_is_told_in_whole_seconds_of_utc(at: int) -> None:
    """Before 1970 as well, and up to the year 9999."""
    told = datetime.fromtimestamp(at, UTC)
    assert _time(at) == told.strftime("%Y").zfill(4) + told.strftime("-%m-%dT%H:%M:%SZ")
