"""The local names of one house: what its disk can hold, and what is held already.

A name once given stays, also when the house moves to another disk: MANIFEST.csv and the ledger
tell it. The rules of this disk are for what is new, and for names that clash here.
"""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import cached_property

from mirrord.core.entry import Held, TreePath
from mirrord.core.names import NAME_BYTES, Naming
from mirrord.disk.durable import disk_errors, filesystem
from mirrord.disk.house import House, write_whole

_FACTS = ".mirrord/disk.json"
_PLAIN = Naming()


def naming_of(house: House) -> Naming:
    """What names the disk below files/ holds; measured once, and again on another disk. DiskError.

    A length that is worse than all that are tried is left to the disk's own errors.
    """
    folder, file = house.room("files"), house.room(_FACTS)
    with disk_errors(f"measuring {folder}"):
        there = os.stat(folder)
        disk = [filesystem(folder), there.st_dev, there.st_ino]
        # a file that is gone, damaged, or of another program is measured anew
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(file.read_bytes())
            if told["disk"] == disk:
                return Naming(**told["names"])
    from mirrord.disk.probe import measure  # once in a disk's life

    # not in files/ itself: whoever watches that would take the trial for somebody else's work; in
    # the lane's staging, what a cut or an error leaves of it is swept by the run that follows
    trial = house.room(".mirrord/staging/files")
    with disk_errors(f"making {trial}"):
        trial.mkdir(0o700, exist_ok=True)
    facts = measure(trial)
    naming = Naming(
        facts.name_bytes or NAME_BYTES, facts.folds_case, facts.normalises, facts.refused
    )
    with disk_errors(f"writing {file}"):
        text = json.dumps({"disk": disk, "names": asdict(naming)})
        write_whole(file, text.encode(), 0o600)
    return naming


class LocalNames:
    """Gives every path its local one; ``held_at`` and ``held`` ask the ledger.

    On a disk that folds names, all that are taken are kept in memory (some 200 bytes each).
    """

    def __init__(
        self,
        naming: Naming = _PLAIN,
        held_at: Callable[[TreePath], Held | None] = lambda _: None,
        held: Callable[[], Iterable[Held]] = tuple,
    ) -> None:
        self._naming = naming
        self._held_at = held_at
        self._held = held
        self._folders: dict[str, str] = {}

    def of(self, path: TreePath, held: Held | None = None) -> str:
        """The local path of what is placed at ``path``, where ``held`` lies now if anything."""
        local = held.local if held is not None else self._new(path)
        if self._naming.folds:
            local = self._unclashing(local, path)
        return local

    def of_folder(self, path: TreePath) -> str:
        """The local path of a folder, which stays the same for all that comes into it."""
        if not path:
            return ""
        if path not in self._folders:
            self._folders[path] = self.of(path, self._held_at(path))
        return self._folders[path]

    def _new(self, path: TreePath) -> str:
        above, _, segment = path.rpartition("/")
        name = path.names[-1] if "%" in segment else segment
        folder = self._folders.get(above)
        if folder is None:
            folder = self.of_folder(path.parent)
        return _below(folder, self._naming.local(name))

    def _unclashing(self, local: str, path: TreePath) -> str:
        if self._taken.setdefault(self._naming.key(local), path) == path:
            return local
        other = _below(self.of_folder(path.parent), self._naming.escaped(path.names[-1]))
        self._taken[self._naming.key(other)] = path
        return other

    @cached_property
    def _taken(self) -> dict[str, TreePath]:
        taken: dict[str, TreePath] = {}
        for one in self._held():
            taken.setdefault(self._naming.key(one.local), one.path)
        return taken


def _below(above: str, name: str) -> str:
    return f"{above}/{name}" if above else name
