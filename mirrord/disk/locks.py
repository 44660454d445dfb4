"""One flock per lane and per short critical place; they free themselves when a process dies.

The lock files lie in decisions/, since .mirrord/ may be deleted.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirrord.core.pulse import Pulse
from mirrord.disk.durable import disk_errors
from mirrord.errors import AlreadyRunning

_PAUSE = 0.1


@contextmanager
def locked(file: Path, who: str, pulse: Pulse | None) -> Iterator[None]:
    """Hold the lock; ``who`` is written into it for whoever finds it taken.

    With a pulse, wait until it is free. Without one: AlreadyRunning at once, naming the holder.
    """
    with disk_errors(f"taking the lock {file}"):
        fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    try:
        while not _try(fd, file):
            if pulse is None:
                with disk_errors(f"reading the lock {file}"):
                    told = os.pread(fd, 200, 0)
                holder = told.decode("utf-8", "replace").strip() or "another one"
                raise AlreadyRunning(
                    f"{holder} is at work and holds {file}: wait for it to end, or stop it"
                )
            pulse.wait(_PAUSE)
        with disk_errors(f"taking the lock {file}"):
            os.fchmod(fd, 0o640)  # whoever may read the mirror may see who is at work
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"mirrord {who} (process {os.getpid()})\n".encode(), 0)
        yield
    finally:
        os.close(fd)


def holder(file: Path) -> str:
    """Who holds the lock, ``""`` for nobody; never waits, and leaves the lock as it was."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return ""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(fd, 200, 0).decode("utf-8", "replace").strip() or "another mirrord"
    finally:
        os.close(fd)
    return ""


def _try(fd: int, file: Path) -> bool:
    with disk_errors(f"taking the lock {file}"):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
