"""`mirrord run` in fast time: ``python -m tests.system.accelerated CONFIG FACTOR SECONDS``.

Runs the real daemon for so many real seconds with a clock that is FACTOR times as fast, and prints
as JSON what the process was like at moments when no job ran: threads, descriptors, memory.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from mirrord.daemon import Daemon
from tests.clocks import FastClock


def look() -> dict[str, int]:
    """Threads, open descriptors and resident memory (KiB) of this process."""
    status = Path("/proc/self/status").read_text()
    return {
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "memory": int(status.split("VmRSS:")[1].split()[0]),
    }


def watch(daemon: Daemon, seconds: float, seen: list[dict[str, int]]) -> None:
    """Look whenever the daemon rests, then end it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.05)
        if not any(lane.busy for lane in daemon._lanes.values()):
            seen.append(look())
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    config, factor, seconds = sys.argv[1:]
    daemon = Daemon(Path(config), FastClock(float(factor)))
    seen: list[dict[str, int]] = []
    threading.Thread(target=watch, args=(daemon, float(seconds), seen), daemon=True).start()
    code = daemon.run()
    print(json.dumps(seen))
    return code


if __name__ == "__main__":
    sys.exit(main())
