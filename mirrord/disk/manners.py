"""How the store was found to be best asked, so that each run need not find out anew.

A note in .mirrord/, which may go: then it is found out again. It never decides what a listing says.
"""

import json
from contextlib import suppress
from dataclasses import dataclass

from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

_NOTE = ".mirrord/manners.json"
#: A server may learn it: after so many seconds a refusal counts no more.
_OLDEST = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Manners:
    """What may be asked of it.

    ``deep``: its whole tree at once; ``at_once``: so many requests at the same time it bore best,
    None where nobody knows.
    """

    deep: bool = True
    at_once: int | None = None


def manners_of(house: House, url: str, now: float) -> Manners:
    """What was noted of the store with that URL; what was refused long ago may be tried again."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(house.room(_NOTE).read_bytes())
        if told["url"] == url:
            recent = 0 <= now - told["asked"] < _OLDEST
            return Manners(bool(told["deep"] or not recent), max(1, int(told["at_once"])))
    return Manners()


def note_manners(
    house: House, url: str, now: float, *, was_deep: bool | None, at_once: int
) -> None:
    """Note how a run fared; ``was_deep`` None: it did not ask for all at once. DiskError."""
    file = house.room(_NOTE)
    deep, asked = bool(was_deep), now
    if was_deep is None:
        deep = False
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(file.read_bytes())
            asked = float(told["asked"]) if told["url"] == url else 0.0
    text = json.dumps({"url": url, "deep": deep, "asked": asked, "at_once": at_once})
    with disk_errors(f"writing {file}"):
        write_whole(file, text.encode(), 0o600)
