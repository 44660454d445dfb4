"""What is really wrong: the suspected files read once more, against what is recorded by now.

A sync or an export beside us moves files while we read. What they moved is as the ledger and the
checksums say when both are asked again; what is wrong still, with their locks held, is wrong.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mirrord.core.entry import Held, Kind
from mirrord.core.pulse import Pulse
from mirrord.disk.claims import SUMS, Claim, Point, claims_of, points
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.staging import closing_fd
from mirrord.disk.steps import lstat, open_file

FILES = "files/"
Inode = tuple[int, int]
_CHUNK = 1 << 20
#: So many other copies are remembered of one content.
_DONORS = 8


@dataclass(frozen=True, slots=True)
class Wound:
    """A file that is not as recorded, by all names of its inode; the first is told to people.

    ``found`` is the sha256 of what is there, ``""`` where there is nothing or it can not be read
    (``why``). ``there`` is what stands there, ``held`` the ledger's row if it is one of files/.
    """

    names: tuple[str, ...]
    sha256: str
    found: str
    why: str
    there: os.stat_result | None
    held: Held | None

    @property
    def inode(self) -> Inode | None:
        """Of what stands there."""
        return (self.there.st_dev, self.there.st_ino) if self.there else None


def wounds_among(
    house: House, root: int, ledger: Ledger, names: Iterable[str], pulse: Pulse
) -> list[Wound]:
    """Those of the names that are recorded and not as recorded, read now; DiskError."""
    found: list[Wound] = []
    told: dict[str, dict[str, str]] = {}
    for name in sorted(names):
        pulse.beat()
        held = None
        if name.startswith(FILES):
            held = ledger.held_locally(name.removeprefix(FILES))
            recorded = held.sha256 if held and held.entry.kind is Kind.FILE else ""
        else:
            folder = "/".join(name.split("/")[:2])
            if folder not in told:
                told[folder] = _claimed(house, folder)
            recorded = told[folder].get(name, "")
        wound = _examine(root, name, recorded, held, pulse) if recorded else None
        if wound is not None:
            found.append(wound)
    return found


def _claimed(house: House, folder: str) -> dict[str, str]:
    for point in points(house):
        if point.folder == folder:
            return {claim.name: claim.sha256 for claim in claims_of(house, point)[0]}
    return {}


def _examine(root: int, name: str, recorded: str, held: Held | None, pulse: Pulse) -> Wound | None:
    try:
        there = lstat(root, name)
    except OSError as error:
        gone = error.errno in (errno.ENOENT, errno.ENOTDIR)
        why = "" if gone else error.strerror or str(error)
        return Wound((name,), recorded, "", why, None, held)
    found, why = hash_of(root, name, pulse)
    touched = held is not None and there.st_mtime_ns != held.mtime
    if found == recorded and not touched:
        return None
    return Wound((name,), recorded, found, why, there, held)


def hash_of(root: int, name: str, pulse: Pulse) -> tuple[str, str]:
    """The sha256 of a file below ``root``, or ``""`` and why it can not be read."""
    digest = hashlib.sha256()
    try:
        with closing_fd(open_file(root, name)) as fd:
            while chunk := os.read(fd, _CHUNK):
                pulse.beat()
                digest.update(chunk)
    except OSError as error:
        return "", error.strerror or str(error)
    return digest.hexdigest(), ""


@dataclass(frozen=True, slots=True)
class Survey:
    """The wounds with all names of their inodes, and by sha256 the other inodes that claim it."""

    wounds: list[Wound]
    donors: dict[str, list[str]]


def survey(house: House, root: int, ledger: Ledger, wounds: list[Wound], pulse: Pulse) -> Survey:
    """Look for the names that share a bad inode, and for other copies; DiskError.

    Another name of a bad inode is never counted as a copy.
    """
    wanted = {wound.sha256 for wound in wounds}
    bad = {wound.inode for wound in wounds}
    names: dict[tuple[Inode, str], list[str]] = {}
    donors: dict[str, dict[Inode, str]] = {sha256: {} for sha256 in wanted}
    for claim in _all_claims(house, ledger):
        pulse.beat()
        there = _stat(root, claim.name) if claim.sha256 in wanted else None
        if there is None or not stat.S_ISREG(there.st_mode):
            continue
        inode = (there.st_dev, there.st_ino)
        if inode in bad:
            names.setdefault((inode, claim.sha256), []).append(claim.name)
        elif len(donors[claim.sha256]) < _DONORS:
            donors[claim.sha256].setdefault(inode, claim.name)
    return Survey(
        list(_grouped(ledger, wounds, names)),
        {sha256: list(one.values()) for sha256, one in donors.items()},
    )


def _grouped(
    ledger: Ledger, wounds: list[Wound], names: dict[tuple[Inode, str], list[str]]
) -> Iterator[Wound]:
    """One wound for each bad inode and what it should be: those of files/ with their row, first."""
    seen: set[tuple[Inode, str]] = set()
    for wound in wounds:
        if wound.inode is None:
            yield wound
            continue
        key = (wound.inode, wound.sha256)
        if key not in seen:
            seen.add(key)
            shared = {*wound.names, *names.get(key, [])}
            ours = sorted(shared, key=lambda name: (not name.startswith(FILES), name))
            held = ledger.held_locally(ours[0].removeprefix(FILES))
            yield replace(wound, names=tuple(ours), held=held)


def _all_claims(house: House, ledger: Ledger) -> Iterator[Claim]:
    for held in ledger.held_by_local():
        if held.entry.kind is Kind.FILE:
            yield Claim(FILES + held.local, held.sha256)
    for point in points(house):
        yield from claims_of(house, point)[0]


def _stat(root: int, name: str) -> os.stat_result | None:
    try:
        return lstat(root, name)
    except OSError:
        return None


def should_be_in(point: Point, name: str) -> bool:
    """Whether a file that is there is one of which the checksums of its folder should speak."""
    return name not in (point.sums, f"{point.folder}/VERDICT.txt", f"{point.folder}/{SUMS}")
