"""The house as a whole: its marker, its rooms, who owns it.

Nothing is ever written under a mirror whose marker is missing: the disk is not mounted, and what
looks like an empty mirror is the bare mount point.
"""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from mirrord.core.displayed import displayed
from mirrord.disk.durable import disk_errors, sync_path
from mirrord.errors import DiskError, MirrorMissing, NotOurs

MARKER = "MIRROR-DISK-DO-NOT-DELETE"
#: The layout of design and README; a program never writes into a house of a newer one.
LAYOUT = 1

_SHARED, _PRIVATE, _OPEN_TO_GROUP = 0o750, 0o700, 0o770
#: Every room of a house and its mode, parents first.
ROOMS = {
    "files": _SHARED,
    "old-versions": _SHARED,
    "snapshots": _SHARED,
    "exports": _PRIVATE,
    "themes": _SHARED,
    "drop-here": _OPEN_TO_GROUP,
    "set-aside": _PRIVATE,
    "holds": _PRIVATE,
    "decisions": _SHARED,
    "report": _SHARED,
    ".mirrord": _PRIVATE,
    ".mirrord/staging": _PRIVATE,
}


@dataclass(frozen=True, slots=True)
class House:
    """One store's folder below the mirror, its rooms made and the marker seen."""

    mirror: Path
    key: str

    @property
    def root(self) -> Path:
        """The store's own folder."""
        return self.mirror / self.key

    def room(self, name: str) -> Path:
        """A folder or file of the house by its name in the picture of the README."""
        return self.root / name

    def lock_file(self, lane: str) -> Path:
        """The lock of one lane."""
        return self.root / "decisions" / f"{lane}.lock"

    def still_there(self) -> None:
        """MirrorMissing where the marker is gone: the disk went away under our feet."""
        check_marker(self.mirror)


def make_marker(mirror: Path) -> bool:
    """Mark the mirror's root as ours; False where a marker already stood.

    DiskError where the folder is missing: it is never made, since a typo in a mount point would
    then be filled instead of the disk.
    """
    if not mirror.is_dir():
        raise DiskError(
            f"there is no folder {mirror}: create it (or mount the disk), then run this again"
        )
    marker = mirror / MARKER
    if os.path.lexists(marker):
        check_marker(mirror)
        return False
    from uuid import uuid4  # it asks the platform, at every import

    text = json.dumps({"layout": LAYOUT, "house": str(uuid4())}) + "\n"
    words = "mirrord's backups lie here. Without this file mirrord writes nothing to this disk.\n"
    with disk_errors(f"writing the marker {marker}"):
        # whole or not at all: half a marker would shut us out of the house for good
        write_whole(marker, (text + words).encode(), 0o644)
        sync_path(mirror)
    return True


def check_marker(mirror: Path) -> os.stat_result:
    """The marker's stat. MirrorMissing without it; NotOurs, DiskError where we may not write."""
    marker = mirror / MARKER
    try:
        with marker.open(encoding="utf-8") as file:
            if not os.path.isfile(marker) or marker.is_symlink():
                raise MirrorMissing(f"{marker} is no regular file; is the disk mounted?")
            told = json.loads(file.readline(10_000))
            seen = os.fstat(file.fileno())
        layout = int(told["layout"])
    except FileNotFoundError as error:
        raise MirrorMissing(
            f"no marker in {mirror}; is the disk mounted? (a new mirror: `mirrord init"
            " --marker-only`)"
        ) from error
    except NotADirectoryError as error:
        raise MirrorMissing(f"{mirror} is no folder; is the disk mounted?") from error
    except OSError as error:
        raise MirrorMissing(f"the marker {marker} can not be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise MirrorMissing(
            f"{marker} is not readable as mirrord's marker: restore it from a copy of the mirror"
        ) from error
    if layout > LAYOUT:
        raise DiskError(
            f"{mirror} has layout {layout}, this program knows {LAYOUT}: install a newer mirrord"
        )
    return seen


