"""snapshots/CHAIN on the disk: only ever appended to, one durable line at a time.

What stands in it is never changed. A last line that a power cut left in half stays as it is: the
next event follows on a line of its own, after one that says so.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mirrord.core import chain
from mirrord.disk.durable import disk_errors, sync_path
from mirrord.disk.house import House, house_id
from mirrord.disk.staging import closing_fd

_MODE = 0o640
_OPEN = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


def chain_file(house: House) -> Path:
    """Where it lies."""
    return house.room("snapshots/CHAIN")


def read_chain(house: House) -> list[str]:
    """Its lines with their line feeds, a torn last one without; ``[]`` where there is none yet."""
    file = chain_file(house)
    with disk_errors(f"reading {file}"):
        try:
            return _lines(file.read_bytes())
        except FileNotFoundError:
            return []


def is_torn(lines: list[str]) -> bool:
    """Whether the last line was cut off while it was written."""
    return bool(lines) and not lines[-1].endswith("\n")


def append(house: House, event: str, now: float | None = None) -> None:
    """Write one event, durable before this returns; DiskError: it was not written.

    The first event of a house is preceded by its genesis. ``now`` in seconds since 1970.
    """
    at = time.time() if now is None else now
    file = chain_file(house)
    first = chain.genesis(house_id(house.mirror), house.key)
    with disk_errors(f"writing {file}"):
        with closing_fd(os.open(file, _OPEN, _MODE)) as fd:
            # held for one write: a removal and a new snapshot must not follow the same line
            fcntl.flock(fd, fcntl.LOCK_EX)
            lines = _lines(file.read_bytes())
            _write(fd, "".join(_following(lines, [first], event, at)))
            os.fchmod(fd, _MODE)
            os.fsync(fd)
        sync_path(file.parent)


def _following(lines: list[str], first: list[str], event: str, at: float) -> Iterator[str]:
    """The text to append: what the chain still lacks, then the event."""
    before = lines[-1] if lines else ""
    events = [event]
    if is_torn(lines):
        yield "\n"
        before += "\n"
        events.insert(0, chain.cut_off())
    if not any(line.endswith("\n") for line in lines):
        events[-1:-1] = first
    for one in events:
        before = chain.next_line(before, at, one)
        yield before


def _write(fd: int, text: str) -> None:
    """All of it or nothing, as far as this process lives to see it."""
    size = os.fstat(fd).st_size
    rest = memoryview(text.encode("utf-8", "surrogateescape"))
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError:
        os.ftruncate(fd, size)
        raise


def _lines(body: bytes) -> list[str]:
    text = body.decode("utf-8", "surrogateescape")
    # not splitlines: it knows more line ends than the chain has
    return [line for line in text.replace("\n", "\n\0").split("\0") if line]
