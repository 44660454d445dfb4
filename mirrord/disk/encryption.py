"""Whether a folder lies on an encrypted volume, as far as the machine shows it.

A provider, a NAS or a drive may encrypt below what a machine can see: what is not seen is not
called absent. Sources: Linux, Documentation/filesystems/fscrypt.rst; cryptsetup's names of devices
(``CRYPT-``) in sysfs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from mirrord.disk.durable import filesystem
from mirrord.disk.staging import closing_fd

#: Filesystems that encrypt what they hold; those whose volume is nothing of this machine.
_ENCRYPTING = {"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"}
_GET_POLICY = 0xC0096616  # FS_IOC_GET_ENCRYPTION_POLICY_EX
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Encryption(StrEnum):
    """What can be seen of it."""

    VOLUME = "the volume is encrypted (dm-crypt)"
    FILESYSTEM = "the filesystem encrypts what it holds"
    FOLDER = "the folder is encrypted (fscrypt)"
    NONE = "no encryption is to be seen"
    UNKNOWN = "the volume is not seen from here"


def encryption(folder: Path, sys: Path = Path("/sys")) -> Encryption:
    """How the folder is encrypted; OSError where it is not there. ``sys``: where sysfs is."""
    if filesystem(folder) in _ENCRYPTING:
        return Encryption.FILESYSTEM
    if _has_policy(folder):
        return Encryption.FOLDER
    device = sys / "dev/block" / _number(folder)
    if not device.exists():
        return Encryption.UNKNOWN  # a network, btrfs' or ZFS' own numbers, a container
    return Encryption.VOLUME if _is_encrypted(device.resolve()) else Encryption.NONE


def _number(folder: Path) -> str:
    device = folder.stat().st_dev
    return f"{os.major(device)}:{os.minor(device)}"


def _is_encrypted(device: Path) -> bool:
    """Whether a block device is, or whatever lies below it: a volume of several, all of them."""
    with suppress(OSError):
        if (device / "dm/uuid").read_text().startswith("CRYPT-"):
            return True
    below = sorted((device / "slaves").glob("*"))
    return bool(below) and all(_is_encrypted(one.resolve()) for one in below)


def _has_policy(folder: Path) -> bool:
    with closing_fd(os.open(folder, _FOLDER)) as fd:
        try:
            fcntl.ioctl(fd, _GET_POLICY, struct.pack("Q24s", 24, b""))
        except OSError as error:
            # no policy here; a filesystem that knows of none, or a kernel
            if error.errno in (errno.ENODATA, errno.ENOTSUP, errno.ENOTTY, errno.EINVAL):
                return False
            raise
    return True
