"""One export from elsewhere, copied into staging, told by its heading and checked row by row.

Its bytes are filed as they came, or not at all. The copy is what is checked: nobody else can write
to it.
"""

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mirrord.core import csvtext
from mirrord.core.headings import HEAD, Sheet, recognise
from mirrord.core.pulse import Pulse
from mirrord.core.xmlroot import xml_kind
from mirrord.disk.durable import disk_errors
from mirrord.disk.staging import StagedFile, Staging

_CHUNK = 1 << 20
#: Characters: the longest that a row may be. A quote that is never closed would read on and on.
_LONGEST = 1 << 24
_SECOND = 1_000_000_000
#: So many rows between two beats.
_ROWS = 1_000

NOT_KNOWN = "it is none of the exports that BigCommerce's control panel makes"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A checked copy in staging. ``path`` is where it came from, below its source.

    ``sheet`` is None for XML; ``rows`` those of a CSV; ``modified`` in seconds since 1970.
    ``fault`` says why it is not filed: unknown, or no sound CSV.
    """

    path: str
    staged: StagedFile
    size: int
    sha256: str
    modified: float
    kind: str = ""
    sheet: Sheet | None = None
    rows: int = 0
    encoding: str = ""
    fault: str = ""

    @property
    def template(self) -> str:
        """The template for people."""
        return self.sheet.what.words() if self.sheet else "xml"

    @property
    def is_plain(self) -> bool:
        """Whether it is written as our own exports are: UTF-8 with commas."""
        return self.sheet is not None and (self.encoding, self.sheet.separator) in _PLAIN

    def receipt(self) -> dict[str, Any]:
        """What is known of it."""
        told: dict[str, Any] = {
            "path": self.path,
            "kind": self.kind,
            "template": self.template,
            "sha256": self.sha256,
            "size": self.size,
        }
        if self.sheet is None:
            return told | {"format": "xml"}
        what = self.sheet.what
        return told | {
            "format": "csv",
            "rows": self.rows,
            "columns": len(self.sheet.columns),
            "unknown_columns": list(what.unknown),
            "repeated": {name: list(places) for name, places in what.repeated.items()},
            "encoding": self.encoding,
            "encoding_guessed": self.sheet.guessed or self.encoding != self.sheet.encoding,
            "separator": self.sheet.separator,
        }


_PLAIN = frozenset({("utf-8", ","), ("utf-8-sig", ",")})


def take_copy(fd: int, path: str, staging: Staging, pulse: Pulse) -> Foreign:
    """Copy an open file and find out what it is. DiskError, also where it can not be read."""
    seen = os.fstat(fd)
    staged = staging.open(0o600, int(seen.st_mtime))
    head = b""
    while True:
        pulse.beat()
        with disk_errors(f"reading {path}"):
            chunk = os.read(fd, _CHUNK)
        if not chunk:
            break
        if len(head) < HEAD:
            head += chunk[: HEAD - len(head)]
        staged.write(chunk)
    size, sha256 = staged.close()
    copy = Foreign(path, staged, size, sha256, seen.st_mtime)
    return _judged(copy, head, pulse)


def _judged(copy: Foreign, head: bytes, pulse: Pulse) -> Foreign:
    whole = copy.size == len(head)
    sheet = recognise(head, whole=whole)
    if sheet is None:
        kind = xml_kind(head)
        return replace(copy, kind=kind, fault="" if kind else NOT_KNOWN)
    told = replace(copy, kind=sheet.what.kind, sheet=sheet, encoding=sheet.encoding)
    # a heading is ASCII: what lies further down may still tell another alphabet
    encodings = [sheet.encoding, *(["cp1252"] if sheet.encoding == "utf-8" else [])]
    for encoding in encodings:
        try:
            rows = _rows(copy.staged.path, head if whole else None, encoding, sheet, pulse)
        except UnicodeDecodeError:
            continue
        except (ValueError, csv.Error) as error:
            return replace(told, fault=f"it is no sound CSV: {error}")
        return replace(told, rows=rows, encoding=encoding)
    return replace(told, fault="it is in no alphabet that is known")


def _rows(file: Path, body: bytes | None, encoding: str, sheet: Sheet, pulse: Pulse) -> int:
    """The rows below the heading; ValueError, csv.Error where the file is not sound."""
    with disk_errors("reading a copy"):
        raw: io.BytesIO | io.BufferedReader = (
            io.BytesIO(body) if body is not None else file.open("rb")
        )
        with io.TextIOWrapper(raw, encoding, newline="") as text:
            lines = _Lines(text.readline)
            number = 0
            rows = csvtext.parse(lines, sheet.separator)
            for number in csvtext.counted(rows, len(sheet.columns)):
                lines.long = 0
                if number % _ROWS == 0:
                    pulse.beat()
    return number - 1


class _Lines:
    """The lines of a text, as long as the row that they are part of is not endless."""

    def __init__(self, readline: Callable[[int], str]) -> None:
        self.long = 0
        self._readline = readline

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._readline(_LONGEST)
        if not line:
            raise StopIteration
        self.long += len(line)
        if self.long >= _LONGEST:
            raise ValueError("a row does not end; a quote may be missing")
        return line


def key_of(path: str, sha256: str) -> bytes:
    """What tells a file of a source that was filed before: where it lay, and its bytes."""
    text = f"{sha256} {path}".encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).digest()
