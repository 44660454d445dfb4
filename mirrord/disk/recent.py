"""The changes that the last pulls of a dataset left, gathered over the folders of their days.

They come merged, record by record, however many files there are: beyond some dozens at once they
are first merged into nameless files, which nobody can find and no cut leaves behind. A file that
is damaged is told of and left out. This room changes nothing in exports/.
"""

import gzip
import hashlib
import heapq
import json
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import IO

from mirrord.core.changes import Change
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import order
from mirrord.core.suspicion import Told
from mirrord.disk.dayfolder import read_sums
from mirrord.disk.durable import disk_errors
from mirrord.disk.lossless import read_changes

_NAME = re.compile(r"(.+)-(\d{4}-\d\d-\d\dT\d{6}Z)(?:-(\d+))?\.jsonl\.gz", re.ASCII)
#: A line of changes whose record was not there before.
_APPEARED = re.compile(r'\[(?:-?\d+|"(?:[^"\\]|\\.)*"), null,', re.ASCII)
#: So many files are open at a time.
_AT_ONCE = 64
#: So many changes are compared between two beats.
_LOOKED = 64
#: A day's folder has another day's changes where the zone or the clock was another one.
_MARGIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class _File:
    """One file of changes: which pull's, by its place, and of which companion (``""``: of none)."""

    pull: int
    part: str
    path: Path


@dataclass(frozen=True, slots=True)
class Recent:
    """The pulls that changed anything, oldest first, by their moments and the names of their days.

    ``told`` is how many changes of records that were there they tell of; ``damaged`` are the files
    that are no longer as they were written.
    """

    moments: tuple[str, ...]
    days: tuple[str, ...]
    told: int
    damaged: tuple[str, ...]
    _files: tuple[_File, ...]

    @contextmanager
    def merged(self, work: Path, beat: Callable[[], None]) -> Iterator[Iterator[Told]]:
        """All that they tell, by record and by pull; ``work`` is where nameless files may be.

        DiskError.
        """
        with disk_errors("comparing the pulls of a day"), ExitStack() as ends:
            groups = [
                self._files[at : at + _AT_ONCE] for at in range(0, len(self._files), _AT_ONCE)
            ]
            if len(groups) > 1:
                spools = [_spool(group, work, ends, beat) for group in groups]
                yield _together(map(_unspooled, spools), beat)
            else:
                yield _together((_told(file) for file in self._files), beat)


def recent(
    folders: Sequence[Path], dataset: Dataset, since: str, now: str, last: Collection[str]
) -> Recent:
    """What the pulls from the moment ``since`` on left in the dated folders, by their checksums.

    The pull of ``now`` is the last one, with the files ``last`` in the newest folder. What is
    dated in the future, as after a clock was set back, came before it all the same. DiskError.
    """
    part_of = {dataset.name: ""} | {name: part for part, name in dataset.files.items()}
    first = (date.fromisoformat(since[:10]) - _MARGIN).isoformat()
    found: dict[tuple[bool, str, int], list[tuple[str, Path]]] = {}
    damaged, told = [], 0
    with disk_errors("reading the changes of a day"):
        for folder in (*(one for one in folders[:-1] if one.name >= first), *folders[-1:]):
            sums = read_sums(folder)
            for file in sorted(folder.glob("changes/*.jsonl.gz")):
                named = _NAME.fullmatch(file.name)
                if not named or named[1] not in part_of or named[2] < since:
                    continue
                is_last = folder is folders[-1] and f"changes/{file.name}" in last
                if not is_last and _sha256(file) != sums.get(f"changes/{file.name}"):
                    damaged.append(f"{folder.name}/changes/{file.name}")
                    continue
                told += _count(file, whole=part_of[named[1]] != "")
                pull = (is_last, now if is_last else named[2], 1 if is_last else int(named[3] or 1))
                found.setdefault(pull, []).append((part_of[named[1]], file))
    pulls = sorted(found)
    files = tuple(
        _File(place, part, file) for place, pull in enumerate(pulls) for part, file in found[pull]
    )
    moments = tuple(min(pull[1], now) for pull in pulls)
    days = tuple(found[pull][0][1].parent.parent.name for pull in pulls)
    return Recent(moments, days, told, tuple(damaged), files)


def _count(file: Path, *, whole: bool) -> int:
    """How many changes it tells of; without those that appeared, unless ``whole``."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        return sum(whole or not _APPEARED.match(line) for line in lines)


def _sha256(file: Path) -> str:
    with file.open("rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()


def _told(file: _File) -> Iterator[Told]:
    return (Told(file.pull, file.part, change) for change in read_changes(file.path))


def _together(streams: Iterable[Iterator[Told]], beat: Callable[[], None]) -> Iterator[Told]:
    for number, told in enumerate(
        heapq.merge(*streams, key=lambda one: (order(one.change.id), one.pull))
    ):
        if not number % _LOOKED:
            beat()
        yield told


def _spool(
    files: Iterable[_File], work: Path, ends: ExitStack, beat: Callable[[], None]
) -> IO[str]:
    nameless = tempfile.TemporaryFile("w+", dir=work, encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by ``ends``
    file: IO[str] = ends.enter_context(nameless)
    for one in _together((_told(of) for of in files), beat):
        change = one.change
        line = json.dumps(
            [one.pull, one.part, change.id, change.old, change.new], ensure_ascii=False
        )
        file.write(line + "\n")
    file.seek(0)
    return file


def _unspooled(file: IO[str]) -> Iterator[Told]:
    for line in file:
        pull, part, key, old, new = json.loads(line)
        yield Told(pull, part, Change(key, old, new))
