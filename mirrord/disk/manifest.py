"""SHA256SUMS and MANIFEST.csv of files/, written from the ledger, each replaced whole.

:mod:`mirrord.disk.recorded` reads them back.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import lru_cache

from mirrord.core.entry import Kind
from mirrord.core.manifest import sum_line
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import StagedFile, Staging, closing_fd

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
    return [name for name, lines in _texts(ledger) if _is_other(house, name, lines)]


def rewrite_manifest(house: House, ledger: Ledger, staging: Staging, name: str, now: int) -> None:
    """Write one of them anew from the ledger; DiskError, LedgerBroken."""
    texts = ((one, lines) for one, lines in _texts(ledger) if one == name)
    _replace(house, staging, texts, now)


def _texts(ledger: Ledger) -> Iterator[tuple[str, Iterator[str]]]:
    yield SUMS, _sums(ledger)
    yield MANIFEST, _rows(ledger)


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


def _sums(ledger: Ledger) -> Iterator[str]:
    for local, kind, sha256, _, _ in ledger.held_plain():
        if kind == Kind.FILE:
            yield sum_line(sha256, local)


def _rows(ledger: Ledger) -> Iterator[str]:
    yield _csv_line(HEADING)
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
    ) in ledger.held_rows():
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
        if len(gathered) == 1_000:
            yield "".join(gathered)
            gathered.clear()
    yield "".join(gathered)
