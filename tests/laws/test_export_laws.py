"""Laws 2 and 5 over the dated folders: every pull is whole, no past day changes, all rebuild.

The job's look at each CSV, in a process of its own, is left out: this is about what is placed.
"""

import gzip
import json
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from mirrord.core.changes import Change
from mirrord.core.datasets import DATASETS
from mirrord.core.records import split_page
from mirrord.core.times import day_name, moment_name
from mirrord.disk.draft import Draft
from mirrord.disk.durable import Durable
from mirrord.disk.exports import Exports, Ready
from mirrord.disk.lossless import lossless_file, read_changes
from mirrord.disk.staging import Staging
from tests.houses import content, new_house
from tests.laws.cuts import PowerCut, cut_after
from tests.laws.examples import PATIENCE, fast_disk, laws
from tests.laws.world import DAY, YEAR

pytestmark = pytest.mark.timeout(PATIENCE)

ZONE = ZoneInfo("Europe/London")
ORDERS = DATASETS["orders"]
LOSSLESS = lossless_file("orders")
#: A moment before the clocks go back in London; there is one before they go forward, too.
AUTUMN, SPRING = 1_792_886_400.0, 1_774_742_400.0
Records = dict[int, str]


class ExportLaws(RuleBasedStateMachine):
    """The records of one store, and every pull that was ever made of them."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="laws-", dir=fast_disk()))
        self.house = new_house(self.home)
        self.exports = self.house.room("exports")
        self.now = AUTUMN - 5 * DAY
        self.store: Records = {1: "a", 2: "a"}
        self.number = 0
        #: The pull that stands in the newest day, and the newest complete one.
        self.newest: Records | None = None
        self.complete: Records | None = None
        #: Every day as it was seen last; and the steps from pull to pull.
        self.past: dict[str, dict[str, tuple[int, bytes | None]]] = {}
        self.steps: list[tuple[Records, Records, str]] = []

    def teardown(self) -> None:
        try:
            self.pull(complete=True)
            self._rebuild()
        finally:
            shutil.rmtree(self.home)

    # the store

    @rule(number=st.integers(1, 12))
    def a_record_is_written(self, number: int) -> None:
        self.number += 1
        self.store[number] = f"note {self.number}"

    @rule(number=st.integers(1, 12))
    def a_record_is_deleted(self, number: int) -> None:
        self.store.pop(number, None)

    @rule()
    def all_are_deleted(self) -> None:
        self.store.clear()

    # the clock

    @rule(much=st.sampled_from([3600.0, 6 * 3600.0, DAY, 40 * DAY, YEAR]))
    def time_passes(self, much: float) -> None:
        self.now = min(self.now + much, 4e9)

    @rule(much=st.sampled_from([1.0, 3600.0, DAY, YEAR, 100 * YEAR]))
    def the_clock_is_set_back(self, much: float) -> None:
        self.now = max(self.now - much, 60.0)

    @rule(at=st.sampled_from([AUTUMN, SPRING, 0.0]), hours=st.integers(0, 3))
    def it_is_about_to_change(self, at: float, hours: int) -> None:
        self.now = at + hours * 3600

    # the pulls

    @rule(complete=st.booleans())
    def pull(self, complete: bool) -> None:
        self._pull(None, complete=complete)

    @rule(steps=st.integers(0, 120), complete=st.booleans())
    def pull_and_cut(self, steps: int, complete: bool) -> None:
        self._pull(steps, complete=complete)

    def _pull(self, steps: int | None, *, complete: bool) -> None:
        self.now += 60
        before = self._changes()
        whole = True
        try:
            with nullcontext() if steps is None else cut_after(steps):
                self._place(complete=complete)
        except PowerCut:
            whole = False
        with closing(Durable(self.house.root)) as durable:
            Exports(self.house, durable)  # the next one to come mends a swap that was cut
        self._check_past()
        self._check_newest(whole=whole, complete=complete)
        self._learn(self._changes() - before)

    def _place(self, *, complete: bool) -> None:
        """As the job does it, but for the gates."""
        with ExitStack() as ends:
            durable = ends.enter_context(closing(Durable(self.house.root)))
            staging = ends.enter_context(closing(Staging(self.house, "orders", durable)))
            draft = Draft(ORDERS, staging, int(self.now))
            text = ",".join(_text(number, note) for number, note in sorted(self.store.items()))
            for record in split_page(f"[{text}]", "a test").records:
                draft.add(record)
            drafted = draft.close()
            receipt = {"complete": complete, "plain_sha256": dict(drafted.plain)}
            Exports(self.house, durable).place(
                [Ready(draft, drafted, receipt)],
                day=day_name(self.now, ZONE),
                moment=moment_name(self.now),
                staging=staging,
            )

    # the laws

    def _days(self) -> list[str]:
        return sorted(path.name for path in self.exports.glob("[0-9]*"))

    def _check_past(self) -> None:
        """Law 5: a day that is not the newest is, by name, byte and time, as it was."""
        now = {day: _facts(self.exports / day) for day in self._days()}
        assert self.past.keys() <= now.keys(), "law 5: a day was dropped"
        touched = [day for day in self.past if now[day] != self.past[day]]
        assert touched in ([], [max(now, default="")]), f"law 5: {touched} changed"
        self.past = now

    def _check_newest(self, *, whole: bool, complete: bool) -> None:
        """Law 2: the newest day and latest/ hold the pull before, or this one, whole."""
        for folder in self.exports.iterdir():
            assert not folder.name.startswith("."), f"law 2: {folder.name} was left over"
            _check_sums(folder)
        pulled = dict(self.store)
        found = self._read(self._days()[-1]) if self._days() else None
        # cut before anything was placed on a new day, the newest pull stands in the day before
        right = [pulled] if whole else [self.newest, pulled]
        assert found in right, f"law 2: {found} was placed, wanted {right}"
        latest = self._read("latest")
        right = [pulled] if complete else [self.complete]
        right += [] if whole else [self.complete]
        assert latest in right, f"law 2: latest is {latest}, wanted {right}"
        self._step = (self.newest, found)
        self.newest, self.complete = found, latest

    def _learn(self, new: set[str]) -> None:
        """Every step from one pull to another is told by one file of changes, or by none."""
        before, after = self._step
        if before is None or before == after:
            return
        assert after is not None
        assert len(new) == 1, f"law 5: no changes tell of {before} -> {after}"
        self.steps.append((before, after, new.pop()))
        self._check_step(*self.steps[-1])

    def _rebuild(self) -> None:
        """Law 5: from the newest pull back to the first, by changes/ alone."""
        now = dict(self.newest or {})
        for before, after, file in reversed(self.steps):
            assert now == after
            self._check_step(before, after, file)
            for change in read_changes(self.exports / file):
                _put(now, change.id, change.old)
            assert now == before

    def _check_step(self, before: Records, after: Records, file: str) -> None:
        numbers = sorted(before.keys() | after.keys())
        wanted = [
            Change(one, _line(before, one), _line(after, one))
            for one in numbers
            if before.get(one) != after.get(one)
        ]
        assert [*read_changes(self.exports / file)] == wanted, f"law 5: {file} tells otherwise"

    def _changes(self) -> set[str]:
        found = self.exports.glob("[0-9]*/changes/*")
        return {str(path.relative_to(self.exports)) for path in found}

    def _read(self, folder: str) -> Records | None:
        file = self.exports / folder / LOSSLESS
        if not file.exists():
            return None
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        return {told["id"]: told["staff_notes"] for told in map(json.loads, lines)}


def _text(number: int, note: str) -> str:
    return json.dumps({"id": number, "staff_notes": note, "status_id": 10})


def _line(records: Records, number: int) -> str | None:
    return _text(number, records[number]) if number in records else None


def _put(records: Records, number: int, text: str | None) -> None:
    if text is None:
        del records[number]
    else:
        records[number] = json.loads(text)["staff_notes"]


def _facts(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    return {
        name: ((folder / name).stat().st_mtime_ns, body) for name, body in content(folder).items()
    }


def _check_sums(folder: Path) -> None:
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    done = subprocess.run(check, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"law 2: {folder.name} is torn: {done.stdout}"


TestExportLaws = ExportLaws.TestCase
TestExportLaws.settings = laws(examples=40, steps=20)
