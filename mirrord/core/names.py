"""Store names <-> local names, and what lies where by its name.

A store may use names that no disk can hold, or that a desktop acts upon when it shows the folder.
Those get a local name: a readable head, ``~`` and 16 hex digits of the true name's hash.
MANIFEST.csv tells which is which; nothing is skipped.
"""

import re
from dataclasses import dataclass
from unicodedata import normalize

from mirrord.core.entry import TreePath

#: The longest name in bytes that ext4, xfs, btrfs and ntfs hold.
NAME_BYTES = 255

_ESCAPED = re.compile(r"~[0-9a-f]{16}\Z")
_ACTED_UPON = re.compile(
    r"(desktop\.ini|autorun\.inf|folder\.htt|thumbs\.db|\.directory|\.hidden)\Z"
    r"|.*\.(lnk|url|scf|desktop|library-ms|search-ms|searchconnector-ms)\Z",
    re.IGNORECASE | re.DOTALL,
)
#: What a NAS, a desktop or an NFS server leaves wherever it looks.
# fmt: off
_DROPPINGS = frozenset({
    "@eadir", "@recycle", "@recently-snapshot", "@tmp", "#recycle", "#snapshot",
    ".ds_store", ".apdisk", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd",
    ".temporaryitems", ".documentrevisions-v100", "thumbs.db", "ehthumbs.db", "desktop.ini",
    "$recycle.bin", ".directory", ".@__thumb", ".streams",
})
# fmt: on
_DROPPED_HEADS = ("._", ".nfs", ".trash-", ".smbdelete", "~$")
#: CSV files that stand on top of a day's folder, without their ending; all others are in more/.
ON_TOP = frozenset({"products", "customers", "orders", "images"})
#: Top folders that the shop itself fills with customers and orders.
PERSONAL_TOPS = frozenset({"exports", "import_files"})


@dataclass(frozen=True, slots=True)
class Naming:
    """What names a disk can hold: the longest in bytes, what it folds, characters it refuses.

    On a disk that folds, two names of the store can be one name; :meth:`key` tells.
    """

    longest: int = NAME_BYTES
    folds_case: bool = False
    normalises: bool = False
    refused: str = ""

    @property
    def folds(self) -> bool:
        """Whether names that differ can clash."""
        return self.folds_case or self.normalises

    def local(self, name: str) -> str:
        """The name under which the disk holds the true name ``name`` (one segment, decoded)."""
        raw = name.encode("utf-8", "surrogateescape")
        fits = "/" not in name and len(raw) <= self.longest and _is_text(name)
        fits = fits and not any(char in name for char in self.refused)
        if fits and not _ESCAPED.search(name) and not _ACTED_UPON.match(name):
            return name
        return self.escaped(name)

    def escaped(self, name: str) -> str:
        """The readable head, ``~`` and 16 hex digits: a local name that no other one has."""
        tail = "~" + _digits(name)
        readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        readable = readable.translate(dict.fromkeys(map(ord, "/" + self.refused), "_"))
        head = readable.encode()[: self.longest - len(tail)].decode("utf-8", "ignore")
        return head + tail

    def key(self, local: str) -> str:
        """What two local paths have in common that this disk may take for one."""
        if self.normalises:
            local = normalize("NFC", local)
        # FAT and its kin drop spaces and dots at a name's end as well
        folded = local.casefold() if self.folds_case else local
        return "/".join(name.rstrip(" .") or name for name in folded.split("/"))


#: A disk like ext4, xfs and btrfs.
_PLAIN = Naming()


def local_name(name: str) -> str:
    """The local name of a true name on a disk that holds 255 bytes and folds nothing."""
    return _PLAIN.local(name)


def local_path(path: TreePath) -> str:
    """The same for a whole path; the segments joined by ``/``."""
    return "/".join(local_name(name) for name in path.names)


def stands_for(local: str, path: TreePath) -> bool:
    """Whether a local path can be that of the tree path, on whatever disk it was given.

    Each step is the true name itself, or ends with ``~`` and the digits of that name.
    """
    steps, names = local.split("/"), path.names
    return len(steps) == len(names) and all(
        step == name or step.endswith("~" + _digits(name))
        for step, name in zip(steps, names, strict=True)
    )


def path_of(local: str) -> TreePath | None:
    """The tree path of a local path that nothing else tells of; None where the name hides it."""
    try:
        path = TreePath.of(local.split("/"))
    except ValueError:
        return None
    return path if local_path(path) == local else None


def is_personal(path: TreePath) -> bool:
    """Whether the path lies where the shop keeps personal data."""
    return path.top in PERSONAL_TOPS


def is_dropping(name: str) -> bool:
    """Whether a file or folder of this name is what a NAS or a desktop leaves behind.

    Asked only of what is not recorded: a shop may well have a file of such a name.
    """
    low = name.lower()
    return low in _DROPPINGS or low.startswith(_DROPPED_HEADS)


def _digits(name: str) -> str:
    from hashlib import sha256  # few names need it, and who only shows names none

    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def sheet_of(csv: str) -> str:
    """The name of the sheet beside a CSV file."""
    return csv.removesuffix(".csv") + ".xlsx"


def is_sheet(name: str) -> bool:
    """Whether a name in exports/latest/ is that of a sheet made for people, never read back."""
    return name.endswith(".xlsx") and name.removesuffix(".xlsx") in ON_TOP
