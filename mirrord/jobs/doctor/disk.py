"""Whether the mirror's disk can hold a backup: marker, owner, rooms as measured, space, cipher."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from mirrord.core.displayed import displayed
from mirrord.core.identity import Identity, contradictions
from mirrord.disk.cipher import Cipher, cipher_of
from mirrord.disk.house import ROOMS, House, check_marker
from mirrord.disk.identity import read_identity
from mirrord.disk.probe import RoomFacts, Space, measure, space
from mirrord.errors import DiskError, WrongStore
from mirrord.jobs.doctor.check import Check, State, fail, ok, warn

_GB = 10**9


def check_mirror(mirror: Path) -> Check:
    """The marker, and whose it is."""
    owner, us = check_marker(mirror).st_uid, os.geteuid()
    if owner != us:
        return fail(
            "mirror",
            f"{mirror} belongs to user id {owner}, this is {us}",
            "run mirrord as its owner or as root; if the owner is the wrong one, chown -R it",
            6,
        )
    return ok("mirror", f"{mirror} is marked and ours (user id {us})")


def check_cipher(mirror: Path, seen: Cipher | None = None) -> Check:
    """Whether a stolen disk would tell. A hint: it leaves doctor's exit code alone."""
    seen = cipher_of(mirror) if seen is None else seen
    if seen.encrypted:
        return ok("encryption", f"the mirror lies on an encrypted volume ({seen.how})")
    if seen.encrypted is None:
        found = f"can not be seen from here ({seen.how})"
        remedy = "see that the disk below is encrypted: it will hold personal data"
    else:
        found = f"none to be seen ({seen.how})"
        remedy = "put the mirror on an encrypted volume (LUKS): whoever takes the disk has it all"
    return Check("encryption", State.WARN, displayed(found), remedy)


def check_rooms(house: House) -> Iterator[Check]:
    """Every room that is there, rooms that are alike in one line; a new house by its mirror."""
    rooms = [room for name in ROOMS if (room := house.room(name)).is_dir()]
    staging = house.room(".mirrord/staging")
    alike: dict[RoomFacts | str, list[str]] = {}
    for room in rooms or [house.mirror]:
        try:
            facts: RoomFacts | str = measure(room, staging if staging.is_dir() else None)
        except DiskError as error:
            facts = str(error)
        alike.setdefault(facts, []).append(room.name if rooms else "the mirror")
    for facts, names in alike.items():
        where = "all rooms" if rooms and len(alike) == 1 else ", ".join(names)
        yield judge(where, facts)


def judge(where: str, facts: RoomFacts | str) -> Check:
    """What the facts of a room mean; a text says why there are none."""
    if isinstance(facts, str):
        return fail("disk", f"{where}: {facts}", "make the room writable for mirrord's user", 6)
    found = f"{where}: {_words(facts)}"
    if not facts.rename:
        remedy = "put the whole mirror on one filesystem: nothing can be moved into its place here"
        return fail("disk", found, remedy, 6)
    if not facts.flock:
        remedy = "mount it with working locks (nfs: not `nolock`): two mirrords could collide here"
        return fail("disk", found, remedy, 6)
    if facts.name_bytes < 143:
        return fail("disk", found, "choose a disk that holds names of 143 bytes and more", 6)
    troubles = list(_troubles(facts))
    if troubles:
        return warn("disk", found, "; ".join(troubles))
    return ok("disk", found)


def check_space(mirror: Path, houses: list[House]) -> Check:
    """Against what is held already, where that is known."""
    now = space(mirror)
    held = sum(_held(house).get("bytes", 0) for house in houses)
    found = f"{now.free / _GB:,.1f} of {now.total / _GB:,.1f} GB free"
    found += f", the files held have {held / _GB:,.1f} GB" if held else ""
    remedy = "make room, or move the mirror to a larger disk; nothing is ever dropped by itself"
    if now.free < _GB // 10 or _few_inodes(now, 1_000):
        return fail("space", found, remedy, 6)
    if now.free < max(_GB, held // 10) or _few_inodes(now, 100_000):
        return warn("space", found, remedy)
    return ok("space", found)


def check_identity(house: House, now: Identity) -> Check:
    """Whether the config still names the store of the first contact."""
    first = read_identity(house)
    if first is None:
        return ok("identity", "not recorded yet: the first run does it")
    for name, then, today in contradictions(first, now):
        raise WrongStore(f"{name} was {then} at first contact, now it is {today}")
    return ok("identity", "the store of the first contact")


def folders_held(houses: list[House]) -> int:
    """How many folders the files/ of all houses have, as far as their status tells."""
    return sum(_held(house).get("folders", 0) for house in houses)


def _held(house: House) -> dict[str, int]:
    try:
        told = json.loads(house.room("report/status.json").read_bytes())
        return dict(told["jobs"]["files"]["last"]["details"]["held"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # nothing was synced yet, or the last run failed before it could tell


def _few_inodes(now: Space, least: int) -> bool:
    return now.total_inodes > 0 and now.free_inodes < least


def _words(facts: RoomFacts) -> str:
    can = {
        "hard links": facts.link,
        "reflinks": facts.reflink,
        "locks": facts.flock,
        "exchange of names": facts.exchange,
        "batched sync": facts.syncfs,
    }
    said = [word if does else f"no {word}" for word, does in can.items()]
    return ", ".join(
        [facts.filesystem or "unknown filesystem", *said, f"{facts.name_bytes}-byte names"]
    )


def _troubles(facts: RoomFacts) -> Iterator[str]:
    if not facts.link:
        yield "no hard links: copies take their place and more space; choose ext4, xfs or btrfs"
    if facts.folds_case or facts.normalises:
        yield (
            "names that differ by case or accents clash: the second gets a local name; choose a"
            " disk that tells them apart"
        )
    if facts.refused:
        yield "some characters get a local name: choose a disk that holds them (ext4, xfs, btrfs)"
    if facts.name_bytes < 255:
        yield (
            f"names over {facts.name_bytes} bytes do not fit: they get a local name; choose a disk"
            " that holds 255"
        )
    if facts.network:
        yield "a network mount: let the service need it (BindsTo= and After= the mount unit)"
