"""One store, its house, a clock, and the laws that every run of a job must leave standing.

A :class:`World` runs the real jobs and judges each run by what was shown before, what is shown
after and what the store has: it knows no decision of the product's, only the laws.
"""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirrord.core.entry import Held, TreePath
from mirrord.core.guard import Limits
from mirrord.core.names import local_path
from mirrord.core.report import Outcome, Report
from mirrord.disk.ledger import Ledger
from mirrord.errors import Stopped, StoreError
from mirrord.jobs.sync import Sync
from tests.fakes import QuietPulse
from tests.houses import NOW, new_house
from tests.laws.cuts import PowerCut, cut_after
from tests.laws.shop import Shop, sha256
from tests.laws.witness import ABSENT, Shown, Witness

#: Low enough for small trees to be held.
LIMITS = Limits(vanished=0.10, floor=3)
DAY = 86_400.0
YEAR = 366 * DAY


@dataclass(frozen=True)
class Run:
    """How one run ended; ``report`` is None where it was cut or failed."""

    before: dict[str, Shown]
    rows: dict[TreePath, Held]
    report: Report | None = None
    failed: bool = False

    @property
    def whole(self) -> bool:
        """Whether it came to its end."""
        return self.report is not None

    @property
    def clean(self) -> bool:
        """Whether nothing was held, unknown or not fetched."""
        return self.report is not None and self.report.outcome is Outcome.OK


class World:
    """The parts, and what was ever held."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.mirror = home / "mirror"
        self.mirror.mkdir()
        self.house = new_house(self.mirror)
        self.outside = home / "outside"
        self.outside.mkdir()
        (self.outside / "canary").write_bytes(b"not ours")
        self.shop = Shop()
        self.now = float(NOW)
        self.witness = Witness(self.house.root)
        self.held: set[bytes] = set()
        self._ever: set[str] = set()
        self.strays: set[str] = set()

    # what a person, a daemon and a cut do

    def sync(self, pulse: QuietPulse | None = None, steps: int | None = None) -> Run:
        """Run a sync, cut after so many steps on the disk where told, and judge it."""
        self.now += 60

        def job() -> Report:
            return Sync(self.house, self.shop, LIMITS, (), self._clock).run(pulse or QuietPulse())

        self.shop.unknown &= set(self.shop.folders())
        before, rows = self.witness.shown("files"), self.rows()
        report, failed = self._run(job, steps)
        run = Run(before, rows, report, failed)
        self._judge(run)
        return run

    @contextmanager
    def somebody(self) -> Iterator[Path]:
        """files/, for somebody who changes it unasked; what they destroy is their doing."""
        yield self.house.room("files")
        self.witness = Witness(self.house.root)
        self.held &= self.witness.contents()
        self.check_nothing_lost()

    def rows(self) -> dict[TreePath, Held]:
        """What the ledger says is held."""
        with Ledger(self.house.room(".mirrord/ledger.db")) as ledger:
            return {held.path: held for held in ledger.held()}

    def check_with_coreutils(self) -> None:
        """Law 1, as the README tells anybody to check it."""
        if self.witness.sums():
            check = ["sha256sum", "--quiet", "--strict", "-c", "../SHA256SUMS"]
            subprocess.run(check, cwd=self.house.room("files"), check=True)

    def _clock(self) -> float:
        return self.now

    def _run(self, job: Callable[[], Report], steps: int | None) -> tuple[Report | None, bool]:
        try:
            if steps is None:
                return job(), False
            with cut_after(steps):
                return job(), False
        except StoreError:
            return None, True
        except (Stopped, PowerCut):
            return None, False

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
        after, rows = self.witness.shown("files"), self.rows()
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
            self._check_holds(run, after)
            self._check_papers(rows)
        if run.clean:
            self._check_clean(after, rows)

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
            if row.sha256 and path not in rows and self.shop.tree.get(path) is None
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
        excused = not run.whole or path in self.shop.broken or self._waits(run, path)
        cleared = now is ABSENT and _kind(was) != _kind(content)
        right = excused and (now == was or cleared)
        assert right, f"law 2: {local!r} was {was!r}, is {now!r}, the store has {content!r}"

    def _check_vanished(self, local: str, run: Run, was: Shown, now: Shown) -> None:
        if self._is_stray(local):
            return
        if run.clean:
            assert now is ABSENT, f"law 1: {local!r} stands here and not in the store"
        elif run.failed:
            gone = now is ABSENT and self._in_the_way(local)
            assert now == was or gone, f"law 3: {local!r} was {was!r}, a failed run left {now!r}"
        else:
            assert now in (was, ABSENT), f"law 2: {local!r} was {was!r} and is {now!r}"

    def _check_holds(self, run: Run, after: dict[str, Shown]) -> None:
        """Law 4: of a top folder's vanished files, all are kept or none."""
        fates: dict[str, set[bool]] = {}
        for local, was in run.before.items():
            vanished = isinstance(was, bytes) and local not in self._local()
            if vanished and not self._is_unknown(local) and not self._is_stray(local):
                fates.setdefault(local.partition("/")[0], set()).add(after.get(local) == was)
        torn = [top for top, fate in fates.items() if len(fate) > 1]
        assert not torn, f"law 4: a hold kept only a part of {torn}"

    def _check_papers(self, rows: dict[TreePath, Held]) -> None:
        """Law 1: SHA256SUMS and MANIFEST.csv tell what is held."""
        files = {row.local: row.sha256 for row in rows.values() if row.sha256}
        assert self.witness.sums() == files, "law 1: SHA256SUMS is not what is held"
        told = {local: row["sha256"] for local, row in self.witness.manifest().items()}
        assert told == {row.local: row.sha256 for row in rows.values()}, "law 1: MANIFEST.csv"

    def _check_clean(self, after: dict[str, Shown], rows: dict[TreePath, Held]) -> None:
        """Law 1: files/ is the store, the papers are files/, and there is nothing left to do."""
        ours = {local: body for local, body in after.items() if local in self._local()}
        assert set(ours) == set(self._local()), "law 1: files/ is not the store"
        sums = {local: sha256(body) for local, body in ours.items() if isinstance(body, bytes)}
        assert sums == self.witness.sums(), "law 1: SHA256SUMS is not files/"
        assert all(row.path in self.shop.tree for row in rows.values())
        again = Sync(self.house, self.shop, LIMITS, (), self._clock, dry_run=True)
        assert again.run(QuietPulse()).details["plan"] == [], "law 1: a plan is left"
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
        if run.report is None or run.report.outcome is not Outcome.HELD:
            return False
        here = run.rows.get(path)
        other = here is not None and bool(here.sha256) != (self.shop.tree[path] is not None)
        return other or any(path.is_below(row) and run.rows[row].sha256 for row in run.rows)


def _kind(shown: Shown) -> str:
    if isinstance(shown, str):
        return shown
    return "folder" if shown is None else "file"
