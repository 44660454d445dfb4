"""Disks of a test's own, small or read-only, in a mount namespace that ends with the test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


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

    def fill(self, leave: int = 0) -> None:
        """Take all of the free space but ``leave`` bytes."""
        room = os.statvfs(self.inside)
        with (self.inside / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - leave)


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Disk]:
    """A disk of this size (``64m``) over ``folder``, with what lay in the folder copied onto it."""
    if os.geteuid() != 0 or not shutil.which("nsenter"):
        pytest.skip("needs root, and util-linux, to mount a small disk")
    copy = folder.with_name(folder.name + ".copy")
    script = (
        f"cp -a '{folder}' '{copy}' && mount -t tmpfs -o size={size} tmpfs '{folder}'"
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
