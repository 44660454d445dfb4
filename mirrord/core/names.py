"""Store names <-> local names, and what lies where by its name.

A store may use names that no disk can hold, or that a desktop acts upon when it shows the folder.
Those get a local name: a readable head, ``~`` and 16 hex digits of the true name's hash.
MANIFEST.csv tells which is which; nothing is skipped.
"""

import re
from hashlib import sha256

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
#: Top folders that the shop itself fills with customers and orders.
_PERSONAL_TOPS = frozenset({"exports", "import_files"})
_DISPLAYED = {ord("\\"): "\\\\", 0x7F: "\\x7f"} | {n: f"\\x{n:02x}" for n in range(32)}


def local_name(name: str) -> str:
    """The name under which a disk holds the true name ``name`` (one segment, decoded)."""
    raw = name.encode("utf-8", "surrogateescape")
    fits = "/" not in name and len(raw) <= NAME_BYTES and _is_text(name)
    if fits and not _ESCAPED.search(name) and not _ACTED_UPON.match(name):
        return name
    tail = "~" + sha256(raw).hexdigest()[:16]
    readable = raw.decode("utf-8", "replace").replace("/", "_").encode()
    head = readable[: NAME_BYTES - len(tail)].decode("utf-8", "ignore")
    return head + tail


def local_path(path: TreePath) -> str:
    """The same for a whole path; the segments joined by ``/``."""
    return "/".join(local_name(name) for name in path.names)


def is_personal(path: TreePath) -> bool:
    """Whether the path lies where the shop keeps personal data."""
    return path.top in _PERSONAL_TOPS


def is_dropping(name: str) -> bool:
    """Whether a file or folder of this name is what a NAS or a desktop leaves behind.

    Asked only of what is not recorded: a shop may well have a file of such a name.
    """
    low = name.lower()
    return low in _DROPPINGS or low.startswith(_DROPPED_HEADS)


def displayed(text: str) -> str:
    """The text safe for a terminal, a log line or a text file: one line, nothing that acts.

    Control characters, line and paragraph separators, and marks that turn the writing direction
    come out as escapes.
    """
    escaped = text.translate(_DISPLAYED)
    return "".join(
        char if char == " " or char.isprintable() else char.encode("unicode_escape").decode()
        for char in escaped
    )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
