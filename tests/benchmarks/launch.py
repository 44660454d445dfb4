"""Run one command and write down what it used: ``launch.py OUT COMMAND...``.

A process of its own, and a slim one, because Linux hands the peak memory of whoever starts a
program on to it (exec keeps ``ru_maxrss``): started by the benchmark itself, every small tool would
weigh as much as the benchmark. So the floor is this interpreter's own 9 MiB. Imports nothing else.
"""

import os
import sys
import time


def main(out: str, command: list[str]) -> None:
    """Line 1: exit code, wall seconds, CPU seconds, peak KiB of the largest process."""
    began = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    with open(out, "w") as file:
        file.write(f"{code} {wall} {used.ru_utime + used.ru_stime} {used.ru_maxrss}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
