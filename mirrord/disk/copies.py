"""Which snapshots hold the last copy of a file: content that lies nowhere else in the house.

What leaves files/ goes to old-versions/, so this is rare: somebody cleared old-versions/ by hand,
or lost a part of it. This room changes nothing.
"""

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from mirrord.core.pulse import Pulse
from mirrord.disk.dayfolder import SUMS, read_sums
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House
from mirrord.errors import DiskError

_FILES = "files/"
_UNREAD = "its checksums can not be read, it may hold the last copy of a file"

#: A file as an old version of it is known again: its path in files/, size and time.
_Seen = tuple[str, int, int]


def last_copies(
    house: House, leaving: Collection[str], staying: Collection[str], pulse: Pulse
) -> dict[str, str]:
    """Which of the snapshots that are to leave, by name, hold a last copy; in words. DiskError.

    Where several of them hold it, the newest one is told. A copy is told by its checksum in files/
    and in snapshots, and by path, size and time in old-versions/.
    """
    told: dict[str, str] = {}
    lonely: dict[str, set[str]] = {}
    held = set(read_sums(house.root).values())
    old = _old_versions(house, pulse) if leaving else set()
    for name in sorted(leaving):
        try:
            lonely[name] = set(_nowhere_else(house.room(f"snapshots/{name}"), held, old, pulse))
        except (DiskError, OSError):
            told[name] = _UNREAD
    wanted = {sha256 for one in lonely.values() for sha256 in one}
    if not wanted:
        return told
    holders = Counter(sha256 for one in lonely.values() for sha256 in one)
    for name in staying:
        pulse.beat()
        holders.update(wanted & set(_sums(house.room(f"snapshots/{name}")).values()))
    for name, content in lonely.items():
        last = sum(holders[sha256] == 1 for sha256 in content)
        if last:
            told[name] = f"it holds the last copy of {last:,} {'file' if last == 1 else 'files'}"
        else:
            holders.subtract(content)
    return told


def _nowhere_else(
    snapshot: Path, held: Collection[str], old: Collection[_Seen], pulse: Pulse
) -> Iterator[str]:
    """The checksums of a snapshot's files that lie neither in files/ nor in old-versions/."""
    if not (snapshot / SUMS).exists():
        raise DiskError(f"{snapshot} has no {SUMS}")
    for path, sha256 in _sums(snapshot).items():
        pulse.beat()
        if sha256 in held or not os.path.lexists(snapshot / path):
            continue
        seen = os.stat(snapshot / path, follow_symlinks=False)
        if (path.removeprefix(_FILES), seen.st_size, seen.st_mtime_ns) not in old:
            yield sha256


def _sums(snapshot: Path) -> dict[str, str]:
    return {path: sha256 for path, sha256 in read_sums(snapshot).items() if path.startswith(_FILES)}


def _old_versions(house: House, pulse: Pulse) -> set[_Seen]:
    room = house.room("old-versions")
    found: set[_Seen] = set()
    with disk_errors(f"reading {room}"):
        for above, _, files, folder in os.fwalk(room):
            # old-versions/<moment>/<path>
            inside = "/".join(Path(above).relative_to(room).parts[1:])
            for name in files:
                pulse.beat()
                seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(seen.st_mode):
                    path = f"{inside}/{name}" if inside else name
                    found.add((path, seen.st_size, seen.st_mtime_ns))
    return found
