"""What a removal comes to in bytes. A hard link frees nothing while another name remains."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from mirrord.core.pulse import Pulse
from mirrord.disk.durable import disk_errors


class Scale:
    """What was put on it: ``named`` bytes lose a name, ``freed`` bytes lose their last one.

    Copies that share their blocks (reflinks) weigh as if they did not.
    """

    def __init__(self) -> None:
        self.named = 0
        self.freed = 0
        self._names: Counter[tuple[int, int]] = Counter()

    def add(self, paths: Iterable[Path], pulse: Pulse) -> None:
        """Put on files, and folders with all that lies in them, before they go; DiskError."""
        for path in paths:
            with disk_errors(f"looking at {path}"):
                for seen in _below(path):
                    pulse.beat()
                    self._add(seen)

    def _add(self, seen: os.stat_result) -> None:
        inode = (seen.st_dev, seen.st_ino)
        self._names[inode] += 1
        self.named += seen.st_size
        if self._names[inode] == seen.st_nlink:
            self.freed += seen.st_size


def _below(path: Path) -> Iterator[os.stat_result]:
    """The stat of a path, or of all files below it where it is a folder; no link is followed."""
    seen = path.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        yield seen
        return
    for _, folders, files, above in os.fwalk(path):
        for name in (*folders, *files):
            seen = os.stat(name, dir_fd=above, follow_symlinks=False)
            if not stat.S_ISDIR(seen.st_mode):
                yield seen
