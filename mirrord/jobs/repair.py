"""What a check suspects: proven under the locks, put right where a good copy exists, told.

The good bytes come from another inode of this house that claims them, then from the store, and are
taken only if their sha256 is the recorded one. What can not be put right stays as it is and is told
each time. Nothing is said about what a sync beside us was just moving.
"""

import logging
import stat
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from mirrord.core.entry import Entry, Held, TreePath
from mirrord.core.manifest import Findings, is_near, lenient_sums, mended_sums
from mirrord.core.names import displayed, is_personal
from mirrord.core.pulse import Pulse
from mirrord.core.report import NAMED_FAILURES, Outcome, Report
from mirrord.core.times import moment_name
from mirrord.disk.claims import SUMS, Point, claims_of, files_in, points, read_sums
from mirrord.disk.diary import Diary
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.locks import locked
from mirrord.disk.look import compare
from mirrord.disk.manifest import damaged_manifests, rewrite_manifest
from mirrord.disk.mending import Mending
from mirrord.disk.staging import StagedFile
from mirrord.disk.steps import lstat
from mirrord.disk.wounds import (
    FILES,
    Wound,
    hash_of,
    should_be_in,
    survey,
    wounds_among,
)
from mirrord.errors import ConfigError, StoreError, TransferError
from mirrord.source import FileSource

log = logging.getLogger(__name__)

#: Opens the store's tree for as long as something is fetched.
OpenStore = Callable[[], AbstractContextManager[FileSource]]
#: So many files are staged before they are made durable and placed together.
_AT_ONCE = 200
_OWN = 0o600


@dataclass(slots=True)
class Suspicion:
    """What a check could not find as it was recorded, as names below the house.

    ``names`` of files, ``strays`` that nothing speaks of, ``folders`` of files/ that are none,
    ``points`` whose checksums can not be read; ``manifest``: those of files/ are not the ledger's.
    """

    names: set[str] = field(default_factory=set)
    strays: list[str] = field(default_factory=list)
    folders: list[Held] = field(default_factory=list)
    points: set[Point] = field(default_factory=set)
    manifest: bool = False

    def __bool__(self) -> bool:
        return bool(self.names or self.strays or self.folders or self.points or self.manifest)


@dataclass(slots=True)
class Settled:
    """What came of it: names by what was wrong, sentences for people, how much was put right."""

    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    put_right: int = 0
    left: int = 0

    @property
    def findings(self) -> Findings:
        """By name."""
        return Findings(tuple(self.missing), tuple(self.altered), tuple(self.unexpected))

    def tell(self, name: str, what: str) -> None:
        """One sentence about one place, also in the log."""
        sentence = f"{displayed(name)}: {what}"
        log.warning("found %s", sentence)
        self.sentences.append(sentence)

    def counts(self) -> dict[str, int]:
        """In numbers."""
        return {
            "missing": len(self.missing),
            "altered": len(self.altered),
            "unexpected": len(self.unexpected),
            "put right": self.put_right,
            "left to the next sync": self.left,
        }


def report(
    job: str,
    house: House,
    started: float,
    ended: float,
    counts: dict[str, int],
    sentences: list[str],
) -> Report:
    """The report of a check: 3 if anything was found, put right or not."""
    told = sentences[:NAMED_FAILURES]
    if len(sentences) > NAMED_FAILURES:
        told.append(f"and {len(sentences) - NAMED_FAILURES:,} more; see the log")
    outcome = Outcome.PARTIAL if sentences else Outcome.OK
    code = 3 if sentences else 0
    return Report(job, house.key, started, ended, outcome, code, counts, tuple(told))


