"""One of the processes that read what is held: ``python -P -m mirrord.disk.reading ROOT``.

It is asked on stdin and answers on stdout, a line of JSON for a line of JSON; it reads at the
lowest priority there is, and leaves the system's cache to others. It never writes to the house.
"""

import ctypes
import hashlib
import json
import os
import platform
import sys
from contextlib import suppress

from mirrord.disk.soundness import fault_of
from mirrord.disk.staging import closing_fd
from mirrord.disk.steps import FOLDER, open_file

#: ioprio_set(2): for this process, the class "idle"; its number differs by architecture.
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "armv7l": 314}
_THIS_PROCESS, _IDLE = 1, 3 << 13
#: A file of more bytes would push what others use out of the cache.
_LARGE = 1 << 20

#: Name below the house, and how its content is looked at (or ``""``).
Asked = tuple[str, str]
#: sha256, what the system said instead (or ``""``), what is wrong with the content (or ``""``),
#: and of which inode, size in bytes and mtime in ns this is told.
Answer = tuple[str, str, str, int, int, int]


def answer(root: int, asked: Asked) -> Answer:
    """Read one file below the open folder ``root``."""
    name, kind = asked
    try:
        with closing_fd(open_file(root, name)) as fd:
            there = os.fstat(fd)
            sha256 = hash_of(fd)
            fault = ""
            if kind:
                os.lseek(fd, 0, os.SEEK_SET)
                with open(fd, "rb", closefd=False) as file:
                    fault = fault_of(file, kind)
            if there.st_size > _LARGE:
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        return "", error.strerror or str(error), "", 0, 0, 0
    return sha256, "", fault, there.st_ino, there.st_size, there.st_mtime_ns


def hash_of(fd: int) -> str:
    """The sha256 of an open file from where it stands, in hex; OSError."""
    with open(fd, "rb", closefd=False, buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Answer line by line until stdin ends."""
    _step_back()
    with closing_fd(os.open(sys.argv[1], FOLDER)) as root:
        for line in sys.stdin:
            answers = [answer(root, (name, kind)) for name, kind in json.loads(line)]
            sys.stdout.write(json.dumps(answers) + "\n")
            sys.stdout.flush()
    return 0


def _step_back() -> None:
    """Let everybody else go first, where the system allows to ask for that (a unit may not)."""
    with suppress(OSError):
        os.nice(19)
    number = _IOPRIO_SET.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None, use_errno=True).syscall(number, _THIS_PROCESS, 0, _IDLE)


if __name__ == "__main__":
    sys.exit(main())
