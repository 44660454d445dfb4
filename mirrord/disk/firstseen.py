"""Old versions whose checksum nobody wrote down: it is written when they are first read.

They come from a mirrord before there were such checksums, or from a run that was cut.
"""

import os

from mirrord.core.discreet import mode_of_list
from mirrord.core.manifest import lenient_sums, sum_line
from mirrord.core.pulse import Pulse
from mirrord.disk.claims import Point, read_sums
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole
from mirrord.disk.locks import locked


class FirstSeen:
    """What was read of them in one run."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._seen: dict[str, dict[str, str]] = {}

    def add(self, name: str, sha256: str) -> None:
        """Note a file (below the house, in old-versions/) and what it was read to be."""
        room, moment, *inside = name.split("/")
        self._seen.setdefault(f"{room}/{moment}", {})["/".join(inside)] = sha256

    def write(self, pulse: Pulse) -> int:
        """Write their checksums down, under the files lane's lock; how many. DiskError."""
        if not self._seen:
            return 0
        with locked(self._house.lock_file("files"), "verify", pulse):
            for folder, seen in self._seen.items():
                point = Point(folder, f"{folder}.SHA256SUMS")
                told, sound = lenient_sums(read_sums(self._house, point))
                if not sound:  # a damaged line may speak of this very file
                    continue
                sums = dict(told)
                lines = seen | sums
                text = "".join(
                    sum_line(lines[name], name) for name in sorted(lines, key=os.fsencode)
                )
                with disk_errors(f"writing {point.sums}"):
                    body = text.encode("utf-8", "surrogateescape")
                    mode = mode_of_list(lines)
                    write_whole(self._house.room(point.sums), body, mode)
        return sum(len(seen) for seen in self._seen.values())
