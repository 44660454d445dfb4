"""A CSV looked at by pandas, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mirrord.core import csvtext
from mirrord.disk.dataset import Facts, inspect
from mirrord.errors import Stopped
from tests.fakes import QuietPulse


def write(file: Path, *rows: list[str]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(csvtext.lines(rows))
    return file


def one(file: Path) -> Facts | str:
    (told,) = inspect([file], QuietPulse())
    return told


def test_rows_columns_and_filled_cells_are_counted(tmp_path: Path) -> None:
    """Headings that stand twice, NA, leading zeros, line breaks and quotes: all just text."""
    file = write(
        tmp_path / "a.csv",
        ["ID", "Name", "Name", "Notes"],
        ["00123", "NA", "", 'line one\nline "two"'],
        ["9007199254740993", "nan", "", "x" * 200_000],
        ["3", "", "", "=1+1"],
    )
    assert one(file) == Facts(("ID", "Name", "Name", "Notes"), 3, (3, 2, 0, 3))


def test_a_heading_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    """A dataset that the shop does not have."""
    assert one(write(tmp_path / "a.csv", ["ID", "Name"])) == Facts(("ID", "Name"), 0, (0, 0))


@pytest.mark.parametrize(
    "text", ["", 'ID,Name\r\n1,"cut off in the mid', "ID\r\n1\r\n2,3\r\n", "ID\r\n\xff"]
)
def test_what_is_no_sound_csv_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    """Empty, cut off inside a cell, a row too long, not UTF-8."""
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode("latin-1"))
    good = write(tmp_path / "b.csv", ["ID"], ["1"])
    why, told = inspect([file, good], QuietPulse())
    assert (isinstance(why, str) and bool(why), told) == (True, Facts(("ID",), 1, (1,)))


def test_pandas_stays_out_of_our_own_process(tmp_path: Path) -> None:
    """The daemon never pays for it in memory."""
    file = write(tmp_path / "a.csv", ["ID"], ["1"])
    code = (
        "import pathlib, sys\n"
        "from mirrord.disk.dataset import inspect\n"
        "from mirrord.jobs.pulse import Heart\n"
        "inspect([pathlib.Path(sys.argv[1])], Heart())\n"
        "sys.exit('pandas' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(file)], check=False).returncode == 0


def test_a_stop_ends_the_other_process_at_once(tmp_path: Path) -> None:
    """However long the file is; no process of ours is left."""
    os.mkfifo(tmp_path / "a.csv")  # nobody writes to it: reading it never ends
    with pytest.raises(Stopped):
        inspect([tmp_path / "a.csv"], QuietPulse(stop_at=2))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_what_lies_in_the_current_folder_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can upload to the shop could put a `pandas.py` into files/."""
    (tmp_path / "pandas.py").write_text("open('proof', 'w').close()")
    monkeypatch.chdir(tmp_path)
    assert one(write(tmp_path / "a.csv", ["ID"], ["1"])) == Facts(("ID",), 1, (1,))
    assert not (tmp_path / "proof").exists()
