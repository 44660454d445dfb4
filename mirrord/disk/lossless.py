"""The lossless files: a record's own text a line, gzip, and beside it what was asked for apart.

Read line by line, so that a million orders need the memory of one. This room must never write
into the rooms that people see.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from mirrord.core.changes import Change, Line, compose, redo
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import ID, Key, Keys, Record, line_key, order, parts, read_record

_CHANGES = re.compile(
    r"changes/(?P<stem>.+)-(?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z)"
    r"(?:-(?P<place>[0-9]+))?\.jsonl\.gz"
)


def lossless_file(name: str) -> str:
    """Where a lossless file stands below the day's folder."""
    return f"lossless/{name}.jsonl.gz"


def read_lines(file: Path, keys: Keys = ID) -> Iterator[Line]:
    """The lines with the key of each; ValueError where the file is damaged."""
    for text in _texts(file):
        yield line_key(text, keys), text


def read_changes(file: Path) -> Iterator[Change]:
    """What a file of changes/ says; ValueError where it is damaged."""
    for text in _texts(file):
        key, old, new = json.loads(text)
        yield Change(key, old, new)


def change_line(change: Change) -> str:
    """``[id, old, new]``: the records' own texts as JSON strings, null where there is none."""
    return json.dumps([change.id, change.old, change.new], ensure_ascii=False) + "\n"


def companion_line(key: Key, name: str, companions: tuple[Record, ...]) -> str:
    """``{"id":7,"options":[...]}``: what was asked for apart of one record, in its own texts."""
    texts = ",".join(one.text for one in companions)
    return f'{{"id":{json.dumps(key)},"{name}":[{texts}]}}\n'


@dataclass(frozen=True, slots=True)
class Held:
    """One pull as it is held: its folder, and the changes that are not in its files yet.

    ``pending``: the names of the files of changes below the folder, the oldest first; ``fresh``:
    files of changes that come after these, by the file they are about.
    """

    folder: Path
    pending: tuple[str, ...] = ()
    fresh: Mapping[str, Path] = field(default_factory=dict)

    def whole(self, stem: str, keys: Keys) -> Iterator[Line]:
        """The lines of a lossless file as it stands; ValueError where it is damaged."""
        return read_lines(self.folder / lossless_file(stem), keys)

    def changes(self, stem: str) -> Iterator[Change]:
        """What is not in it yet, as one; ValueError."""
        files = [self.folder / name for name in self.pending if stem_of(name) == stem]
        files += [self.fresh[stem]] if stem in self.fresh else []
        return compose([read_changes(file) for file in files])

    def lines(self, stem: str, keys: Keys) -> Iterator[Line]:
        """The lines of a lossless file, changes included; ValueError where it is damaged."""
        waits = stem in self.fresh or any(stem_of(name) == stem for name in self.pending)
        whole = self.whole(stem, keys)
        return redo(whole, self.changes(stem)) if waits else whole

    def records(self, dataset: Dataset) -> Iterator[Record]:
        """All records with their companions, ascending; ValueError."""
        sides = {
            name: self.lines(stem, dataset.companion_keys) for name, stem in dataset.files.items()
        }
        yield from joined(self.lines(dataset.name, dataset.keys), sides, dataset)


def stem_of(name: str) -> str:
    """Of which lossless file a file of changes tells; ``""`` where it is none."""
    match = _CHANGES.fullmatch(name)
    return match["stem"] if match else ""


def moment_of_changes(name: str) -> tuple[str, int]:
    """The moment of a file of changes, and which one of that second it is; sorts by time."""
    match = _CHANGES.fullmatch(name)
    return (match["moment"], int(match["place"] or 1)) if match else ("", 0)


def joined(
    lines: Iterator[Line], sides: Mapping[str, Iterator[Line]], dataset: Dataset
) -> Iterator[Record]:
    """Records of their own lines and of the lines of their companions, all ascending."""
    beside = SideLines(sides)
    for key, text in lines:
        yield with_companions(text, beside.at(key), dataset)


def with_companions(text: str, sides: Mapping[str, str], dataset: Dataset) -> Record:
    """A record of its own line and of its companions' lines; ValueError."""
    record = read_record(text, dataset.keys)
    if not sides:
        return record
    keys = dataset.companion_keys
    companions = {name: parts(read_record(side, keys), name) for name, side in sides.items()}
    return replace(record, companions=companions)


class SideLines:
    """The lines of companions, found by ascending keys."""

    def __init__(self, sides: Mapping[str, Iterator[Line]]) -> None:
        self._sides = sides
        self._heads = {name: next(side, None) for name, side in sides.items()}

    def at(self, key: Key) -> dict[str, str]:
        """The lines of one key, by the companion's name; no smaller key may follow."""
        found = {}
        for name, head in self._heads.items():
            while head is not None and order(head[0]) < order(key):
                head = next(self._sides[name], None)
            if head is not None and head[0] == key:
                found[name] = head[1]
            self._heads[name] = head
        return found


def _texts(file: Path) -> Iterator[str]:
    lines = gzip.open(file, "rt", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed below
    try:
        for line in lines:
            yield line.removesuffix("\n")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{file.name} is damaged: {error}") from error
    finally:
        # what was read is read; who stops early leaves this to the garbage collector, which would
        # print what goes wrong here, and nobody would catch it
        with suppress(OSError):
            lines.close()
