"""The room themes/: dated folders with the zips and settings of themes that had changed that day.

Each folder's themes.json tells all themes of that moment and where the newest zip and settings of
each lie, be it in an older folder. A folder is only ever replaced whole, and what once lay in it
lies in it still: a second version of one day gets a name of its own. Whoever places holds the lock
``exports``.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from mirrord.core.manifest import sum_line
from mirrord.core.pulse import Pulse
from mirrord.core.themes import Taken
from mirrord.disk.dayfolder import SUMS, days, link_tree, read_sums
from mirrord.disk.durable import Durable, disk_errors, swap, sync_path, undo_half_swap
from mirrord.disk.house import House, write_whole
from mirrord.disk.staging import StagedFile
from mirrord.disk.theme_zip import content_of
from mirrord.disk.unpacking import unpack
from mirrord.disk.wounds import hash_of

ROOM, FACTS = "themes", "themes.json"
ZIP, SETTINGS = "zip", "settings"
ENDINGS = {ZIP: ".zip", SETTINGS: ".settings.json"}
FILE_MODE, FOLDER_MODE = 0o440, 0o750
_FORM: dict[str, Any] = {"indent": 2, "sort_keys": True, "ensure_ascii": False}
#: What the last downloads were; may be deleted at any time: then each theme is downloaded once.
_TAKEN = ".mirrord/themes.json"

#: By a theme's uuid and ``zip`` or ``settings``: where its newest one lies, as ``DAY/NAME``.
Places = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a run found: all facts for themes.json, and the new files by theme and kind.

    ``stems`` gives the beginning of each theme's names.
    """

    facts: Mapping[str, Any]
    stems: Mapping[str, str]
    zips: Mapping[str, StagedFile] = field(default_factory=dict)
    settings: Mapping[str, StagedFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """The day's folder, None where nothing was new; names inside zips that no view can show."""

    folder: str | None
    left_out: tuple[str, ...] = ()


class Themes:
    """The room of one house. ``unpacked``: each new zip gets a folder beside it. DiskError."""

    def __init__(self, house: House, durable: Durable, *, unpacked: bool = False) -> None:
        self._house = house
        self._room = house.room(ROOM)
        self._work = house.room(".mirrord/staging/theme-days")
        self._durable = durable
        self._unpacked = unpacked
        with disk_errors(f"making ready {self._room}"):
            for aside in self._room.glob(".*.aside"):
                name = aside.name.removeprefix(".").removesuffix(".aside")
                undo_half_swap(self._room / name)
        self._newest = newest_facts(house)

    @property
    def places(self) -> Places:
        """Where the newest zip and settings of each theme lie, as far as they are still there."""
        return {
            uuid: {kind: place for kind, place in kinds.items() if (self._room / place).is_file()}
            for uuid, kinds in _places(self._newest).items()
        }

    def content(self, place: str) -> str:
        """What the held zip holds, see :func:`.theme_zip.content_of`; ``""`` without one."""
        return content_of(self._room / place) if place else ""

    def text(self, place: str) -> str:
        """The held settings; ``""`` without any."""
        if not place:
            return ""
        with disk_errors(f"reading {self._room / place}"):
            return (self._room / place).read_text("utf-8", "replace")

    def place(self, draft: Draft, *, day: str, moment: str, pulse: Pulse) -> Placed:
        """Place what is new in the day's folder, never in one older than the newest that stands.

        Closed staged files are moved in. DiskError: what stood before stands still.
        """
        with disk_errors(f"placing themes in {self._room}"):
            folder = self._room / max([day, *(there.name for there in days(self._room))])
            held, moves = self._named(draft, folder, moment)
            facts = json.dumps({**draft.facts, "held": held}, **_FORM) + "\n"
            body = facts.encode("utf-8", "replace")
            if not moves and json.loads(body) == self._newest:
                return Placed(None)
            shutil.rmtree(self._work, ignore_errors=True)
            try:
                link_tree(folder, self._work)
                left_out = tuple(self._fill(moves, pulse))
                self._seal(body, moves, read_sums(folder), pulse)
                self._durable.tree(self._work)
                self._house.still_there()
                swap(self._work, folder)
                sync_path(self._room)
            finally:  # what it was before, or what did not come about: a full disk needs the room
                shutil.rmtree(self._work, ignore_errors=True)
        return Placed(f"{ROOM}/{folder.name}", left_out)

    def _named(
        self, draft: Draft, folder: Path, moment: str
    ) -> tuple[Places, Sequence[tuple[str, StagedFile]]]:
        """Where all lies then, and the names that the new files get in the day's folder."""
        held, moves = {}, []
        for uuid, stem in sorted(draft.stems.items()):
            kinds = dict(self.places.get(uuid, {}))
            for kind, files in ((ZIP, draft.zips), (SETTINGS, draft.settings)):
                if uuid in files:
                    name = _free(folder, stem, ENDINGS[kind], moment)
                    kinds[kind] = f"{folder.name}/{name}"
                    moves.append((name, files[uuid]))
            held[uuid] = kinds
        return held, moves

    def _fill(self, moves: Sequence[tuple[str, StagedFile]], pulse: Pulse) -> Iterator[str]:
        for name, file in moves:
            file.path.rename(self._work / name)
            if self._unpacked and name.endswith(ENDINGS[ZIP]):
                view = self._work / name.removesuffix(ENDINGS[ZIP])
                yield from unpack(self._work / name, view, pulse)

    def _seal(
        self,
        facts: bytes,
        moves: Sequence[tuple[str, StagedFile]],
        sums: Mapping[str, str],
        pulse: Pulse,
    ) -> None:
        """Write themes.json and, over all files, SHA256SUMS; set the folders' modes."""
        write_whole(self._work / FACTS, facts, FILE_MODE)
        told = dict(sums) | {name: file.close()[1] for name, file in moves}
        told.pop(FACTS, None)
        views = [name.removesuffix(ENDINGS[ZIP]) for name, _ in moves if name.endswith(".zip")]
        root = os.open(self._work, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for path in _files_in(self._work, [FACTS, *views]):
                told[path] = hash_of(root, path, pulse)[0]
        finally:
            os.close(root)
        lines = (sum_line(told[name], name) for name in sorted(told, key=os.fsencode))
        write_whole(self._work / SUMS, "".join(lines).encode("utf-8", "surrogateescape"), FILE_MODE)
        for one in (self._work, *self._work.rglob("*")):
            if one.is_dir() and not one.is_symlink():
                one.chmod(FOLDER_MODE)


def newest_facts(house: House) -> dict[str, Any]:
    """themes.json of the newest dated folder; ``{}`` where there is none, or it is damaged."""
    room = house.room(ROOM)
    with disk_errors(f"reading {room}"):
        there = days(room) if room.is_dir() else []
        try:
            told = json.loads((there[-1] / FACTS).read_bytes()) if there else {}
        except (FileNotFoundError, ValueError):
            return {}
    return told if isinstance(told, dict) else {}


def themes_sums(house: House) -> dict[str, str]:
    """Path below themes/ and sha256 of the newest files of every theme, themes.json too."""
    room = house.room(ROOM)
    wanted = [place for kinds in _places(newest_facts(house)).values() for place in kinds.values()]
    with disk_errors(f"reading {room}"):
        wanted += [f"{day.name}/{FACTS}" for day in days(room)[-1:]] if room.is_dir() else []
    found: dict[str, str] = {}
    for day in sorted({place.partition("/")[0] for place in wanted}):
        sums = {f"{day}/{name}": sha256 for name, sha256 in read_sums(room / day).items()}
        found |= {place: sums[place] for place in wanted if place in sums}
    return found


def read_taken(house: House) -> dict[str, Taken]:
    """When each theme was last downloaded, by uuid; ``{}`` where nobody knows any more."""
    try:
        told = json.loads(house.room(_TAKEN).read_bytes())
        return {uuid: Taken(float(one["at"]), str(one["said"])) for uuid, one in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_taken(house: House, taken: Mapping[str, Taken]) -> None:
    """Note it; DiskError."""
    told = {uuid: {"at": one.at, "said": one.said} for uuid, one in taken.items()}
    with disk_errors(f"writing {house.room(_TAKEN)}"):
        write_whole(house.room(_TAKEN), json.dumps(told, sort_keys=True).encode(), 0o600)


def _places(facts: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What themes.json says of where all lies, as far as it makes sense: people can edit it."""
    told = facts.get("held")
    return {
        uuid: {kind: place for kind, place in kinds.items() if _is_place(place)}
        for uuid, kinds in (told.items() if isinstance(told, dict) else ())
        if isinstance(kinds, dict)
    }


def _is_place(place: object) -> bool:
    return isinstance(place, str) and re.fullmatch(r"\d{4}-\d\d-\d\d/[^/]+", place) is not None


def _free(folder: Path, stem: str, ending: str, moment: str) -> str:
    """A name that no file in the folder has; of a zip, nor the folder beside it."""
    later = f"{stem}-{moment.partition('T')[2] or moment}"
    names = chain((stem, later), (f"{later}-{number}" for number in count(2)))
    taken = (ending, "") if ending == ENDINGS[ZIP] else (ending,)
    return next(n + ending for n in names if not any((folder / (n + e)).exists() for e in taken))


def _files_in(folder: Path, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        path = folder / name
        for one in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if one.is_file():
                yield str(one.relative_to(folder))
