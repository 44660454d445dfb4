"""One store, its house, a clock, and the laws that every run of a job must leave standing.

A :class:`World` runs the real jobs and judges each run by what was shown before, what is shown
after and what the store has: it knows no decision of the product's, only the laws.
"""

import copy
import csv
import shutil
import subprocess
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from time import strptime

from mirrord.config import Keep, Retention
from mirrord.core.entry import Held, TreePath
from mirrord.core.guard import Limits
from mirrord.core.names import is_personal, local_path
from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.disk.answers import Word, answers
from mirrord.disk.holds import OpenHold, open_holds
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.errors import Stopped, StoreError
from mirrord.jobs.answering import answer_changed, answer_vanished
from mirrord.jobs.look import Look
from mirrord.jobs.lost_ledger import reindex_if_gone
from mirrord.jobs.prune import Prune
from mirrord.jobs.reindex import Reindex
from mirrord.jobs.snapshot import Parts, TakeSnapshot
from mirrord.jobs.sync import Sync
from tests.fakes import QuietPulse
from tests.houses import NOW, new_house
from tests.laws.cuts import PowerCut, cut_after
from tests.laws.shop import Shop, sha256
from tests.laws.witness import ABSENT, Shown, Witness

#: Low enough for small trees to be held.
LIMITS = Limits(vanished=0.10, floor=3)
DAY = 86_400.0
KEEP = Retention(snapshots=Keep(daily=2, weekly=2), old_versions=30 * int(DAY))
PARTS = Parts(files=True, datasets=(), exclude=(), way="link", after=())
YEAR = 366 * DAY


@dataclass(frozen=True)
class Run:
    """How one run ended; ``report`` is None where it was cut or failed."""

    before: dict[str, Shown]
    rows: dict[TreePath, Held]
    unseen: bool = False
    report: Report | None = None
    failed: bool = False

    @property
    def whole(self) -> bool:
        """Whether it came to its end."""
        return self.report is not None

    @property
    def clean(self) -> bool:
        """Whether nothing waits, nothing is unknown, and all was fetched; an alarm may be up."""
        report = self.report
        return (
            report is not None
            and report.outcome in (Outcome.OK, Outcome.PARTIAL)
            and not report.counts["failed"]
            and not self.unseen
        )


