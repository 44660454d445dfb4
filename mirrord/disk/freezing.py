"""Building a snapshot under a hidden name: twins of what the ledger, exports/ and themes/ tell.

What is frozen is what was promised: a file that is not as it was placed gets no twin, and is named.
The sums are those of the ledger and of the exports; only what had to be copied is read. Whoever
freezes holds the locks ``files`` and ``exports``, so that nothing of ours moves meanwhile.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import groupby, islice
from pathlib import Path
from typing import Self, TypeAlias

from mirrord.core.discreet import mode_of_list
from mirrord.core.entry import Kind
from mirrord.core.manifest import parse_sums, sum_line
from mirrord.core.names import is_sheet
from mirrord.core.pulse import Pulse
from mirrord.disk.dayfolder import RECEIPTS
from mirrord.disk.duplicate import Way, try_way
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole
from mirrord.disk.ledger import Ledger
from mirrord.disk.snapshots import SUMS
from mirrord.disk.staging import closing_fd
from mirrord.disk.twinning import Part, twin_each, twin_many
from mirrord.disk.twins import Frozen, Promise, Twins

#: Local path, kind, sha256, size and mtime of what is held, as the ledger gives them.
Row: TypeAlias = tuple[str, str, str, int, int]

_LATEST = "exports/latest"
_PERSONAL = ("exports/", "files/exports/", "files/import_files/")
#: So many files of one folder between two signs of life.
_PART = 1_000
#: From so many files on, other processes help: they need some time to start.
_MANY = 5_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def exports_sums(house: House) -> dict[str, str]:
    """Name and sha256 of what a snapshot takes of exports/latest/, its SHA256SUMS too, or ``{}``.

    Sheets are made anew of what is frozen, if anybody wants them: they are left out, and the
    snapshot's SHA256SUMS does not speak of them. DiskError where SHA256SUMS can not be read.
    """
    file = house.room(_LATEST) / SUMS
    with disk_errors(f"reading {file}"):
        try:
            body = file.read_bytes()
        except FileNotFoundError:
            return {}
        lines = body.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
        try:
            sums = dict(parse_sums(line for line in lines if line))
        except ValueError as error:
            raise OSError(f"{error}; copy the file back from the day's folder") from error
    frozen = {name: sha256 for name, sha256 in sums.items() if not is_sheet(name)}
    if len(frozen) < len(sums):
        body = _sums_text(frozen)
    return frozen | {SUMS: hashlib.sha256(body).hexdigest()}


def content_sum(
    exports: Mapping[str, str], themes: Mapping[str, str], ledger: Ledger, facts: Iterable[str]
) -> str:
    """One sha256 of all that a snapshot would hold now, and of what its verdict would say.

    When a pull took place is left out: the same records pulled again are the same content.
    """
    digest = hashlib.sha256("\0".join(facts).encode("utf-8", "surrogateescape"))
    for name in sorted(exports.keys() - {RECEIPTS, SUMS}):
        digest.update(f"\0{exports[name]} {name}".encode("utf-8", "surrogateescape"))
    for name in sorted(themes):
        digest.update(f"\0{themes[name]} themes/{name}".encode("utf-8", "surrogateescape"))
    for local, _, sha256, _, _ in ledger.held_plain():
        digest.update(f"\0{sha256} {local}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


class Freeze:
    """A hidden folder being filled. ``way``: by hard links, or by copies that share their blocks.

    CannotLink where the filesystem can not; DiskError. ``told`` is what was frozen so far.
    """

    def __init__(self, house: House, hidden: Path, way: Way) -> None:
        self.told = Frozen()
        self._way = way
        self._private = False
        self._sums_file = hidden / SUMS
        with ExitStack() as ends, disk_errors(f"making {hidden}"):
            hidden.mkdir(0o750)
            hidden.chmod(0o750)
            self._root = ends.enter_context(closing_fd(os.open(house.root, _FOLDER)))
            self._hidden = ends.enter_context(closing_fd(os.open(hidden, _FOLDER)))
            try_way(way, self._hidden, str(hidden.parent))
            self._sums = ends.enter_context(self._sums_file.open("wb"))
            self._ends = ends.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def exports(self, sums: Mapping[str, str]) -> None:
        """Take in exports/latest/, whose files' sums these are."""
        rest = {name: sha256 for name, sha256 in sums.items() if name != SUMS}
        own = _sums_text(rest)
        if sums and hashlib.sha256(own).hexdigest() == sums[SUMS]:
            self._some(_LATEST, "exports", rest, own)
        else:
            self._some(_LATEST, "exports", sums)

    def themes(self, sums: Mapping[str, str]) -> None:
        """Take in those files of themes/ whose sums these are, each in the folder of its day."""
        self._some("themes", "themes", sums)

    def _some(self, source: str, room: str, sums: Mapping[str, str], own: bytes = b"") -> None:
        """``own``: the text of its checksums, where that is not a twin of what lies there."""
        if not sums:
            return
        promises = (Promise(name, sums[name]) for name in sorted(sums, key=os.fsencode))
        parts = groupby(promises, lambda one: one.path.rpartition("/")[0])
        with disk_errors(f"freezing {room}/"), self._twins(source, room) as twins:
            for part, told in twin_each(twins, ((above, list(files)) for above, files in parts)):
                self._note(room, part, told)
            if own:
                write_whole(self._sums_file.parent / room / SUMS, own, 0o600)
                promise = Promise(SUMS, hashlib.sha256(own).hexdigest())
                self._note(room, ("", [promise]), Frozen(files=1, bytes=len(own)))
            twins.stamp()

    def files(self, held: Iterable[Row], total: int, pulse: Pulse) -> None:
        """Take in files/, as the ledger tells of it, ascending by local path."""
        with disk_errors("freezing files/"), self._twins("files", "files") as twins:
            parts = _parts(held)
            helped = self._way == "link" and total >= _MANY
            taken = twin_many(twins, parts, pulse) if helped else twin_each(twins, parts)
            with closing(taken):  # whoever helps has ended before an error is handled
                for part, told in taken:
                    self._note("files", part, told)
                    pulse.progress("freezing", self.told.files + self.told.folders, total)
            twins.stamp()

    def close(self) -> str:
        """End SHA256SUMS; its sha256."""
        with disk_errors(f"writing {self._sums_file}"):
            self._sums.close()
            self._sums_file.chmod(0o600 if self._private else 0o440)
            with self._sums_file.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()

    def _twins(self, source: str, target: str) -> Twins:
        return Twins(self._root, source, self._hidden, target, self._way)

    def _note(self, room: str, part: Part, told: Frozen) -> None:
        above, promises = part
        if above is not None:
            left_out = {*told.missing, *told.altered}
            named = [(one.sha256, f"{room}/{one.path}") for one in promises]
            if not self._private and f"{room}/{above}/".startswith(_PERSONAL):
                self._private = mode_of_list(name for _, name in named) == 0o600
            lines = [sum_line(sha256, name) for sha256, name in named if name not in left_out]
            self._sums.write("".join(lines).encode("utf-8", "surrogateescape"))
        self.told.add(told)


def _sums_text(sums: Mapping[str, str]) -> bytes:
    """As exports.seal writes it."""
    lines = (sum_line(sums[name], name) for name in sorted(sums, key=os.fsencode))
    return "".join(lines).encode("utf-8", "surrogateescape")


def _parts(held: Iterable[Row]) -> Iterator[Part]:
    for above, rows in groupby(held, _above):
        if above is None:
            yield from ((None, [Promise(row[0], "")]) for row in rows)
            continue
        promises = (Promise(local, sha256, size, mtime) for local, _, sha256, size, mtime in rows)
        while part := list(islice(promises, _PART)):
            yield above, part


def _above(row: Row) -> str | None:
    return None if row[1] == Kind.FOLDER else row[0][: max(row[0].rfind("/"), 0)]
