"""Exports that could not be right: kept in holds/ for a look, once for each way of being wrong."""

from pathlib import Path

from mirrord.core.displayed import displayed
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


def keep_refused(house: House, moment: str, draft: Draft, reasons: list[str]) -> Path:
    """Move a refused draft to holds/<moment>-<dataset>/ with the reasons in HOLD.txt; DiskError.

    One that is refused for the same reasons as one that waits already, or was put away, is not
    kept again: a store that answers wrongly every few minutes must not fill the disk. Returns the
    folder that has them.
    """
    name = draft.dataset.name
    lines = "\n".join(f"  - {displayed(reason)}" for reason in reasons)
    text = _TEXT.format(dataset=name, reasons=lines).encode()
    room = house.room("holds")
    with disk_errors(f"keeping a refused export in {room}"):
        for place in (room, room / ANSWERED):
            for waiting in sorted(place.glob(f"*Z-{name}/{WORDS}")):
                if waiting.read_bytes() == text:
                    return waiting.parent
        folder = room / f"{moment}-{name}"
        folder.mkdir(0o700)
        for place_name, file in draft.files():
            file.staged.path.rename(folder / Path(place_name).name)
        write_whole(folder / WORDS, text, 0o600)
        facts_file(folder, "refused", f"an export of {name} could not be right and was not filed")
    return folder
