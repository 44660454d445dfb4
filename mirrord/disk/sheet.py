"""A CSV file as an .xlsx sheet, for people only; it is never read back.

Text cells and nothing else: ``00123`` keeps its zeros, ``=1+1`` is no formula, a date is what it
was. A sheet holds 1,048,576 rows of 16,384 cells of 32,767 characters; what is beyond that is cut,
and a second sheet, "cuts", says each. Memory does not grow with the file. The only room that
imports openpyxl, and it does so in a process of its own (``python -m mirrord.disk.sheet CSV
XLSX``), whose temporary files stand beside the sheet: they hold personal data.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mirrord.core import csvtext
from mirrord.core.pulse import Pulse
from mirrord.disk.aside import run_aside
from mirrord.disk.durable import disk_errors
from mirrord.errors import DiskError

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_ROWS, _MOST_COLUMNS, _MOST_CHARACTERS = 1_048_576, 16_384, 32_767
#: So many cuts are told one by one; the rest are counted.
_MOST_CUTS = 10_000

# XML 1.0 has no place for these, not even escaped
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# and a reader of sheets takes this for such a character written out
_LIKE_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was written: rows of the CSV that are in the sheet, its heading included; cuts made."""

    rows: int
    cuts: int


def write_sheet(source: Path, target: Path, pulse: Pulse) -> Sheet:
    """Write ``target`` (which must not exist) from a CSV, in another process; DiskError.

    What was begun is removed when it does not come to an end.
    """
    command = [sys.executable, "-P", "-m", "mirrord.disk.sheet", str(source), str(target)]
    with ExitStack() as ends, disk_errors(f"making {target.name}"):
        os.close(os.open(target, _NEW_FILE, 0o600))
        ends.callback(target.unlink, missing_ok=True)
        code, out, words = run_aside(command, pulse, {"TMPDIR": str(target.parent)})
        if code:
            last = words.strip().splitlines()[-1:] or [f"it ended with {code}"]
            raise DiskError(f"no sheet could be made of {source.name}: {last[0]}")
        ends.pop_all()
    told = json.loads(out)
    return Sheet(told["rows"], told["cuts"])


def make_sheet(source: Path, target: Path, most_rows: int = _MOST_ROWS) -> Sheet:
    """The same in this process; ValueError where the file is no CSV, OSError."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet, cuts = book.create_sheet(source.stem[:31]), _Cuts()
    with source.open(encoding="utf-8", newline="") as text:
        rows = _append(sheet, _fitting(csvtext.parse(text), most_rows, cuts))
    if cuts.number:
        _append(book.create_sheet("cuts"), cuts.told())
    book.save(target)
    return Sheet(rows, cuts.number)


class _Cuts:
    """What was cut, where."""

    def __init__(self) -> None:
        self.number = 0
        self._first: list[tuple[str, str, str]] = []

    def add(self, row: int, column: str, words: str) -> None:
        """One more, in a row as a reader of the sheet counts it."""
        self.number += 1
        if len(self._first) < _MOST_CUTS:
            self._first.append((str(row), column, words))

    def told(self) -> Iterator[tuple[str, str, str]]:
        """The second sheet's rows."""
        yield ("row", "column", "what was cut; the CSV has it whole")
        yield from self._first
        if self.number > len(self._first):
            yield ("", "", f"and {self.number - len(self._first):,} more")


def _fitting(rows: Iterable[list[str]], most: int, cuts: _Cuts) -> Iterator[list[str]]:
    heading: list[str] = []
    number = 0
    for number, row in enumerate(rows, 1):
        heading = heading or row
        if number > most:
            continue
        if len(row) > _MOST_COLUMNS:
            cuts.add(number, "", f"{len(row) - _MOST_COLUMNS:,} columns at the end")
        yield [_cell(text, number, place, heading, cuts) for place, text in _numbered(row)]
    if number > most:
        cuts.add(most + 1, "", f"{number - most:,} rows at the end")


def _numbered(row: list[str]) -> Iterable[tuple[int, str]]:
    return enumerate(row[:_MOST_COLUMNS])


def _cell(text: str, row: int, place: int, heading: list[str], cuts: _Cuts) -> str:
    shown = _LIKE_ESCAPED.sub("_x005F_", _NOT_XML.sub(_escaped, text))
    if 2 * len(shown) <= _MOST_CHARACTERS:
        return shown
    units = shown.encode("utf-16-le")  # a sheet counts an emoji as two
    if len(units) <= 2 * _MOST_CHARACTERS:
        return shown
    column = heading[place] if place < len(heading) else str(place + 1)
    whole = units[: 2 * _MOST_CHARACTERS].decode("utf-16-le", "ignore")
    cuts.add(row, column, f"{len(shown) - len(whole):,} of {len(shown):,} characters")
    return whole


def _escaped(match: re.Match[str]) -> str:
    r"""As a lone surrogate is in a CSV: ``\u0000``."""
    return f"\\u{ord(match.group()):04x}"


def _append(sheet: WriteOnlyWorksheet, rows: Iterable[Sequence[str]]) -> int:
    """Each row as cells of text; how many there were."""
    from openpyxl.cell import WriteOnlyCell

    number = 0
    for row in rows:
        cells = [WriteOnlyCell(sheet, text) for text in row]
        for cell in cells:
            cell.data_type = "s"  # else =1+1 were a formula and #N/A an error
        sheet.append(cells)
        number += 1
    return number


def main() -> int:
    """Answer on stdout in JSON: how many rows and cuts."""
    source, target = map(Path, sys.argv[1:])
    print(json.dumps(asdict(make_sheet(source, target))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
