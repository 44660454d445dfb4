"""What people decided, in decisions/: small JSON files that can not be derived again.

Every file is only ever replaced whole, under the lock ``decisions``, so that a command by hand and
the daemon never lose each other's words. They lie apart from .mirrord/, which may be deleted.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from mirrord.core.pulse import Pulse
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole
from mirrord.disk.locks import locked
from mirrord.errors import DiskError

_REMEDY = "copy it back from a backup or a snapshot, or move it away and decide anew"


def read_decision(house: House, name: str) -> dict[str, Any]:
    """What stands in ``decisions/<name>.json``, ``{}`` where nothing was decided; DiskError."""
    file = house.room(f"decisions/{name}.json")
    with disk_errors(f"reading {file}"):
        try:
            told = json.loads(file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise DiskError(f"{file} is damaged: {_REMEDY}") from error
    if not isinstance(told, dict):
        raise DiskError(f"{file} is damaged: {_REMEDY}")
    return told


@contextmanager
def deciding(house: House, name: str, pulse: Pulse) -> Iterator[dict[str, Any]]:
    """The same to change it: what the mapping holds at the end is written, if it is another."""
    with locked(house.lock_file("decisions"), name, pulse):
        told = read_decision(house, name)
        before = json.dumps(told, sort_keys=True)
        yield told
        after = json.dumps(told, sort_keys=True)
        if after == before:
            return
        file = house.room(f"decisions/{name}.json")
        with disk_errors(f"writing {file}"):
            write_whole(file, (json.dumps(told, indent=2, sort_keys=True) + "\n").encode(), 0o640)


@dataclass(frozen=True, slots=True)
class Pin:
    """Why a point is kept for ever, and since when (seconds since 1970).

    ``by`` is "hand", or the id of the hold whose answer will release it.
    """

    why: str
    since: float
    by: str = "hand"


def pins(house: House) -> dict[str, Pin]:
    """The pinned points by name, as below the house: ``snapshots/2026-11-23T030000Z``."""
    return {point: Pin(**told) for point, told in read_decision(house, "pins").items()}


def pin(house: House, point: str, pin: Pin, pulse: Pulse) -> None:
    """Keep a point, whatever the rules say; a pin by hand is never replaced by another."""
    with deciding(house, "pins", pulse) as told:
        if told.get(point, {}).get("by") != "hand":
            told[point] = asdict(pin)


def unpin(house: House, point: str, pulse: Pulse) -> bool:
    """Leave a point to the rules again; False where it was not pinned."""
    with deciding(house, "pins", pulse) as told:
        return told.pop(point, None) is not None


def release(house: House, by: str, pulse: Pulse) -> None:
    """Take away the pins that were set for one hold."""
    with deciding(house, "pins", pulse) as told:
        for point in [point for point, one in told.items() if one["by"] == by]:
            del told[point]
