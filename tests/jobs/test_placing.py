"""What a sync places, and when: the order of disk and ledger, seen by a disk that takes notes."""

import errno
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from mirrord.core.entry import Entry
from mirrord.core.guard import Limits
from mirrord.core.pulse import Pulse
from mirrord.disk import durable
from mirrord.disk.house import MARKER, House
from mirrord.disk.ledger import Ledger
from mirrord.disk.naming import naming_of
from mirrord.errors import DiskError, MirrorMissing, Stopped, StoreUnreachable, TransferError
from mirrord.jobs import placing as placing_room
from mirrord.jobs.sync import Sync
from mirrord.source import Fetched, Sink
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.houses import NOW, new_house


class Disk:
    """A libc whose syncfs notes what it makes durable, can be slow, and can fail at the Nth."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._really_called = durable._called
        self.syncs = 0
        self.fails_at: int | None = None
        self.free = threading.Event()
        self.free.set()
        #: Inodes whose bytes are safe, and names in files/ that are.
        self.bytes: set[int] = set()
        self.names: set[str] = set()

    def called(self, name: str, *words: int | bytes) -> int:
        if name != "syncfs":
            return self._really_called(name, *words)
        self.syncs += 1
        number, seen, placed = self.syncs, self._inodes(), set(self.placed())
        self.free.wait(10)
        if number == self.fails_at:
            return errno.EIO
        self.bytes |= seen
        self.names |= placed
        return 0

    def placed(self) -> dict[str, int]:
        """Every file in files/ and its inode."""
        files = self.house.room("files")
        return {str(p.relative_to(files)): p.stat().st_ino for p in files.rglob("*.jpg")}

    def recorded(self) -> set[str]:
        """Every file that the ledger tells of."""
        with Ledger(self.house.room(".mirrord/ledger.db")) as ledger:
            return {held.local for held in ledger.held() if held.sha256}

    def check(self) -> None:
        """Placed is only what was durable before; recorded only what was placed durably."""
        placed = self.placed()
        assert set(placed.values()) <= self.bytes
        assert self.recorded() <= self.names

    def _inodes(self) -> set[int]:
        staged = self.house.room(".mirrord/staging/files").iterdir()
        return {path.stat().st_ino for path in staged} | set(self.placed().values())


class Watched(MemoryFiles):
    """A shop in memory that has somebody look at the house before each file that it gives."""

    def __init__(self, look: Callable[[int], object]) -> None:
        super().__init__()
        self.look = look
        self.silent_after: int | None = None
        self.silence: Callable[[], Iterator[None]] = lambda: iter(())

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Generator[Fetched | TransferError | None]:
        for number, one in enumerate(super().fetch_many(entries, into, pulse)):
            self.look(number)
            yield one
            if number + 1 == self.silent_after:
                yield from self.silence()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    house = new_house(tmp_path)
    naming_of(house)  # tries the disk out, once
    disk = Disk(house)
    monkeypatch.setattr(durable, "_called", disk.called)
    monkeypatch.setattr(durable, "filesystem", lambda _: "ext4")
    monkeypatch.setattr(durable, "_at_least", lambda *_: True)
    monkeypatch.setattr(placing_room, "_FILES", 4)
    return disk


def sync(
    disk: Disk,
    store: MemoryFiles,
    clock: Callable[[], float] = lambda: NOW,
    pulse: QuietPulse | None = None,
) -> None:
    Sync(disk.house, store, Limits(), (), clock).run(pulse or QuietPulse())


def filled(store: Watched, files: int) -> Watched:
    for number in range(files):
        store.put(f"content {number}".encode(), "content", f"{number}.jpg")
    return store


def test_the_ledger_is_never_ahead_of_the_disk(disk: Disk) -> None:
    """At every file that comes, over many batches: durable, placed, durable again, recorded."""
    steps: list[int] = []

    def look(_: int) -> None:
        disk.check()
        steps.append(len(disk.recorded()))

    sync(disk, filled(Watched(look), 18))
    disk.check()
    assert (len(disk.placed()), len(disk.recorded())) == (18, 18)
    assert 0 < steps[-1] < 18, "nothing was recorded on the way"


def test_the_next_batch_comes_while_the_disk_is_at_one(disk: Disk) -> None:
    """A slow disk stops nobody before two batches are under way."""
    staged: list[int] = []

    def look(number: int) -> None:
        if number == 4:
            disk.free.clear()
        if number == 7:
            staged.append(len(list(disk.house.room(".mirrord/staging/files").iterdir())))
            disk.free.set()
        disk.check()

    disk.free.clear()
    sync(disk, filled(Watched(look), 12))
    assert staged == [8]
    assert len(disk.placed()) == 12


def test_one_batch_is_synced_before_and_after_it_is_placed_and_no_more(disk: Disk) -> None:
    """The folders that came, and the sample that was read again, need no sync of their own."""
    store = filled(Watched(lambda _: disk.check()), 3)
    sync(disk, store)
    assert disk.syncs == 2


def test_a_run_that_changes_nothing_waits_for_no_disk(disk: Disk) -> None:
    """What is read again and found as it was held has long been durable."""
    store = filled(Watched(lambda _: None), 9)
    sync(disk, store)
    before = disk.syncs
    store.fetches.clear()
    sync(disk, store, lambda: NOW + 60)
    assert (len(store.fetches), disk.syncs) == (5, before)
    with Ledger(disk.house.room(".mirrord/ledger.db")) as ledger:
        assert sorted(held.checked for held in ledger.held())[-5:] == [NOW + 60] * 5


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_sync_that_fails_places_and_records_nothing_of_its_batch(disk: Disk, number: int) -> None:
    """The run ends with the disk's error; all that is placed or recorded was durable before."""
    disk.fails_at = number
    with pytest.raises(DiskError, match="making the files durable"):
        sync(disk, filled(Watched(lambda _: disk.check()), 12))
    disk.check()
    assert (disk.syncs, len(disk.placed()), len(disk.recorded())) == (
        *(number, 4 * (number - 1)),
        4 * max(0, number - 2),
    )


