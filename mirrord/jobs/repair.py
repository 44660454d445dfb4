"""What a check suspects: proven under the locks, put right where it can be, told.

Nothing is said about what a sync beside us was just moving.
"""

import stat
from collections.abc import Iterable
from contextlib import ExitStack, suppress

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.entry import Held
from mirrord.core.manifest import is_near, lenient_sums, mended_sums
from mirrord.core.pulse import Pulse
from mirrord.core.times import moment_name
from mirrord.disk.claims import Point, claims_of, files_in, read_sums
from mirrord.disk.diary import Diary
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.locks import locked
from mirrord.disk.look import compare
from mirrord.disk.manifest import damaged_manifests, rewrite_manifest
from mirrord.disk.mending import Mending
from mirrord.disk.steps import lstat
from mirrord.disk.wounds import FILES, Wound, hash_of, should_be_in, wounds_among
from mirrord.jobs.healing import Healing, OpenStore
from mirrord.jobs.settled import Settled, Suspicion

_OWN, _SHARED = 0o600, 0o440


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
                healing = Healing(
                    self._house,
                    self._store,
                    mending,
                    self._settled,
                    self._pulse,
                    heal=self._heal,
                )
                healing.heal(ledger, kept)
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
                    words += f"; moved to {displayed(discreet(mending.move_aside(name)))}"
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
                # themes/ is shared with people who may check it themselves
                mode = _SHARED if point.folder.startswith("themes/") else _OWN
                kept = mending.write(point.sums, body, mode)
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
