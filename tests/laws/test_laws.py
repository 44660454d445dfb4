"""Laws 1 to 4 over everything that can happen to a mirror of files, in any order.

More than the default: ``MIRRORD_EXAMPLES=2000 MIRRORD_STEPS=50 pytest tests/laws``; then every
run tries other examples, and a failure prints the line that repeats it.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mirrord.core.entry import TreePath
from mirrord.core.names import local_path
from mirrord.disk import tree
from mirrord.disk.answers import Word
from mirrord.disk.parts import PART_FROM
from tests.fakes import QuietPulse
from tests.laws.examples import PATIENCE, fast_disk, laws
from tests.laws.world import DAY, YEAR, World

pytestmark = pytest.mark.timeout(PATIENCE)

#: Few, so that names are met again; each a name that some disk, desktop or shell minds.
_NAMES = [
    "a", "b", "c", "A", "a/b", "caf\u00e9", "cafe\u0301", b"\xe9", "x" * 300, "desktop.ini",
    "line\nbreak", "back\\slash", "a~0123456789abcdef", "-rf *", "a&amp;b", "a\r",
]  # fmt: skip
_TOPS = ["content", "product_images", "Content", "exports"]
_PATHS = st.builds(
    lambda top, names: TreePath.of([top, *names]),
    st.sampled_from(_TOPS),
    st.lists(st.sampled_from(_NAMES), min_size=1, max_size=2),
)
_STAMPED = {"etag": st.booleans(), "modified": st.booleans()}
_PICK = st.integers(0, 1 << 16)
_T = TypeVar("_T")


class Laws(RuleBasedStateMachine):
    """One store, its mirror, and all who do something to either."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="laws-", dir=fast_disk()))
        self.world = World(self.home)
        self.shop = self.world.shop
        self.written = 0

    def teardown(self) -> None:
        try:
            self._heal()
        finally:
            tree.PART_FROM = PART_FROM
            shutil.rmtree(self.home)

    @initialize(files=st.integers(0, 12), large=st.sampled_from([PART_FROM, 1]))
    def a_shop_that_is_mirrored(self, files: int, large: int) -> None:
        tree.PART_FROM = large
        for number in range(files):
            top, name = _TOPS[number % 3], _NAMES[number % 5]
            self.shop.write(TreePath.of([top, name]), self._content(), etag=True, modified=True)
        self.world.sync()

    # the store

    @rule(path=_PATHS, **_STAMPED)
    def a_file_is_written(self, path: TreePath, etag: bool, modified: bool) -> None:
        self.shop.write(path, self._content(), etag=etag, modified=modified)

    @rule(top=st.sampled_from(_TOPS), files=st.integers(3, 8))
    def many_are_written(self, top: str, files: int) -> None:
        for name in _NAMES[:files]:
            path = TreePath.of([top, name])
            self.shop.write(path, self._content(), etag=True, modified=True)

    @rule(pick=_PICK, longer=st.booleans(), **_STAMPED)
    def a_file_is_changed(self, pick: int, longer: bool, etag: bool, modified: bool) -> None:
        for path in _one(self.shop.files(), pick):
            content = self._content() + b"!" * longer
            self.shop.write(path, content, etag=etag, modified=modified)

    @rule(pick=_PICK)
    def a_file_is_changed_behind_its_stamp(self, pick: int) -> None:
        for path in _one(self.shop.files(), pick):
            size = len(self.shop.tree[path] or b"")
            self.shop.write_silently(path, self._content().ljust(size, b".")[:size])

    @rule(pick=_PICK)
    def a_file_gets_a_new_stamp_only(self, pick: int) -> None:
        for path in _one(self.shop.files(), pick):
            self.shop.write(path, self.shop.tree[path] or b"", etag=True, modified=True)

    @rule(pick=_PICK)
    def a_file_is_deleted(self, pick: int) -> None:
        for path in _one(self.shop.files(), pick):
            self.shop.take_away(path)

    @rule(pick=_PICK)
    def a_folder_is_deleted(self, pick: int) -> None:
        for path in _one(self.shop.folders(), pick):
            self.shop.take_away(path)

    @rule(every=st.integers(1, 4))
    def many_are_deleted(self, every: int) -> None:
        for path in self.shop.files()[::every]:
            self.shop.take_away(path)

    @rule(path=_PATHS)
    def an_empty_folder_is_made(self, path: TreePath) -> None:
        self.shop.write_folder(path)

    @rule(pick=_PICK, path=_PATHS)
    def a_file_is_renamed(self, pick: int, path: TreePath) -> None:
        for old in _one(self.shop.files(), pick):
            self.shop.move(old, path)

    @rule(pick=_PICK)
    def a_file_becomes_a_folder(self, pick: int) -> None:
        for path in _one(self.shop.files(), pick):
            self.shop.write(path.child("in"), self._content(), etag=True, modified=True)

    @rule(pick=_PICK)
    def a_folder_becomes_a_file(self, pick: int) -> None:
        for path in _one(self.shop.folders(), pick):
            self.shop.write(path, self._content(), etag=True, modified=True)

    # what the store answers

    @rule(pick=_PICK)
    def a_folder_can_not_be_listed(self, pick: int) -> None:
        self.shop.unknown.update(_one(self.shop.folders(), pick))

    @rule(pick=_PICK)
    def a_file_can_not_be_fetched(self, pick: int) -> None:
        self.shop.broken.update(_one(self.shop.files(), pick))

    @rule(pick=_PICK, after=st.integers(0, 6))
    def a_file_breaks_off(self, pick: int, after: int) -> None:
        self.shop.cut.update(dict.fromkeys(_one(self.shop.files(), pick), after))

    @rule(entries=st.integers(0, 20))
    def the_listing_breaks_off(self, entries: int) -> None:
        self.shop.listing_breaks = entries

    @rule(entries=st.integers(0, 6))
    def fetching_breaks_off(self, entries: int) -> None:
        self.shop.fetching_breaks = entries

    @rule()
    def the_store_is_well_again(self) -> None:
        self.shop.recover()

    # somebody at the disk

    @rule(pick=_PICK, longer=st.booleans())
    def somebody_changes_a_file(self, pick: int, longer: bool) -> None:
        with self.world.somebody() as files:
            for local in _one(self._shown_files(), pick):
                (files / local).chmod(0o600)
                body = (files / local).read_bytes()
                (files / local).write_bytes(self._content().ljust(len(body)) + b"?" * longer)
                self.world.strays.add(local)

    @rule(pick=_PICK)
    def somebody_deletes_a_file(self, pick: int) -> None:
        with self.world.somebody() as files:
            for local in _one(self._shown_files(), pick):
                (files / local).unlink()

    @rule(path=_PATHS)
    def somebody_adds_a_file(self, path: TreePath) -> None:
        with self.world.somebody() as files:
            local = local_path(path)
            above = (files / local).parent
            by_a_link = above.resolve() != above
            if above.is_dir() and not by_a_link and not os.path.lexists(files / local):
                (files / local).write_bytes(self._content())
                self.world.strays.add(local)

    @rule(pick=_PICK, folder=st.booleans())
    def somebody_puts_a_link_or_a_folder_in_its_place(self, pick: int, folder: bool) -> None:
        with self.world.somebody() as files:
            for local in _one(sorted(self.world.witness.shown("files")), pick):
                _remove(files / local)
                if folder:
                    (files / local).mkdir()
                else:
                    (files / local).symlink_to(self.world.outside)
                self.world.strays.add(local)

    @rule(name=st.sampled_from(["SHA256SUMS", "MANIFEST.csv"]))
    def somebody_deletes_a_paper(self, name: str) -> None:
        self.world.house.room(name).unlink(missing_ok=True)
        self.world.papers_true = False

    # the clock

    @rule(much=st.sampled_from([3600.0, DAY, 40 * DAY, YEAR]))
    def time_passes(self, much: float) -> None:
        self.world.now = min(self.world.now + much, 4e9)

    @rule(much=st.sampled_from([1.0, 3600.0, DAY, YEAR, 100 * YEAR]))
    def the_clock_is_set_back(self, much: float) -> None:
        self.world.now = max(self.world.now - much, 60.0)

    # the jobs

    @rule()
    def sync(self) -> None:
        self.world.sync()

    @rule(beat=st.integers(1, 60))
    def sync_and_stop(self, beat: int) -> None:
        self.world.sync(QuietPulse(stop_at=beat))

    @rule(
        pick=_PICK, steps=st.integers(10, 130), then=st.sampled_from(["nothing", "well", "undone"])
    )
    def sync_and_cut(self, pick: int, steps: int, then: str) -> None:
        self.a_file_is_changed(pick, longer=False, etag=True, modified=True)  # work to be cut
        known = set(self.world.rows())
        self.world.sync(steps=steps)
        if then == "undone":  # what was new is gone before it was taken
            for path in [path for path in self.shop.files() if path not in known]:
                self.shop.take_away(path)
        if then != "nothing":
            self._heal()

    @rule()
    def snapshot(self) -> None:
        self.world.snapshot()

    @rule(steps=st.integers(0, 300))
    def snapshot_and_cut(self, steps: int) -> None:
        self.world.snapshot(steps)

    @rule(days=st.integers(1, 4))
    def quiet_days(self, days: int) -> None:
        for _ in range(days):
            self.world.now += DAY
            self.world.snapshot()
            self.world.prune()

    @rule(steps=st.none() | st.integers(0, 200))
    def prune(self, steps: int | None) -> None:
        self.world.prune(steps)

    @rule(steps=st.none() | st.integers(0, 100))
    def look(self, steps: int | None) -> None:
        self.world.look(steps)

    @rule(steps=st.none() | st.integers(0, 100))
    def reindex(self, steps: int | None) -> None:
        self.world.reindex(steps)

    @rule(pick=_PICK, word=st.sampled_from(["follow", "keep"]))
    def a_hold_is_answered(self, pick: int, word: Word) -> None:
        for hold in _one(self.world.open_holds(), pick):
            self.world.answer(hold, word)

    def _heal(self) -> None:
        """Law 2: whatever was cut or broken, a sync of a store that is well ends well."""
        self.shop.recover()
        run = self.world.sync()
        assert run.whole, "law 2: a sound store was not mirrored"
        if run.clean:
            self.world.check_with_coreutils()

    def _shown_files(self) -> list[str]:
        shown = self.world.witness.shown("files")
        return sorted(local for local, body in shown.items() if isinstance(body, bytes))

    def _content(self) -> bytes:
        """Bytes that nobody wrote before; the sizes repeat."""
        self.written += 1
        return b"%06d" % self.written


def _one(several: list[_T], pick: int) -> list[_T]:
    return [several[pick % len(several)]] if several else []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


TestLaws = Laws.TestCase
TestLaws.settings = laws(examples=200, steps=30)
