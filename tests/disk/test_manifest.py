"""The lines of MANIFEST.csv."""

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mirrord.disk.manifest import HEADING, _csv_line, _time

CELLS = st.one_of(st.integers(), st.text("ab ,\"\r\n;'", max_size=6), st.just("%s"))


@given(st.tuples(*[CELLS] * len(HEADING)))
def test_a_line_is_as_the_csv_writer_writes_it(cells: tuple[object, ...]) -> None:
    """Quoted where it has to be, whatever the names are; and read back as it was."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    assert _csv_line(cells) == line.getvalue().removesuffix("\r\n") + "\n"
    (row,) = csv.reader(io.StringIO(_csv_line(cells), newline=""))
    assert row == [str(cell) for cell in cells]


@given(st.integers(-10_000_000_000, 250_000_000_000))
def test_a_time_is_told_in_whole_seconds_of_utc(at: int) -> None:
    """Before 1970 as well, and up to the year 9999."""
    told = datetime.fromtimestamp(at, UTC)
    assert _time(at) == told.strftime("%Y").zfill(4) + told.strftime("-%m-%dT%H:%M:%SZ")