class Repair:
    """``now`` (seconds since 1970) names the folder in set-aside/; without ``heal`` all is told."""

    def __init__(
        self, house: House, store: OpenStore | None, now: float, pulse: Pulse, *, heal: bool
    ) -> None:
        self._house = house
        self._store = store
        self._now = int(now)
        self._pulse = pulse
        self._heal = heal
        self._settled = Settled()

    def settle(self, suspicion: Suspicion) -> Settled:
        """Prove it, put it right, tell it. DiskError; the store's errors become sentences."""
        with ExitStack() as ends:
            for lane in ("files", "exports"):
                lock = self._house.lock_file(lane)
                ends.enter_context(locked(lock, "verify", self._pulse))
            ledger = ends.enter_context(Ledger(self._house.room(".mirrord/ledger.db")))
            mending = ends.enter_context(Mending(self._house, moment_name(self._now)))
            with Diary(self._house.room(".mirrord/diary.db")) as diary:
                # what it had placed is not recorded yet; the next sync compares, and settles it
                cut = diary.is_open("files")
            self._strays(ledger, mending, suspicion.strays, cut=cut)
            self._folders(ledger, mending, suspicion.folders, cut=cut)
            wounds = wounds_among(self._house, mending.root, ledger, suspicion.names, self._pulse)
            kept = [wound for wound in wounds if not (cut and _is_moved(wound))]
            self._settled.left += len(wounds) - len(kept)
            names = self._checksums(mending, suspicion.points, kept)
            if names is not None:
                kept = wounds_among(self._house, mending.root, ledger, names, self._pulse)
            if kept:
                self._wounds(ledger, mending, kept)
            if suspicion.manifest:
                self._manifests(ledger, mending)
        return self._settled

    # what nothing speaks of

    def _strays(
        self, ledger: Ledger, mending: Mending, strays: Iterable[str], *, cut: bool
    ) -> None:
        folders = []
        for name in strays:
            self._pulse.beat()
            if ledger.held_locally(name.removeprefix(FILES)) is not None:
                continue
            try:
                there = lstat(mending.root, name)
            except OSError:
                continue
            if cut:
                self._settled.left += 1
            elif stat.S_ISDIR(there.st_mode):
                folders.append(name)
            else:
                self._settled.unexpected.append(name)
                words = "put here by somebody else"
                if self._heal:
                    words += f"; moved to {displayed(mending.move_aside(name))}"
                    self._settled.put_right += 1
                self._settled.tell(name, words)
        for name in reversed(folders):
            if self._heal:
                mending.remove_empty(name)

    def _folders(
        self, ledger: Ledger, mending: Mending, folders: Iterable[Held], *, cut: bool
    ) -> None:
        for held in folders:
            name = FILES + held.local
            if ledger.held_locally(held.local) is None or _is_folder(mending.root, name):
                continue
            if cut:
                self._settled.left += 1
                continue
            self._settled.missing.append(name)
            words = "the folder is gone"
            if self._heal:
                mending.make_folder(name)
                self._settled.put_right += 1
                words += "; made again"
            self._settled.tell(name, words)

    # checksums

    def _checksums(
        self, mending: Mending, flawed: set[Point], wounds: list[Wound]
    ) -> set[str] | None:
        """Mend checksums whose own text is damaged; the names that are suspected by then.

        None where nothing was mended.
        """
        names = {name for wound in wounds for name in wound.names}
        changed = False
        for point in sorted(self._to_mend(flawed, wounds), key=lambda one: one.folder):
            inside = f"{point.folder}/"
            found = {
                name.removeprefix(inside): hash_of(mending.root, name, self._pulse)[0]
                for name in files_in(self._house, point.folder)
                if should_be_in(point, name)
            }
            text = read_sums(self._house, point)
            body = mended_sums(text, {name: sha256 for name, sha256 in found.items() if sha256})
            if body is None:
                self._tell_flaw(point, text, flawed)
                continue
            changed = True
            told = dict(lenient_sums(body)[0])
            names = {name for name in names if not name.startswith(inside)}
            names |= {inside + name for name, sum_ in told.items() if found.get(name) != sum_}
            self._settled.altered.append(point.sums)
            words = "the text is damaged, not the files that it speaks of"
            if self._heal:
                kept = mending.write(point.sums, body, _OWN)
                self._settled.put_right += 1
                words += f"; put right, the damaged one is in {displayed(kept)}"
            self._settled.tell(point.sums, words)
        return names if changed else None

    def _to_mend(self, flawed: set[Point], wounds: list[Wound]) -> set[Point]:
        """Checksums that can not be read, or speak nearly right, or of a file of another name."""
        found: set[Point] = set()
        for point in flawed:
            if not claims_of(self._house, point)[1]:
                found.add(point)
        for wound in wounds:
            near = wound.found and wound.found != wound.sha256
            near = near and is_near(wound.found, wound.sha256)
            for name in wound.names:
                owner = _point_of(name)
                if owner and (near or (not wound.found and self._has_unnamed(owner))):
                    found.add(owner)
        return found

    def _has_unnamed(self, point: Point) -> bool:
        named = {claim.name for claim in claims_of(self._house, point)[0] if claim.sha256}
        return any(
            name not in named and should_be_in(point, name)
            for name in files_in(self._house, point.folder)
        )

    def _tell_flaw(self, point: Point, text: bytes, flawed: set[Point]) -> None:
        if point not in flawed:
            return
        room = self._settled.altered if text else self._settled.missing
        room.append(point.sums)
        words = "damaged beyond what can be mended" if text else "the checksums are gone"
        self._settled.tell(point.sums, f"{words}: copy the file back from a backup")

    def _manifests(self, ledger: Ledger, mending: Mending) -> None:
        """SHA256SUMS and MANIFEST.csv of files/: what they say is the ledger's."""
        if ledger.manifest_due():
            return
        for name in damaged_manifests(self._house, ledger):
            there = self._house.room(name).exists()
            (self._settled.altered if there else self._settled.missing).append(name)
            words = "not what the ledger says"
            if self._heal:
                kept = mending.keep(name)
                rewrite_manifest(self._house, ledger, mending.staging, name, self._now)
                self._settled.put_right += 1
                words += "; written anew" + (f", the old one is in {kept}" if kept else "")
            self._settled.tell(name, words)

    # files

    def _wounds(self, ledger: Ledger, mending: Mending, wounds: list[Wound]) -> None:
        seen = survey(self._house, mending.root, ledger, wounds, self._pulse)
        for wound in seen.wounds:
            here = self._settled.missing if _is_gone(wound) else self._settled.altered
            here.extend(wound.names)
        open_wounds = [wound for wound in seen.wounds if not self._only_time(mending, wound)]
        if self._heal:
            open_wounds = self._from_house(mending, open_wounds, seen.donors)
        why = self._from_store(mending, open_wounds) if self._heal else {}
        for wound in open_wounds:
            if why.get(wound.names[0]) != "":
                self._tell_open(wound, why.get(wound.names[0], ""))

    def _only_time(self, mending: Mending, wound: Wound) -> bool:
        """Whether the bytes are right and only the file's time was changed; put right."""
        if wound.found != wound.sha256 or wound.held is None:
            return False
        words = "its time was changed here, its bytes were not"
        if self._heal:
            mending.set_time(wound.names[0], wound.held.mtime)
            self._settled.put_right += len(wound.names)
            words += "; put right"
        self._settled.tell(wound.names[0], words)
        return True

    def _from_house(
        self, mending: Mending, wounds: list[Wound], donors: dict[str, list[str]]
    ) -> list[Wound]:
        """Heal from other inodes; what is left."""
        left: list[Wound] = []
        queue = iter(wounds)
        while batch := list(islice(queue, _AT_ONCE)):
            staged: list[tuple[Wound, StagedFile, str]] = []
            for wound in batch:
                found = self._donor(mending, wound, donors[wound.sha256])
                if found is None:
                    left.append(wound)
                else:
                    staged.append((wound, *found))
            if staged:
                self._put(mending, staged)
        return left

    def _donor(
        self, mending: Mending, wound: Wound, donors: list[str]
    ) -> tuple[StagedFile, str] | None:
        if wound.names[0].endswith(f"/{SUMS}"):
            # a snapshot's copy of the checksums of exports: those themselves may be as recorded
            sums = (point.sums for point in points(self._house))
            donors = [*donors, *(name for name in sums if name not in wound.names)]
        for donor in donors:
            there = lstat(mending.root, donor)
            mode, mtime = _manner(wound, there.st_mode & 0o7777, there.st_mtime_ns)
            staged = mending.stage_copy(donor, wound.sha256, mode, mtime, self._pulse)
            if staged is not None:
                return staged, donor
        return None

    def _from_store(self, mending: Mending, wounds: list[Wound]) -> dict[str, str]:
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
                self._fetch(mending, source, asked, why)
        except (StoreError, ConfigError) as error:
            for wound in asked.values():
                why.setdefault(wound.names[0], f"the store could not be asked: {error}")
        return why

    def _fetch(
        self,
        mending: Mending,
        source: FileSource,
        asked: dict[TreePath, Wound],
        why: dict[str, str],
    ) -> None:
        def open_sink(entry: Entry) -> StagedFile:
            return mending.stage(*_manner(asked[entry.path], _OWN, 0))

        entries = [held.entry for wound in asked.values() if (held := wound.held) is not None]
        for one in source.fetch_many(entries, open_sink, self._pulse):
            self._pulse.beat()
            if isinstance(one, TransferError):
                why[asked[TreePath(one.path)].names[0]] = f"the store does not give it: {one}"
                continue
            wound = asked[one.entry.path]
            # every sink of this source was opened by us
            staged = cast(StagedFile, one.sink)
            if one.sha256 != wound.sha256:
                staged.discard()
                why[wound.names[0]] = (
                    "the store has another version by now, which the next sync takes as a change"
                )
                continue
            self._put(mending, [(wound, staged, "the store")])
            why[wound.names[0]] = ""

    def _put(self, mending: Mending, staged: list[tuple[Wound, StagedFile, str]]) -> None:
        mending.make_durable()
        for wound, file, origin in staged:
            kept = mending.put(file, list(wound.names))
            self._settled.put_right += len(wound.names)
            words = f"{_words(wound)}; put right from {displayed(origin)}"
            if kept:
                words += f", what was there is in {displayed(kept)}"
            self._settled.tell(wound.names[0], words)
        mending.make_durable()

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


def _is_moved(wound: Wound) -> bool:
    """Whether a sync that was cut may have left it so."""
    if not wound.names[0].startswith(FILES):
        return False
    return wound.held is None or wound.there is None or not compare(wound.held, wound.there)


def _is_folder(root: int, name: str) -> bool:
    with suppress(OSError):
        return stat.S_ISDIR(lstat(root, name).st_mode)
    return False


def _point_of(name: str) -> Point | None:
    room, _, rest = name.partition("/")
    if room == "files":
        return None
    folder = f"{room}/{rest.partition('/')[0]}"
    sums = f"{folder}.SHA256SUMS" if room == "old-versions" else f"{folder}/SHA256SUMS"
    return Point(folder, sums)
