"""The tools that are compared: how each is told to make the copy of a store, and where it lies.

Every tool mirrors: what is gone from the server goes from the copy. mirrord is the real command in
a fresh process, with a config of its own.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.benchmarks.contest import Sample
from tests.benchmarks.meter import measure
from tests.servers.tools import PASSWORD, USER

_HERE = Path(sys.executable).parent
_DEBIAN_RCLONE = "/usr/bin/rclone"

_CONFIG = """
mirror: {mirror}
stores:
  bench:
    webdav:
      url: {url}
      username: {user}
      password: {{file: {password}}}
      login: {login}
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A tool on one URL. ``ready`` is done once on an empty disk, ``command`` is measured."""

    name: str
    ready: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    copy: Callable[[Path], Path]

    def run(self, disk: Path) -> Sample:
        """One measured run; ToolFailed where it ends with an error."""
        return measure(self.command(disk), HOME=str(disk), RCLONE_CONFIG="/dev/null")

    def named(self, name: str) -> "Client":
        """The same under another name."""
        return replace(self, name=name)


def mirrord(
    url: str,
    connections: int | None = None,
    login: str = "basic",
    *options: str,
    ca: Path | None = None,
) -> Client:
    """mirrord's own sync; without ``connections`` as its config has them by default."""

    def ready(disk: Path) -> None:
        secret = disk / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        text = _CONFIG.format(
            mirror=disk / "mirror", url=url, user=USER, password=secret, login=login
        )
        if connections:
            text += f"      connections: {connections}\n"
        if ca:
            text += f"      ca: {ca}\n"
        (disk / "mirrord.yaml").write_text(text)
        (disk / "mirror").mkdir()
        measure([*program(disk), "init", "--marker-only"])

    def program(disk: Path) -> list[str]:
        return [str(_HERE / "mirrord"), "--config", str(disk / "mirrord.yaml")]

    def command(disk: Path) -> list[str]:
        return [*program(disk), "sync", *options]

    def copy(disk: Path) -> Path:
        return disk / "mirror" / "bench" / "files"

    return Client("mirrord", ready, command, copy)


def mirrord_start() -> Sample:
    """What the command costs before it does anything: the interpreter and its own imports."""
    return measure([str(_HERE / "mirrord"), "sync", "--help"])


def rclone(url: str, connections: int, ca: Path | None = None) -> Client:
    """rclone from PyPI without its limit of 100 requests a second."""
    wide = f"--webdav-pacer-min-sleep 0 --transfers {connections} --checkers {connections}"
    trust = ["--ca-cert", str(ca)] if ca else []
    return _rclone("rclone", str(_HERE / "rclone"), url, [*wide.split(), *trust])


def rclone_as_it_comes(url: str) -> Client:
    """rclone from PyPI with its own defaults."""
    return _rclone("rclone, its defaults", str(_HERE / "rclone"), url, [])


def debian_rclone(url: str) -> Client:
    """Debian's rclone with its own defaults; its limit of requests can not be lifted."""
    return _rclone("Debian's rclone", _DEBIAN_RCLONE, url, [])


def lftp(url: str, connections: int) -> Client:
    """lftp's mirror, which lists by PROPFIND."""

    def command(disk: Path) -> list[str]:
        script = (
            "set http:use-propfind yes; set net:connection-limit 0; set cmd:fail-exit yes;"
            f" mirror --delete --parallel={connections} . {disk}/copy; quit"
        )
        return ["lftp", "-u", f"{USER},{PASSWORD}", "-e", script, f"{url}/"]

    return Client("lftp", _copy_folder, command, _copy)


def check_installed() -> None:
    """SystemExit with what is missing and where it comes from."""
    needed = {
        str(_HERE / "rclone"): "pip install '.[bench]'",
        str(_HERE / "mirrord"): "pip install '.[bench]'",
        _DEBIAN_RCLONE: "apt-get install rclone",
        "lftp": "apt-get install lftp",
        "apache2": "apt-get install apache2-bin",
        "mkfs.ext4": "apt-get install e2fsprogs",
    }
    missing = [f"{tool}: {how}" for tool, how in needed.items() if not shutil.which(tool)]
    if missing:
        raise SystemExit("\n".join(["missing:", *missing]))


def versions() -> dict[str, str]:
    """What each tool calls itself."""
    asked = {
        "mirrord": [str(_HERE / "mirrord"), "--version"],
        "rclone": [str(_HERE / "rclone"), "version"],
        "Debian's rclone": [_DEBIAN_RCLONE, "version"],
        "lftp": ["lftp", "--version"],
        "apache": ["apache2", "-v"],
    }
    return {name: _first_line(command) for name, command in asked.items()}


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def _rclone(name: str, binary: str, url: str, options: list[str]) -> Client:
    login = ["--webdav-url", url, "--webdav-vendor", "other", "--webdav-user", USER]

    def command(disk: Path) -> list[str]:
        hidden = ["--webdav-pass", _obscured()]
        return [binary, "sync", *login, *hidden, *options, ":webdav:", str(_copy(disk))]

    return Client(name, _copy_folder, command, _copy)


@cache
def _obscured() -> str:
    return _first_line([str(_HERE / "rclone"), "obscure", PASSWORD])


def _copy(disk: Path) -> Path:
    return disk / "copy"


def _copy_folder(disk: Path) -> None:
    _copy(disk).mkdir()
