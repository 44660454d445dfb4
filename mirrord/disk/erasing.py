"""Files without what is a person's: each made anew in staging, byte for byte as it was otherwise.

The same file gives the same bytes each time, so that an erasure that was cut is done again and
comes to the same. Nothing here is put in place.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mirrord.core import csvtext
from mirrord.core.changes import Change
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset, Standing
from mirrord.core.headings import HEAD, recognise
from mirrord.core.persons import PART_COLUMN, PARTS, RULES, Known, key_column, without_parts
from mirrord.core.pulse import Pulse
from mirrord.core.records import Key, Keys, read_record
from mirrord.disk.durable import disk_errors
from mirrord.disk.lossless import change_line, read_changes, read_lines, stem_of
from mirrord.disk.plaintext import PlainText
from mirrord.disk.staging import StagedFile, Staging
from mirrord.errors import DiskError

_LOSSLESS = ".jsonl.gz"
_CHECKED = (*RULES, *PARTS)
#: Columns of exports from elsewhere that name a record, by the kind of export.
_ID_COLUMNS = {"Customer ID": "customers", "Order ID": "orders"}


@dataclass(frozen=True, slots=True)
class Text:
    """What a lossless file holds: lines of a dataset, or (``side``) what was asked for apart."""

    dataset: Dataset
    side: bool

    @property
    def keys(self) -> Keys:
        """What names a line."""
        return self.dataset.companion_keys if self.side else self.dataset.keys


@dataclass(frozen=True, slots=True)
class Made:
    """A file made anew: closed in staging, its sha256 and its plain text's, what is gone from it.

    ``standing``: how the store's own count sees the records that are gone.
    """

    path: Path
    sha256: str
    plain: str
    gone: int
    standing: Counter[Standing] = field(default_factory=Counter)


#: What each stem of a lossless file, and each own CSV file, is of.
_TEXTS: Mapping[str, Text] = {
    name: Text(DATASETS[dataset], name != dataset)
    for dataset in _CHECKED
    for name in (dataset, *DATASETS[dataset].files.values())
}
_TABLES: Mapping[str, str] = {
    table.name: dataset for dataset in _CHECKED for table in DATASETS[dataset].tables
}


class Eraser:
    """Makes files anew without what is ``known`` to be a person's; a file of many names once."""

    def __init__(self, known: Known, staging: Staging, pulse: Pulse) -> None:
        self._known, self._staging, self._pulse = known, staging, pulse
        self._made: dict[tuple[int, int, bool], Made | None] = {}
        self._who = known.person

    def without(self, file: Path, *, own: bool) -> Made | None:
        """The file without it; None where nothing of theirs is in it, or we can not tell.

        ``own``: whether it is one of our exports, where a row belongs to a record that is known.
        DiskError, also for one that is damaged.
        """
        with disk_errors(f"reading {file}"):
            there = file.stat()
            key = (there.st_dev, there.st_ino, own)
            if key not in self._made:
                try:
                    self._made[key] = self._anew(file, there.st_mtime_ns, own=own)
                except (ValueError, csv.Error, EOFError) as error:
                    raise DiskError(
                        f"{file} is damaged, and may hold data of this person: {error}; run "
                        "`mirrord verify`, or move the file away, and then this again"
                    ) from error
            return self._made[key]

    def _anew(self, file: Path, mtime: int, *, own: bool) -> Made | None:
        if file.name.endswith(_LOSSLESS):
            stem = stem_of(f"changes/{file.name}")
            text = _TEXTS.get(stem or file.name.removesuffix(_LOSSLESS))
            if text is None:
                return None
            return self._lines(file, text, mtime, self._changes if stem else self._state)
        if file.suffix.lower() != ".csv":
            return None
        dataset = _TABLES.get(file.stem)
        if own and dataset is not None:
            return self._rows(file, mtime, "utf-8", ",", lambda head: self._of_table(dataset, head))
        return None if own else self._foreign(file, mtime)

    # lossless files

    def _lines(
        self,
        file: Path,
        text: Text,
        mtime: int,
        lines: Callable[[Path, Text, Counter[Standing]], Iterator[tuple[str, bool]]],
    ) -> Made | None:
        # packing takes ten times as long as looking, and most files have nobody's data
        if all(is_as_it_was for _, is_as_it_was in lines(file, text, Counter())):
            return None
        made = PlainText(self._staged(mtime), packed=True)
        gone = 0
        standing: Counter[Standing] = Counter()
        try:
            for line, _ in lines(file, text, standing):
                self._pulse.beat()
                gone += not line
                if line:
                    made.write(line)
            plain = made.close()
        except BaseException:
            made.staged.discard()
            raise
        return Made(made.staged.path, made.staged.close()[1], plain, gone, standing)

    def _state(
        self, file: Path, text: Text, standing: Counter[Standing]
    ) -> Iterator[tuple[str, bool]]:
        """Each line and whether it is as it was; ``""`` for one that is gone."""
        name, counting = text.dataset.name, text.dataset.counting
        for key, line in read_lines(file, text.keys):
            left = self._left(text, key, line)
            if left is None and counting is not None and name in RULES and not text.side:
                standing[counting.standing(read_record(line, text.keys))] += 1
            yield ("", False) if left is None else (f"{left}\n", left == line)

    def _changes(
        self, file: Path, text: Text, _standing: Counter[Standing]
    ) -> Iterator[tuple[str, bool]]:
        for change in read_changes(file):
            old, new = (
                one and self._left(text, change.id, one) for one in (change.old, change.new)
            )
            if old == new:
                yield "", False
            else:
                same = (old, new) == (change.old, change.new)
                yield change_line(Change(change.id, old, new)), same

    def _left(self, text: Text, key: Key, line: str) -> str | None:
        """What may stay of a record's text; None: nothing."""
        if self._known.has(text.dataset.name, key):
            return None
        if text.dataset.name not in PARTS or not self._who.may_be_in(line):
            return line
        return without_parts(text.dataset.name, read_record(line, text.keys), self._who)

    # CSV files

    def _of_table(self, dataset: str, head: list[str]) -> Callable[[list[str]], bool]:
        if dataset in PARTS:
            place = head.index(PART_COLUMN) if PART_COLUMN in head else None
            return lambda row: place is not None and self._who.is_email(row[place])
        place = key_column(dataset, head)
        theirs = {str(key) for key in self._known.keys.get(dataset, ())}
        return lambda row: place is not None and row[place] in theirs

    def _foreign(self, file: Path, mtime: int) -> Made | None:
        with file.open("rb") as body:
            head = body.read(HEAD + 1)
        sheet = recognise(head[:HEAD], whole=len(head) <= HEAD)
        if sheet is None or (sheet.what.kind == "orders" and "orders" not in self._known.keys):
            return None
        for encoding in dict.fromkeys((sheet.encoding, "cp1252")):
            try:
                return self._rows(file, mtime, encoding, sheet.separator, self._of_anybody)
            except UnicodeDecodeError:
                continue
        return None

    def _of_anybody(self, head: list[str]) -> Callable[[list[str]], bool]:
        places = [
            (head.index(column), {str(key) for key in self._known.keys.get(dataset, ())})
            for column, dataset in _ID_COLUMNS.items()
            if column in head
        ]

        def theirs(row: list[str]) -> bool:
            by_id = any(place < len(row) and row[place] in keys for place, keys in places)
            return by_id or any(map(self._who.is_email, row))

        return theirs

    def _rows(
        self,
        file: Path,
        mtime: int,
        encoding: str,
        separator: str,
        judging: Callable[[list[str]], Callable[[list[str]], bool]],
    ) -> Made | None:
        staged = self._staged(mtime)
        encoder = codecs.getincrementalencoder(encoding)()
        plain, gone = hashlib.sha256(), 0
        theirs: Callable[[list[str]], bool] | None = None
        try:
            with file.open(encoding=encoding, newline="") as text:
                for raw, row in csvtext.with_raw(text, separator):
                    self._pulse.beat()
                    if theirs is None:
                        theirs = judging(row)
                    elif row and theirs(row):
                        gone += 1
                        continue
                    body = encoder.encode(raw)
                    plain.update(body)
                    staged.write(body)
            staged.close()
        except BaseException:
            staged.discard()
            raise
        if not gone:
            staged.discard()
            return None
        return Made(staged.path, staged.close()[1], plain.hexdigest(), gone)

    def _staged(self, mtime: int) -> StagedFile:
        staged = self._staging.open(0o600, 0)
        staged.mtime = mtime
        return staged