def house_id(mirror: Path) -> str:
    """The identity that the mirror was given with its marker; as check_marker."""
    check_marker(mirror)
    with (mirror / MARKER).open(encoding="utf-8") as file:
        return str(json.loads(file.readline(10_000)).get("house"))


def open_house(mirror: Path, key: str, contact: str) -> House:
    """The store's house, its rooms made where they are missing, every mode set.

    MirrorMissing without the marker; NotOurs for another user's mirror; DiskError where it can not
    be written.
    """
    owner = check_marker(mirror).st_uid
    if owner != os.geteuid():
        raise NotOurs(
            f"{mirror} belongs to user id {owner}, this is {os.geteuid()}: run mirrord as its owner"
        )
    house = House(mirror, key)
    with disk_errors(f"making the folders of {house.root}"):
        _make_folder(house.root, _SHARED)
        for name, mode in ROOMS.items():
            _make_folder(house.room(name), mode)
        _write_read_me(house, contact)
    return house


def _make_folder(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode)
    except FileExistsError:
        if folder.is_symlink() or not folder.is_dir():
            raise DiskError(f"{folder} is in the way: it must be a folder; move it aside") from None
    if folder.stat().st_mode & 0o7777 != mode:
        folder.chmod(mode)


def _write_read_me(house: House, contact: str) -> None:
    text = _READ_ME.format(store=house.key, contact=displayed(contact) or "(nobody is named)")
    file = house.room("READ-ME-FIRST.txt")
    if _holds(file, text.encode()):
        return
    # two lanes make a new house at once: one would take the other's staged file away
    folder = os.open(house.root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not _holds(file, text.encode()):
            write_whole(file, text.encode(), 0o440)
    finally:
        os.close(folder)


def _holds(file: Path, text: bytes) -> bool:
    # bytes: somebody may have saved it with an editor of another alphabet
    return file.exists() and file.read_bytes() == text


def write_whole(file: Path, body: bytes, mode: int) -> None:
    """Replace a small file in one step: a reader sees the old one or the new one, never half."""
    staged = file.with_name(f".{file.name}.new")
    staged.unlink(missing_ok=True)
    fd = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(body)
        out.flush()
        os.fchmod(fd, mode)
        os.fsync(fd)
    staged.rename(file)


_READ_ME = """\
The backup of the shop "{store}". You need no software to use it: everything here is plain files.

IF SOMETHING WENT WRONG IN THE SHOP
  1. Do not import again, and do not "fix" the shop from a half-remembered file.
  2. Do not change anything in this folder: copy out of it what you need.
  3. Call: {contact}

WHAT LIES WHERE
  files/          the shop's files (pictures, theme, content) as they are in the shop now
  old-versions/   what was replaced or removed in the shop, by the time at which it was
                  noticed, under its old path. To bring one back, copy it out.
  exports/        the shop's records, one folder a day: products.csv, customers.csv,
                  orders.csv; in exports/latest/ the newest complete export of each.
                  Personal data: keep it private.
  themes/         the shop's themes as zips, and what the theme editor has saved for them, by
                  the day on which they had changed. To bring one back: control panel,
                  Storefront > Themes > Upload Theme.
  SHA256SUMS      the checksums of files/. To check them:
                  cd files && sha256sum --quiet -c ../SHA256SUMS
  MANIFEST.csv    for every file its name in the shop, its size and its dates
  snapshots/      restore points: files, exports, themes and checksums of one night, whole,
                  each with a VERDICT.txt that says whether it is complete
  holds/          what waits for a person to decide; each folder says in HOLD.txt what happened
  drop-here/      put exports of the shop's control panel (CSV, XML) in here to have them filed
                  in exports/, under more/from-drop-here/; they move to taken/, what is none of
                  them to unknown/. An empty file named snapshot-now has a snapshot taken.
  set-aside/      files in files/ that somebody else had changed, kept for a look
  report/         what mirrord says of its own work
"""
