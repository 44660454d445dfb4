"""One of the processes that give files a second name: ``python -P -m mirrord.disk.linking``.

Its arguments are two open folders, that of the files and that of their twins. It does the plain
case only: whatever is not as promised, or is refused by the system, it leaves undone and names, for
the asker to find out why. It imports next to nothing, to be at work soon.
"""

import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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


def main() -> int:
    """Answer line by line until stdin ends."""
    source, target = (int(fd) for fd in sys.argv[1:])
    for line in sys.stdin:
        above, asked = json.loads(line)
        try:
            with _opened(source, above) as old, _opened(target, above) as new:
                answer = link_all(old, new, asked)
        except OSError:  # somebody took the folder away
            answer = 0, [name for name, _, _ in asked]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


@contextmanager
def _opened(start: int, path: str) -> Iterator[int]:
    fd = open_below(start, path)
    try:
        yield fd
    finally:
        os.close(fd)


if __name__ == "__main__":
    sys.exit(main())
