"""holds/: what waits for a person, one folder each.

``HOLD.txt`` tells people what happened and what each answer does, ``hold.json`` tells programs,
``list.csv`` names the files. A folder that somebody made or damaged by hand breaks nothing: it is
told as far as it can be read. Nothing here decides, and no byte of the shop lies here but exports
that were refused.
"""

import json
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import strptime
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from mirrord.disk.decisions import read_decision
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

HoldKind = Literal["vanished", "changed", "refused", "suspect"]

#: Where a hold's folder goes once it was answered; nobody has to look in there.
ANSWERED = "answered"
#: The decisions file with the answers to holds: by id, ``{"answer": "keep" | "follow", ...}``.
ANSWERS = "answers"

WORDS, FACTS, LIST = "HOLD.txt", "hold.json", "list.csv"

#: For holds that are about no columns.
NO_COLUMNS: Mapping[str, str] = MappingProxyType({})

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z", re.ASCII)
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6}Z)-.+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OpenHold:
    """One thing that waits, or was kept: its folder is ``holds/<id>/``.

    ``opened`` in seconds since 1970; ``title`` is one line for people, without personal data;
    ``refers`` are the points that it speaks of (``snapshots/2026-11-23T030000Z``): they stay.
    ``answered`` is "kept" where a person said so. ``top`` is the top folder whose files vanished,
    ``""`` for several. ``dataset`` is the one whose records look damaged, and ``columns`` which of
    its columns, each with the moment of the pull that saw the first of it.
    """

    id: str
    kind: HoldKind
    opened: float
    title: str
    refers: tuple[str, ...] = ()
    answered: str = ""
    top: str = ""
    dataset: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def open_holds(house: House) -> tuple[OpenHold, ...]:
    """All that waits and all that was kept, by time; DiskError."""
    room = house.room("holds")
    answers = read_decision(house, ANSWERS)
    with disk_errors(f"reading {room}"):
        folders = sorted(one for one in room.iterdir() if _is_hold(one)) if room.exists() else []
    return tuple(_read(folder, _kept(answers.get(folder.name))) for folder in folders)


def folder_of(house: House, hold_id: str) -> Path:
    """Where a hold's papers lie."""
    return house.room("holds") / hold_id


def words_of(house: House, hold_id: str) -> str:
    """What a hold tells people, as it stands; DiskError."""
    file = folder_of(house, hold_id) / WORDS
    with disk_errors(f"reading {file}"):
        return file.read_text("utf-8", "replace")


def facts_file(
    folder: Path,
    kind: HoldKind,
    title: str,
    *,
    top: str = "",
    refers: tuple[str, ...] = (),
    dataset: str = "",
    columns: Mapping[str, str] = NO_COLUMNS,
) -> None:
    """Write what programs read of a hold, last of its papers; OSError.

    When it was opened is told by the folder's name.
    """
    facts = {
        "kind": kind,
        "title": title,
        "opened": opened_at(folder.name),
        "top": top,
        "refers": list(refers),
        "dataset": dataset,
        "columns": dict(columns),
    }
    write_whole(folder / FACTS, (json.dumps(facts, indent=2) + "\n").encode(), 0o600)


def _kept(answer: object) -> str:
    return "kept" if isinstance(answer, dict) and answer.get("answer") == "keep" else ""


def _is_hold(folder: Path) -> bool:
    return opened_at(folder.name) is not None and folder.is_dir() and not folder.is_symlink()


def opened_at(name: str) -> float | None:
    """The moment in a hold's id, in seconds since 1970; None where it is no hold's id."""
    matched = _NAME.fullmatch(name)
    try:
        return float(timegm(strptime(matched[1], "%Y-%m-%dT%H%M%SZ"))) if matched else None
    except ValueError:
        return None


def _read(folder: Path, answered: str) -> OpenHold:
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        return _told(folder.name, facts, answered)
    except (OSError, ValueError, KeyError, TypeError):
        # made by an older mirrord, or damaged: a person can still read it
        title = f"its folder tells in {WORDS} what it is about"
        return OpenHold(folder.name, "refused", opened_at(folder.name) or 0.0, title)


def _told(hold_id: str, facts: dict[str, Any], answered: str) -> OpenHold:
    kind, title, refers, top = (facts[name] for name in ("kind", "title", "refers", "top"))
    if kind not in get_args(HoldKind) or not isinstance(title, str) or not isinstance(top, str):
        raise ValueError(f"no hold: {hold_id}")
    if not isinstance(refers, list) or not all(isinstance(one, str) for one in refers):
        raise ValueError(f"no hold: {hold_id}")
    opened = float(facts["opened"])
    # an older mirrord wrote none of these
    dataset, columns = facts.get("dataset", ""), facts.get("columns", {})
    if not isinstance(dataset, str) or not _are_moments(columns):
        raise ValueError(f"no hold: {hold_id}")
    kind = cast(HoldKind, kind)
    return OpenHold(hold_id, kind, opened, title, tuple(refers), answered, top, dataset, columns)


def _are_moments(columns: object) -> bool:
    return isinstance(columns, dict) and all(
        isinstance(one, str) and _MOMENT.fullmatch(one) for one in columns.values()
    )
