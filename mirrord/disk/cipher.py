"""Whether what lies on a disk lies there encrypted, as far as the machine shows it.

Block devices tell by /sys: a dm-crypt layer has a uuid that begins with ``CRYPT-``, wherever it
stands below the filesystem (LVM on LUKS, LUKS on RAID). Filesystems that encrypt by themselves tell
by the name of their type. What encrypts below that (a drive of its own, a NAS, a virtual machine's
host) can not be seen from here, and is never claimed.
"""

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mirrord.disk.durable import disk_errors
from mirrord.disk.staging import closing_fd

_SYS, _MOUNTS = Path("/sys"), Path("/proc/self/mountinfo")
#: Types of mounts behind which every file is encrypted.
_ENCRYPTS = ("ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs")
#: Local filesystems on block devices, for which /sys tells all that there is.
_ON_DEVICES = ("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "vfat", "exfat", "ntfs3")
#: FS_IOC_GET_ENCRYPTION_POLICY_EX of linux/fscrypt.h.
_GET_POLICY = 0xC0096616
#: Layers on layers, at the most.
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Cipher:
    """``encrypted`` is None where it can not be seen; ``how`` says by what that is known."""

    encrypted: bool | None
    how: str


def has_policy(folder: Path) -> bool:
    """Whether the filesystem encrypts what lies in the folder (fscrypt: ext4, f2fs, ...)."""
    policy = struct.pack("Q24x", 24)
    try:
        with closing_fd(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as fd:
            fcntl.ioctl(fd, _GET_POLICY, policy)
    except OSError:  # none, or nothing that this filesystem knows of
        return False
    return True


def cipher_of(
    folder: Path,
    sys: Path = _SYS,
    mounts: Path = _MOUNTS,
    has_policy: Callable[[Path], bool] = has_policy,
) -> Cipher:
    """What is to be seen of the volume that a folder lies on; DiskError without the folder."""
    with disk_errors(f"looking at {folder}"):
        device = os.stat(folder).st_dev
        place = os.path.realpath(folder)
    kind, source, number = _mount_of(place, device, mounts)
    if kind in _ENCRYPTS:
        return Cipher(True, kind.removeprefix("fuse."))
    if has_policy(folder):
        return Cipher(True, f"{kind}, fscrypt")
    if kind == "zfs":
        return Cipher(None, f"ask ZFS itself: zfs get encryption {source}")
    if kind == "tmpfs":
        return Cipher(None, "tmpfs, in memory and in swap")
    layers = list(_layers(sys / "dev/block" / number, _DEEPEST))
    if layers and all(layers):
        return Cipher(True, "dm-crypt")
    if True in layers and False in layers:
        return Cipher(False, "some of its devices are encrypted, others are not")
    if False in layers and kind in _ON_DEVICES:
        return Cipher(False, f"{kind} on {source}, no dm-crypt below it")
    return Cipher(None, kind or "a filesystem that nothing is known of")


def _mount_of(place: str, device: int, mounts: Path) -> tuple[str, str, str]:
    """Type, source and device number of the mount of a path; of btrfs that of its source."""
    own = f"{os.major(device)}:{os.minor(device)}"
    best, found = -1, ("", "", own)
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return found
    for line in lines:
        head, _, tail = line.partition(" - ")
        steps, kinds = head.split(" "), tail.split(" ")
        if len(steps) < 5 or len(kinds) < 2:
            continue
        point = _unescaped(steps[4])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        # of mounts on one place the last one is on top
        if inside and len(point) >= best:
            best, found = len(point), (kinds[0], _unescaped(kinds[1]), steps[2])
    kind, source, number = found
    if number.startswith("0:") and source.startswith("/dev/"):
        # btrfs has a number of its own, which is no device's
        number = _number_of(source) or number
    return kind, source, number


def _number_of(source: str) -> str:
    try:
        device = os.stat(source).st_rdev
    except OSError:
        return ""
    return f"{os.major(device)}:{os.minor(device)}"


def _unescaped(text: str) -> str:
    """A field of mountinfo: space, tab, line feed and backslash come as octal digits."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def _layers(device: Path, deepest: int) -> Iterator[bool | None]:
    """Of each device at the bottom, whether a dm-crypt layer stands on the way down to it.

    None where that can not be seen; nothing at all where there is no such device.
    """
    if not device.exists() or not deepest:
        return
    device = device.resolve()
    if _uuid(device).startswith("CRYPT-"):
        yield True
        return
    if (device / "partition").exists():
        yield from _layers(device.parent, deepest - 1)
        return
    below = sorted((device / "slaves").glob("*"))
    if not below:
        # what a loop device stands on is a file, on whatever disk
        yield None if (device / "loop").exists() else False
    for one in below:
        yield from _layers(one, deepest - 1)


def _uuid(device: Path) -> str:
    try:
        return (device / "dm/uuid").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
