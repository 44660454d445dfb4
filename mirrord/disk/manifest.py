"""SHA256SUMS and MANIFEST.csv of files/, written from the ledger, each replaced whole.

:mod:`mirrord.disk.recorded` reads them back.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from mirrord.core.entry import Held, Kind
from mirrord.core.manifest import sum_line
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import Staging, closing_fd

SUMS, MANIFEST = "SHA256SUMS", "MANIFEST.csv"
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
    return [name for name, lines in _texts(ledger) if _is_other(house, name, lines)]


def rewrite_manifest(house: House, ledger: Ledger, staging: Staging, name: str, now: int) -> None:
    """Write one of them anew from the ledger; DiskError, LedgerBroken."""
    _replace(house, staging, name, dict(_texts(ledger))[name], now)


def _texts(ledger: Ledger) -> Iterator[tuple[str, Iterator[str]]]:
    yield SUMS, _sums(ledger.held_by_local())
    yield MANIFEST, _rows(ledger.held_by_local())


def _is_other(house: House, name: str, lines: Iterable[str]) -> bool:
    try:
        with house.room(name).open("rb") as file:
            for chunk in _chunks(lines):
                body = chunk.encode("utf-8", "surrogateescape")
                if file.read(len(body)) != body:
                    return True
            return bool(file.read(1))
    except OSError:  # gone, or it can not be read any more
        return True


def _sums(held: Iterable[Held]) -> Iterator[str]:
    for one in held:
        if one.entry.kind is Kind.FILE:
            yield sum_line(one.sha256, one.local)


def _rows(held: Iterable[Held]) -> Iterator[str]:
    yield _csv_line(HEADING)
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
        if len(gathered) == 1_000:
            yield "".join(gathered)
            gathered.clear()
    yield "".join(gathered)
