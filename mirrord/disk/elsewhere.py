"""Exports that came from elsewhere than the API, in the dated folders: filed, shown, known again.

``exports/<day>/more/from-drop-here/`` and ``from-webdav/`` hold them as they came, and beside each
folder a ``.receipts.jsonl`` has a line for each: a whole day's receipts need not be read to add
one. They are no dataset's state, and no pull is merged with them. Whoever files holds the lock
``exports``; a day's folder is replaced whole, as by every pull.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from mirrord.core.pulse import Pulse
from mirrord.disk.dayfolder import Receipt, days, link_tree, read_receipts, read_sums, seal
from mirrord.disk.durable import Durable, disk_errors, swap, sync_path
from mirrord.disk.exports import Exports
from mirrord.disk.foreign import key_of
from mirrord.disk.house import House, write_whole
from mirrord.errors import DiskError

DROPPED, STORED = "drop-here", "webdav"
Line = dict[str, Any]
_NEEDED = ("name", "path", "sha256", "kind", "template", "filed")


@dataclass(frozen=True, slots=True)
class ToFile:
    """One checked export: where it is staged, a name for it, and what its line says."""

    staged: Path
    name: str
    line: Line


@dataclass(slots=True)
class Known:
    """What was filed before: keys of files by source, and per kind what became of the newest.

    ``meant`` is the newest line of a kind that was to be shown in latest/, with source and folder.
    ``refused``: rows of the newest export of a kind and template, if that one was refused.
    """

    keys: dict[str, set[bytes]] = field(default_factory=lambda: {DROPPED: set(), STORED: set()})
    meant: dict[str, tuple[str, Path, Line]] = field(default_factory=dict)
    refused: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, source: str, folder: Path, line: Line) -> None:
        """Take in one line, the newest so far."""
        self.keys[source].add(key_of(line["path"], line["sha256"]))
        kind, form = line["kind"], (line["kind"], line["template"])
        if line.get("latest"):
            self.meant[kind] = source, folder, line
            self.refused.pop(form, None)
        elif line.get("refused"):
            self.refused[form] = line["rows"]


def read_known(house: House, pulse: Pulse) -> Known:
    """All that the lines in the dated folders say; DiskError."""
    known = Known()
    with disk_errors("reading the receipts of filed exports"):
        for folder in days(house.room("exports")):
            for source in (DROPPED, STORED):
                for line in _lines(folder / receipts_file(source)):
                    pulse.beat()
                    known.note(source, folder, line)
    return known


def receipts_file(source: str) -> str:
    """Where the lines about a source's exports stand below the day's folder."""
    return f"more/from-{source}.receipts.jsonl"


class Elsewhere:
    """The dated folders, open to file in them."""

    def __init__(self, house: House, durable: Durable) -> None:
        Exports(house, durable)  # mends a swap of two folders that was cut
        self._room = house.room("exports")
        self._work = house.room(".mirrord/staging/elsewhere")
        self._durable = durable
        with disk_errors(f"sweeping {self._work}"):
            self._sweep()

    def file(self, source: str, files: Sequence[ToFile], *, day: str) -> tuple[Path, list[Line]]:
        """File all of them or none: the day's folder, and their lines with the names there.

        The day is never an older one than the newest that stands. DiskError.
        """
        with disk_errors(f"filing exports from {source}"):
            folder = self._room / max([day, *(there.name for there in days(self._room))])
            new = self._begin(folder)
            sums, lines = read_sums(new), []
            for above in ("more", f"more/from-{source}"):
                (new / above).mkdir(0o700, exist_ok=True)
            for file in files:
                name = _free(new, f"more/from-{source}/{file.name}")
                file.staged.rename(new / name)
                sums[name] = file.line["sha256"]
                lines.append({"name": name} | file.line)
            told = receipts_file(source)
            sums[told] = _with_lines(new / told, lines)
            self._place(new, folder, {}, sums)
        return folder, lines

    def shown(self, kind: str) -> Receipt | None:
        """The receipt of what stands in latest/ of this kind; DiskError."""
        with disk_errors(f"reading {self._room}"):
            return read_receipts(self._room / "latest").get(kind)

    def show(self, kind: str, file: Path, receipt: Receipt) -> None:
        """Let a filed export be latest/<kind>.csv, in place of all that its receipt spoke of.

        For stores without an API alone. DiskError: what stood there stands still.
        """
        name, latest = f"{kind}.csv", self._room / "latest"
        with disk_errors(f"showing {file} in latest/"):
            new = self._begin(latest)
            sums = read_sums(new)
            for old in {name, *read_receipts(new).get(kind, {}).get("plain_sha256", ())}:
                (new / old).unlink(missing_ok=True)
                sums.pop(old, None)
            _link(file, new / name)
            sums[name] = receipt["plain_sha256"][name]
            self._place(new, latest, {kind: receipt}, sums)

    def _begin(self, folder: Path) -> Path:
        """A folder's successor, with all that lies in the folder."""
        self._sweep()
        self._work.mkdir(0o700)
        new = self._work / "new"
        link_tree(folder, new)
        return new

    def _place(
        self, new: Path, folder: Path, receipts: dict[str, Receipt], sums: dict[str, str]
    ) -> None:
        seal(new, read_receipts(new) | receipts, sums)
        self._durable.tree(new)
        swap(new, folder)
        sync_path(self._room)
        self._sweep()

    def _sweep(self) -> None:
        if self._work.exists():
            shutil.rmtree(self._work)


def _lines(file: Path) -> Iterator[Line]:
    if not file.exists():
        return
    with file.open("rb") as lines:
        for text in lines:
            try:
                line: Line = json.loads(text)
                yield {name: line[name] for name in _NEEDED} | line
            except (ValueError, KeyError, TypeError) as error:
                remedy = "copy it back from a backup, or move the folder aside"
                raise DiskError(f"{file} is damaged: {remedy}") from error


def _with_lines(file: Path, lines: Sequence[Line]) -> str:
    """Write a file anew with lines added, since its old inode is the old folder's; its sha256."""
    body = file.read_bytes() if file.exists() else b""
    body += b"".join(json.dumps(line, sort_keys=True).encode() + b"\n" for line in lines)
    write_whole(file, body, 0o600)
    return hashlib.sha256(body).hexdigest()


def _free(folder: Path, name: str) -> str:
    """The name, or the first of ``products-2.csv``, ``products-3.csv``, ... that is not taken."""
    stem, ending = os.path.splitext(name)
    names = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
    return next(one for one in names if not os.path.lexists(folder / one))


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:  # no links here, or too many of this one
        shutil.copy2(old, new, follow_symlinks=False)
