"""Files that are proven to be wrong: put right where a good copy exists, told in any case.

The good bytes come from another inode of this house that claims them, then from the store, and are
taken only if their sha256 is the recorded one. What can not be put right stays as it is and is told
each time.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from itertools import islice
from typing import cast

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.entry import Entry, TreePath
from mirrord.core.manifest import sum_line
from mirrord.core.names import is_personal, is_sheet
from mirrord.core.pulse import Pulse
from mirrord.disk.claims import SUMS, Point, claims_of, points
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.look import compare
from mirrord.disk.mending import Mending
from mirrord.disk.staging import StagedFile
from mirrord.disk.steps import lstat
from mirrord.disk.wounds import FILES, Wound, survey
from mirrord.errors import ConfigError, StoreError, TransferError
from mirrord.jobs.settled import Settled
from mirrord.source import Fetched, FileSource

#: Opens the store's tree for as long as something is fetched.
OpenStore = Callable[[], AbstractContextManager[FileSource]]
#: So many files are staged before they are made durable and placed together.
_AT_ONCE = 200
_OWN = 0o600
_LATEST = "exports/latest/"
_SUMS_OF_LATEST = Point("exports/latest", f"{_LATEST}{SUMS}")


class Healing:
    """Under the locks of files/ and exports/; with ``repair`` False all is only told."""

    def __init__(
        self,
        house: House,
        store: OpenStore | None,
        mending: Mending,
        settled: Settled,
        pulse: Pulse,
        *,
        heal: bool,
    ) -> None:
        self._house = house
        self._store = store
        self._mending = mending
        self._settled = settled
        self._pulse = pulse
        self._heal = heal

    def heal(self, ledger: Ledger, wounds: list[Wound]) -> None:
        """Put right what can be, and tell of each. DiskError."""
        seen = survey(self._house, self._mending.root, ledger, wounds, self._pulse)
        for wound in seen.wounds:
            here = self._settled.missing if _is_gone(wound) else self._settled.altered
            here.extend(wound.names)
        open_wounds = [wound for wound in seen.wounds if not self._only_time(wound)]
        if self._heal:
            open_wounds = self._from_house(open_wounds, seen.donors)
            open_wounds = self._without_sheets(open_wounds)
        why = self._from_store(open_wounds) if self._heal else {}
        for wound in open_wounds:
            if why.get(wound.names[0]) != "":
                self._tell_open(wound, why.get(wound.names[0], ""))

    def _only_time(self, wound: Wound) -> bool:
        """Whether the bytes are right and only the file's time was changed; put right."""
        if wound.found != wound.sha256 or wound.held is None:
            return False
        words = "its time was changed here, its bytes were not"
        if self._heal:
            self._mending.set_time(wound.names[0], wound.held.mtime)
            self._settled.put_right += len(wound.names)
            words += "; put right"
        self._settled.tell(wound.names[0], words)
        return True

    def _from_house(self, wounds: list[Wound], donors: dict[str, list[str]]) -> list[Wound]:
        """Heal from other inodes; what is left."""
        left: list[Wound] = []
        queue = iter(wounds)
        while batch := list(islice(queue, _AT_ONCE)):
            staged: list[tuple[Wound, StagedFile, str]] = []
            for wound in batch:
                found = self._donor(wound, donors[wound.sha256])
                if found is None:
                    left.append(wound)
                else:
                    staged.append((wound, *found))
            if staged:
                self._put(staged)
        return left

    def _without_sheets(self, wounds: list[Wound]) -> list[Wound]:
        """A sheet is made anew by the next pull: a bad one is set aside, and forgotten."""
        sheets = [wound for wound in wounds if is_sheet(wound.names[0].removeprefix(_LATEST))]
        for wound in sheets:
            name = wound.names[0]
            kept = self._mending.move_aside(name) if wound.there else ""
            told = claims_of(self._house, _SUMS_OF_LATEST)[0]
            lines = (
                sum_line(claim.sha256, claim.name.removeprefix(_LATEST))
                for claim in told
                if claim.name != name
            )
            body = "".join(lines).encode("utf-8", "surrogateescape")
            self._mending.write(_SUMS_OF_LATEST.sums, body, _OWN)
            self._settled.put_right += len(wound.names)
            words = f"{_words(wound)}; the next pull makes it anew"
            if kept:
                words += f", this one is in {displayed(discreet(kept))}"
            self._settled.tell(name, words)
        return [wound for wound in wounds if wound not in sheets]

    def _donor(self, wound: Wound, donors: list[str]) -> tuple[StagedFile, str] | None:
        if wound.names[0].endswith(f"/{SUMS}"):
            # a snapshot's copy of the checksums of exports: those themselves may be as recorded
            sums = (point.sums for point in points(self._house))
            donors = [*donors, *(name for name in sums if name not in wound.names)]
        for donor in donors:
            there = lstat(self._mending.root, donor)
            mode, mtime = _manner(wound, there.st_mode & 0o7777, there.st_mtime_ns)
            staged = self._mending.stage_copy(donor, wound.sha256, mode, mtime, self._pulse)
            if staged is not None:
                return staged, donor
        return None

    def _from_store(self, wounds: list[Wound]) -> dict[str, str]:
        """Heal what the store still has; by first name why not, ``""`` where it was healed."""
        asked = {
            wound.held.path: wound
            for wound in wounds
            if wound.held is not None and wound.names[0].startswith(FILES)
        }
        why: dict[str, str] = {}
        if self._store is None or not asked:
            return why
        # as open as an error may be that ends the asking: what came is put right all the same
        try:
            with self._store() as source:
                self._fetch(source, asked, why)
        except (StoreError, ConfigError) as error:
            for wound in asked.values():
                why.setdefault(wound.names[0], f"the store could not be asked: {error}")
        return why

    def _fetch(
        self,
        source: FileSource,
        asked: dict[TreePath, Wound],
        why: dict[str, str],
    ) -> None:
        def open_sink(entry: Entry) -> StagedFile:
            return self._mending.stage(*_manner(asked[entry.path], _OWN, 0))

        entries = [held.entry for wound in asked.values() if (held := wound.held) is not None]
        with closing(source.fetch_many(entries, open_sink, self._pulse)) as came:
            for one in came:
                self._pulse.beat()
                if isinstance(one, TransferError):
                    why[asked[TreePath(one.path)].names[0]] = f"the store does not give it: {one}"
                elif one is not None:
                    wound = asked[one.entry.path]
                    why[wound.names[0]] = self._taken(one, wound)

    def _taken(self, fetched: Fetched, wound: Wound) -> str:
        """Put in place what the store gave for a wound; why not, if not."""
        # every sink of this source was opened by us
        staged = cast(StagedFile, fetched.sink)
        if fetched.sha256 != wound.sha256:
            staged.discard()
            return "the store has another version by now, which the next sync takes as a change"
        self._put([(wound, staged, "the store")])
        return ""

    def _put(self, staged: list[tuple[Wound, StagedFile, str]]) -> None:
        self._mending.make_durable()
        for wound, file, origin in staged:
            kept = self._mending.put(file, list(wound.names))
            self._settled.put_right += len(wound.names)
            words = f"{_words(wound)}; put right from {displayed(discreet(origin))}"
            if kept:
                words += f", what was there is in {displayed(discreet(kept))}"
            self._settled.tell(wound.names[0], words)
        self._mending.make_durable()

    def _tell_open(self, wound: Wound, why: str) -> None:
        words = _words(wound)
        if self._heal:
            words += "; there is no good copy in this house"
        if why:
            words += f"; {displayed(why)}"
        self._settled.tell(wound.names[0], words)


def _words(wound: Wound) -> str:
    more = f" (and under {len(wound.names) - 1} more names)" if len(wound.names) > 1 else ""
    if _is_gone(wound):
        return f"missing{more} (recorded sha256 {wound.sha256})"
    if not wound.found:
        return f"can not be read{more}: {wound.why} (recorded sha256 {wound.sha256})"
    how = "altered"
    if wound.held is not None and wound.there is not None:
        touched = not compare(wound.held, wound.there)
        how = "changed here by somebody" if touched else "rotten: its bytes are not its own"
    return f"{how}{more} (recorded sha256 {wound.sha256}, found {wound.found})"


def _manner(wound: Wound, mode: int, mtime: int) -> tuple[int, int]:
    """Mode and mtime (ns) of the true file: as recorded, else as what is there has them."""
    if wound.held is not None:
        return 0o600 if is_personal(wound.held.path) else 0o440, wound.held.mtime
    if wound.there is not None:
        return wound.there.st_mode & 0o7777, wound.there.st_mtime_ns
    return mode, mtime


def _is_gone(wound: Wound) -> bool:
    return wound.there is None and not wound.why
