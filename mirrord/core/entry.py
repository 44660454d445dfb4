"""One file or folder: as the store lists it, as it was fetched, as we hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Self
from urllib.parse import quote, unquote_to_bytes

#: What a canonical segment may consist of; all else stands as %XX of its UTF-8 (or raw) bytes.
CANONICAL = "-._~!$&'()*+,;=:@ []{}"
_CANONICAL = re.compile(r"(?:[A-Za-z0-9" + re.escape(CANONICAL) + r"]|%[0-9A-F]{2})+")
#: Most paths have nothing encoded and no step that begins with a dot, and are checked at once: a
#: sync builds some for every file.
_STEP = rf"(?!\.)[A-Za-z0-9{re.escape(CANONICAL)}]+"
_PLAIN = re.compile(f"{_STEP}(?:/{_STEP})*")


class TreePath(str):
    """A place in the store's tree, relative to its root: ``product_images/a%2Fb.jpg``.

    The text is canonical: segments joined by ``/``, each percent-encoded, so that every name a
    server can send (a slash or a newline inside a name, bytes that are not UTF-8, NFC and NFD)
    has exactly one form, sorts the same everywhere and can be printed or logged as it is. ``""``
    is the root itself. A path that could leave the root (``.``, ``..``, an empty segment, a NUL)
    can not be built: ValueError.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check the text; ValueError where it is not canonical or could leave the tree."""
        if _PLAIN.fullmatch(text):
            return str.__new__(cls, text)
        for segment in text.split("/") if text else ():
            if not _CANONICAL.fullmatch(segment):
                raise ValueError(f"not a canonical path segment: {segment!r}")
            if unquote_to_bytes(segment) in (b".", b"..") or "%00" in segment:
                raise ValueError(f"a path segment that could leave the tree: {segment!r}")
            if quote(unquote_to_bytes(segment), safe=CANONICAL) != segment:
                raise ValueError(f"not a canonical path segment: {segment!r}")
        return str.__new__(cls, text)

    @classmethod
    def of(cls, names: Iterable[str | bytes]) -> Self:
        """From true names, decoded once; str by UTF-8 (lone surrogates stand for raw bytes)."""
        return cls("/".join(cls._quoted(name) for name in names))

    @staticmethod
    def _quoted(name: str | bytes) -> str:
        raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
        return quote(raw, safe=CANONICAL)

    @property
    def names(self) -> tuple[str, ...]:
        """The true names from the root down; bytes that are not UTF-8 as lone surrogates."""
        segments = self.split("/") if self else []
        if "%" not in self:
            return tuple(segments)
        return tuple(
            unquote_to_bytes(segment).decode("utf-8", "surrogateescape") for segment in segments
        )

    @property
    def parent(self) -> TreePath:
        """The folder above; the root's parent is the root."""
        return str.__new__(TreePath, self.rpartition("/")[0])  # a part of what was checked

    @property
    def top(self) -> str:
        """The first segment, by which the guard counts; ``""`` for the root."""
        return self.partition("/")[0]

    def child(self, name: str | bytes) -> TreePath:
        """One step down, by the true name; ValueError for a name that is no single step."""
        segment = self._quoted(name)
        return TreePath(f"{self}/{segment}" if self else segment)

    def is_below(self, folder: TreePath) -> bool:
        """Whether this lies inside the folder (not the folder itself)."""
        return self != folder and (not folder or self.startswith(folder + "/"))


ROOT = TreePath("")

#: A TreePath of a text that is known to be canonical: nothing is checked, so that a listing's
#: plain names cost next to nothing. Only for what a TreePath and plain characters were put into.
trusted_path: Callable[[str], TreePath] = partial(str.__new__, TreePath)


class Kind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when the file does, as far as the server tells.

    ``etag`` without its weak prefix and quotes, ``""`` where there is none; ``modified`` in whole
    seconds since 1970 UTC, None where there is none. An absent part equals nothing.
    """

    etag: str = ""
    modified: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder as the store lists it.

    ``size`` in bytes, None where the store does not say and for folders. ``fresh``: modified
    within two seconds of the listing, so that its stamp may still stand while its bytes move.
    """

    path: TreePath
    kind: Kind = Kind.FILE
    size: int | None = None
    stamp: Stamp = Stamp()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class UnknownFolder:
    """A folder that could not be listed: nothing below it may be thought gone."""

    path: TreePath
    why: str


class Likeness(StrEnum):
    """How an entry compares with what is held."""

    SAME = "same"
    ONLY_SIZE = "only size"  # nothing but the size speaks: equal until read again
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Held:
    """One file or folder as the house holds it.

    ``entry`` is what the store said when the bytes came; ``local`` the path below files/;
    ``sha256`` in hex (``""`` for folders); ``size`` of the bytes on disk; ``mtime`` as set there
    (ns); ``fetched`` and ``checked`` in seconds since 1970: when the bytes came, and when they were
    last compared with the store's; ``as_served``: the listing's size disagreed for good and two
    equal reads were taken instead.
    """

    entry: Entry
    local: str
    sha256: str = ""
    size: int = 0
    mtime: int = 0
    fetched: int = 0
    checked: int = 0
    as_served: bool = False

    @property
    def path(self) -> TreePath:
        """The place in the tree."""
        return self.entry.path

    def likeness(self, listed: Entry) -> Likeness:
        """Compare the stamps that both sides have; the size always, where it is known."""
        ours, theirs = self.entry, listed
        if ours.kind != theirs.kind:
            return Likeness.CHANGED
        if ours.kind is Kind.FOLDER:
            return Likeness.SAME
        if ours.size is not None and theirs.size is not None and ours.size != theirs.size:
            return Likeness.CHANGED
        spoken = False
        if ours.stamp.etag and theirs.stamp.etag:
            spoken = True
            if ours.stamp.etag != theirs.stamp.etag:
                return Likeness.CHANGED
        if ours.stamp.modified is not None and theirs.stamp.modified is not None:
            spoken = True
            if ours.stamp.modified != theirs.stamp.modified:
                return Likeness.CHANGED
        if spoken:
            return Likeness.SAME
        if ours.size is None or theirs.size is None:
            return Likeness.CHANGED  # an empty stamp never equals another
        return Likeness.ONLY_SIZE
