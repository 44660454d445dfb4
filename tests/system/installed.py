"""mirrord as the README installs it, on a booted machine, with a sample store on its loopback."""

import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.system.booted import CODE, Machine, until

MIRRORD = "/opt/mirrord/bin/mirrord"
SECRETS = {"acme-webdav": "sample-password", "acme-token": "sample-token"}
#: The login's name is no secret, and is in the config.
CONFIG = """\
mirror: /srv/mirrord
timezone: UTC
stores:
  acme:
    contact: Jo
    webdav:
      url: {api}/dav
      username: backup@sample-store.example.com
      password: {{credential: acme-webdav}}
    api: {{url: "{api}", store_hash: sample1, token: {{credential: acme-token}}}}
    schedule: {{files: 1s, orders: {orders}}}
"""
_SHOP = """\
import os, pathlib, signal
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
with SampleStore(pathlib.Path("/srv/shop"), sizes=Sizes(6, 6, 8), quota=1_000_000) as store:
    pathlib.Path("/srv/shop.new").write_text(store.api_url)
    os.rename("/srv/shop.new", "/srv/shop.url")
    signal.pause()
"""


@dataclass(frozen=True)
class Service:
    """The unit on its machine, and where the mirror lies as seen from outside."""

    machine: Machine
    mirror: str = "srv/mirrord"

    @property
    def shop(self) -> Path:
        """The store's own files, as seen from outside the machine."""
        return self.machine.root / "srv/shop"

    @property
    def house(self) -> Path:
        """What is held of it."""
        return self.machine.root / self.mirror / "acme"

    def show(self, name: str) -> str:
        """One of the unit's properties."""
        return self.machine.show("mirrord", name)

    def start(self) -> None:
        """Start and wait for READY; AssertionError with the journal where it fails."""
        done = self.machine.run("systemctl start mirrord", check=False)
        assert done.returncode == 0, f"{done.stderr}{self.journal()[-4000:]}"

    def stop(self) -> None:
        """Stop and wait for the end."""
        self.machine.run("systemctl stop mirrord")

    def journal(self, unit: str = "mirrord") -> str:
        """Everything that a unit wrote since the last :meth:`fresh`."""
        return self.machine.told(f"journalctl --no-pager --output=cat --unit={unit}")

    def drop_in(self, name: str, text: str) -> None:
        """Put a drop-in beside the unit; gone at the next :meth:`fresh`."""
        self.machine.write(f"/etc/systemd/system/mirrord.service.d/{name}.conf", text)
        self.machine.run("systemctl daemon-reload")

    def configure(self, text: str = "", orders: str = "1h") -> None:
        """Write the config as it should be, or as given."""
        api = (self.machine.root / "srv/shop.url").read_text()
        text = text or CONFIG.format(api=api, orders=orders)
        self.machine.write("/etc/mirrord/mirrord.yaml", text)
        self.machine.run("systemd-tmpfiles --create mirrord.conf")

    def holds_the_shop(self) -> bool:
        """Whether files/ is the shop's tree, byte for byte."""
        return _files(self.house / "files") == _files(self.shop)

    def fresh(self) -> None:
        """As just installed: stopped, no drop-in, an empty mirror, the shop open."""
        machine = self.machine
        machine.run("systemctl stop mirrord srv-mirrord.mount", check=False)
        machine.run("systemctl disable --quiet mirrord")
        machine.run("rm -rf /etc/systemd/system/mirrord.service.d /srv/disk /srv/disk-away")
        machine.run("rm -rf /srv/shop/versions /srv/mirrord /etc/systemd/system/srv-mirrord.mount")
        machine.run("systemctl daemon-reload")
        machine.run("systemctl reset-failed")
        machine.run("journalctl --quiet --rotate")
        machine.run("journalctl --quiet --vacuum-time=1us")
        for name, secret in SECRETS.items():
            machine.write(f"/etc/mirrord/credentials/{name}", secret + "\n", 0o600)
        self.open_shop()
        self.configure()  # makes /srv/mirrord again
        machine.run(f"runuser -u mirrord -- {MIRRORD} init --marker-only")

    def open_shop(self) -> None:
        """Serve the sample store, if it is not."""
        if self.machine.show("shop", "ActiveState") == "active":
            return
        (self.machine.root / "srv/shop.url").unlink(missing_ok=True)
        script = self.machine.write("/srv/shop.py", _SHOP)
        python = "/opt/mirrord/bin/python"
        self.machine.run(f"systemd-run --quiet --collect --unit=shop {python} /srv/{script.name}")
        until((self.machine.root / "srv/shop.url").exists, "the sample store serves")


def install(machine: Machine) -> Service:
    """The README's steps behind `pip install`."""
    for source, place in (
        ("mirrord.service", "/etc/systemd/system/mirrord.service"),
        ("mirrord-alert@.service", "/etc/systemd/system/mirrord-alert@.service"),
        ("mirrord.sysusers.conf", "/etc/sysusers.d/mirrord.conf"),
        ("mirrord.tmpfiles.conf", "/etc/tmpfiles.d/mirrord.conf"),
    ):
        machine.write(place, (CODE / "systemd" / source).read_text())
    machine.run("systemd-sysusers mirrord.conf")
    machine.run("systemd-tmpfiles --create mirrord.conf")
    return Service(machine)


def rewrite(folder: Path, version: int, count: int = 40) -> None:
    """Files of which every line says which version of which file it is; replaced, not edited."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        name = f"{number:02}.txt"
        (folder / f".{name}").write_text(f"{version} {name}\n" * 20_000)
        (folder / f".{name}").rename(folder / name)


def torn(service: Service) -> list[str]:
    """Held files of :func:`rewrite` that are not one whole version; exports with wrong sums."""
    found = []
    for above in ("files", "old-versions"):
        for file in (service.house / above).rglob("[0-9][0-9].txt"):
            text = file.read_text()
            first = text.partition("\n")[0]
            if not re.fullmatch(rf"\d+ {file.name}", first) or text != f"{first}\n" * 20_000:
                found.append(str(file))
    for sums in (service.house / "exports").rglob("SHA256SUMS"):
        command = ["sha256sum", "--check", "--quiet", "--strict", sums.name]
        if subprocess.run(command, cwd=sums.parent, check=False, capture_output=True).returncode:
            found.append(str(sums))
    return found


def _files(folder: Path) -> dict[str, bytes]:
    found = {}
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # it is at work
            found[str(file.relative_to(folder))] = file.read_bytes()
    return found
