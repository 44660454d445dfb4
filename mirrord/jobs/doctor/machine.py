"""Whether this machine will let the service run: systemd, Python's place, inotify."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from mirrord.jobs.doctor.check import Check, fail, ok, warn

UNIT = "mirrord.service"
_BOOTED = Path("/run/systemd/system")
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
#: What the unit hides by ProtectHome=.
_HOMES = ("/home", "/root", "/run/user")


def check_service(systemctl: str = "systemctl", booted: Path = _BOOTED) -> Check:
    """What systemd says of the unit; without systemd there is nothing to say."""
    if not booted.is_dir():
        return ok("service", "no systemd here: see that `mirrord run` is started by something else")
    asked = [systemctl, "show", UNIT, "--property=LoadState,ActiveState,SubState,Result"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return warn("service", "systemctl does not answer", f"try: systemctl status {UNIT}")
    told = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    if told.get("LoadState") != "loaded":
        remedy = "install the unit from systemd/ as the README says, for runs by themselves"
        return warn("service", f"{UNIT} is not installed", remedy)
    state, result = told.get("ActiveState", "unknown"), told.get("Result", "unknown")
    if state in ("active", "reloading"):
        return ok("service", f"{UNIT} is {state} ({told.get('SubState', 'unknown')})")
    if state == "failed":
        return fail("service", f"{UNIT} failed ({result})", f"see why: journalctl -u {UNIT} -e", 3)
    return warn("service", f"{UNIT} is {state}", f"start it: systemctl enable --now {UNIT}")


def check_python(executable: str = sys.executable, prefix: str = sys.base_prefix) -> Check:
    """An interpreter in somebody's home is out of the hardened service's sight."""
    places = {executable, str(Path(executable).resolve()), prefix}
    hidden = sorted(place for place in places if _below(place, _HOMES))
    if not hidden:
        return ok("python", executable)
    return warn(
        "python",
        f"{hidden[0]} lies in a home, which the service can not see (ProtectHome=)",
        "install mirrord outside of homes: /usr/bin/python3 -m venv /opt/mirrord",
    )


def check_inotify(folders: int, limit: Path = _WATCHES) -> Check:
    """Every folder held wants a watch, for changes that are not ours to be noticed at once."""
    try:
        most = int(limit.read_text())
    except (OSError, ValueError):
        return ok("inotify", "this machine tells no limit")
    found = f"{most:,} watches, {folders:,} folders held"
    if folders * 2 < most:
        return ok("inotify", found)
    return warn(
        "inotify",
        found,
        f"sysctl fs.inotify.max_user_watches={max(524_288, folders * 4)} (and in /etc/sysctl.d/)",
    )


def _below(place: str, tops: Iterable[str]) -> bool:
    return any(place == top or place.startswith(top + "/") for top in tops)
