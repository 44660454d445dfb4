"""Whether a theme's zip is sound, and what it holds, without unpacking it.

The names inside are the shop's and may be anything: they are compared, never used as paths. What a
member says of its size bounds what is read of it, so that a bomb is refused before it goes off.
"""

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

from mirrord.core.pulse import Pulse

#: A theme has some thousands of files and 50 MB packed; beyond this it is none.
MEMBERS, UNPACKED = 50_000, 1_000_000_000
#: Bytes of a zip's own directory, which is read before anything is known of it.
DIRECTORY = 8 << 20
_CHUNK = 1 << 20
#: What Python raises over damaged bytes, an unknown packing (NotImplementedError) or a password.
_BAD = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OverflowError)


def why_unsound(file: Path, pulse: Pulse) -> str:
    """What is wrong with the zip in words, ``""`` where every member's CRC is right. OSError."""
    try:
        with _Bounded(file) as body, zipfile.ZipFile(body) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if not members:
                return "it is empty"
            if len(members) > MEMBERS or size > UNPACKED:
                return f"it would unpack to {len(members):,} files and {size:,} bytes"
            for member in members:
                with archive.open(member) as opened:
                    # read to its end, where zipfile compares the CRC; never beyond the size told
                    while opened.read(_CHUNK):
                        pulse.beat()
                pulse.beat()
    except _BAD as error:
        return f"it is no sound zip ({str(error)[:200] or type(error).__name__})"
    return ""


def content_of(file: Path) -> str:
    """One sum over the members' names, sizes and CRCs; ``""`` where the zip can not be opened.

    Dates and the order of members are left out: the store packs a theme anew each time.
    """
    try:
        with _Bounded(file) as body, zipfile.ZipFile(body) as archive:
            told = sorted(
                f"{member.CRC:08x} {member.file_size} {member.filename}"
                for member in archive.infolist()
            )
    except (OSError, *_BAD):
        return ""
    text = "\0".join(told)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class _Bounded(io.FileIO):
    """A file of which nobody reads much at once: four million empty members fit into 200 MB."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > DIRECTORY:
            raise zipfile.BadZipFile(f"its directory has {size:,} bytes")
        return super().read(-1 if size is None else size)
