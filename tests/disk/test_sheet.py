"""A sheet for people made of a CSV: text only, and what was cut is said."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mirrord.core import csvtext
from mirrord.disk.sheet import Sheet, make_sheet, write_sheet
from mirrord.errors import DiskError, Stopped
from tests.fakes import QuietPulse


def _csv(folder: Path, rows: Iterable[list[str]]) -> Path:
    file = folder / "orders.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(csvtext.lines(rows))
    return file


def _read(file: Path) -> dict[str, list[list[object]]]:
    book = load_workbook(file)
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book
    }


def test_every_cell_is_text_as_the_csv_has_it(tmp_path: Path) -> None:
    """Zeros, formulas, error words, dates, large numbers, line breaks, spaces, emoji."""
    rows = [
        ["ID", "Name"],
        ["00123", "=HYPERLINK(1)"],
        ["9223372036854775808", "#N/A"],
        ["2026-11-30", "  two\nlines "],
        ["TRUE", "\U0001f34b, 日本"],
        ["-1+1", "@SUM(A1)"],
    ]
    file = tmp_path / "orders.xlsx"
    assert write_sheet(_csv(tmp_path, rows), file, QuietPulse()) == Sheet(6, 0)
    assert _read(file) == {"orders": rows}
    kinds = {cell.data_type for row in load_workbook(file).active.iter_rows() for cell in row}
    assert kinds == {"s"}
    with zipfile.ZipFile(file) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_an_empty_cell_is_an_empty_cell(tmp_path: Path) -> None:
    """And does not move its neighbours."""
    file = tmp_path / "orders.xlsx"
    make_sheet(_csv(tmp_path, [["a", "b", "c"], ["", "x", ""]]), file)
    assert _read(file) == {"orders": [["a", "b", "c"], [None, "x", None]]}


def test_what_xml_can_not_hold_is_shown_escaped(tmp_path: Path) -> None:
    """As a lone surrogate is in a CSV; text that looks like such an escape is not taken for one."""
    rows = [["a"], ["nul\x00 bell\x07 \ufffe \ud83d"], ["tab\tstays"], ["_x0041_ and _x"]]
    file = tmp_path / "orders.xlsx"
    make_sheet(_csv(tmp_path, rows), file)
    with zipfile.ZipFile(file) as parts:
        text = parts.read("xl/worksheets/sheet1.xml").decode()
    assert r"nul\u0000 bell\u0007 \ufffe \ud83d" in text
    assert "tab\tstays" in text
    assert "_x005F_x0041_ and _x" in text


def test_what_is_cut_stands_in_a_second_sheet(tmp_path: Path) -> None:
    """A long cell, and one of emoji, which a sheet counts as two characters each."""
    long, smiles = "x" * 32_767, "\U0001f34b" * 16_384
    rows = [["ID", "Text"], ["1", long], ["2", long + "yz"], ["3", smiles]]
    file = tmp_path / "orders.xlsx"
    assert make_sheet(_csv(tmp_path, rows), file) == Sheet(4, 2)
    told = _read(file)
    assert told["orders"][1:] == [["1", long], ["2", long], ["3", smiles[:-1]]]
    assert told["cuts"][1:] == [
        ["3", "Text", "2 of 32,769 characters"],
        ["4", "Text", "1 of 16,384 characters"],
    ]


def test_rows_and_columns_beyond_a_sheet_are_told(tmp_path: Path) -> None:
    """How many are missing; with a small sheet instead of a million rows."""
    wide = [str(number) for number in range(16_386)]
    file = tmp_path / "orders.xlsx"
    assert make_sheet(_csv(tmp_path, [wide, ["1"], ["2"], ["3"]]), file, most_rows=2) == Sheet(2, 2)
    told = _read(file)
    assert [len(row) for row in told["orders"]] == [16_384, 16_384]
    assert told["cuts"][1:] == [
        ["1", None, "2 columns at the end"],
        ["3", None, "2 rows at the end"],
    ]


def test_the_list_of_cuts_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest are counted."""
    monkeypatch.setattr("mirrord.disk.sheet._MOST_CUTS", 1)
    rows = [["a"], *([["x" * 32_768]] * 3)]
    file = tmp_path / "orders.xlsx"
    assert make_sheet(_csv(tmp_path, rows), file).cuts == 3
    assert _read(file)["cuts"][-1] == [None, None, "and 2 more"]


def test_a_sheet_is_private_and_nothing_else_is_left(tmp_path: Path) -> None:
    """It holds personal data, and so would its temporary files."""
    source, file = _csv(tmp_path, [["a"], ["b"]]), tmp_path / "staging" / "orders.xlsx"
    file.parent.mkdir()
    write_sheet(source, file, QuietPulse())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_no_sheet_is_made_of_what_is_no_csv(tmp_path: Path) -> None:
    """Nothing stays behind, and the words say which file."""
    source = tmp_path / "orders.csv"
    source.write_bytes(b'a,b\r\n"never closed')
    with pytest.raises(DiskError, match=r"orders\.csv"):
        write_sheet(source, tmp_path / "orders.xlsx", QuietPulse())
    assert list(tmp_path.iterdir()) == [source]


def test_a_sheet_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    """Whoever placed it decides."""
    source, file = _csv(tmp_path, [["a"]]), tmp_path / "orders.xlsx"
    file.write_text("kept")
    with pytest.raises(DiskError):
        write_sheet(source, file, QuietPulse())
    assert file.read_text() == "kept"


def test_a_stop_ends_the_other_process(tmp_path: Path) -> None:
    """And nothing half written stays."""
    source = _csv(tmp_path, [["a"], ["b"]])
    with pytest.raises(Stopped):
        write_sheet(source, tmp_path / "orders.xlsx", QuietPulse(stop_at=1))
    assert list(tmp_path.iterdir()) == [source]
