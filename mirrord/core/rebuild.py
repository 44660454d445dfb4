"""What two papers tell and what lies on the disk, weighed into one row of the ledger.

MANIFEST.csv tells all of a file, SHA256SUMS its checksum alone, the disk its bytes. Nothing is
blessed: bytes that no paper vouches for become no row, and where a file is not as it was recorded
the row keeps the recorded checksum, so that a sync or a verify heals it. This room reads nothing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from mirrord.core.entry import Entry, Held, Kind, Stamp
from mirrord.core.names import path_of

#: The time on disk of what does not lie there as recorded: no file has it, so none is taken for it.
LOST = -1
#: Modified no longer than this many seconds before the run that fetched it: it may have moved
#: under the listing, and is read again first.
_FRESH = 2


class Fault(StrEnum):
    """What a person should know of one path."""

    ALTERED = "altered"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    DISAGREED = "disagreed"
    NAMELESS = "nameless"


@dataclass(frozen=True, slots=True)
class Found:
    """What lies below files/: ``kind`` None is neither file nor folder; ``mtime`` in ns.

    ``sha256`` of the bytes as they are now, ``""`` where they can not be read.
    """

    local: str
    kind: Kind | None
    size: int = 0
    mtime: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Usable:
    """Which papers there are to go by."""

    manifest: bool
    sums: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """The row that the ledger gets, if any, and what is wrong."""

    row: Held | None
    fault: Fault | None = None


def weigh(
    local: str, told: Held | None, summed: str | None, found: Found | None, usable: Usable
) -> Weighed:
    """Decide on one local path.

    ``told`` is its line in MANIFEST.csv, ``summed`` its checksum in SHA256SUMS, ``found`` what
    lies there.
    """
    told = told and _as_it_may_be(told)
    if found is None:
        return _missing(local, told, summed, usable)
    if found.kind is Kind.FOLDER:
        return _folder(local, told, summed, usable)
    if told is not None:
        return _told(told, summed, found, usable)
    if summed is not None:
        return _summed(local, summed, found, usable)
    if usable.manifest or usable.sums or found.kind is None or not found.sha256:
        return Weighed(None, Fault.UNEXPECTED)
    return _adopted(local, found.sha256, found, None)


def _missing(local: str, told: Held | None, summed: str | None, usable: Usable) -> Weighed:
    if told is not None:
        return Weighed(_lost(told), Fault.MISSING)
    if usable.manifest:
        return Weighed(None, Fault.DISAGREED)  # a file that only SHA256SUMS has ever heard of
    return _adopted(local, summed or "", None, Fault.MISSING)


def _folder(local: str, told: Held | None, summed: str | None, usable: Usable) -> Weighed:
    if told is not None and told.entry.kind is Kind.FOLDER:
        return Weighed(told)
    if told is not None:
        return Weighed(_lost(told), Fault.ALTERED)
    if summed is not None:
        return _adopted(local, summed, None, Fault.ALTERED)
    if usable.manifest:
        return Weighed(None, Fault.UNEXPECTED)
    path = path_of(local)
    if path is None:
        return Weighed(None, Fault.NAMELESS)
    return Weighed(Held(Entry(path, Kind.FOLDER), local))


def _told(told: Held, summed: str | None, found: Found, usable: Usable) -> Weighed:
    if told.entry.kind is Kind.FILE and found.sha256 == told.sha256:
        row = replace(told, size=found.size, mtime=found.mtime)
        agreed = summed == told.sha256 if usable.sums else True
        return Weighed(row, None if agreed else Fault.DISAGREED)
    if summed is not None and found.sha256 == summed:
        # a cut came between the two papers: SHA256SUMS is written first
        return _adopted(told.local, summed, found, Fault.DISAGREED)
    return Weighed(_lost(told), Fault.ALTERED)


def _summed(local: str, summed: str, found: Found, usable: Usable) -> Weighed:
    if found.sha256 == summed:
        return _adopted(local, summed, found, Fault.DISAGREED if usable.manifest else None)
    return _adopted(local, summed, None, Fault.ALTERED)


def _adopted(local: str, sha256: str, found: Found | None, fault: Fault | None) -> Weighed:
    """A row of which nothing but the size is known: doubtful, and compared before all others."""
    path = path_of(local)
    if path is None:
        return Weighed(None, Fault.NAMELESS)
    if found is None:
        return Weighed(Held(Entry(path), local, sha256, mtime=LOST), fault)
    entry = Entry(path, Kind.FILE, found.size, Stamp())
    return Weighed(Held(entry, local, sha256, found.size, found.mtime), fault)


def _lost(told: Held) -> Held:
    """As told, and to be fetched again; whether a folder is there is seen, and its time is none."""
    return told if told.entry.kind is Kind.FOLDER else replace(told, mtime=LOST)


def _as_it_may_be(told: Held) -> Held:
    modified = told.entry.stamp.modified
    if modified is None or modified < told.fetched - _FRESH:
        return told
    return replace(told, entry=replace(told.entry, fresh=True))
