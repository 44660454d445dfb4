"""What lies in a house, seen by somebody who knows nothing of mirrord but the README's picture."""

import csv
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: What stands at a path: a file's bytes, None for a folder, where a link leads.
Shown = bytes | None | str
ABSENT = "(nothing)"
#: Every room in which a held file may lie. What is only staged is not held yet, and of what was
#: replaced within a day in exports/ the records are held, not the files: that has laws of its own.
ROOMS = ("files", "old-versions", "set-aside", "snapshots")


@dataclass
class Witness:
    """Reads one store's folder; a file that was not touched since is not read again."""

    root: Path
    _seen: dict[int, tuple[tuple[int, int, int], bytes]] = field(default_factory=dict)

    def shown(self, room: str) -> dict[str, Shown]:
        """Every path below a room."""
        return dict(self._walk(os.fspath(self.root / room), ""))

    def contents(self) -> set[bytes]:
        """The bytes of every file in every room; of a snapshot those of its files/.

        Checksums beside the folders of old versions are no shop's files, and a snapshot that was
        never finished is none.
        """
        found = set()
        below = {"snapshots": "[^./][^/]*/files/", "old-versions": "[^/]+/"}
        for room in ROOMS:
            inside = re.compile(below.get(room, ""))
            for path, body in self.shown(room).items():
                if isinstance(body, bytes) and inside.match(path):
                    found.add(body)
        return found

    def sums(self) -> dict[str, str]:
        """SHA256SUMS as coreutils would read it: local path -> sha256."""
        found = {}
        text = (self.root / "SHA256SUMS").read_bytes().decode("utf-8", "surrogateescape")
        for line in text.split("\n")[:-1]:
            name = line.lstrip("\\")
            if line.startswith("\\"):
                head, name = name[:66], name[66:]
                escapes = {"n": "\n", "r": "\r", "\\": "\\"}
                parts = name.split("\\\\")
                for code in "nr":
                    parts = [part.replace(f"\\{code}", escapes[code]) for part in parts]
                name = head + "\\".join(parts)
            found[name[66:]] = name[:64]
        return found

    def manifest(self) -> dict[str, dict[str, str]]:
        """MANIFEST.csv: local path -> its row."""
        place = self.root / "MANIFEST.csv"
        with place.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            return {row["local path"]: row for row in csv.DictReader(file)}

    def _walk(self, folder: str, above: str) -> Iterator[tuple[str, Shown]]:
        with os.scandir(folder) as entries:
            for entry in entries:
                inside = f"{above}{entry.name}"
                there = entry.stat(follow_symlinks=False)
                if stat.S_ISLNK(there.st_mode):
                    yield inside, f"-> {os.readlink(entry.path)}"
                elif stat.S_ISDIR(there.st_mode):
                    yield inside, None
                    yield from self._walk(entry.path, f"{inside}/")
                else:
                    yield inside, self._read(entry.path, there)

    def _read(self, path: str, there: os.stat_result) -> bytes:
        stamp = (there.st_ctime_ns, there.st_mtime_ns, there.st_size)
        known = self._seen.get(there.st_ino)
        if known is None or known[0] != stamp:
            known = (stamp, Path(path).read_bytes())
            self._seen[there.st_ino] = known
        return known[1]
