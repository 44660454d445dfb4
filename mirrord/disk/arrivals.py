"""How many orders came in which five minutes: a small file in report/, without any personal data.

It may go: the next pull of orders writes it anew, since it holds all of them. Whatever else stands
in it means that nothing is known.
"""

import json
import math
from functools import lru_cache
from pathlib import Path

from mirrord.core.risk import Arrivals
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

_FILE = "report/arrivals.json"
_LARGEST = 1 << 20


def record_arrivals(house: House, known: Arrivals) -> None:
    """Replace what is known; DiskError."""
    told = {
        "started": known.started,
        "took": known.took,
        "until": known.until,
        "counts": sorted(known.counts.items()),
    }
    file = house.room(_FILE)
    with disk_errors(f"writing {file}"):
        write_whole(file, (json.dumps(told) + "\n").encode(), 0o600)


def read_arrivals(house: House) -> Arrivals | None:
    """What the last pull of orders left, None where nothing is known. Cheap: asked every second."""
    file = house.room(_FILE)
    try:
        seen = file.stat()
        if seen.st_size > _LARGEST:
            return None
        # the file is only ever replaced: another one has another inode or another time
        return _read(file, seen.st_ino, seen.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _read(file: Path, _inode: int, _time: int) -> Arrivals | None:
    try:
        told = json.loads(file.read_bytes())
        known = Arrivals(
            float(told["started"]),
            float(told["took"]),
            float(told["until"]),
            {int(number): int(count) for number, count in told["counts"]},
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    times = (known.started, known.took, known.until)
    sound = all(map(math.isfinite, times)) and known.took >= 0 and known.until >= known.started
    return known if sound and all(count >= 0 for count in known.counts.values()) else None
