"""What people ask of the next snapshot: a button in drop-here/, and words given by hand.

The button is an empty file: what is in it is never read, and nothing but an empty regular file is
ever removed.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mirrord.core.pulse import Pulse
from mirrord.disk.decisions import deciding
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House

#: Windows adds an ending to a new file, and shows it to nobody.
_BUTTONS = frozenset({"snapshot-now", "snapshot-now.txt"})
_WISH = "next_snapshot"


@dataclass(frozen=True, slots=True)
class Wish:
    """A name for people, and whether it is to be kept for ever."""

    label: str = ""
    pin: bool = False


def button_pressed(house: House) -> bool:
    """Whether somebody put ``snapshot-now`` into drop-here/; DiskError."""
    return any(_buttons(house))


def take_button(house: House) -> bool:
    """The same, and it is removed: the next one is another wish."""
    pressed = False
    for button in _buttons(house):
        with disk_errors(f"taking {button}"), suppress(FileNotFoundError):
            button.unlink()
            pressed = True
    return pressed


def wish(house: House, wanted: Wish, pulse: Pulse) -> None:
    """Say how the next snapshot shall be; whoever takes it next reads it. DiskError."""
    with deciding(house, _WISH, pulse) as told:
        told.update(asdict(wanted))


def take_wish(house: House, pulse: Pulse) -> Wish:
    """What was wished for, once. DiskError."""
    with deciding(house, _WISH, pulse) as told:
        wanted = Wish(str(told.get("label", "")), bool(told.get("pin", False)))
        told.clear()
    return wanted


def is_button(name: str, seen: os.stat_result) -> bool:
    """Whether what stands in drop-here/ under this name is a button: an empty file, and only that.

    It is the snapshot's to take.
    """
    empty = stat.S_ISREG(seen.st_mode) and seen.st_size == 0 and seen.st_nlink == 1
    return empty and name.casefold() in _BUTTONS


def _buttons(house: House) -> Iterator[Path]:
    room = house.room("drop-here")
    with disk_errors(f"reading {room}"):
        entries = sorted(room.iterdir()) if room.exists() else []
    for entry in entries:
        with suppress(OSError):
            if is_button(entry.name, os.lstat(entry)):
                yield entry
