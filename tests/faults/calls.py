"""The calls to the kernel that a command makes on its mirror, one by one, and faults planted there.

strace counts the calls of each kind in each thread. :meth:`Program.calls` watches a command that is
left in peace, and names each call that it made on the mirror by kind and number; a fault is planted
at such a number, in the same command on the same house. A fault that never came is told.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system.shop import Shop, environment

#: Every call by which a file or folder is reached, read, changed, named or made durable.
KINDS = (
    *("openat", "read", "pread64", "write", "pwrite64", "close", "ftruncate", "fallocate"),
    *("fsync", "fdatasync", "syncfs", "renameat", "renameat2", "rename", "linkat", "link"),
    *("unlinkat", "unlink", "rmdir", "mkdirat", "mkdir", "symlink", "fchmod", "fchmodat", "chmod"),
    *("utimensat", "copy_file_range", "sendfile", "flock", "getdents64", "statfs", "fstatfs"),
    *("newfstatat", "fstat", "statx", "lseek", "mmap"),
)
#: Those that change what lies on the disk: before and after each of them a kill finds another disk.
CHANGING = (
    *("openat", "write", "pwrite64", "ftruncate", "fallocate", "fsync", "fdatasync", "syncfs"),
    *("renameat", "renameat2", "rename", "linkat", "link", "unlinkat", "unlink", "rmdir"),
    *("mkdirat", "mkdir", "symlink", "fchmod", "fchmodat", "chmod", "utimensat"),
    *("copy_file_range", "sendfile"),
)
_CALL = re.compile(r"^(?P<thread>\d+) +(?P<kind>[a-z0-9_]+)\((?P<rest>.*)$")
_READS = re.compile(r"O_RDONLY")
_PATIENCE = 60


@dataclass(frozen=True, order=True)
class Call:
    """The Nth call of its kind that any thread of the command makes, and what strace saw of it."""

    kind: str
    number: int
    seen: str = ""

    def fault(self, what: str, *, for_good: bool = False) -> str:
        """As strace wants it: ``what`` is ``error=EIO`` or ``signal=KILL``."""
        return f"inject={self.kind}:{what}:when={self.number}{'+' if for_good else ''}"


@dataclass(frozen=True)
class Ended:
    """How a command came to its end; ``struck``: how often the planted fault was seen."""

    code: int
    out: str
    err: str
    struck: int

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Program:
    """The real program, ready to run; each command is a process of its own."""

    def __init__(self, shop: Shop, process: "subprocess.Popen[str]") -> None:
        self._shop = shop
        self._process = process
        self._place = shop.home / "traces"
        self._place.mkdir(exist_ok=True)

    def run(self, *words: str, fault: str = "", short: bool = False) -> Ended:
        """One command, in peace or with a fault of strace's."""
        traced = ["-e", f"trace={_kind_of(fault)}", "-e", fault] if fault else []
        return self._run(words, traced, short=short)

    def calls(self, *words: str, kinds: Sequence[str] = KINDS) -> list[Call]:
        """What a command, left in peace, asks of the mirror, in the order of the asking."""
        wanted = [f"?{kind}" for kind in kinds]  # what this machine has not is passed over
        ended = self._run(words, ["-y", "-e", f"trace={','.join(wanted)}"])
        assert ended.code == 0, ended.err
        return list(self._on_the_mirror())

    def _run(self, words: Sequence[str], traced: Sequence[str], *, short: bool = False) -> Ended:
        out, err = self._place / "out", self._place / "err"
        asked = {
            "words": words,
            "env": environment(MIRRORD_CONFIG=str(self._shop.config)),
            "cwd": str(self._shop.home),
            "out": str(out),
            "err": str(err),
            "short": short,
        }
        self._ask(json.dumps(asked))
        pid = int(self._answer())
        if traced:
            with self._strace(pid, traced):
                os.kill(pid, signal.SIGUSR1)
                code = os.waitstatus_to_exitcode(int(self._answer()))
        else:
            os.kill(pid, signal.SIGUSR1)
            code = os.waitstatus_to_exitcode(int(self._answer()))
        struck = self._trace.read_text().count("(INJECTED)") if traced else 0
        return Ended(code, out.read_text(), err.read_text(), struck)

    @property
    def _trace(self) -> Path:
        return self._place / "trace"

    @contextmanager
    def _strace(self, pid: int, traced: Sequence[str]) -> Iterator[None]:
        # what we start ourselves is let go of: it is a program of its own
        tracer = ["strace", "-f", "-b", "execve", "-s", "0", "-o", str(self._trace), *traced]
        with subprocess.Popen([*tracer, "-p", str(pid)], stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            told = process.stderr.readline()
            assert b"attached" in told, told
            yield
            process.communicate(timeout=_PATIENCE)

    def _on_the_mirror(self) -> Iterator[Call]:
        """Of all calls those that name the mirror, each number of a kind once."""
        numbers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        found = set()
        # not what merely begins with the same letters: mirrord.yaml lies beside it
        place = re.compile(re.escape(str(self._shop.mirror)) + r'(?=[/>"])')
        with self._trace.open() as lines:
            for line in lines:
                call = _CALL.match(line)
                if call is None:  # the end of a call that was told in two, or of a thread
                    continue
                kind = call["kind"]
                numbers[call["thread"]][kind] += 1
                at = (kind, numbers[call["thread"]][kind])
                if place.search(call["rest"]) and at not in found:
                    found.add(at)
                    yield Call(*at, seen=place.sub("", call["rest"]).rstrip())

    def _ask(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the warm process has died"
        return line


def _kind_of(fault: str) -> str:
    return fault.removeprefix("inject=").partition(":")[0]


def only_reads(call: Call) -> bool:
    """Whether it is the opening of what is there already, which changes nothing."""
    return call.kind == "openat" and bool(_READS.search(call.seen))


@contextmanager
def program(shop: Shop, *, unsynced: bool = False) -> Iterator[Program]:
    """The program for one shop; ``unsynced`` as :mod:`tests.faults.warm` knows it."""
    words = ["unsynced"] if unsynced else []
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.warm", *words],
        env=environment(PYTHONPATH=os.getcwd()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield Program(shop, process)
        finally:
            process.stdin.close()
