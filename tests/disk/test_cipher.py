"""Whether a volume is encrypted: by a /sys and mountinfo of the test's own, and the real ones."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from mirrord.disk.cipher import Cipher, cipher_of, has_policy
from mirrord.disk.durable import filesystem
from mirrord.errors import DiskError


class Machine:
    """Block devices by number, each on others or on none, and one mount of a folder."""

    def __init__(self, home: Path) -> None:
        self.mirror = home / "the mirror"
        self.mirror.mkdir()
        self._sys = home / "sys"
        self._mounts = home / "mountinfo"
        (self._sys / "dev/block").mkdir(parents=True)
        self._devices: dict[str, Path] = {}

    def device(
        self, number: str, on: tuple[str, ...] = (), uuid: str = "", loop: bool = False
    ) -> None:
        folder = self._sys / "devices" / number.replace(":", "-")
        (folder / "slaves").mkdir(parents=True)
        for one in on:
            (folder / "slaves" / one.replace(":", "-")).symlink_to(self._devices[one])
        if uuid:
            (folder / "dm").mkdir()
            (folder / "dm/uuid").write_text(f"{uuid}\n")
        if loop:
            (folder / "loop").mkdir()
        self._show(number, folder)

    def partition(self, number: str, of: str) -> None:
        folder = self._devices[of] / number.replace(":", "-")
        folder.mkdir()
        (folder / "partition").write_text("1\n")
        self._show(number, folder)

    def _show(self, number: str, folder: Path) -> None:
        self._devices[number] = folder
        (self._sys / "dev/block" / number).symlink_to(folder)

    def mount(self, kind: str, number: str, source: str = "/dev/nothing") -> Cipher:
        """What is seen once the mirror lies on such a mount."""
        place = str(self.mirror).replace(" ", "\\040")
        self._mounts.write_text(
            f"30 21 {number} / {place} rw,relatime shared:1 - {kind} {source} rw\n"
            f"31 30 9:8 / {place}/deeper rw - xfs /dev/other rw\n"
            f"21 1 9:9 / / rw - ext4 /dev/root rw\n"
        )
        return cipher_of(self.mirror, self._sys, self._mounts, lambda _: False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A disk, 8:0, with the partition 8:1; another disk, 8:16."""
    one = Machine(tmp_path)
    one.device("8:0")
    one.partition("8:1", "8:0")
    one.device("8:16")
    return one


LUKS = "CRYPT-LUKS2-0123456789abcdef-home"


def test_dm_crypt_is_seen_through_other_layers(machine: Machine) -> None:
    """LUKS on a partition; LVM on that; a RAID of two encrypted disks, and a partition of it."""
    machine.device("253:0", ("8:1",), LUKS)
    machine.device("253:1", ("253:0",), "LVM-abc")
    machine.device("253:2", ("8:16",), LUKS)
    machine.device("9:0", ("253:1", "253:2"))
    machine.partition("259:0", "9:0")
    for number in ("253:0", "253:1", "9:0", "259:0"):
        assert machine.mount("ext4", number) == Cipher(True, "dm-crypt")


def test_a_plain_disk_is_not_encrypted_and_a_half_one_neither(machine: Machine) -> None:
    """LVM alone is no cipher; of a RAID every disk must have one."""
    machine.device("253:1", ("8:1",), "LVM-abc")
    machine.device("253:2", ("8:16",), LUKS)
    machine.device("9:0", ("253:1", "253:2"))
    told = [machine.mount("xfs", number) for number in ("8:1", "253:1", "9:0")]
    assert [one.encrypted for one in told] == [False, False, False]
    assert told[0].how == "xfs on /dev/nothing, no dm-crypt below it"
    assert "others are not" in told[2].how


@pytest.mark.parametrize(
    ("kind", "sees"),
    [("ecryptfs", True), ("fuse.gocryptfs", True), ("zfs", None), ("nfs4", None), ("tmpfs", None)],
)
def test_a_filesystem_without_a_device_tells_by_its_type(
    machine: Machine, kind: str, sees: bool | None
) -> None:
    """What is known to encrypt is said to; of all others nothing is claimed."""
    assert machine.mount(kind, "0:44", "tank/shop").encrypted is sees
    if kind == "zfs":
        assert "zfs get encryption tank/shop" in machine.mount(kind, "0:44", "tank/shop").how


def test_what_lies_in_a_file_on_some_disk_is_not_seen(machine: Machine) -> None:
    """A loop device's file may lie on an encrypted disk."""
    machine.device("7:0", loop=True)
    assert machine.mount("ext4", "7:0").encrypted is None


def test_a_folder_that_its_filesystem_encrypts_is_encrypted(tmp_path: Path) -> None:
    """Whatever is below it."""
    assert cipher_of(tmp_path, has_policy=lambda _: True).encrypted


def test_this_machine_is_told_as_it_is(tmp_path: Path) -> None:
    """By the real /sys; a folder of a plain filesystem has no policy; no folder is an error."""
    number = os.stat(tmp_path).st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    crypt: Mapping[bool, set[bool | None]] = {True: {True, False, None}, False: {None, True}}
    seen = cipher_of(tmp_path)
    assert seen.encrypted in crypt[device.exists()]
    assert (seen.encrypted is not False) or filesystem(tmp_path) in seen.how
    assert not has_policy(Path("/proc"))
    with pytest.raises(DiskError):
        cipher_of(tmp_path / "nothing")
