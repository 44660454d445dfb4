"""A small note, and turns, that all threads and processes of one house share.

By flock on files in a folder of .mirrord/, which may go at any moment: then the note is empty and
the turns are free. Whoever holds something and dies holds it no longer. Nothing is synced: a note
is of no use after a restart of the machine, and is never given out then.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from mirrord.disk.durable import disk_errors

_T = TypeVar("_T")

#: Bytes: no note is longer; one that is was written by somebody else.
_LONGEST = 16_384
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Shared:
    """What lies in one folder, made where it is missing. DiskError from every method.

    ``boot`` names the run of the machine: a note of another one is none.
    """

    def __init__(self, folder: Path, boot: str | None = None) -> None:
        self._folder = folder
        self._boot = (boot_id() if boot is None else boot).encode()

    def change(self, by: Callable[[bytes], tuple[bytes, _T]]) -> _T:
        """Give the note to ``by``, ``b""`` where there is none, and keep what it gives back."""
        with self._locked("note") as fd:
            after, found = by(self._read(fd))
            # the length first: what is left of a longer note behind it is no part of it
            os.pwrite(fd, b"%s %d %s\n" % (self._boot, len(after), after), 0)
            return found

    def turn(self, name: str, at_once: int) -> Held | None:
        """One of so many turns of that name, if one is free; it is held until it is closed."""
        with disk_errors(f"taking turns in {self._folder}"):
            for number in range(at_once):
                fd = self._try(f"{name}.{number}")
                if fd is not None:
                    return Held(fd)
        return None

    @contextmanager
    def _locked(self, name: str) -> Iterator[int]:
        with disk_errors(f"sharing {self._folder / name}"):
            while True:
                fd = self._open(name)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX)
                    # none: the folder was emptied, and who comes later locks another file
                    if os.fstat(fd).st_nlink:
                        yield fd
                        return
                finally:
                    os.close(fd)

    def _try(self, name: str) -> int | None:
        fd = self._open(name)
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_nlink:
                return fd
        os.close(fd)
        return None

    def _open(self, name: str) -> int:
        file = self._folder / name
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(file, flags, 0o600)
        except FileNotFoundError:
            # never what is above it: the disk may have gone away
            self._folder.mkdir(0o700, exist_ok=True)
            return os.open(file, flags, 0o600)

    def _read(self, fd: int) -> bytes:
        boot, _, rest = os.pread(fd, _LONGEST, 0).partition(b" ")
        length, _, note = rest.partition(b" ")
        if boot != self._boot or not length.isdigit() or len(length) > 6:
            return b""
        whole = note[: int(length)]
        return whole if len(whole) == int(length) else b""


class Held:
    """A turn that was taken; closing it twice is no harm."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def close(self) -> None:
        """It is somebody else's."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


@cache
def boot_id() -> str:
    """The name of this run of the machine, ``"?"`` where the system gives it none."""
    with suppress(OSError, UnicodeDecodeError):
        return Path(_BOOT_ID).read_text(encoding="ascii").strip() or "?"
    return "?"
