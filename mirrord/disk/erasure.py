"""Putting files without a person's data in the place of those with it: the one hand of an erasure.

A folder of exports is replaced whole. Of a snapshot and of old versions the papers come first, the
bytes after them: an erasure that was cut is done again, makes the same bytes, and finishes both.
What was there before is gone for good, which is what was asked for. Whoever erases holds every
lane and the lock ``exports``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections import Counter
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from mirrord.core import chain
from mirrord.core.chain import Sums
from mirrord.core.datasets import DATASETS
from mirrord.core.manifest import parse_sums, sum_line
from mirrord.core.names import is_sheet
from mirrord.disk.chain import append, read_chain
from mirrord.disk.dayfolder import (
    RECEIPTS,
    SUMS,
    Receipt,
    link,
    link_tree,
    read_receipts,
    read_sums,
    seal,
)
from mirrord.disk.draft import table_file
from mirrord.disk.durable import Durable, disk_errors, swap, sync_path
from mirrord.disk.erasing import Eraser, Made
from mirrord.disk.exports import Exports
from mirrord.disk.house import House, write_whole
from mirrord.disk.lossless import lossless_file
from mirrord.disk.snapshots import VERDICT

_FROM_ELSEWHERE = "more/from-"
_SUMS_FACT = re.compile(rb"^sums: [0-9a-f]{64}$", re.MULTILINE)


class Erasure:
    """The house while data of a person are taken out of it.

    ``why`` is what CHAIN says of it, and names nobody; ``at``: when it was asked for (ISO 8601).
    ``gone`` counts what went, by dataset, and ``files`` how many files were made anew.
    """

    def __init__(self, house: House, durable: Durable, eraser: Eraser, why: str, at: str) -> None:
        self.gone: Counter[str] = Counter()
        self.files = 0
        self._house, self._durable, self._eraser = house, durable, eraser
        self._why, self._at = why, at
        self._work = house.room(".mirrord/staging/erasure")
        self._numbers = count()
        Exports(house, durable)  # mends a swap of two folders that was cut
        with disk_errors(f"sweeping {self._work}"):
            if self._work.exists():
                shutil.rmtree(self._work)
            self._work.mkdir(0o700)

    def day(self, folder: Path) -> bool:
        """Take them out of one dated folder, or latest/; whether anything was in it. DiskError."""
        with disk_errors(f"erasing in {folder}"):
            made = self._made_of(folder)
            if not made:
                return False
            self._house.still_there()
            new = self._built(folder, made)
            swap(new, folder)
            sync_path(folder.parent)
            shutil.rmtree(new)
        return True

    def snapshot(self, folder: Path) -> bool:
        """Take them out of one snapshot; whether anything was in it. DiskError."""
        exports = folder / "exports"
        with disk_errors(f"erasing in {folder}"):
            made = self._made_of(exports) if exports.is_dir() else {}
            loose = {
                file.relative_to(folder).as_posix(): one
                for top in ("exports", "import_files")
                for file in _regular(folder / "files" / top)
                if (one := self._eraser.without(file, own=False))
            }
            if not (made or loose):
                return False
            self._house.still_there()
            sums = {name: one.sha256 for name, one in loose.items()}
            new = self._built(exports, made) if made else None
            if new is not None:
                sums |= {f"exports/{name}": told for name, told in read_sums(new).items()}
                sums[f"exports/{SUMS}"] = _sha256((new / SUMS).read_bytes())
            self._papers(folder, sums)
            if new is not None:
                swap(new, exports)
                shutil.rmtree(new)
            for name, one in loose.items():
                self._put(folder / name, one)
            sync_path(folder)
        return True

    def loose(self, file: Path) -> bool:
        """Take them out of a file that stands alone; whether they were in it. DiskError."""
        with disk_errors(f"erasing in {file}"):
            if not file.resolve().is_relative_to(self._house.root.resolve()):
                return False  # a stranger's link leads out of the house
            made = self._eraser.without(file, own=False)
            if made is None:
                return False
            self._house.still_there()
            room, _, below = file.relative_to(self._house.root).as_posix().partition("/")
            if room == "old-versions":
                moment, _, name = below.partition("/")
                papers = self._house.room(f"{room}/{moment}.{SUMS}")
                if papers.exists():
                    text = _with_sums(papers.read_bytes(), {name: made.sha256})
                    write_whole(papers, text, stat.S_IMODE(papers.stat().st_mode))
            self._put(file, made)
        return True

    def forget_indexes(self) -> None:
        """Drop what is only kept to be quick, and was made of the files before. DiskError."""
        with disk_errors("erasing in .mirrord/"):
            for index in sorted(self._house.room(".mirrord/rows").glob("*")):
                index.unlink()

    def _made_of(self, folder: Path) -> dict[str, Made]:
        names = {file.relative_to(folder).as_posix(): file for file in _regular(folder)}
        return {
            name: one
            for name, file in names.items()
            if (one := self._eraser.without(file, own=not name.startswith(_FROM_ELSEWHERE)))
        }

    def _built(self, folder: Path, made: Mapping[str, Made]) -> Path:
        """The folder's successor, sealed and durable."""
        new = self._work / str(next(self._numbers))
        link_tree(folder, new)
        sums, receipts = read_sums(new), read_receipts(new)
        for name, one in made.items():
            (new / name).unlink()
            link(one.path, new / name)
            sums[name] = one.sha256
        for name in [name for name in sums if is_sheet(name)]:
            (new / name).unlink(missing_ok=True)  # the next pull makes it anew
            del sums[name]
        for dataset, receipt in receipts.items():
            gone = _told(receipt, dataset, made, self._at)
            self.gone[dataset] = max(self.gone[dataset], gone)
        sums.pop(RECEIPTS, None)
        seal(new, receipts, sums)
        self._durable.tree(new)
        self.files += len(made)
        return new

    def _papers(self, folder: Path, sums: Mapping[str, str]) -> None:
        """CHAIN, SHA256SUMS and VERDICT.txt of a snapshot, as they are when all is done."""
        papers, verdict = folder / SUMS, folder / VERDICT
        text = _with_sums(papers.read_bytes(), sums)
        words = _SUMS_FACT.sub(b"sums: " + _sha256(text).encode(), verdict.read_bytes(), count=1)
        after = Sums(_sha256(text), _sha256(words))
        told = chain.standing(read_chain(self._house)).get(folder.name)
        if told is not None and told != after:
            append(self._house, chain.erased(folder.name, told.sums, after, self._why))
        for file, body in ((papers, text), (verdict, words)):
            write_whole(file, body, file.stat().st_mode & 0o7777)

    def _put(self, file: Path, made: Made) -> None:
        """Give the new file the place, the mode and the time of the old one."""
        staged = self._work / str(next(self._numbers))
        shutil.copy2(made.path, staged)
        staged.chmod(file.stat().st_mode & 0o7777)
        with staged.open("rb") as body:
            os.fsync(body.fileno())
        os.replace(staged, file)
        sync_path(file.parent)
        self.files += 1


