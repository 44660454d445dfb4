"""Fresh filesystems: after many files were removed, ext4 creates new ones slowly for a minute.

Root gets an ext4 of its own in a loop image on the real disk, so that what is made durable costs
what it costs there. Anyone else gets a folder in memory, where syncing is free; the results say it.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_IMAGE = 3 << 30


def kind() -> str:
    """What fresh filesystems are here, in words."""
    return "ext4 in a loop image" if os.geteuid() == 0 else "a folder in memory (syncs are free)"


@contextmanager
def fresh_disk() -> Iterator[Path]:
    """An empty folder on a filesystem that has no past; it is gone afterwards."""
    if os.geteuid() != 0:
        with tempfile.TemporaryDirectory(dir=_MEMORY) as name:
            yield Path(name)
        return
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        room.chmod(0o755)  # the server's user passes through
        image, mount = room / "image", room / "disk"
        mount.mkdir()
        _make(image)
        subprocess.run(["mount", "-o", "loop", image, mount], check=True)
        try:
            yield _inside(mount)
        finally:
            subprocess.run(["umount", mount], check=True)


def _make(image: Path) -> None:
    """Room laid out before, inode tables written: nothing of it is left to the measured run."""
    with image.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, _IMAGE)
    lazy = "lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    subprocess.run(["mkfs.ext4", "-q", "-F", "-N", "400000", "-E", lazy, image], check=True)


def _inside(mount: Path) -> Path:
    """A folder of ours, so that lost+found is in nobody's way."""
    inside = mount / "work"
    inside.mkdir()
    return inside
