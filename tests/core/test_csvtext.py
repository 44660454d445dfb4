"""Rows to text and back."""

import io

import pandas
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.csvtext import lines, parse

cells = st.text(st.characters(exclude_categories=("Cs",)))
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5)
)


@given(tables)
def test_what_is_written_is_read_back_unchanged(rows: list[list[str]]) -> None:
    """Quotes, commas, line breaks, NUL, formulas, leading zeros: for any cells."""
    assert list(parse(lines(rows))) == rows


@given(tables)
def test_a_file_read_by_its_own_line_ends_gives_the_same_rows(rows: list[list[str]]) -> None:
    """As one text, as it lies on disk, encoded as UTF-8."""
    disk = "".join(lines(rows)).encode("utf-8").decode("utf-8")
    assert list(parse(io.StringIO(disk, newline=""))) == rows


def test_the_form_is_that_of_bigcommerces_own_template() -> None:
    """CRLF, quotes only where needed and doubled, no BOM, line breaks inside a cell as they are."""
    text = "".join(lines([["ID", "Name"], ["00123", 'a "b", c'], ["=1+1", "x\ny"]]))
    assert text == 'ID,Name\r\n00123,"a ""b"", c"\r\n=1+1,"x\ny"\r\n'


def test_a_lone_surrogate_is_escaped_and_all_else_kept() -> None:
    """UTF-8 can not hold it; a pair is no lone one."""
    (line,) = lines([["a\ud83dz", "\U0001f34b"]])
    assert line.encode() == b"a\\ud83dz,\xf0\x9f\x8d\x8b\r\n"


def test_a_cell_larger_than_the_readers_own_limit_is_read() -> None:
    """Descriptions with pasted images are longer than 128 KiB."""
    rows = [["x" * 300_000]]
    assert list(parse(lines(rows))) == rows


def test_pandas_reads_what_we_write() -> None:
    """The gates read it with string dtype, nothing guessed."""
    rows = [["a", "b"], ["00123", ""], ["NA", "x\r\ny"], [" 9223372036854775808", '"']]
    frame = pandas.read_csv(
        io.StringIO("".join(lines(rows)), newline=""), dtype=str, keep_default_na=False
    )
    assert [list(frame.columns), *frame.to_numpy().tolist()] == rows
