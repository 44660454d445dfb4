"""How many bytes and lines each record has in each file of a pull, so that they can be copied.

When a few of many records changed, the rows of all others are taken over as they stand, without
being made again. The index says of which files, made how, it tells; where anything differs it is
of no use, and all rows are made. It lies in .mirrord/ and may be deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

import mirrord.core.columns
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House

_ROOM = ".mirrord/rows"
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of one file: bytes and lines of each record, in the order of the records."""

    sizes: array[int] = field(default_factory=lambda: array("I"))
    lines: array[int] = field(default_factory=lambda: array("I"))


@dataclass(frozen=True, slots=True)
class Made:
    """What the rows of a pull were made of: the plain files' sums, and the names looked up."""

    plain: Mapping[str, str]
    names: str

    def header(self, files: list[str], records: int) -> str:
        """One line that tells it, and by what code."""
        told = {"plain": dict(self.plain), "names": self.names, "by": _renderer()}
        return json.dumps(told | {"files": files, "records": records}, sort_keys=True) + "\n"


def save(
    house: House, dataset: str, made: Made, index: Mapping[str, Lengths], scratch: Path
) -> None:
    """Replace the index of a dataset; DiskError. ``scratch``: a folder that every start sweeps."""
    room = house.room(_ROOM)
    files = sorted(index)
    records = len(index[files[0]].sizes) if files else 0
    with disk_errors(f"writing in {room}"):
        room.mkdir(0o700, exist_ok=True)
        new = scratch / f"{dataset}.rows"
        with open(new, "wb", opener=_own) as out:
            out.write(made.header(files, records).encode())
            for name in files:
                index[name].sizes.tofile(out)
                index[name].lines.tofile(out)
        new.replace(room / dataset)


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def forget(house: House, dataset: str) -> None:
    """There is none any more; DiskError."""
    with disk_errors("removing what tells of rows"):
        (house.room(_ROOM) / dataset).unlink(missing_ok=True)


class Rows:
    """The rows of a placed pull, record by record in their order; see :func:`opened`."""

    def __init__(self, files: Mapping[str, IO[bytes]], index: Mapping[str, Lengths]) -> None:
        self._files = files
        self._index = index
        self._at = 0

    def take(self) -> dict[str, tuple[bytes, int]]:
        """The next record's rows and their number, by file. DiskError where a file is short."""
        place, self._at = self._at, self._at + 1
        taken = {}
        for name, file in self._files.items():
            lengths = self._index[name]
            rows = file.read(lengths.sizes[place])
            if len(rows) != lengths.sizes[place]:
                raise ValueError(f"{name} is shorter than it was")
            taken[name] = (rows, lengths.lines[place])
        return taken

    def skip(self) -> None:
        """Pass over the next record's rows."""
        place, self._at = self._at, self._at + 1
        for name, file in self._files.items():
            file.seek(self._index[name].sizes[place], 1)


@contextmanager
def opened(house: House, dataset: str, made: Made, folder: Path) -> Iterator[Rows | None]:
    """The rows of the files in ``folder``, if they are there and the index tells of these."""
    with ExitStack() as ends, disk_errors(f"reading {folder}"):
        index = _load(house.room(_ROOM) / dataset, made)
        if index is None or not all((folder / name).is_file() for name in index):
            yield None
            return
        files = {name: ends.enter_context((folder / name).open("rb", _BUFFER)) for name in index}
        for file in files.values():
            file.readline()  # the heading, in which no cell has a line break
        yield Rows(files, index)


def _load(file: Path, made: Made) -> Mapping[str, Lengths] | None:
    try:
        with file.open("rb") as there:
            header = there.readline()
            told = json.loads(header)
            files, records = told["files"], told["records"]
            if header.decode() != made.header(files, records):
                return None
            index = {name: Lengths() for name in files}
            for name in files:
                index[name].sizes.fromfile(there, records)
                index[name].lines.fromfile(there, records)
            return index if not there.read(1) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, EOFError):
        return None


@cache
def _renderer() -> str:
    """One sum over the code that makes rows: another version may make others."""
    core = Path(mirrord.core.columns.__file__).parent.parent
    total = hashlib.sha256()
    for file in sorted([*core.glob("columns/*.py"), core / "csvtext.py", core / "jsontext.py"]):
        total.update(file.read_bytes())
    return total.hexdigest()
