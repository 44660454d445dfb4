"""Disks of a test's own, small or read-only, in a mount namespace that ends with the test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: ext4's and xfs's ioctl for tests: the disk is gone, its journal not written.
_SHUTDOWN = 0x8004587D
_NOW = 'b"\\2\\0\\0\\0"'


class Disk:
    """A tmpfs at ``folder``, seen only by programs that are started ``through`` it."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.through = ("nsenter", "--target", str(pid), "--mount")
        #: The disk as this process sees it.
        self.inside = Path(f"/proc/{pid}/root") / folder.relative_to("/")
        self._folder = folder

    def do(self, *command: str) -> None:
        """Run a command that sees the disk under its own name; it must end well."""
        subprocess.run([*self.through, *command], check=True)

    def make_read_only(self) -> None:
        """As a disk does by itself after an error."""
        self.do("mount", "-o", "remount,ro", str(self._folder))

    def die(self) -> None:
        """All that is not on the disk yet is lost, and every call from now on fails (ext4 only)."""
        ask = (
            f"import fcntl, os; fcntl.ioctl(os.open({str(self._folder)!r}, 0), {_SHUTDOWN}, {_NOW})"
        )
        self.do(sys.executable, "-c", ask)

    def come_back(self) -> None:
        """Mount it anew: the journal is replayed (ext4 only)."""
        self.do("umount", str(self._folder))
        self.do("mount", "-o", "loop", str(_image(self._folder)), str(self._folder))

    def fill(self, leave: int = 0) -> None:
        """Take all of the free space but ``leave`` bytes."""
        room = os.statvfs(self.inside)
        with (self.inside / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - leave)

    def use_up_names(self, leave: int) -> None:
        """Take all of the inodes but so many."""
        place = self.inside / "names"
        place.mkdir()
        for number in range(os.statvfs(self.inside).f_favail - leave):
            (place / str(number)).touch()


def _image(folder: Path) -> Path:
    return folder.with_name(folder.name + ".img")


@contextmanager
def disk(folder: Path, size: str, kind: str = "tmpfs") -> Iterator[Disk]:
    """A disk of this size (``64m``) over ``folder``, with what lay in the folder copied onto it.

    ``size`` may limit the inodes too (``64m,nr_inodes=500``). ``kind`` may be ``ext4``: an image
    beside the folder.
    """
    if os.geteuid() != 0 or not shutil.which("nsenter"):
        pytest.skip("needs root, and util-linux, to mount a small disk")
    copy = folder.with_name(folder.name + ".copy")
    mount = f"mount -t tmpfs -o size={size} tmpfs '{folder}'"
    if kind == "ext4":
        if not shutil.which("mkfs.ext4"):
            pytest.skip("needs e2fsprogs, to make a disk")
        image = _image(folder)
        mount = f"truncate -s {size} '{image}' && mkfs.ext4 -q -F '{image}'"
        mount += f" && mount -o loop '{image}' '{folder}' && rmdir '{folder}/lost+found'"
    script = (
        f"cp -a '{folder}' '{copy}' && {mount}"
        f" && cp -a '{copy}/.' '{folder}' && echo up && exec cat"
    )
    with subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        if process.stdout.readline() != "up\n":
            why = process.communicate()[1].strip()
            pytest.skip(f"needs the right to mount a disk (CAP_SYS_ADMIN): {why}")
        try:
            yield Disk(folder, process.pid)
        finally:
            process.stdin.close()
