"""Exports that could not be right: kept in holds/ for a look, once for each way of being wrong."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from mirrord.core.displayed import displayed
from mirrord.core.times import moment_name
from mirrord.disk.draft import Draft
from mirrord.disk.durable import disk_errors
from mirrord.disk.holds import ANSWERED, WORDS, facts_file
from mirrord.disk.house import House, write_whole

_TEXT = """\
This export of {dataset} was not filed, because it can not be right:

{reasons}

The last good export stands where it was, in exports/latest/. Nothing has to be done: the next
good pull is filed as usual. `mirrord holds keep ID`, with this folder's name, puts the folder
away into holds/answered/. It may also be deleted.
"""

_FOREIGN = """\
An export of {dataset} that {source} gave was filed, but is not shown in exports/latest/:

{reasons}

The last one stands where it was, in exports/latest/. If the shop really has so few now, nothing has
to be done but to export once more: a second export of about that size is believed.
`mirrord holds keep ID`, with this folder's name, puts the folder away into holds/answered/. It may
also be deleted.
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An export of another source: its kind, where it came from, a name for it, and why not."""

    kind: str
    origin: str
    name: str
    reasons: tuple[str, ...]


def keep_foreign(house: House, at: float, told: Refusal, file: Path) -> Path:
    """The same for an export of another source, which is filed all the same; a copy is kept.

    ``at``: now, in seconds since 1970.
    """
    reasons, source = _listed(told.reasons), displayed(told.origin)
    text = _FOREIGN.format(dataset=told.kind, source=source, reasons=reasons)
    room = house.room("holds")
    moments = (moment_name(at + later) for later in count())
    moment = next(one for one in moments if not (room / f"{one}-{told.kind}").exists())

    def copy_in(folder: Path) -> None:
        shutil.copy2(file, folder / told.name)

    title = f"an export of {told.kind} from another source is not shown as the newest"
    return _keep(house, f"{moment}-{told.kind}", text, title, copy_in)


def keep_refused(house: House, moment: str, draft: Draft, reasons: list[str]) -> Path:
    """Move a refused draft to holds/<moment>-<dataset>/ with the reasons in HOLD.txt; DiskError.

    One that is refused for the same reasons as one that waits already, or was put away, is not
    kept again: a store that answers wrongly every few minutes must not fill the disk. Returns the
    folder that has them.
    """

    def move_in(folder: Path) -> None:
        for place_name, file in draft.files():
            file.staged.path.rename(folder / Path(place_name).name)

    name = draft.dataset.name
    text = _TEXT.format(dataset=name, reasons=_listed(reasons))
    title = f"an export of {name} could not be right and was not filed"
    return _keep(house, f"{moment}-{name}", text, title, move_in)


def _listed(reasons: Iterable[str]) -> str:
    return "\n".join(f"  - {displayed(reason)}" for reason in reasons)


def _keep(house: House, hold: str, words: str, title: str, fill: Callable[[Path], None]) -> Path:
    name = hold.partition("Z-")[2]
    text = words.encode("utf-8", "replace")
    room = house.room("holds")
    with disk_errors(f"keeping a refused export in {room}"):
        for place in (room, room / ANSWERED):
            for waiting in sorted(place.glob(f"*Z-{name}/{WORDS}")):
                if waiting.read_bytes() == text:
                    return waiting.parent
        folder = room / hold
        folder.mkdir(0o700)
        fill(folder)
        write_whole(folder / WORDS, text, 0o600)
        facts_file(folder, "refused", title)
    return folder
