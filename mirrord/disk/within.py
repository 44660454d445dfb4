"""Whether a file of whatever kind names somebody: looked into as far as that can be done.

Archives are unpacked as they are read, never to the disk. What is packed in another way or within
an archive, is encrypted or damaged can not be looked into, and that is said: it may name anybody.
"""

from __future__ import annotations

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO, cast

from mirrord.core.persons import Person
from mirrord.core.pulse import Pulse
from mirrord.disk.durable import disk_errors

_CHUNK = 1 << 20
#: So much is unpacked of one file; what is longer is not looked at to its end.
_MOST = 4 << 30
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
#: Of other archives, of documents and old workbooks: packed or written in ways that only their own
#: programs read.
_CLOSED = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"SQLite format 3\x00",
)
#: What a damaged or encrypted archive, or one packed in a way that is not known, makes of reading
#: it; of bzip2 an OSError that no disk has given, as of gzip.
_UNREAD = (
    *(EOFError, zlib.error, lzma.LZMAError, struct.error, ValueError, OverflowError),
    *(zipfile.BadZipFile, RuntimeError),  # NotImplementedError, and for a password, is one
)


class Seen(Enum):
    """What a look into a file came to."""

    NAMES = "names them"
    CLEAN = "names them nowhere"
    CLOSED = "can not be looked into"


def look_into(file: Path, who: Person, pulse: Pulse) -> Seen:
    """Whether an address of theirs stands anywhere in it, as text of any usual kind; DiskError."""
    wanted = _patterns(who.emails)
    with disk_errors(f"reading {file}"), file.open("rb") as body:
        head = body.read(16)
        body.seek(0)
        if head.startswith(_CLOSED):
            return Seen.CLOSED
        is_zip = head.startswith(_ZIP) or zipfile.is_zipfile(body)  # a program may stand before it
        body.seek(0)
        if not is_zip and not head.startswith(_GZIP):
            return _seen_in((body,), wanted, pulse)
        try:
            inside = _members(body) if is_zip else (cast(BinaryIO, gzip.GzipFile(fileobj=body)),)
            return _seen_in(inside, wanted, pulse, closed=(*_CLOSED, _GZIP, _ZIP))
        except OSError as error:
            if error.errno is not None:
                raise
        except _UNREAD:
            pass
        return Seen.CLOSED


def _seen_in(
    texts: Iterable[BinaryIO],
    wanted: Sequence[bytes],
    pulse: Pulse,
    closed: tuple[bytes, ...] = (),
) -> Seen:
    """What is in any of them; one that begins as what is ``closed`` may name anybody."""
    seen, left = Seen.CLEAN, _MOST
    longest = max(map(len, wanted), default=1)
    for text in texts:
        before = b""
        while chunk := text.read(_CHUNK):
            pulse.beat()
            left -= len(chunk)
            if not before and closed and chunk.startswith(closed):
                seen = Seen.CLOSED
            low = before + chunk.lower()
            if any(one in low for one in wanted):
                return Seen.NAMES
            if left < 0:
                return Seen.CLOSED
            before = low[-longest:]
    return seen


def _members(body: BinaryIO) -> Iterator[BinaryIO]:
    with zipfile.ZipFile(body) as archive:
        for one in archive.infolist():
            with archive.open(one) as member:
                yield cast(BinaryIO, member)


def _patterns(emails: Iterable[str]) -> list[bytes]:
    """As UTF-8, as text in other alphabets has them too, and as UTF-16 of either kind."""
    found = []
    for email in emails:
        found.append(email.encode())
        with suppress(UnicodeEncodeError):
            found.append(email.encode("utf-16-le")[:-1])
    return found
