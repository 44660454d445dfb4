"""Whether a folder lies on an encrypted volume, by a sysfs of our own and by the real one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.disk import encryption as room
from mirrord.disk.encryption import Encryption, encryption


class Machine:
    """A sysfs of devices, each with what it says of itself and what lies below it."""

    def __init__(self, sys: Path, folder: Path) -> None:
        self.sys, self.folder = sys, folder
        device = folder.stat().st_dev
        self._number = f"{os.major(device)}:{os.minor(device)}"
        (sys / "dev/block").mkdir(parents=True)

    def device(self, name: str, uuid: str = "", *below: str) -> None:
        place = self.sys / "devices" / name
        (place / "slaves").mkdir(parents=True)
        if uuid:
            (place / "dm").mkdir()
            (place / "dm/uuid").write_text(f"{uuid}\n")
        for one in below:
            (place / "slaves" / one).symlink_to(self.sys / "devices" / one)

    def is_on(self, name: str) -> Encryption:
        (self.sys / "dev/block" / self._number).symlink_to(self.sys / "devices" / name)
        return encryption(self.folder, self.sys)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "mirror").mkdir()
    return Machine(tmp_path / "sys", tmp_path / "mirror")


def test_a_volume_of_luks_is_seen(machine: Machine) -> None:
    """Also below LVM."""
    machine.device("sda1")
    machine.device("dm-0", "CRYPT-LUKS2-0123-home", "sda1")
    machine.device("dm-1", "LVM-abc", "dm-0")
    assert machine.is_on("dm-1") is Encryption.VOLUME


def test_half_a_volume_is_not_enough(machine: Machine) -> None:
    """One disk of two in the clear: what lies on it is in the clear."""
    machine.device("sda1")
    machine.device("dm-0", "CRYPT-LUKS2-0123-half", "sda1")
    machine.device("sdb1")
    machine.device("md0", "", "dm-0", "sdb1")
    assert machine.is_on("md0") is Encryption.NONE


def test_a_plain_disk_shows_none(machine: Machine) -> None:
    """As far as this machine can see."""
    machine.device("sda1")
    assert machine.is_on("sda1") is Encryption.NONE


def test_what_is_no_device_of_this_machine_is_not_judged(machine: Machine) -> None:
    """A network mount, a pool of many disks."""
    assert encryption(machine.folder, machine.sys) is Encryption.UNKNOWN


@pytest.mark.parametrize("kind", ["fuse.gocryptfs", "ecryptfs"])
def test_a_filesystem_that_encrypts_is_known_by_its_name(
    kind: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it lies on."""
    monkeypatch.setattr(room, "filesystem", lambda _: kind)
    machine.device("sda1")
    assert machine.is_on("sda1") is Encryption.FILESYSTEM


@pytest.fixture
def formatted(tmp_path: Path) -> Iterator[Path]:
    """A real ext4 on a loop device."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("needs root and e2fsprogs, to mount a disk")
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    mount = ["mount", "-o", "loop", str(image), str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs loop devices and the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_real_disk_in_the_clear_is_seen_as_such(formatted: Path) -> None:
    """By the real sysfs and the kernel's own word."""
    assert encryption(formatted) is Encryption.NONE