class World:
    """The parts, and what was ever held."""

    def __init__(self, home: Path) -> None:
        self._settle_in(home)
        self.mirror.mkdir()
        self.house = new_house(self.mirror)
        self.outside.mkdir()
        (self.outside / "canary").write_bytes(b"not ours")
        self.shop = Shop()
        self.now = float(NOW)
        self.held: set[bytes] = set()
        self._ever: set[str] = set()
        self.strays: set[str] = set()
        self._kept: set[str] = set()
        self._going: set[str] = set()
        #: What a person said to follow may go, however much it is.
        self.followed: set[TreePath] = set()
        self.points: dict[str, dict[str, tuple[int, Shown]]] = {}
        #: Snapshots that a cut left hidden while somebody changed files/: by hard links, them too.
        self._unsure: set[str] = set()
        self.pruned_at: float | None = None
        #: How often the power was cut.
        self.cuts = 0
        #: Whether the papers tell all that is held, and nobody but us was at the disk since.
        self.papers_true = False

    def copied(self, home: Path) -> "World":
        """The same all over again at another place, times and links included."""
        subprocess.run(["cp", "-a", self.home, home], check=True)
        other = copy.deepcopy(self)
        other._settle_in(home)
        return other

    def _settle_in(self, home: Path) -> None:
        self.home = home
        self.mirror = home / "mirror"
        self.house = House(self.mirror, "acme")
        self.outside = home / "outside"
        self.witness = Witness(self.house.root)

    # what a person, a daemon and a cut do

    def sync(self, pulse: QuietPulse | None = None, steps: int | None = None) -> Run:
        """Run a sync, cut after so many steps on the disk where told, and judge it."""

        def job(reports: list[Report]) -> None:
            reports.append(self._sync(pulse or QuietPulse()))

        return self._judged(job, steps)

    def snapshot(self, steps: int | None = None) -> Run:
        """Take a snapshot, with the sync that belongs to it; both are judged."""

        def job(reports: list[Report]) -> None:
            def take(name: str, pulse: Pulse) -> Report:
                assert name == "files"
                try:
                    reports.append(self._sync(pulse))
                except StoreError as error:  # as run_job does it
                    at = self.now
                    return Report(name, "acme", at, at, Outcome.FAILED, 5, findings=(str(error),))
                return reports[-1]

            taken = TakeSnapshot(self.house, PARTS, take, self._clock).run(QuietPulse())
            self._check_point(taken)

        return self._judged(job, steps)

    def prune(self, steps: int | None = None) -> None:
        """Let the rules drop what they drop, and judge that."""
        self.now += 60
        there, asleep = self._kept_by_all_rules(), self._may_drop_nothing()
        points = self._impersonal_points()
        try:
            with self._cut_after(steps):
                report = Prune(self.house, KEEP, self._clock, UTC).run(QuietPulse())
                dropped = report.counts["dropped"]
                assert not (asleep and dropped) or self._slept_long(), f"law 3: {asleep}"
                self.pruned_at = self.now
        except PowerCut:
            self.pruned_at = None
        left = self._impersonal_points()
        assert not asleep or points == left, f"law 3: {asleep}, and {points - left} are gone"
        gone = self.held - self.witness.contents()
        assert not gone & there, f"law 3: the rules keep {gone & there}"
        self.held -= gone
        self.points = {name: one for name, one in self.points.items() if self._point(name).is_dir()}
        self.check_nothing_lost()

    def answer(self, hold: OpenHold, word: Word) -> None:
        """A person decides."""
        if hold.kind == "vanished":
            if word == "follow":
                self.followed |= self._listed(hold.id)
            answer_vanished(self.house, hold, word, self.now, QuietPulse())
        else:
            answer_changed(self.house, hold, word, self.now, QuietPulse())
        self.check_nothing_lost()

    def open_holds(self) -> list[OpenHold]:
        """What waits for a person."""
        return [one for one in open_holds(self.house) if not one.answered]

    def look(self, steps: int | None = None) -> None:
        """Law 3: what others did is told and put right; what they put there is set aside."""
        self.now += 60
        store = lambda: nullcontext(self.shop)  # noqa: E731
        whole = False
        with suppress(PowerCut), self._cut_after(steps):
            Look(self.house, store, self._clock).run(QuietPulse())
            whole = True
        if not self.papers_true:
            self._learn_points()  # what was changed through another name of the file is mended
        self.check_nothing_lost()
        if not whole:
            return
        shown, known = self.witness.shown("files"), {row.local for row in self.rows().values()}
        assert shown.keys() <= known, f"law 1: {shown.keys() - known} are nobody's"

    def reindex(self, steps: int | None = None) -> None:
        """Law 6: without .mirrord/ the ledger is made anew, and says what it said before."""
        before = _bare(self.rows())
        shutil.rmtree(self.house.room(".mirrord"))
        self.house = new_house(self.mirror)
        try:
            with self._cut_after(steps):
                Reindex(self.house, self._clock).run(QuietPulse())
        except PowerCut:
            new_house(self.mirror)
            reindex_if_gone(self.house, self._clock, QuietPulse())
        after = _bare(self.rows())
        # what nothing tells of any more is left where it lies
        self.strays |= set(self.witness.shown("files")) - {
            row.local for row in self.rows().values()
        }
        same = after == before or not self.papers_true
        assert same, f"law 6: {set(before.items()) ^ set(after.items())}"
        self.check_nothing_lost()

    @contextmanager
    def somebody(self) -> Iterator[Path]:
        """files/, for somebody who changes it unasked; what they destroy is their doing."""
        yield self.house.room("files")
        self.witness = Witness(self.house.root)
        self.held &= self.witness.contents()
        self.papers_true = False
        self._unsure |= {path.name[1:-4] for path in self.house.room("snapshots").glob(".*.new")}
        self._learn_points()
        self.check_nothing_lost()

    def rows(self) -> dict[TreePath, Held]:
        """What the ledger says is held."""
        with Ledger(self.house.room(".mirrord/ledger.db")) as ledger:
            return {held.path: held for held in ledger.held()}

    def check_with_coreutils(self) -> None:
        """Law 1, as the README tells anybody to check it; what a person keeps may be damaged."""
        if self.witness.sums() and not self._kept:
            check = ["sha256sum", "--quiet", "--strict", "-c", "../SHA256SUMS"]
            subprocess.run(check, cwd=self.house.room("files"), check=True)

    @contextmanager
    def _cut_after(self, steps: int | None) -> Iterator[None]:
        try:
            with cut_after(steps):
                yield
        except PowerCut:
            self.cuts += 1
            raise

    def _clock(self) -> float:
        return self.now

    def _sync(self, pulse: Pulse) -> Report:
        reindex_if_gone(self.house, self._clock, pulse)
        return Sync(self.house, self.shop, LIMITS, (), self._clock).run(pulse)

    def _judged(self, job: Callable[[list[Report]], None], steps: int | None) -> Run:
        self.now += 60
        self.shop.unknown &= set(self.shop.folders())
        before, rows = self.witness.shown("files"), self.rows()
        reports: list[Report] = []
        failed = False
        try:
            with self._cut_after(steps):
                job(reports)
        except StoreError:
            failed = True
        except (Stopped, PowerCut):
            pass
        unseen = bool(self.shop.unknown)
        run = Run(before, rows, unseen, reports[-1] if reports else None, failed)
        self._judge(run)
        return run

    # the laws

    def check_nothing_lost(self) -> None:
        """Law 3: whatever was held once is still somewhere in the house, and none outside it."""
        there = self.witness.contents()
        lost = self.held - there
        assert not lost, f"law 3: held once, and gone: {lost}"
        self.held = there
        self._ever |= {sha256(body) for body in there}
        found = {path.name: path.read_bytes() for path in self.outside.iterdir()}
        assert found == {"canary": b"not ours"}, "law 3: something outside was touched"
        assert {path.name for path in self.home.iterdir()} == {"mirror", "outside"}

    def _judge(self, run: Run) -> None:
        self.check_nothing_lost()
        self._check_points()
        after, rows = self.witness.shown("files"), self.rows()
        self.papers_true = run.clean and not self.strays
        self._read_holds()
        if not run.whole:
            # placed by a run that was cut before it could say so: whole, but in no book; if the
            # store has it still, the next sync knows it again, if not, a look finds it
            told = {row.local for row in rows.values()}
            self.strays |= {local for local in after if local not in run.before} - told
        self.strays = {path for path in self.strays if path in after}
        self._check_ledger(rows)
        self._check_guard(run, rows)
        for local in sorted({*run.before, *after, *self._local()}):
            self._check_place(local, run, run.before.get(local, ABSENT), after.get(local, ABSENT))
        if run.whole:
            self._check_holds(run)
            self._check_papers(rows)
        if run.clean:
            self._check_clean(after)

    def _check_ledger(self, rows: dict[TreePath, Held]) -> None:
        """Law 2: the ledger tells of nothing that never came."""
        ahead = [row.path for row in rows.values() if row.sha256 and row.sha256 not in self._ever]
        assert not ahead, f"law 2: recorded before it was placed: {ahead}"

    def _check_guard(self, run: Run, rows: dict[TreePath, Held]) -> None:
        """Law 4: too many vanished at once are never followed without a person's word."""
        had = Counter(path.top for path, row in run.rows.items() if row.sha256)
        gone = Counter(
            path.top
            for path, row in run.rows.items()
            if row.sha256
            and path not in rows
            and self.shop.tree.get(path) is None
            and path not in self.followed
        )
        for top, much in [*gone.items(), ("", gone.total())]:
            of = had[top] if top else had.total()
            held = much >= LIMITS.floor and much > LIMITS.vanished * of
            assert not held, f"law 4: {much} of {of} files in {top!r} were let go"
        empty = gone.total() and not self.shop.files()
        assert not empty, "law 4: an empty store was followed"

    def _check_place(self, local: str, run: Run, was: Shown, now: Shown) -> None:
        """Laws 2 to 4: at every place stands what stood there, or what the store has, whole."""
        path = self._local().get(local)
        if self._is_unknown(local):
            assert now == was, f"law 3: {local!r} is below an unknown folder and was touched"
            return
        if path is None:
            self._check_vanished(local, run, was, now)
            return
        content = self.shop.tree[path]
        if now is None if content is None else self.shop.may_be(path, now):
            return
        failing = path in self.shop.broken or path in self.shop.cut
        excused = not run.whole or failing or self._waits(run, path)
        cleared = now is ABSENT and _kind(was) != _kind(content)
        right = excused and (now == was or cleared)
        assert right, f"law 2: {local!r} was {was!r}, is {now!r}, the store has {content!r}"

    def _check_vanished(self, local: str, run: Run, was: Shown, now: Shown) -> None:
        if self._is_stray(local):
            return
        if run.whole:
            held, going = self._is_kept(local), _within(local, self._going)
            # where no file was seen, not even an empty folder is believed to be gone
            seen = any(not self._is_unknown(local_path(path)) for path in self.shop.files())
            going = going or (was is None and not seen)
            right = (held and now == was) or (not held and now is ABSENT) or (going and now == was)
            assert right, f"law 4: {local!r} was {was!r} and is {now!r}; held: {held}"
        elif run.failed:
            gone = now is ABSENT and self._in_the_way(local)
            assert now == was or gone, f"law 3: {local!r} was {was!r}, a failed run left {now!r}"
        else:
            assert now in (was, ABSENT), f"law 2: {local!r} was {was!r} and is {now!r}"

    def _check_holds(self, run: Run) -> None:
        """Law 4: the report says that something waits where something does, and only there."""
        assert run.report is not None
        told = run.report.outcome is Outcome.HELD
        waits = [one for one in self.open_holds() if one.kind == "vanished"]
        unanswered = [one for one in waits if one.id not in answers(self.house)]
        assert told == bool(unanswered), f"law 4: {waits}"

    def _is_kept(self, local: str) -> bool:
        """Whether a hold lists it, or something in it."""
        return _within(local, self._kept)

    def _read_holds(self) -> None:
        """The local paths that open and kept holds list, and those that a person let go.

        What was let go and can not be reached, below an unknown folder, goes later.
        """
        self._kept, self._going = set(), set()
        said = answers(self.house)
        for hold in open_holds(self.house):
            if hold.kind == "vanished":
                let_go = hold.id in said and said[hold.id].word == "follow"
                listed = {local_path(path) for path in self._listed(hold.id)}
                (self._going if let_go else self._kept).update(listed)

    def _listed(self, hold: str) -> set[TreePath]:
        file = self.house.room(f"holds/{hold}/list.csv")
        with file.open(encoding="utf-8", errors="surrogateescape", newline="") as rows:
            return {TreePath(row["store path"]) for row in csv.DictReader(rows)}

    # the points

    def _point(self, name: str) -> Path:
        return self.house.room("snapshots") / name

    def _shown_points(self) -> list[str]:
        return sorted(path.name for path in self.house.room("snapshots").glob("[0-9]*"))

    def _learn_points(self) -> None:
        self.points = {name: self._facts(name) for name in self._shown_points()}

    def _facts(self, name: str) -> dict[str, tuple[int, Shown]]:
        root = self._point(name)
        shown = self.witness.shown(f"snapshots/{name}")
        return {path: ((root / path).lstat().st_mtime_ns, body) for path, body in shown.items()}

    def _check_points(self) -> None:
        """Law 5: no snapshot ever changes, by name, byte or time; a new one is whole."""
        for name in self._shown_points():
            facts = self._facts(name)
            if name not in self.points:
                check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
                if facts["SHA256SUMS"][1] and name not in self._unsure:
                    subprocess.run(check, cwd=self._point(name), check=True)
            assert self.points.setdefault(name, facts) == facts, f"law 5: {name} was changed"
        gone = self.points.keys() - set(self._shown_points())
        assert not gone, f"law 5: {gone} are gone"

    def _check_point(self, taken: Report) -> None:
        """A complete snapshot holds what files/ holds."""
        if taken.details["verdict"] != "COMPLETE":
            return
        shown = self.witness.shown("files")
        frozen = self.witness.shown(f"snapshots/{taken.details['snapshot']}/files")
        assert {path: shown.get(path, ABSENT) for path in frozen} == frozen, "law 5: another tree"
        left_out = {path for path in shown.keys() - frozen.keys() if not self._is_stray(path)}
        assert not left_out, f"law 5: a complete snapshot lacks {left_out}"

    # what no rule may drop

    def _may_drop_nothing(self) -> str:
        """Why a prune at this moment may drop nothing at all, ``""`` where it may."""
        if self.open_holds():
            return "something waits for a person"
        if self.pruned_at is None:
            return ""
        passed = self.now - self.pruned_at
        return "the clock jumped" if passed > 3 * DAY or passed < -120 else ""

    def _slept_long(self) -> bool:
        """Whether personal data may go: something waits for more than 90 days, time is sound."""
        passed = 0.0 if self.pruned_at is None else self.now - self.pruned_at
        waits = max((self.now - hold.opened for hold in self.open_holds()), default=0.0)
        return -120 <= passed <= 3 * DAY and waits > 90 * DAY

    def _impersonal_points(self) -> set[str]:
        """The snapshots, and each top folder of old versions that is not for personal data."""
        room = self.house.room("old-versions")
        tops = {f"{path.parent.name}/{path.name}" for path in room.glob("*/*")}
        impersonal = {top for top in tops if not is_personal(TreePath(top.partition("/")[2]))}
        return {*self._shown_points(), *impersonal}

    def _kept_by_all_rules(self) -> set[bytes]:
        """What files/, set-aside/, pinned and young old versions hold."""
        found = {
            body
            for room in ("files", "set-aside")
            for body in self.witness.shown(room).values()
            if isinstance(body, bytes)
        }
        for path, body in self.witness.shown("old-versions").items():
            run, _, inside = path.partition("/")
            if not inside or not isinstance(body, bytes):
                continue
            if self.now - timegm(strptime(run, "%Y-%m-%dT%H%M%SZ")) < 29 * DAY:
                found.add(body)
        return found

    def _check_papers(self, rows: dict[TreePath, Held]) -> None:
        """Law 1: SHA256SUMS and MANIFEST.csv tell what is held."""
        files = {row.local: row.sha256 for row in rows.values() if row.sha256}
        assert self.witness.sums() == files, "law 1: SHA256SUMS is not what is held"
        told = {local: row["sha256"] for local, row in self.witness.manifest().items()}
        assert told == {row.local: row.sha256 for row in rows.values()}, "law 1: MANIFEST.csv"

    def _check_clean(self, after: dict[str, Shown]) -> None:
        """Law 1: files/ is the store, the papers are files/, and there is nothing left to do."""
        ours = {local: body for local, body in after.items() if local in self._local()}
        assert set(ours) == set(self._local()), "law 1: files/ is not the store"
        sums = {local: sha256(body) for local, body in ours.items() if isinstance(body, bytes)}
        told = self.witness.sums()
        # of what a person keeps, nothing but a verify can mend what somebody else did to it
        kept = {local: told[local] for local in self._kept & told.keys() - sums.keys()}
        assert sums | kept == told, "law 1: SHA256SUMS is not files/"
        again = Sync(self.house, self.shop, LIMITS, (), self._clock, dry_run=True)
        plan = again.run(QuietPulse()).details["plan"]
        left = [line for line in plan if not self._is_kept(local_path(TreePath(line[1])))]
        assert left == [], f"law 1: a plan is left: {left}"
        self.strays -= set(self._local())

    # what the store has, in the house's words

    def _local(self) -> dict[str, TreePath]:
        return {local_path(path): path for path in self.shop.tree}

    def _is_unknown(self, local: str) -> bool:
        return any(local.startswith(local_path(path) + "/") for path in self.shop.unknown)

    def _is_stray(self, local: str) -> bool:
        """Put there by somebody, below or above something that was."""
        return any(
            local == stray or local.startswith(f"{stray}/") or stray.startswith(f"{local}/")
            for stray in self.strays
        )

    def _in_the_way(self, local: str) -> bool:
        """Whether the store has a file where this, or a folder above it, stood; or the reverse."""
        above = local
        while above:
            if above in self._local():
                return True
            above = above.rpartition("/")[0]
        return False

    def _waits(self, run: Run, path: TreePath) -> bool:
        """Whether a hold may block the place: something of another kind stood in its way."""
        if not self._kept:
            return False
        here = run.rows.get(path)
        other = here is not None and bool(here.sha256) != (self.shop.tree[path] is not None)
        return other or any(path.is_below(row) and run.rows[row].sha256 for row in run.rows)


def _bare(rows: dict[TreePath, Held]) -> dict[TreePath, tuple[object, ...]]:
    """What the papers and the disk can tell of each row."""
    return {
        path: (row.local, row.entry.kind, row.entry.stamp, row.sha256, row.size, row.mtime)
        for path, row in rows.items()
    }


def _within(local: str, listed: set[str]) -> bool:
    return any(one == local or one.startswith(f"{local}/") for one in listed)


def _kind(shown: Shown) -> str:
    if isinstance(shown, str):
        return shown
    return "folder" if shown is None else "file"
