"""Whether a file of whatever kind names somebody: looked into as far as that can be done.

Archives are unpacked as they are read, never to the disk. What is packed in another way, is
encrypted or damaged can not be looked into, and that is said: it may name anybody.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterable, Iterator
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
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError)


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
        texts = (body,) if not head.startswith((_GZIP, _ZIP)) else _unpacked(body, head)
        left = _MOST
        try:
            for text in texts:
                before = b""
                while chunk := text.read(_CHUNK):
                    pulse.beat()
                    low = before + chunk.lower()
                    if any(one in low for one in wanted):
                        return Seen.NAMES
                    before = low[-max(map(len, wanted), default=1) :]
                    left -= len(chunk)
                    if left < 0:
                        return Seen.CLOSED
        except (*_DAMAGED, RuntimeError):  # zipfile says by RuntimeError that it has no password
            return Seen.CLOSED
    return Seen.CLEAN


def _unpacked(body: BinaryIO, head: bytes) -> Iterator[BinaryIO]:
    if head.startswith(_GZIP):
        yield cast(BinaryIO, gzip.GzipFile(fileobj=body))
        return
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
