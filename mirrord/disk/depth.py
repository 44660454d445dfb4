"""Whether the store once gave its whole tree in one answer, so that it is not asked in vain.

A note in .mirrord/, which may go: then it is asked again. It never decides what a listing says.
"""

import json
from contextlib import suppress

from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

_NOTE = ".mirrord/depth.json"
#: A server may learn it: after so many seconds a refusal counts no more.
_OLDEST = 30 * 86_400


def may_be_deep(house: House, url: str, now: float) -> bool:
    """Whether to ask for all at once: it was given, never asked for, or refused long ago."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(house.room(_NOTE).read_bytes())
        if told["url"] == url and not told["deep"]:
            return bool(not 0 <= now - told["at"] < _OLDEST)
    return True


def note_depth(house: House, url: str, now: float, *, deep: bool) -> None:
    """Note what came of asking; DiskError."""
    file = house.room(_NOTE)
    with disk_errors(f"writing {file}"):
        write_whole(file, json.dumps({"url": url, "deep": deep, "at": now}).encode(), 0o600)
