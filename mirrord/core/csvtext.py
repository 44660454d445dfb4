r"""Rows of cells to CSV text and back, in the one form that all our CSVs have.

The form of the only real BigCommerce file at hand (its Bulk Edit template): UTF-8 without a BOM,
a header, commas, quotes only where they are needed and doubled inside, CRLF at the ends of rows.
Line breaks inside a cell stay as the shop wrote them. Nothing is disarmed: ``=1+1`` and ``+44``
stand as they are, since a defused cell could not be put back. The one text that UTF-8 can not
hold, a lone surrogate, is written as its ``\udXXX`` escape.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

# The reader's own limit is 128 KiB a cell; descriptions with pasted images are longer.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

_LONE = re.compile("[\ud800-\udfff]")


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Each row as its text, CRLF included; encode it as UTF-8 and never translate newlines."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_whole(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def parse(text: Iterable[str], separator: str = ",") -> Iterator[list[str]]:
    """The rows of CSV text, given in pieces that keep their line ends (an open file, lines())."""
    return csv.reader(text, strict=True, delimiter=separator)


def with_raw(text: Iterable[str], separator: str = ",") -> Iterator[tuple[str, list[str]]]:
    """The same, each row with its own text, so that what is kept stays as it was written."""
    taken: list[str] = []

    def told() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    for row in parse(told(), separator):
        yield "".join(taken), row
        taken.clear()


def counted(rows: Iterable[list[str]], columns: int) -> Iterator[int]:
    """The number of each row; ValueError at the first that is not as long as the heading.

    Empty lines, as editors leave them at a file's end, are no rows.
    """
    number = 0
    for row in rows:
        if not row:
            continue
        number += 1
        if len(row) != columns:
            raise ValueError(f"row {number:,} has {len(row):,} cells and should have {columns:,}")
        yield number


def _whole(cell: str) -> str:
    if cell.isascii() or not _LONE.search(cell):
        return cell
    return _LONE.sub(lambda match: f"\\u{ord(match.group()):04x}", cell)
