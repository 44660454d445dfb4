"""The README's recipes with the real programs: restic after a snapshot, versions by Samba."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.houses import content
from tests.servers.tools import free_port, running
from tests.system.shop import KEY, Shop, open_shop

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("off-site")) as shop:
        assert shop.mirrord("export").returncode == 0
        yield shop


def recipe(language: str, begins: str) -> str:
    """A block of the README."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.strip().startswith(begins))
    assert isinstance(found, str)
    return found


def test_restic_carries_off_what_it_can_bring_back_byte_for_byte(
    shop: Shop, tmp_path: Path
) -> None:
    """The line of the README, with a repository on this disk."""
    if not shutil.which("restic"):
        pytest.skip("needs restic")
    repository, password = tmp_path / "repository", tmp_path / "password"
    password.write_text("made-up\n")
    words = yaml.safe_load(recipe("yaml", "after_snapshot:"))["after_snapshot"]
    words[words.index("--repo") + 1] = str(repository)
    words[words.index("--password-file") + 1] = str(password)
    restic = words[: words.index("backup")]
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([*restic, "init"], check=True, env=env, stdout=subprocess.DEVNULL)
    settings = shop.settings()
    settings["stores"][KEY]["after_snapshot"] = words
    shop.configure(settings)
    done = shop.mirrord("snapshot", "--label", "for restic", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "after_snapshot says=" in done.stderr
    (taken,) = (path for path in (shop.house / "snapshots").iterdir() if path.is_dir())
    back = tmp_path / "back"
    subprocess.run(
        [*restic, "restore", "latest", "--target", back],
        check=True,
        env=env,
        stdout=subprocess.DEVNULL,
    )
    assert content(back / taken.relative_to("/")) == content(taken)
    (told,) = json.loads(shop.mirrord("status", "--json").stdout)
    off: dict[str, Any] = told["snapshots"]["after_snapshot"]
    assert (off["configured"], off["last_error"]) == (True, "")
    assert off["last_success"] >= told["snapshots"]["at"]
    assert re.search(r"off-site +last success \d+ s ago", shop.mirrord("status").stdout)


CONF = """
[global]
   server role = standalone server
   interfaces = 127.0.0.1
   bind interfaces only = yes
   disable netbios = yes
   map to guest = Bad User
   guest account = root
   private dir = {room}
   lock directory = {room}
   state directory = {room}
   cache directory = {room}
   pid directory = {room}
   ncalrpc dir = {room}/ncalrpc
   log file = {room}/log
   load printers = no
"""


@contextmanager
def samba(share: str, room: Path) -> Iterator[int]:
    """A smbd with this one share, open to all of this machine; its port."""
    modules = list(Path("/usr/lib").glob("*/samba/vfs/shadow_copy2.so"))
    if not modules or not shutil.which("smbd") or not shutil.which("smbclient"):
        pytest.skip("needs samba, samba-vfs-modules, smbclient")
    if os.geteuid() != 0:
        pytest.skip("needs root, for samba")
    conf = room / "smb.conf"
    conf.write_text(CONF.format(room=room) + share + "   guest ok = yes\n")
    port = free_port()
    words = ["smbd", "--foreground", "--no-process-group", "-s", str(conf), "-p", str(port)]
    with running(words, port, room / "out"):
        yield port


def test_samba_shows_every_snapshot_as_a_previous_version(shop: Shop, tmp_path: Path) -> None:
    """The share of the README; an old version is read by a real client."""
    page = shop.store.folder / "content/page of the day.html"
    versions = []
    for number in range(3):
        page.write_text(f"version {number}")
        assert shop.mirrord("snapshot").returncode == 0
        versions.append(max(path.name for path in (shop.house / "snapshots").glob("2*")))
    page.write_text("the newest")
    assert shop.mirrord("sync").returncode == 0
    share = recipe("ini", "[shop]").replace("/srv/mirrord/acme", str(shop.house))
    with samba(share, tmp_path) as port:

        def smb(command: str) -> str:
            words = ["smbclient", "//127.0.0.1/shop", "-p", str(port), "-N", "-c", command]
            done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        told = smb('allinfo "content/page of the day.html"')
        listed = re.findall(r"^@GMT-(\S+)", told, re.MULTILINE)
        wanted = [
            re.sub(r"-(\d\d)-(\d\d)T(\d\d)(\d\d)(\d\d)Z", r".\1.\2-\3.\4.\5", name)
            for name in versions
        ]
        assert [name for name in sorted(listed) if name in wanted] == wanted
        for number, name in enumerate(wanted):
            smb(f'get "@GMT-{name}\\content\\page of the day.html" got')
            assert (tmp_path / "got").read_text() == f"version {number}"
        smb('get "content/page of the day.html" got')
        assert (tmp_path / "got").read_text() == "the newest"
