"""A cut before the Nth step on the disk, as a kill or a power cut makes it, with no product change.

Python tells an audit hook of every file that is opened, renamed, linked, made or removed. The
hook counts these steps and, from the one that was asked for on, lets none of them happen: what
runs while the program falls (sweeping, closing) can change nothing any more.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STEPS = {
    *("open", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.mkdir"),
    *("os.chmod", "os.utime", "os.truncate", "os.scandir", "shutil.rmtree", "sqlite3.connect"),
    "fcntl.flock",
}


class PowerCut(BaseException):
    """Nothing may catch it: the machine is off."""


class _Cutter:
    """The hook itself; it stays installed, and sleeps without a countdown."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.thread = 0
        self._installed = False

    def install(self) -> None:
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._hear)

    def _hear(self, event: str, _arguments: object) -> None:
        if self.left is None or event not in _STEPS or threading.get_ident() != self.thread:
            return
        self.left -= 1
        if self.left < 0:
            raise PowerCut(event)


_CUTTER = _Cutter()


@contextmanager
def cut_after(steps: int | None) -> Iterator[None]:
    """Let so many steps on the disk happen inside (None: all): PowerCut at the next one."""
    _CUTTER.install()
    _CUTTER.thread = threading.get_ident()
    _CUTTER.left = steps
    try:
        yield
    finally:
        _CUTTER.left = None
