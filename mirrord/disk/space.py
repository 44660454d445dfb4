"""What is free on the mirror's disk, and a few weeks of what was: decisions/space.json.

The samples only serve a forecast: where they are damaged it begins anew, and nothing else fails.
"""

import json
import os

from mirrord.core.space import Sample, added
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole

_SAMPLES = "decisions/space.json"


def measured(house: House, now: float) -> tuple[Sample, int]:
    """What is free for us now, and the size of the disk, in bytes; DiskError."""
    with disk_errors(f"asking for the free space of {house.root}"):
        told = os.statvfs(house.root)
    return Sample(now, told.f_bavail * told.f_frsize), told.f_blocks * told.f_frsize


def sampled(house: House, new: Sample) -> tuple[Sample, ...]:
    """The samples with a new one, oldest first; DiskError. Under the lock ``status``."""
    file = house.room(_SAMPLES)
    before = _read(house)
    samples = added(before, new)
    if samples != before:
        body = json.dumps([[one.at, one.free] for one in samples]) + "\n"
        with disk_errors(f"writing {file}"):
            write_whole(file, body.encode(), 0o640)
    return samples


def _read(house: House) -> tuple[Sample, ...]:
    try:
        told = json.loads(house.room(_SAMPLES).read_bytes())
        return tuple(Sample(float(at), int(free)) for at, free in told)
    except (OSError, ValueError, TypeError):
        return ()
