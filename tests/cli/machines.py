"""A shop, its config and a mirror as a machine has them: root's files, another user's mirror."""

import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirrord.demo.store import SampleStore

REPOSITORY = Path(__file__).parents[2]
#: A user that no machine has a name for.
STRANGER = 54_321

CONFIG = """\
mirror: {mirror}
stores:
  acme:
    webdav:
      url: {store.webdav_url}
      username: {store.username}
      password: {{file: {home}/password}}
    api:
      url: {store.api_url}
      store_hash: {store.store_hash}
      token: {{file: {home}/token}}
"""


@dataclass(frozen=True)
class Machine:
    """``home`` holds config and secrets, for their owner alone; ``mirror`` is empty at first."""

    home: Path
    mirror: Path
    config: Path


@contextmanager
def machine(store: SampleStore, owner: int | None = None) -> Iterator[Machine]:
    """In a folder that every user can enter, unlike pytest's own."""
    top = Path(tempfile.mkdtemp(prefix="mirrord-test-"))
    try:
        top.chmod(0o755)
        home, mirror = top / "etc", top / "mirror"
        home.mkdir(0o700)
        mirror.mkdir(0o750)
        if owner is not None:
            os.chown(mirror, owner, owner)
        for name, secret in (("password", store.password), ("token", store.token)):
            (home / name).write_text(secret + "\n")
            (home / name).chmod(0o600)
        config = home / "mirrord.yaml"
        config.write_text(CONFIG.format(mirror=mirror, store=store, home=home))
        config.chmod(0o600)
        yield Machine(home, mirror, config)
    finally:
        shutil.rmtree(top)


def needs_root() -> None:
    """Skip where the process can not become another user."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")


@contextmanager
def everyones_python() -> Iterator[str]:
    """A virtual environment that any user can start, with all that this one has."""
    system = "/usr/bin/python3"
    asked = [system, "-c", "import sys; print(sys.version_info[:2])"]
    if not os.path.exists(system):
        pytest.skip("needs python3")
    told = subprocess.run(asked, capture_output=True, text=True, check=True)
    if told.stdout.strip() != str(sys.version_info[:2]):
        pytest.skip("needs python3 of the version that runs the tests")
    room = Path(tempfile.mkdtemp(prefix="mirrord-venv-"))
    try:
        room.chmod(0o755)
        subprocess.run([system, "-m", "venv", "--without-pip", str(room)], check=True)
        packages = [str(REPOSITORY), *site.getsitepackages()]
        (pth,) = room.glob("lib/*/site-packages")
        (pth / "all.pth").write_text("\n".join(packages) + "\n")
        yield str(room / "bin/python")
    finally:
        shutil.rmtree(room)


def mirrord(
    *arguments: str | Path, user: int | None = None, python: str = sys.executable, **env: str
) -> subprocess.CompletedProcess[str]:
    """The real program, as this or another user; its exit code and what it said."""
    usual = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return subprocess.run(
        [python, "-m", "mirrord", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=usual | {"PYTHONDONTWRITEBYTECODE": "1"} | env,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        check=False,
    )
