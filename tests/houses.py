"""A house for a test, and what lies in it as plain values."""

import os
import stat
from pathlib import Path

from mirrord.disk.house import House, make_marker, open_house

NOW = 1_763_900_100  # 2025-11-23T12:15:00Z


def new_house(mirror: Path, key: str = "acme") -> House:
    """A marked mirror with one store's rooms."""
    make_marker(mirror)
    return open_house(mirror, key, "Jo, +44 20 7946 0000")


def content(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder: files' bytes, None for folders, `->` and target for links."""
    found: dict[str, bytes | None] = {}
    for above, folders, files in os.walk(folder):
        for name in folders + files:
            path = Path(above, name)
            mode = path.lstat().st_mode
            inside = str(path.relative_to(folder))
            if stat.S_ISLNK(mode):
                found[inside] = b"-> " + os.fsencode(os.readlink(path))
            else:
                found[inside] = None if stat.S_ISDIR(mode) else path.read_bytes()
    return found


def modes(folder: Path) -> dict[str, str]:
    """The permission bits of every path below a folder, and of the folder itself as `.`."""
    paths = [folder, *folder.rglob("*")]
    return {str(p.relative_to(folder)): oct(p.lstat().st_mode & 0o7777) for p in paths}