def _told(receipt: Receipt, dataset: str, made: Mapping[str, Made], at: str) -> int:
    """Let a receipt tell of the files as they are now; how many records are gone. Changes it."""
    row = DATASETS.get(dataset)
    if row is None:
        return 0
    own = made.get(lossless_file(dataset))
    tables = {table_file(table): table.name for table in row.tables}
    names = [lossless_file(name) for name in (dataset, *row.files.values())] + [*tables]
    for name in names:
        one = made.get(name)
        if one is None:
            continue
        _less(receipt.get("rows", {}), name, one.gone)
        if name in receipt.get("plain_sha256", {}):
            receipt["plain_sha256"][name] = one.plain
        _less(receipt.get("kinds", {}).get(tables.get(name, ""), {}), "", one.gone)
    if own is None:
        return 0
    _less(receipt, "records", own.gone)
    for standing, number in own.standing.items():
        _less(receipt.get("standing", {}), str(standing), number)
    if own.gone:
        receipt["erased"] = [*receipt.get("erased", ()), {"at": at, "records": own.gone}]
    return own.gone


def _less(told: dict[str, Any], name: str, by: int) -> None:
    if name in told:
        told[name] -= by


def _with_sums(text: bytes, sums: Mapping[str, str]) -> bytes:
    """Checksums with these in the place of what they said, line by line; a damaged line stays."""
    lines = []
    for line in text.splitlines(keepends=True):
        told = line.decode("utf-8", "surrogateescape")
        try:
            ((name, _),) = parse_sums([told])
        except ValueError:
            name = ""
        told = sum_line(sums[name], name) if name in sums else told
        lines.append(told.encode("utf-8", "surrogateescape"))
    return b"".join(lines)


def _regular(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*")) if folder.is_dir() else []
    return [file for file in found if file.is_file() and not file.is_symlink()]


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
