"""SHA256SUMS and MANIFEST.csv of files/, written from the ledger, each replaced whole.

:mod:`mirrord.disk.recorded` reads them back.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import chain
from typing import BinaryIO

from mirrord.core.entry import Held, Kind
from mirrord.core.manifest import sum_line
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import Staging, closing_fd

SUMS, MANIFEST = "SHA256SUMS", "MANIFEST.csv"
#: So many lines are written, or compared, together.
_AT_ONCE = 1_000
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


def write_manifest(house: House, ledger: Ledger, staging: Staging, now: int) -> None:
    """Write both files, durable before they are placed; DiskError, LedgerBroken."""
    for name, lines in _texts(ledger):
        _replace(house, staging, name, lines, now)
    ledger.manifest_written()


def manifest_stands(house: House) -> bool:
    """Whether both files are there; somebody may have taken them away."""
    return house.room(SUMS).is_file() and house.room(MANIFEST).is_file()


def damaged_manifests(house: House, ledger: Ledger) -> list[str]:
    """Which of both are missing or have other bytes than the ledger would give them."""
    with closing(Comparison(house)) as comparison:
        for held in ledger.held_by_local():
            comparison.add(held)
        return comparison.damaged()


class Comparison:
    """Both files against what the ledger tells, for whoever goes through it for more than that.

    Each is read on as the rows come; one that is not there, or can not be read, has other bytes.
    """

    def __init__(self, house: House) -> None:
        self._gathered: list[Held] = []
        self._files: dict[str, BinaryIO] = {}
        for name in (SUMS, MANIFEST):
            with suppress(OSError):
                self._files[name] = house.room(name).open("rb")
        self._compare(MANIFEST, [_csv_line(HEADING)])

    def add(self, held: Held) -> None:
        """The next row, in the order of local paths."""
        self._gathered.append(held)
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
    _replace(house, staging, name, dict(_texts(ledger))[name], now)


def _texts(ledger: Ledger) -> Iterator[tuple[str, Iterator[str]]]:
    yield SUMS, _sums(ledger.held_by_local())
    yield MANIFEST, chain([_csv_line(HEADING)], _rows(ledger.held_by_local()))


def _sums(held: Iterable[Held]) -> Iterator[str]:
    for one in held:
        if one.entry.kind is Kind.FILE:
            yield sum_line(one.sha256, one.local)


def _rows(held: Iterable[Held]) -> Iterator[str]:
    for one in held:
        entry = one.entry
        yield _csv_line(
            (
                one.local,
                entry.path,
                entry.kind,
                one.size if entry.kind is Kind.FILE else "",
                _time(entry.stamp.modified),
                entry.stamp.etag,
                one.sha256,
                _time(one.fetched or None),
                "yes" if one.as_served else "",
                "" if entry.size is None else entry.size,
            )
        )


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    # the writer quotes what its own line ends consist of: a name may have either character
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _time(at: int | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at, UTC).isoformat().removesuffix("+00:00") + "Z"


def _replace(house: House, staging: Staging, name: str, lines: Iterable[str], now: int) -> None:
    staged = staging.open(0o440, now)
    try:
        for chunk in _chunks(lines):
            staged.write(chunk.encode("utf-8", "surrogateescape"))
        staged.close()
        with disk_errors(f"writing {name}"):
            folder = os.open(house.root, os.O_RDONLY | os.O_DIRECTORY)
            with closing_fd(folder):
                staged.sync()
                staged.move_to(folder, name)
                os.fsync(folder)
    finally:
        staged.discard()


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    gathered: list[str] = []
    for line in lines:
        gathered.append(line)
        if len(gathered) == _AT_ONCE:
            yield "".join(gathered)
            gathered.clear()
    yield "".join(gathered)
