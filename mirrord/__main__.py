"""``python -m mirrord``, and what the console script starts."""

import atexit
import gc
import os
import resource
import sys

#: So many objects are made before garbage is looked for; a whole start makes about 100,000.
_BEFORE_GARBAGE = 200_000


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    _leave_no_core()
    # what is imported is no garbage: to look through it again and again took 10 ms of every start
    gc.set_threshold(_BEFORE_GARBAGE, 10, 10)
    from mirrord.cli import run

    _end(run(sys.argv[1:]))


def _leave_no_core() -> None:
    """Have the kernel write no core dump of us, nor of what we start: it would hold the logins.

    One byte and not none: a limit of 0 keeps no dump from the program that the kernel pipes them to
    (systemd-coredump, apport); one of 1 does.
    Source: Linux, fs/coredump.c ("We use cprm.limit of 1 here as a special value").
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0 if most == 0 else 1, most))


def _end(code: int) -> None:
    """End the process without taking it apart: to free all that was imported takes 5 to 10 ms.

    All that was asked to be done at the end is done, and all that was said is out. While another
    thread is at work, and where something can not be said any more, Python ends as it always does.
    """
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 - nothing else runs them but the ordinary end
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # it was closed before the start
                stream.flush()
    except (OSError, ValueError):
        sys.exit(code)
    os._exit(code)


if __name__ == "__main__":
    main()
