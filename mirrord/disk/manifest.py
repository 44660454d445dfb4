"""SHA256SUMS and MANIFEST.csv of files/, written from the ledger, each replaced whole.

:mod:`mirrord.disk.recorded` reads them back.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, BinaryIO

from mirrord.core.entry import Kind
from mirrord.core.manifest import sum_line
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import StagedFile, Staging, closing_fd

SUMS, MANIFEST = "SHA256SUMS", "MANIFEST.csv"
#: So many lines are written, or compared, together.
_AT_ONCE = 1_000

#: As :data:`mirrord.disk.rows.HELD` says.
Row = tuple[Any, ...]
HEADING = (
    "local path",
    "store path",
    "kind",
    "size",
    "last-modified",
    "etag",
    "sha256",
    "fetched at",
    "as served",
    "listed size",
)
_COMMAS = len(HEADING) - 1
_PLAIN_LINE = ",".join(["%s"] * len(HEADING)) + "\n"
_DAY = 86_400


def write_manifest(house: House, ledger: Ledger, staging: Staging, now: int) -> None:
    """Write both files, durable before they are placed; DiskError, LedgerBroken."""
    _replace(house, staging, _texts(ledger), now)
    ledger.manifest_written()


def manifest_stands(house: House) -> bool:
    """Whether both files are there; somebody may have taken them away."""
    return house.room(SUMS).is_file() and house.room(MANIFEST).is_file()


def damaged_manifests(house: House, ledger: Ledger) -> list[str]:
    """Which of both are missing or have other bytes than the ledger would give them."""
    with closing(Comparison(house)) as comparison:
        for row in ledger.held_rows():
            comparison.add(row)
        return comparison.damaged()


class Comparison:
    """Both files against what the ledger tells, for whoever goes through it for more than that.

    Each is read on as the rows come; one that is not there, or can not be read, has other bytes.
    """

    def __init__(self, house: House) -> None:
        self._gathered: list[Row] = []
        self._files: dict[str, BinaryIO] = {}
        for name in (SUMS, MANIFEST):
            with suppress(OSError):
                self._files[name] = house.room(name).open("rb")
        self._compare(MANIFEST, [_csv_line(HEADING)])

    def add(self, row: Row) -> None:
        """The next row, in the order of local paths."""
        self._gathered.append(row)
        if len(self._gathered) >= _AT_ONCE:
            self._compare_gathered()

    def damaged(self) -> list[str]:
        """Which of them are not as told, once all rows have come."""
        self._compare_gathered()
        for name, file in list(self._files.items()):
            with suppress(OSError):
                if not file.read(1):
                    continue
            self._give_up(name)
        return [name for name in (SUMS, MANIFEST) if name not in self._files]

    def close(self) -> None:
        """Let go of the files."""
        for name in list(self._files):
            self._give_up(name)

    def _compare_gathered(self) -> None:
        self._compare(SUMS, _sums(self._gathered))
        self._compare(MANIFEST, _rows(self._gathered))
        self._gathered.clear()

    def _compare(self, name: str, lines: Iterable[str]) -> None:
        if name not in self._files:
            return
        body = "".join(lines).encode("utf-8", "surrogateescape")
        with suppress(OSError):
            if self._files[name].read(len(body)) == body:
                return
        self._give_up(name)

    def _give_up(self, name: str) -> None:
        self._files.pop(name).close()


def rewrite_manifest(house: House, ledger: Ledger, staging: Staging, name: str, now: int) -> None:
    """Write one of them anew from the ledger; DiskError, LedgerBroken."""
    texts = ((one, lines) for one, lines in _texts(ledger) if one == name)
    _replace(house, staging, texts, now)


def _texts(ledger: Ledger) -> Iterator[tuple[str, Iterator[str]]]:
    yield SUMS, _sums(ledger.held_rows())
    yield MANIFEST, chain([_csv_line(HEADING)], _rows(ledger.held_rows()))


def _sums(rows: Iterable[Row]) -> Iterator[str]:
    for _, kind, _, _, _, local, sha256, _, _, _, _, _ in rows:
        if kind == Kind.FILE:
            yield sum_line(sha256, local)


def _rows(rows: Iterable[Row]) -> Iterator[str]:
    for (
        path,
        kind,
        listed_size,
        etag,
        modified,
        local,
        sha256,
        size,
        _,
        fetched,
        _,
        as_served,
    ) in rows:
        yield _csv_line(
            (
                local,
                path,
                kind,
                size if kind == Kind.FILE else "",
                _time(modified),
                etag,
                sha256,
                _time(fetched or None),
                "yes" if as_served else "",
                "" if listed_size is None else listed_size,
            )
        )


def _csv_line(cells: tuple[object, ...]) -> str:
    plain = _PLAIN_LINE % cells
    quiet = '"' not in plain and "\r" not in plain and plain.count("\n") == 1
    if quiet and plain.count(",") == _COMMAS:  # of millions, all but a few
        return plain
    line = io.StringIO()
    # the writer quotes what its own line ends consist of: a name may have either character
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _time(at: int | None) -> str:
    if at is None:
        return ""
    day, second = divmod(at, _DAY)
    minute, second = divmod(second, 60)
    return f"{_date(day)}T{minute // 60:02}:{minute % 60:02}:{second:02}Z"


@lru_cache(1_000)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY, UTC).date().isoformat()


def _replace(
    house: House, staging: Staging, texts: Iterable[tuple[str, Iterable[str]]], now: int
) -> None:
    with ExitStack() as ends:
        written: list[tuple[str, StagedFile]] = []
        for name, lines in texts:
            staged = staging.open(0o440, now)
            ends.callback(staged.discard)
            for chunk in _chunks(lines):
                staged.write(chunk.encode("utf-8", "surrogateescape"))
            staged.close()
            written.append((name, staged))
        with (
            disk_errors(f"writing {' and '.join(name for name, _ in written)}"),
            closing_fd(os.open(house.root, os.O_RDONLY | os.O_DIRECTORY)) as folder,
        ):
            for _, staged in written:
                staged.sync()
            for name, staged in written:
                staged.move_to(folder, name)
            os.fsync(folder)


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    gathered: list[str] = []
    for line in lines:
        gathered.append(line)
        if len(gathered) == _AT_ONCE:
            yield "".join(gathered)
            gathered.clear()
    yield "".join(gathered)
