"""What waits for a look in holds/: exports that could not be right."""

from pathlib import Path

from mirrord.core.names import displayed
from mirrord.disk.draft import Draft
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

_WORDS = """\
This export of {dataset} was not filed, because it can not be right:

{reasons}

The last good export stands where it was, in exports/latest/. Nothing has to be done: the next
good pull is filed as usual. This folder may be deleted.
"""


def keep_refused(house: House, moment: str, draft: Draft, reasons: list[str]) -> Path:
    """Move a refused draft to holds/<moment>-<dataset>/ with the reasons in HOLD.txt; DiskError.

    One that is refused for the same reasons as one that waits already is not kept again: a store
    that answers wrongly every few minutes must not fill the disk. Returns the folder that waits.
    """
    name = draft.dataset.name
    lines = "\n".join(f"  - {displayed(reason)}" for reason in reasons)
    text = _WORDS.format(dataset=name, reasons=lines).encode()
    room = house.room("holds")
    with disk_errors(f"keeping a refused export in {room}"):
        for waiting in sorted(room.glob(f"*Z-{name}/HOLD.txt")):
            if waiting.read_bytes() == text:
                return waiting.parent
        folder = room / f"{moment}-{name}"
        folder.mkdir(0o700)
        for place, file in draft.files():
            file.staged.path.rename(folder / Path(place).name)
        write_whole(folder / "HOLD.txt", text, 0o600)
    return folder
