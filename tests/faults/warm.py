"""A process in which all of mirrord is imported: each command it is asked for runs in a fork.

``python -m tests.faults.warm [unsynced]``; a line of JSON asks: ``{"words", "env", "cwd", "out",
"err", "short"}``. It answers with the fork's number, and once it has ended with how (``waitpid``).
The fork waits for SIGUSR1 before it begins, so that it can be traced from its first step on: what
is traced is the command's work alone, not 4,000 calls of an interpreter that starts.

``short``: every ``os.write`` takes a third of what it is given, as a disk may. strace can only say
that it did. ``unsynced``: nothing is made durable, as if every sync were taken out of the code;
SQLite's own stay.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

_GO = {signal.SIGUSR1}


def _import_all() -> None:
    """What `sync`, `export`, `snapshot` and `prune` import on their way."""
    import importlib

    rooms = ("cli.group", "cli.plain", "cli.often", "cli.export", "cli.snapshot", "cli.prune")
    jobs = ("running", "sync", "export", "filing", "snapshot", "prune", "building", "status")
    sources = ("webdav", "curl", "rest", "api", "multistatus", "walk", "session", "transfer")
    for room in (*rooms, *(f"jobs.{name}" for name in jobs), *(f"source.{n}" for n in sources)):
        importlib.import_module(f"mirrord.{room}")


def _run(asked: Mapping[str, Any]) -> None:
    """In the fork: the command, as its own process would run it."""
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["mirrord", *asked["words"]]
    if asked["short"]:
        _write_short()
    signal.sigwait(_GO)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _GO)
    from mirrord.__main__ import main

    main()


def _write_short() -> None:
    whole = os.write

    def short(fd: int, chunk: Any) -> int:
        return whole(fd, memoryview(chunk)[: max(1, len(chunk) // 3)])

    os.write = short


def _sync_nothing() -> None:
    from mirrord.disk import durable

    def done(*_: object) -> None:
        return None

    os.fsync = os.fdatasync = done
    durable.Durable.batch = done  # type: ignore[method-assign]


def main() -> None:
    """Answer until nobody asks any more."""
    _import_all()
    if sys.argv[1:] == ["unsynced"]:
        _sync_nothing()
    signal.pthread_sigmask(signal.SIG_BLOCK, _GO)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 1
            try:
                _run(json.loads(line))
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main()
