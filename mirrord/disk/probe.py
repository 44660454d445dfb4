"""What a room's disk can really do, found out by doing it in a scratch folder that then goes away.

Names of filesystems promise little: a share hides what lies below it, an encrypted one shortens
names, a network drops locks. It must never touch anything but its own scratch folders.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mirrord.disk.durable import Durable, disk_errors, filesystem
from mirrord.disk.staging import closing_fd

_SCRATCH = ".mirrord-probe-"
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.rclone"}
    | {"fuse.glusterfs", "fuse.s3fs", "davfs", "fuse.davfs"}
)
_LENGTHS = (255, 143, 100)  # ext4 and most others; eCryptfs; whatever is worse
#: What FAT and Windows refuse in a name.
_DIFFICULT = '"*:<>?\\|\n\r\t'
_FICLONE = 0x40049409
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What one room can do.

    ``name_bytes``: the longest name of the lengths that were tried, 0 for none of them.
    ``refused``: characters that no name may have. ``reflink``: a copy shares the bytes until one of
    the two changes. ``syncfs``: one sync a batch makes it durable and tells errors; else each file
    is synced.
    """

    filesystem: str
    network: bool
    link: bool
    rename: bool
    exchange: bool
    flock: bool
    folds_case: bool
    normalises: bool
    name_bytes: int
    syncfs: bool
    reflink: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """What a disk has left for us, and in all: bytes, and inodes (0 in all: it does not count)."""

    free: int
    total: int
    free_inodes: int
    total_inodes: int


def measure(room: Path, beside: Path | None = None) -> RoomFacts:
    """Try everything in ``room``; DiskError where not even a folder can be made there.

    ``beside``: another room, from which files are linked and renamed into this one (staging).
    """
    with disk_errors(f"trying out {room}"), ExitStack() as ends:
        scratch = ends.enter_context(_scratch(room))
        other = ends.enter_context(_scratch(beside or room))
        return _facts(room, scratch, other)


def space(folder: Path) -> Space:
    """What is left where the folder lies; DiskError."""
    with disk_errors(f"asking for the space of {folder}"):
        told = os.statvfs(folder)
    return Space(
        told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize, told.f_favail, told.f_files
    )


def _facts(room: Path, scratch: Path, other: Path) -> RoomFacts:
    kind = filesystem(room)
    file = other / "file"
    file.write_bytes(b"mirrord")
    return RoomFacts(
        filesystem=kind,
        network=kind in _NETWORK,
        link=_works(lambda: os.link(file, scratch / "linked")) and _same(file, scratch / "linked"),
        rename=_works(lambda: os.rename(_new(other / "go", b"go"), _new(scratch / "come")))
        and (scratch / "come").read_bytes() == b"go",
        exchange=_exchanges(scratch),
        flock=_locks(scratch),
        folds_case=_folds(scratch, "Case", "case"),
        normalises=_folds(
            scratch, unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")
        ),
        name_bytes=_longest(scratch),
        syncfs=_syncs(room),
        reflink=_reflinks(file, scratch / "reflinked"),
        refused="".join(char for char in _DIFFICULT if not _holds(scratch, f"a{char}b")),
    )


def _works(step: Callable[[], object]) -> bool:
    try:
        step()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
            raise  # that says nothing of what the disk can do
        return False
    return True


def _same(one: Path, two: Path) -> bool:
    return one.stat().st_ino == two.stat().st_ino and one.stat().st_nlink == 2


def _new(path: Path, content: bytes = b"") -> Path:
    path.write_bytes(content)
    return path


def _exchanges(scratch: Path) -> bool:
    """Two folders by one step: how exports/latest/ is replaced without a gap."""
    one, two = scratch / "one", scratch / "two"
    one.mkdir()
    two.mkdir()
    _new(one / "mark")
    paths = (os.fsencode(one), os.fsencode(two))
    done = _libc.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0
    return done and (two / "mark").exists()


def _locks(scratch: Path) -> bool:
    """A second handle must be refused: some mounts grant every lock to everyone."""
    file = _new(scratch / "lock")
    with file.open("rb") as first, file.open("rb") as second:
        try:
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def _folds(scratch: Path, one: str, two: str) -> bool:
    """Whether the disk takes both for one name, or gives another name back."""
    folder = scratch / f"fold-{len(os.listdir(scratch))}"
    folder.mkdir()
    with suppress(FileExistsError):
        for name in (one, two):
            with (folder / name).open("xb"):
                pass
    return set(os.listdir(folder)) != {one, two}


def _reflinks(file: Path, copy: Path) -> bool:
    with file.open("rb") as source, copy.open("wb") as target:
        return _works(lambda: fcntl.ioctl(target, _FICLONE, source.fileno()))


def _holds(scratch: Path, name: str) -> bool:
    """Whether the disk takes the name, and gives it back as it is."""
    return _works(lambda: _new(scratch / name)) and name in os.listdir(scratch)


def _longest(scratch: Path) -> int:
    for length in _LENGTHS:
        if _works(lambda name="n" * length: _new(scratch / name)):  # type: ignore[misc]
            return length
    return 0


@contextmanager
def _scratch(room: Path) -> Iterator[Path]:
    """A folder that is ours while its lock is held; those that a cut left are swept first."""
    with ExitStack() as ends:
        with closing_fd(os.open(room, _FOLDER)) as door:
            # nobody sweeps between the making of a folder and its lock. Both are refused where the
            # disk has no locks: then another who tries the same room at the same moment may take
            # this for a cut one's, and one of the two fails and comes again
            _lock(door)
            for left in room.glob(_SCRATCH + "*"):
                _remove_unless_used(left)
            folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=room))
            ends.callback(shutil.rmtree, folder, ignore_errors=True)
            _lock(ends.enter_context(closing_fd(os.open(folder, _FOLDER))))
        yield folder


def _lock(folder: int) -> None:
    with suppress(OSError):
        fcntl.flock(folder, fcntl.LOCK_EX)


def _remove_unless_used(left: Path) -> None:
    try:
        with closing_fd(os.open(left, _FOLDER)) as fd:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    except OSError:  # in use, gone by now, or no folder of ours
        return


def _syncs(room: Path) -> bool:
    with closing(Durable(room)) as durable:
        return durable.by_batch and _works(durable.batch)
