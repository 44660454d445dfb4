"""Which snapshot a person can go back to, as its own verdict says."""

from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House

_VERDICT = "verdict: COMPLETE"


def newest_complete(house: House) -> str | None:
    """The newest complete snapshot as decisions name it (``snapshots/2026-11-23T030000Z``)."""
    room = house.room("snapshots")
    with disk_errors(f"reading {room}"):
        names = sorted(one.name for one in room.iterdir()) if room.is_dir() else []
    complete = (name for name in reversed(names) if name[:1].isdigit() and _says(house, name))
    name = next(complete, None)
    return None if name is None else f"snapshots/{name}"


def _says(house: House, name: str) -> bool:
    try:
        text = house.room(f"snapshots/{name}/VERDICT.txt").read_text("utf-8", "replace")
    except OSError:
        return False
    return any(line.startswith(_VERDICT) for line in text.splitlines())
