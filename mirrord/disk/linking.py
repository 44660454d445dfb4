"""One of the processes that give files a second name.

Its arguments are two open folders, that of the files and that of their twins. It does the plain
case only: whatever is not as promised, or is refused by the system, it leaves undone and names, for
the asker to find out why. It imports next to nothing, to be at work soon.
"""

from __future__ import annotations

import os
import stat
import sys

from mirrord.disk.framing import framed, received

TYPE_CHECKING = False  # that of typing would be imported first, by every process
if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

#: Name, size in bytes and mtime in ns, as they were noted; size and mtime None where nobody did.
Asked = tuple[str, int | None, int | None]


def open_below(start: int, path: str) -> int:
    """Open a folder below an open one, step by step and through no link; OSError."""
    fd = os.dup(start)
    for name in path.split("/") if path else ():
        above = fd
        try:
            fd = os.open(name, _FOLDER, dir_fd=above)
        finally:
            os.close(above)
    return fd


def keeps(there: os.stat_result, size: int | None, mtime: int | None) -> bool:
    """Whether this is the regular file of that size and mtime."""
    regular = stat.S_ISREG(there.st_mode)
    return regular and (size is None or (there.st_size, there.st_mtime_ns) == (size, mtime))


def link_all(source: int, target: int, files: Sequence[Asked]) -> tuple[int, list[str]]:
    """Link files of one open folder into another: the bytes that have a twin now, and whose not."""
    held = 0
    undone = []
    for name, size, mtime in files:
        try:
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            there = os.stat(name, dir_fd=target, follow_symlinks=False)
            if keeps(there, size, mtime):
                held += there.st_size
                continue
            os.unlink(name, dir_fd=target)
        except OSError:
            pass
        undone.append(name)
    return held, undone


def main() -> None:
    """Answer one question after the other until stdin ends."""
    source, target = (int(fd) for fd in sys.argv[1:])
    for above, asked in received(sys.stdin.buffer):
        try:
            answer = _link_in(source, target, above, asked)
        except OSError:  # somebody took the folder away
            answer = 0, [name for name, _, _ in asked]
        sys.stdout.buffer.write(framed(answer))
        sys.stdout.buffer.flush()


def _link_in(source: int, target: int, above: str, asked: Sequence[Asked]) -> tuple[int, list[str]]:
    old = open_below(source, above)
    try:
        new = open_below(target, above)
        try:
            return link_all(old, new, asked)
        finally:
            os.close(new)
    finally:
        os.close(old)
