"""A whole tree's listing by one answer: the body of what ``Depth: infinity`` brought.

A server may answer it in full, or as if one level had been asked for without a word about it; that
it went deeper shows only in what it sent. So a folder below which nothing is listed is never taken
for an empty one here: it has to be asked by itself. All else is as strict as one folder's listing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from mirrord.core.entry import (
    ROOT,
    Entry,
    Kind,
    Stamp,
    TreePath,
    UnknownFolder,
    trusted_path,
)
from mirrord.source.hrefs import Base, canonical, name_of
from mirrord.source.multistatus import (
    FRESH_SECONDS,
    MAX_ENTRIES,
    WITHHELD,
    Multistatus,
    listing_broken,
)
from mirrord.source.spool import Row, Spool
from mirrord.source.told import Told, What

#: What the answer may cost at most; one folder in it no more than by itself.
MAX_DEEP_BYTES = 1024 * 1024 * 1024
MAX_DEEP_ENTRIES = 2_000_000
_KINDS = (Kind.FOLDER, Kind.FILE)


@dataclass(frozen=True, slots=True)
class DeepListing:
    """A sound answer. ``deep``: it shows what lies in a folder below the root.

    ``unproven``: the folders in it that still have to be asked by themselves, one level each. Of
    a shallow answer these are all; of a deep one those in which it shows nothing.
    """

    deep: bool
    unproven: list[TreePath]
    spool: Spool

    def entries(self) -> Iterator[Entry | UnknownFolder]:
        """All that it tells of, in the answer's order; the root is left out."""
        for path, kind, size, etag, modified, fresh in self.spool.rows():
            place = trusted_path(path)
            if kind is None:
                yield UnknownFolder(place, WITHHELD)
            else:
                yield Entry(place, _KINDS[kind], size, Stamp(etag, modified), fresh)


class DeepReader:
    """The answer for the root, read as its bytes come; entries wait until the whole is known.

    ``at`` is the moment of the answer in seconds since 1970. Every href must lie below the root,
    and the folder around it be listed as one, before or after it. A folder that comes twice is
    found out, and whatever comes twice while its folder, or what is below that, is being listed;
    a file that comes again anywhere else is left to the ledger, which refuses the second when the
    entries are spooled: to hold all names would take as much memory as the tree has files.
    """

    def __init__(self, base: Base, at: float) -> None:
        self._base = base
        self._broken = partial(listing_broken, ROOT)
        self._fresh_since = at - FRESH_SECONDS
        self._answer = Multistatus(self._broken, MAX_DEEP_BYTES, MAX_DEEP_ENTRIES)
        self._spool = Spool()
        self._itself = False
        self._folders: dict[str, None] = {}
        self._around: set[str] = set()  # the folders that something was said to lie in
        self._shown: set[str] = set()  # those of them in which something is
        self._above: str | None = None  # how the server spells the folder that it is at
        self._parent, self._start = "", ""
        self._names: dict[
            str, set[str]
        ] = {}  # by folder, of the one that it is at and those around
        self._here = self._turn_to("")

    def feed(self, chunk: bytes) -> None:
        """Read on. Raises ListingBroken, and is then to be dropped."""
        self._take(self._answer.feed(chunk))

    def finish(self) -> DeepListing:
        """What the answer proves, once the body has ended. Raises ListingBroken."""
        self._take(self._answer.close())
        if not self._itself:
            raise self._broken("does not list the folder itself")
        if not self._around - {""} <= self._folders.keys():
            raise self._broken("has an entry in what is no folder of it")
        deep = bool(self._shown - {""})
        unproven = [trusted_path(path) for path in self._folders if path not in self._shown]
        return DeepListing(deep, unproven, self._spool)

    def _take(self, all_told: list[Told]) -> None:
        rows: list[Row] = []
        for above, name, what, size, etag, modified in all_told:
            place = canonical(name) if "%" in name else name
            if above != self._above or place is None:
                place = self._place(above, name)
                if place is None:
                    self._take_itself(what)
                    continue
            name = place
            path = self._start + name
            if name in self._here or path in self._folders:
                raise self._broken("names one entry twice")
            self._here.add(name)
            if what is What.GONE:
                continue
            self._shown.add(self._parent)
            fresh = modified is not None and modified >= self._fresh_since
            if what is What.FILE:
                rows.append((path, 1, size, etag, modified, fresh))
            elif what is What.FOLDER:
                self._folders[path] = None
                rows.append((path, 0, size, etag, modified, fresh))
            else:
                rows.append((path, None, None, "", None, False))
        if len(self._here) > MAX_ENTRIES:
            raise self._broken(f"has over {MAX_ENTRIES} entries in one folder")
        self._keep(rows)

    def _keep(self, rows: list[Row]) -> None:
        try:
            self._spool.add(rows)
        except OSError as error:
            raise self._broken("is too long for the temporary folder's disk") from error

    def _take_itself(self, what: What) -> None:
        if self._itself:
            raise self._broken("names one entry twice")
        if what is not What.FOLDER:
            raise self._broken("does not say that it is a folder")
        self._itself = True

    def _place(self, above: str, name: str) -> str | None:
        """The strict way from an href to a name, once its folder was turned to; None: the root."""
        try:
            if above and above == self._above:
                return TreePath.of([name_of(name)])
            path = TreePath.of(self._base.names_below_root(above + name))
        except ValueError as error:
            raise self._broken(f"has a name that {error}") from error
        if not path:
            return None
        parent, _, step = path.rpartition("/")
        if parent != self._parent:
            self._here = self._turn_to(parent)
            self._above = None
        if above:
            self._above = above
        return step

    def _turn_to(self, parent: str) -> set[str]:
        """Be at another folder; the names in it so far, while it has not been left for good."""
        self._parent = parent
        self._start = parent + "/" if parent else ""
        self._around.add(parent)
        self._names = {
            folder: names
            for folder, names in self._names.items()
            if not folder or folder == parent or parent.startswith(folder + "/")
        }
        return self._names.setdefault(parent, set())
