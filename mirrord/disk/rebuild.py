"""The ledger made anew out of MANIFEST.csv, SHA256SUMS and the bytes in files/.

It is built beside the old one and takes its place when it is whole: a cut leaves the old one, or
none, and then the next run rebuilds again. Nothing in files/ is written, moved or blessed.
"""

import errno
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from mirrord.core.entry import Held, Kind
from mirrord.core.names import is_dropping
from mirrord.core.pulse import Pulse
from mirrord.core.rebuild import Fault, Found, Usable, Weighed, weigh
from mirrord.core.report import NAMED_FAILURES
from mirrord.disk.durable import disk_errors, sync_path
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.lost_ledger import LEDGER
from mirrord.disk.manifest import MANIFEST, SUMS
from mirrord.disk.recorded import PaperDamaged, Papers
from mirrord.disk.staging import closing_fd

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 1 << 20
#: Rows that are written at once.
_ROWS = 1_000
#: One file's own trouble, not the disk's: its bytes are not to be had.
_UNREADABLE = (errno.EIO, errno.EACCES, errno.ENODATA)


@dataclass(slots=True)
class Rebuilt:
    """What was found on the way: numbers, the first paths of each fault, the state of the papers.

    ``papers`` names what each paper is: ``""`` sound, ``missing``, ``damaged``, or how many lines
    of it can not be right.
    """

    files: int = 0
    folders: int = 0
    bytes: int = 0
    droppings: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    named: dict[Fault, list[str]] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether papers and disk agree in all."""
        return not self.faults and not any(self.papers.values())


def rebuild(house: House, pulse: Pulse) -> Rebuilt:
    """Make the ledger anew; whoever calls holds the lock of the files lane. DiskError."""
    new = house.room(".mirrord/ledger.new")
    told = Rebuilt()
    with disk_errors("rebuilding the ledger"):
        _remove(new)
        with Papers(house.room(".mirrord/papers.db")) as papers, Ledger(new) as ledger:
            usable = Usable(
                manifest=_read(told, papers, house, MANIFEST, pulse),
                sums=_read(told, papers, house, SUMS, pulse),
            )
            _fill(ledger, _rows(told, papers, usable, _walk(house, pulse)))
            if told.sound:
                ledger.manifest_written()
        house.still_there()
        sync_path(new)
        # the log of an old ledger would be taken for that of the new one
        _remove(house.room(LEDGER))
        new.rename(house.room(LEDGER))
        sync_path(new.parent)
    return told


def _read(told: Rebuilt, papers: Papers, house: House, name: str, pulse: Pulse) -> bool:
    """Take one paper in; False where there is none to go by."""
    paper = house.room(name)
    told.papers[name] = ""
    if not os.path.lexists(paper):
        told.papers[name] = "missing"
        return False
    try:
        read = papers.read_manifest if name == MANIFEST else papers.read_sums
        damaged = read(paper, pulse)
    except PaperDamaged:
        told.papers[name] = "damaged"
        return False
    if damaged:
        told.papers[name] = f"damaged lines: {damaged:,}"
    return True


def _rows(told: Rebuilt, papers: Papers, usable: Usable, walk: Iterator[Found]) -> Iterator[Held]:
    for found in walk:
        line, summed = papers.take(found.local)
        if line is None and summed is None and _is_dropped(found.local):
            told.droppings += 1
            continue
        yield from _weighed(told, weigh(found.local, line, summed, found, usable), found.local)
    for local in papers.left():
        yield from _weighed(told, weigh(local, *papers.take(local), None, usable), local)


def _is_dropped(local: str) -> bool:
    return any(is_dropping(name) for name in local.split("/"))


def _weighed(told: Rebuilt, weighed: Weighed, local: str) -> Iterator[Held]:
    if weighed.fault is not None:
        told.faults[weighed.fault] += 1
        named = told.named.setdefault(weighed.fault, [])
        if len(named) < NAMED_FAILURES:
            named.append(local)
    row = weighed.row
    if row is not None:
        is_file = row.entry.kind is Kind.FILE
        told.files += is_file
        told.folders += not is_file
        told.bytes += row.size
        yield row


def _fill(ledger: Ledger, rows: Iterator[Held]) -> None:
    batch: list[Held] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS:
            ledger.record(batch)
            batch = []
    ledger.record(batch)


def _walk(house: House, pulse: Pulse) -> Iterator[Found]:
    """All that lies below files/, every file read; no link is followed, and no name leads out."""
    with ExitStack() as ends:
        files = ends.enter_context(closing_fd(os.open(house.room("files"), _FOLDER)))
        folders: list[tuple[str, ...]] = [()]
        done = 0
        while folders:
            names = folders.pop()
            with closing_fd(_open(files, names)) as folder:
                for name in sorted(os.listdir(folder)):
                    found = _look(folder, name, "/".join((*names, name)), pulse)
                    done += found.size
                    pulse.progress("checking", done, None)
                    if found.kind is Kind.FOLDER:
                        folders.append((*names, name))
                    yield found


def _open(files: int, names: tuple[str, ...]) -> int:
    fd = os.dup(files)
    for name in names:
        with closing_fd(fd):
            fd = os.open(name, _FOLDER, dir_fd=fd)
    return fd


def _look(folder: int, name: str, local: str, pulse: Pulse) -> Found:
    there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISDIR(there.st_mode):
        return Found(local, Kind.FOLDER)
    if not stat.S_ISREG(there.st_mode):
        return Found(local, None)
    try:
        sha256 = _sha256(folder, name, pulse)
    except OSError as error:
        if error.errno not in _UNREADABLE:
            raise
        sha256 = ""
    return Found(local, Kind.FILE, there.st_size, there.st_mtime_ns, sha256)


def _sha256(folder: int, name: str, pulse: Pulse) -> str:
    digest = hashlib.sha256()
    with open(os.open(name, _FILE, dir_fd=folder), "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            pulse.beat()
    return digest.hexdigest()


def _remove(database: Path) -> None:
    for tail in ("", "-wal", "-shm"):
        database.with_name(database.name + tail).unlink(missing_ok=True)
