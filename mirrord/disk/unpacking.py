"""A zip as a folder that people can look into. The zip stays the truth; this is a view of it.

Names inside are hostile: each step of one is made a plain name, and whatever would lead out, is a
link, or stands in another's way is left out and named. Only for a zip that was found sound.
"""

import os
import stat
import zipfile
from pathlib import Path

from mirrord.core.names import local_name
from mirrord.core.pulse import Pulse
from mirrord.disk.durable import make_folders

#: Of a path inside, in bytes and in steps: disks and other systems hold no more.
_LONGEST, _DEEPEST = 1_000, 40
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20


def unpack(file: Path, folder: Path, pulse: Pulse) -> list[str]:
    """Fill the new ``folder`` with what the zip holds; the names that were left out. OSError.

    ``folder`` must be one that nobody else can write to yet. Files become 0440, folders 0750.
    """
    folder.mkdir(0o750)
    left_out = []
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            pulse.beat()
            steps = _steps(member)
            if steps is None or not _place(archive, member, folder, steps):
                left_out.append(member.filename)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o750 if path.is_dir() else 0o440)
    return left_out


def _steps(member: zipfile.ZipInfo) -> list[str] | None:
    """The folder names and the name of a member, made plain; None where it must not be placed."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    name = member.filename.replace("\\", "/")
    steps = [step for step in name.split("/") if step not in ("", ".")]
    plain = kind in (0, stat.S_IFREG, stat.S_IFDIR) and not name.startswith("/")
    short = len(os.fsencode(name.encode("utf-8", "replace"))) <= _LONGEST
    short = short and len(steps) <= _DEEPEST
    if not plain or not short or not steps or ".." in steps:
        return None
    return [local_name(step) for step in steps]


def _place(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, steps: list[str]
) -> bool:
    """Whether there was room for it: a file of that name, or where a folder should be, wins."""
    target = folder.joinpath(*steps)
    try:
        if member.is_dir():
            make_folders(folder, "/".join((*steps, "in it")), 0o750)
            return True
        make_folders(folder, "/".join(steps), 0o750)
        fd = os.open(target, _NEW_FILE, 0o600)
    except (FileExistsError, NotADirectoryError):
        return False
    with os.fdopen(fd, "wb") as out, archive.open(member) as opened:
        while chunk := opened.read(_CHUNK):
            out.write(chunk)
    return True
