"""Zips for tests: sound ones, hostile ones, damaged ones."""

import io
import struct
import zipfile
from collections.abc import Mapping

FILES = {"config.json": b'{"version": 1}', "templates/home.html": b"<h1>" + b"x" * 500 + b"</h1>"}


def packed(
    files: Mapping[str, bytes] = FILES,
    year: int = 2026,
    attributes: Mapping[str, int] | None = None,
) -> bytes:
    """A zip of these files, of that year; ``attributes`` are modes of Unix by name."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
            info.external_attr = (attributes or {}).get(name, 0) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return body.getvalue()


def flipped(body: bytes, at: int) -> bytes:
    """One bit turned."""
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def bomb(size: int) -> bytes:
    """A small zip whose one member unpacks to so many bytes, and says so."""
    return packed({"bomb": b"\0" * size})


def lying_bomb(size: int) -> bytes:
    """The same, but its directory says that there is one byte."""
    body = bytearray(bomb(size))
    directory = body.rindex(b"PK\x01\x02")
    body[directory + 24 : directory + 28] = struct.pack("<I", 1)
    return bytes(body)
