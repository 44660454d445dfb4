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

from mirrord.core.discreet import mode_of_list
from mirrord.core.entry import Kind, TreePath
from mirrord.core.manifest import sum_line
from mirrord.core.names import PERSONAL_TOPS
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import StagedFile, Staging, closing_fd

SUMS, MANIFEST = "SHA256SUMS", "MANIFEST.csv"
_FILE = Kind.FILE.value

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
    _replace(house, staging, _texts(ledger), now, _mode(ledger))
    ledger.manifest_written()


def manifest_stands(house: House) -> bool:
    """Whether both files are there; somebody may have taken them away."""
    return house.room(SUMS).is_file() and house.room(MANIFEST).is_file()


def damaged_manifests(house: House, ledger: Ledger) -> list[str]:
    """Which of both are missing or have other bytes than the ledger would give them."""
    with closing(Comparison(house)) as comparison:
        for rows in ledger.held_lists():
            comparison.passing(rows)
        return comparison.damaged()


class Comparison:
    """Both files against what the ledger tells, for whoever goes through it for more than that.

    Each is read on as the rows come; one that is not there, or can not be read, has other bytes.
    """

    def __init__(self, house: House) -> None:
        self._files: dict[str, BinaryIO] = {}
        for name in (SUMS, MANIFEST):
            with suppress(OSError):
                self._files[name] = house.room(name).open("rb")
        self._compare(MANIFEST, _csv_line(HEADING))

    def passing(self, rows: list[Row]) -> list[Row]:
        """Compare the next rows, in the order of local paths, and give them back."""
        self._compare(SUMS, _sums(rows))
        self._compare(MANIFEST, _table(rows))
        return rows

    def damaged(self) -> list[str]:
        """Which of them are not as told, once all rows have come."""
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

    def _compare(self, name: str, text: str) -> None:
        if name not in self._files:
            return
        body = text.encode("utf-8", "surrogateescape")
        with suppress(OSError):
            if self._files[name].read(len(body)) == body:
                return
        self._give_up(name)

    def _give_up(self, name: str) -> None:
        self._files.pop(name).close()


def rewrite_manifest(house: House, ledger: Ledger, staging: Staging, name: str, now: int) -> None:
    """Write one of them anew from the ledger; DiskError, LedgerBroken."""
    texts = ((one, parts) for one, parts in _texts(ledger) if one == name)
    _replace(house, staging, texts, now, _mode(ledger))


def _mode(ledger: Ledger) -> int:
    """What staff may read of, unless a file is named after a person."""
    tops = (ledger.held_below(TreePath(top)) for top in sorted(PERSONAL_TOPS))
    return mode_of_list(held.path for held in chain.from_iterable(tops))


def _texts(ledger: Ledger) -> Iterator[tuple[str, Iterator[str]]]:
    yield SUMS, map(_sums, ledger.held_lists())
    yield MANIFEST, chain([_csv_line(HEADING)], map(_table, ledger.held_lists()))


def _sums(rows: list[Row]) -> str:
    sums = [(row[6], row[5]) for row in rows if row[1] == _FILE]
    text = "".join([f"{sha256}  {local}\n" for sha256, local in sums])
    # of millions, all but a few: nothing in it is to be escaped
    if "\\" not in text and "\r" not in text and text.count("\n") == len(sums):
        return text
    return "".join([sum_line(sha256, local) for sha256, local in sums])


def _table(rows: list[Row]) -> str:
    text = "".join(
        [
            f"{local},{path},{kind},{size if kind == _FILE else ''},{_time(modified)},{etag},"
            f"{sha256},{_moment(fetched or None)},{'yes' if served else ''},"
            f"{'' if listed is None else listed}\n"
            for (
                path,
                kind,
                listed,
                etag,
                modified,
                local,
                sha256,
                size,
                _,
                fetched,
                _,
                served,
            ) in rows
        ]
    )
    plain = '"' not in text and "\r" not in text and text.count("\n") == len(rows)
    if plain and text.count(",") == _COMMAS * len(rows):
        return text
    return "".join(map(_csv_line, map(_cells, rows)))


def _cells(row: Row) -> tuple[object, ...]:
    path, kind, listed, etag, modified, local, sha256, size, _, fetched, _, served = row
    return (
        local,
        path,
        kind,
        size if kind == _FILE else "",
        _time(modified),
        etag,
        sha256,
        _time(fetched or None),
        "yes" if served else "",
        "" if listed is None else listed,
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
    return f"{_date(day)}T{_clock(minute)}:{second:02}Z"


_moment = lru_cache(1_000)(_time)  # many files are fetched in one second


@lru_cache(1_000)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY, UTC).date().isoformat()


@lru_cache(1_440)
def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _replace(
    house: House,
    staging: Staging,
    texts: Iterable[tuple[str, Iterable[str]]],
    now: int,
    mode: int,
) -> None:
    with ExitStack() as ends:
        written: list[tuple[str, StagedFile]] = []
        for name, parts in texts:
            staged = staging.open(mode, now)
            ends.callback(staged.discard)
            for text in parts:
                staged.write(text.encode("utf-8", "surrogateescape"))
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