def test_what_came_before_the_store_fell_silent_for_good_stays(disk: Disk) -> None:
    """Both batches that were under way are placed and recorded, then the error goes its way."""

    def look(number: int) -> None:
        if number == 7:
            raise StoreUnreachable("gone")
        disk.check()

    with pytest.raises(StoreUnreachable):
        sync(disk, filled(Watched(look), 12))
    disk.check()
    assert (len(disk.placed()), len(disk.recorded())) == (7, 7)


def test_small_files_do_not_wait_for_a_large_one(disk: Disk) -> None:
    """While nothing new is complete, what has waited for some seconds is placed and recorded."""
    now = [float(NOW)]
    seen: list[tuple[int, int]] = []

    def silence() -> Iterator[None]:
        for _ in range(40):
            now[0] += 1
            yield None
            # a sync in a thread takes its own time
            for thread in threading.enumerate():
                if thread.name == "flush":
                    thread.join()
            disk.check()
            seen.append((len(disk.placed()), len(disk.recorded())))

    store = filled(Watched(lambda _: None), 3)
    store.silent_after, store.silence = 2, silence
    sync(disk, store, lambda: now[0])
    assert seen[2] == (0, 0)
    assert seen[8][0] == 2
    assert seen[-1] == (2, 2)


def test_a_mirror_that_goes_away_while_the_disk_is_at_a_batch_gets_none_of_it(disk: Disk) -> None:
    """The marker is looked at once more before anything is placed."""

    def look(number: int) -> None:
        if number == 6:
            (disk.house.mirror / MARKER).unlink()
            disk.free.set()

    disk.free.clear()
    with pytest.raises(MirrorMissing):
        sync(disk, filled(Watched(look), 12))
    assert (disk.placed(), disk.recorded()) == ({}, set())


class Waiting(QuietPulse):
    """Frees the disk, or closes the house, when it has beaten some times with nothing coming."""

    def __init__(self, disk: Disk, store: MemoryFiles, *, stops: bool) -> None:
        super().__init__()
        self._disk, self._store, self._stops = disk, store, stops
        self._idle, self._came = 0, 0
        self.waited = False

    def beat(self) -> None:
        super().beat()
        self._idle = self._idle + 1 if len(self._store.fetches) == self._came else 0
        self._came = len(self._store.fetches)
        if self._came == 8 and self._idle == 4:
            self.waited = True
            self._disk.free.set()
            if self._stops:
                raise Stopped


@pytest.mark.parametrize("stops", [False, True])
def test_while_a_slow_disk_is_waited_for_the_heart_beats(disk: Disk, *, stops: bool) -> None:
    """So no watchdog bites; a house that closes still places what is under way."""
    store = filled(Watched(lambda _: disk.check()), 12)
    pulse = Waiting(disk, store, stops=stops)
    disk.free.clear()
    with pytest.raises(Stopped) if stops else nullcontext():
        sync(disk, store, pulse=pulse)
    assert pulse.waited
    disk.check()
    assert len(disk.placed()) == len(disk.recorded()) == (8 if stops else 12)
