"""Where people's data lie in the house, and all versions of a dataset's records in it.

Only read here. A file that stands under several names comes once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mirrord.core.datasets import DATASETS
from mirrord.core.records import Key, Keys
from mirrord.disk.dayfolder import days
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.disk.lossless import lossless_file, read_changes, read_lines, stem_of

#: Rooms in which a person's data may lie beside exports/ and the exports in snapshots/; and the
#: folders of a tree in which the shop itself keeps customers and orders.
_ROOMS = ("drop-here", "holds", "set-aside", "order-witnesses", "restore-kits")
_OF_THE_SHOP = ("exports", "import_files")


@dataclass(frozen=True, slots=True)
class Version:
    """A record's own text at some time."""

    dataset: str
    key: Key
    text: str


def record_folders(house: House) -> list[Path]:
    """Every folder that holds datasets: latest/, of each day, of each snapshot; DiskError.

    The newest first, room by room.
    """
    with disk_errors(f"reading {house.root}"):
        found = [house.room("exports/latest"), *reversed(days(house.room("exports")))]
        found += sorted(house.room("snapshots").glob("*/exports"), reverse=True)
        return [folder for folder in found if folder.is_dir() and not folder.is_symlink()]


def loose_files(house: House) -> Iterator[Path]:
    """Every other file of ours in which people's data may lie, room by room; DiskError.

    What the shop's own tree holds now is not ours to change: see :func:`files_of_the_shop`.
    """
    with disk_errors(f"reading {house.root}"):
        for room in _ROOMS:
            yield from _files(house.room(room))
        for above in ("old-versions/*", "snapshots/*/files"):
            for top in _OF_THE_SHOP:
                for folder in sorted(house.root.glob(f"{above}/{top}")):
                    yield from _files(folder)


def files_of_the_shop(house: House) -> Iterator[Path]:
    """The shop's own exports and imports, as files/ shows them; DiskError."""
    with disk_errors(f"reading {house.root}"):
        for top in _OF_THE_SHOP:
            yield from _files(house.room(f"files/{top}"))


def versions(folders: Iterable[Path], dataset: str) -> Iterator[Version]:
    """What any of these folders says that a record of the dataset is or was, as they come.

    Of a folder what is comes before what was. DiskError; ValueError where a file is damaged.
    """
    keys = DATASETS[dataset].keys
    seen: set[tuple[int, int]] = set()
    for folder in folders:
        for file in _record_files(folder, dataset):
            with disk_errors(f"reading {file}"):
                there = file.stat()
                if (there.st_dev, there.st_ino) in seen:
                    continue
                seen.add((there.st_dev, there.st_ino))
                for key, text in _texts(file, keys):
                    yield Version(dataset, key, text)


def _record_files(folder: Path, dataset: str) -> Iterator[Path]:
    state = folder / lossless_file(dataset)
    if state.is_file():
        yield state
    for file in sorted((folder / "changes").glob(f"{dataset}-*"), reverse=True):
        if stem_of(f"changes/{file.name}") == dataset:
            yield file


def _texts(file: Path, keys: Keys) -> Iterator[tuple[Key, str]]:
    if file.parent.name != "changes":
        yield from read_lines(file, keys)
        return
    for change in read_changes(file):
        yield from ((change.id, text) for text in (change.new, change.old) if text is not None)


def _files(room: Path) -> Iterator[Path]:
    for above, folders, names in os.walk(room):
        folders.sort()
        for name in sorted(names):
            file = Path(above, name)
            if file.is_file() and not file.is_symlink():
                yield file
