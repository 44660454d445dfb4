"""Names on the wire: where the store's tree lies, and what an href in an answer really names.

Pure. An href is hostile until it is split into names here: split before decoding, decoded once,
compared as bytes. It must never yield a name that could lead out of the tree, nor guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import quote, unquote_to_bytes

from mirrord.core.entry import CANONICAL, TreePath

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#@\\]*)(/.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]+)(?::([0-9]{1,5}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What stands as it is in a tree path, and encoded in a URL.
_ON_THE_WIRE = str.maketrans(
    {char: quote(char, safe="") for char in CANONICAL if quote(char, safe="") != char}
)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
#: What an escape in a URL is in a tree path; that of a NUL is nothing at all.
_CANONICAL_OF = {f"%{code:02X}": quote(bytes([code]), safe=CANONICAL) for code in range(1, 256)}
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Base:
    """Where the tree lies: one origin and the names of the root folder there, decoded."""

    scheme: str
    host: str
    port: int
    root: tuple[bytes, ...]

    @classmethod
    def of(cls, url: str) -> Self:
        """From the URL in the config; ValueError says in words what is wrong with it."""
        found = _ABSOLUTE.fullmatch(url.strip())
        if not found:
            raise ValueError("not a URL of the form https://host/dav")
        scheme, authority, path = found[1].lower(), found[2], found[3] or "/"
        if scheme not in _DEFAULT_PORTS:
            raise ValueError(f"{scheme} is not https")
        host, port = _host_and_port(authority, scheme)
        if scheme == "http" and not _is_loopback(host):
            raise ValueError("plain http would show every file on the way; use https")
        return cls(scheme, host, port, _names(path))

    @property
    def origin(self) -> str:
        """Scheme, host and (where it is not the usual one) port, as a URL without a path."""
        usual = self.port == _DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if usual else f":{self.port}")

    @property
    def root_path(self) -> str:
        """The root folder's path, percent-encoded, without the last slash: ``/dav`` or ``""``."""
        return "".join("/" + quote(name, safe="") for name in self.root)

    def below_root(self, path: TreePath) -> str:
        """A place in the tree as a percent-encoded path below the root: ``/a%20b/c``."""
        # canonical already, but for what a URL must not have, or what servers spell otherwise
        return "/" + path.translate(_ON_THE_WIRE) if path else ""

    def child_name(self, href: str, folder: TreePath) -> bytes | None:
        """The name that an href in ``folder``'s listing gives; None for the folder itself.

        ValueError where it is anything but the folder or exactly one step below it.
        """
        names = self.names(href)
        asked = self.root + _raw(folder)
        if names == asked:
            return None
        if names[:-1] != asked:
            raise ValueError("lies outside the folder that was asked for")
        return names[-1]

    def names_below_root(self, href: str) -> tuple[bytes, ...]:
        """The names from the root down that an href in the root's deep listing gives.

        None at all for the root itself; ValueError where it is anything but in the tree.
        """
        names = self.names(href)
        if names[: len(self.root)] != self.root:
            raise ValueError("lies outside the folder that was asked for")
        return names[len(self.root) :]

    def names(self, href: str) -> tuple[bytes, ...]:
        """The decoded names from the host's root down; ValueError for another origin.

        A raw ``?`` or ``#`` is refused: some servers forget to escape it in a name, others mean a
        query, and to take the one for the other would make a held file look vanished.
        """
        href = href.strip(" \t\r\n")
        if _CONTROL.search(href):
            raise ValueError("has a control character")
        if not href.startswith("/"):
            found = _ABSOLUTE.fullmatch(href)
            if not found:
                raise ValueError("is neither an absolute path nor a URL")
            scheme = found[1].lower()
            if (scheme, *_host_and_port(found[2], scheme)) != (self.scheme, self.host, self.port):
                raise ValueError("names another server")
            href = found[3] or "/"
        return _names(href)


def name_of(segment: str) -> bytes:
    """The true name of one segment of a path; ValueError where it is no single step down."""
    (name,) = _names("/" + segment)
    return name


def canonical(segment: str) -> str | None:
    """One segment of a path, of ASCII letters and escapes, as it stands in a tree path.

    None where it is for :func:`name_of` to say what is wrong with it. Most names of pictures have a
    space in them, so this is asked for nearly every file.
    """
    if _BAD_PERCENT.search(segment):
        return None
    try:
        name = _ESCAPE.sub(_as_canonical, segment)
    except KeyError:
        return None
    return None if name in ("", ".", "..") else name


def _as_canonical(escape: re.Match[str]) -> str:
    return _CANONICAL_OF[escape[0].upper()]


def _names(path: str) -> tuple[bytes, ...]:
    """Split a percent-encoded absolute path before decoding it, once."""
    if "?" in path or "#" in path:
        raise ValueError("has a raw ? or #")
    if _BAD_PERCENT.search(path):
        raise ValueError("has a % that escapes nothing")
    segments = path[1:].removesuffix("/").split("/") if path != "/" else []
    names = tuple(unquote_to_bytes(segment) for segment in segments)
    for name in names:
        if name in (b"", b".", b"..") or b"\0" in name:
            raise ValueError("has a segment that could lead elsewhere")
    return names


def _host_and_port(authority: str, scheme: str) -> tuple[str, int]:
    found = _AUTHORITY.fullmatch(authority)
    if not found:
        raise ValueError("names no plain host and port")
    port = int(found[2]) if found[2] else _DEFAULT_PORTS.get(scheme, 0)
    return found[1].lower(), port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _raw(path: TreePath) -> tuple[bytes, ...]:
    return tuple(name.encode("utf-8", "surrogateescape") for name in path.names)
