"""A real systemd, booted in a container over this machine's own tree, which stays untouched.

systemd-nspawn on an overlay in memory: what the tests install, enable and break is gone with the
machine. It has a loopback of its own and no other network. Needs root.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CODE = Path(__file__).parents[2]
_HOMES = ("/root/", "/home/", "/run/user/")
_INSIDE = "--mount --uts --ipc --net --pid --cgroup --root --wd"
#: They wait for a network that the machine does not have.
_MASKED = ("systemd-networkd-wait-online.service", "NetworkManager-wait-online.service")
_MIRRORD = """\
#!/opt/mirrord/bin/python
import sys
from mirrord.__main__ import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Machine:
    """A booted machine. ``root`` is its tree as seen from outside (its /tmp and /run are not)."""

    root: Path
    leader: int

    def run(self, command: str, *, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command inside as root; AssertionError with all it said where it fails."""
        enter = f"nsenter --target {self.leader} {_INSIDE} -- "
        done = subprocess.run(
            shlex.split(enter + command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def told(self, command: str) -> str:
        """What a command prints, whether it fails or not."""
        return self.run(command, check=False).stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.told(f"systemctl show {unit} --value --property={name}")

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Write a file inside, and the folders above it; its place as seen from outside."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file


def until(true: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait for what another process does; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


@contextmanager
def booted(room: Path) -> Iterator[Machine]:
    """A machine that has mirrord in /opt/mirrord and is up; ``room`` is an empty folder."""
    _look_for("systemd-nspawn", "systemd-container")
    _look_for("dbus-daemon", "dbus")
    if os.geteuid() != 0:
        pytest.skip("needs root for systemd-container")
    python = _python()
    with ExitStack() as after:
        try:
            root = _overlay(room, after)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"needs a machine that may mount, for systemd-container ({error})")
        (root / "etc/machine-id").unlink(missing_ok=True)
        (root / "etc/machine-id").touch()
        subprocess.run([python, "-m", "venv", "--without-pip", root / "opt/mirrord"], check=True)
        layer = room / "package"
        shutil.copytree(CODE / "mirrord", layer / "mirrord")
        script = root / "opt/mirrord/bin/mirrord"
        script.write_text(_MIRRORD)
        script.chmod(0o755)
        yield after.enter_context(_boot(root, layer, room / "console"))


def _look_for(program: str, package: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"needs {package}")


def _python() -> Path:
    """An interpreter that can use the packages of this one, outside of every home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for folder in (Path(sys.base_prefix), Path("/usr"), Path("/usr/local")):
        python = folder / "bin" / name
        if python.exists() and not str(python.resolve()).startswith(_HOMES):
            return python
    pytest.skip(f"needs {name} outside of /root and /home: the unit is given no homes")


def _overlay(room: Path, after: ExitStack) -> Path:
    memory = room / "memory"
    memory.mkdir()
    size = "size=2g,mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "memory", memory], check=True)
    after.callback(subprocess.run, ["umount", memory], check=True)
    up, work, root = memory / "up", memory / "work", memory / "machine"
    for folder in (up, work, root):
        folder.mkdir()
    layers = f"lowerdir=/,upperdir={up},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "machine", "-o", layers, root], check=True)
    after.callback(subprocess.run, ["umount", root], check=True)
    return root


@contextmanager
def _boot(root: Path, layer: Path, console: Path) -> Iterator[Machine]:
    packages = sysconfig.get_path("purelib")
    inside = f"/opt/mirrord/lib/python{sys.version_info.major}.{sys.version_info.minor}"
    Path("/run/systemd").mkdir(exist_ok=True)
    with (
        console.open("wb") as said,
        subprocess.Popen(
            [
                *("systemd-nspawn", "--quiet", "--directory", root, "--machine=mirrord-test"),
                *("--register=no", "--keep-unit", "--private-network", "--link-journal=no"),
                f"--overlay-ro={packages}:{layer}:{inside}/site-packages",
                *("--console=pipe", "--boot", "systemd.unit=basic.target"),
                *(f"systemd.mask={unit}" for unit in _MASKED),
            ],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        ) as nspawn,
    ):
        try:
            yield _up(nspawn, root, console)
        finally:
            for leader in _leader_of(nspawn.pid):
                os.kill(leader, signal.SIGRTMIN + 4)
            try:
                nspawn.wait(30)
            finally:
                nspawn.kill()


def _up(nspawn: "subprocess.Popen[bytes]", root: Path, console: Path) -> Machine:
    machine = None
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if nspawn.poll() is not None:
            said = console.read_text(errors="replace").strip().splitlines()[-1:]
            pytest.skip(f"needs a machine on which systemd-container can boot ({said})")
        for leader in _leader_of(nspawn.pid):
            machine = Machine(root, leader)
            # `degraded`: services of this machine's own that can not start in there
            if machine.told("systemctl is-system-running") in ("running", "degraded"):
                return machine
        time.sleep(0.1)
    raise AssertionError(f"systemd did not come up: {console.read_text(errors='replace')[-2000:]}")


def _leader_of(parent: int) -> list[int]:
    """The machine's first process, once nspawn has started it; never its helper before that."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in found if Path(f"/proc/{pid}/comm").read_text() == "systemd\n"]
