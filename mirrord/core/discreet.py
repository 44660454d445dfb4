"""Names of files as they may be told where staff, systemd or the journal can read them.

In some folders the shop and its people name files as they like, after a customer if they will. Of
those, names made of nothing but usual words and dates are told as they are; any other one as ``~``,
six hex digits of its hash, and its ending: enough to tell two files apart in a log, and for whoever
has the name to find it there.
"""

import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256

#: Below these, wherever they stand in a path, names are people's own.
_ROOMS = frozenset({"exports", "import_files", "drop-here", "order-witnesses", "restore-kits"})
_TOKENS = re.compile(r"[\W_]+")
_MOMENT = re.compile(r"(?<![0-9])20[0-9]{2}[-_. ]?[01][0-9][-_. ]?[0-3][0-9](T[0-9]{6}Z)?(?![0-9])")
#: So many digits besides are numbers of parts and versions; a telephone number has more.
_FEW = 4
_ENDING = re.compile(r"(\.(csv|xml|txt|json|jsonl|xlsx|xls|zip|gz|sql|log|pdf|part|tmp))+\Z")
_DIGITS = 6
# fmt: off
_USUAL = frozenset({
    "all", "archive", "backup", "bulk", "changes",
    "copy", "csv", "data", "default", "drop", "edit", "export",
    "exports", "file", "files", "final", "from", "full", "gz", "here", "import", "imports", "json",
    "jsonl", "latest", "list", "more", "new", "newsletter", "old", "receipts", "report", "sample",
    "sha256sums", "sheet", "shop", "skus", "stock", "store", "taken", "template", "test", "txt",
    "unknown", "update", "updated", "upload", "v1", "v2", "v3", "webdav", "xls", "xlsx", "xml",
    "zip", "lossless", "drop-here", "snapshot", "now",
})
# fmt: on


def discreet(name: str) -> str:
    """A path below the house or the store's tree, or a sentence with one, as it may be told."""
    steps = name.split("/")
    for place, step in enumerate(steps):
        if step.rpartition(" ")[2] in _ROOMS:
            return "/".join((*steps[: place + 1], *map(_told, steps[place + 1 :])))
    return name


def mode_of_list(names: Iterable[str]) -> int:
    """The mode of a file that lists these paths, such as checksums: its owner's alone if need be.

    Others may read it as long as no name in it could be a person's.
    """
    return 0o600 if any(discreet(name) != name for name in names) else 0o440


def _told(step: str) -> str:
    tokens = [token for token in _TOKENS.split(_MOMENT.sub(" ", step)) if token]
    numbers = [token for token in tokens if token.isascii() and token.isdigit()]
    if sum(map(len, numbers)) <= _FEW and all(
        token in numbers or token.lower() in _words() for token in tokens
    ):
        return step
    ending = _ENDING.search(step.lower())
    digits = sha256(step.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
    return f"~{digits}{ending[0] if ending else ''}"


@cache
def _words() -> frozenset[str]:
    """The usual words, and those of which the names of datasets and their parts consist."""
    from mirrord.core.datasets import DATASETS  # few names need it

    names = {
        name
        for dataset in DATASETS.values()
        for name in (
            dataset.name,
            *dataset.files.values(),
            *(table.name for table in dataset.tables),
        )
    }
    known = {word for name in names for word in name.split("_")}
    return _USUAL | known | {word.removesuffix("s") for word in known}
