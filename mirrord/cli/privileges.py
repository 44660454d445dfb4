"""Root steps down: whoever gives a command as root works as the owner of the mirror.

The secrets are read before, since the owner may not. What was given up never comes back, but for
:func:`acting_as`, by which `init` looks at a disk with the eyes of its owner.
"""

import grp
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import mirrord
from mirrord.config import Config, load
from mirrord.disk.house import check_marker
from mirrord.errors import DiskError, NotOurs


@dataclass(frozen=True, slots=True)
class Owner:
    """A user by number, its primary group, and all groups that it is in."""

    uid: int
    gid: int
    groups: tuple[int, ...]

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """Whom a file belongs to; a number that has no name here is in the file's group alone."""
        try:
            user = pwd.getpwuid(stat.st_uid)
        except KeyError:
            return cls(stat.st_uid, stat.st_gid, (stat.st_gid,))
        groups = os.getgrouplist(user.pw_name, user.pw_gid)
        return cls(stat.st_uid, user.pw_gid, tuple(groups))

    def __str__(self) -> str:
        return f"{_name(self.uid)}:{_group(self.gid)}"


def as_owner(config: Config, only: str | None = None) -> Config:
    """The config to work with; root has read its secrets and become the marker's owner.

    ``only`` names the one store whose secrets are wanted. Without a marker nothing changes: no
    job then touches the disk. Anyone but root stays who he is. NotOurs where the owner could not
    go on with this very program.
    """
    if os.geteuid() != 0:
        return config
    try:
        stat = check_marker(config.mirror)
    except DiskError:
        return config
    if stat.st_uid == 0:
        return config
    config = config.with_secrets(only)
    become(Owner.of(stat))
    return config


class LoadAsOwner:
    """Loads the daemon's config, again and again; by the first time root has stepped down.

    What root has read then serves on: the owner could not read it at a reload.
    """

    def __init__(self) -> None:
        self._before: Config | None = None

    def __call__(self, file: Path) -> Config:
        """The config; ConfigError, NotOurs."""
        config = as_owner(load(file))
        if self._before is not None:
            config = config.with_secrets_of(self._before)
        self._before = config
        return config


def become(owner: Owner) -> None:
    """Be this user and nobody else, for good. Root only. NotOurs: see :func:`as_owner`."""
    os.setgroups(owner.groups)
    os.setgid(owner.gid)
    os.setuid(owner.uid)
    # rooms are imported when they are needed, from now on by this user
    for needed in (os.path.realpath(sys.executable), os.__file__, str(mirrord.__file__)):
        if not os.access(needed, os.R_OK):
            raise NotOurs(
                f"the mirror belongs to {owner}, who can not read {needed}: install mirrord where"
                " everyone can, such as /opt/mirrord, on a Python outside of homes"
            )


@contextmanager
def acting_as(owner: Owner) -> Iterator[None]:
    """Do something with this user's rights; whoever is not root does it with his own."""
    if os.geteuid() != 0 or owner.uid == 0:
        yield
        return
    groups, gid = os.getgroups(), os.getegid()
    os.setgroups(owner.groups)
    os.setegid(owner.gid)
    os.seteuid(owner.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)


def owner_of(folder: Path) -> Owner:
    """Whom a folder belongs to, with the group of the folder; OSError."""
    stat = folder.stat()
    known = Owner.of(stat)
    return Owner(known.uid, stat.st_gid, tuple({*known.groups, stat.st_gid}))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
