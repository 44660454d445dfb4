"""What filing has told already, so that it tells it once: a note in .mirrord/, which may go.

Without it, what can not be filed is named once more, and nothing else happens.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from mirrord.core.entry import Held
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

_NOTE = ".mirrord/filing.json"


@dataclass(slots=True)
class Note:
    """``seen`` is the state of the store's exports/ that was gone through to its end.

    ``told`` are the things that stay where they are and were named.
    """

    seen: str = ""
    told: set[str] = field(default_factory=set)

    def copy(self) -> "Note":
        """As it is now."""
        return Note(self.seen, set(self.told))


def read_note(house: House) -> Note:
    """What was noted; nothing where there is no note that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(house.room(_NOTE).read_bytes())
        return Note(str(told["seen"]), {str(one) for one in told["told"]})
    return Note()


def write_note(house: House, note: Note) -> None:
    """Note it; DiskError."""
    body = json.dumps({"seen": note.seen, "told": sorted(note.told)}).encode()
    with disk_errors(f"writing {house.room(_NOTE)}"):
        write_whole(house.room(_NOTE), body, 0o600)


def state_of(listed: Iterable[Held]) -> str:
    """One sum of which files are held, and with which bytes."""
    digest = hashlib.sha256()
    for held in listed:
        digest.update(f"{held.path} {held.sha256}\n".encode())
    return digest.hexdigest()
