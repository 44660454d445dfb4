"""Power cuts: ``python -m tests.faults.power KIND CUTS SEED FOLDER [unsynced]``, in a mount
namespace of its own.

The disk is a file on an XFS that shares blocks: a copy of it is atomic, and so is the disk as a
cut of the power leaves it. On it the real program mirrors a sample store that changes after every
run, and pulls its orders. At random moments the disk is cut, mounted anew (the journal is
replayed), judged, and healed by another run. What a run that ended with 0 had taken is promised.

KIND is ``ext4`` (mount's defaults), ``ext4-late`` (noauto_da_alloc, commit=1) or ``xfs``. With
``unsynced`` nothing that the program writes is made durable: then the judge must find something.
"""

import gzip
import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from mirrord.demo.shop import Sizes
from mirrord.disk.house import make_marker
from tests.faults.calls import Program, program
from tests.houses import content
from tests.laws.witness import Witness
from tests.system.shop import KEY, Shop, open_shop

MOUNTS = {
    "ext4": ("ext4", "loop"),
    "ext4-late": ("ext4", "loop,noauto_da_alloc,commit=1"),
    "xfs": ("xfs", "loop"),
}
_MKFS = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}
_SIZE = "1G"
FILES, CHANGED = 12, 5
#: Every so many runs orders are pulled as well.
_PULL = 3


@dataclass
class Promised:
    """What the finished runs have taken: path and sha256 of each file, and the orders' notes."""

    files: dict[str, str] = field(default_factory=dict)
    notes: int = 0
    runs: int = 0


class Cuts:
    """The two disks, the writer on one of them, and the judge of the other."""

    def __init__(self, home: Path, shop: Shop, kind: str, seed: int, healer: Program) -> None:
        self.shop, self.kind, self.healer = shop, kind, healer
        self.outer, self.cut = home / "outer", home / "cut"
        self.dice = random.Random(seed)
        self.turn = threading.Lock()
        self.promised = Promised()
        #: Every version that the store ever had, and the notes that orders were given.
        self.versions: set[tuple[str, str]] = set()
        self.notes = self.cuts = self.written = 0
        self.found: Counter[str] = Counter()
        self.ended = False

    # the writer

    def write(self, writer: Program) -> None:
        """Change the store and mirror it, again and again."""
        try:
            while not self.ended:
                with self.turn:
                    state = self._change()
                self._told(writer, "sync")
                with self.turn:
                    runs = self.promised.runs + 1
                    self.promised = Promised(state, self.promised.notes, runs)
                if runs % _PULL == 0:
                    with self.turn:
                        notes = self._note()
                    self._told(writer, "export", "orders")
                    with self.turn:
                        self.promised = Promised(self.promised.files, notes, runs)
        except BaseException as error:
            self.found[f"the writer: {error}"] += 1
            raise

    @staticmethod
    def _told(writer: Program, *words: str) -> None:
        done = writer.run(*words)
        assert done.code == 0, done.err[-2000:]

    def _change(self) -> dict[str, str]:
        """Some files change, one goes, one comes; what the store then has."""
        folder = self.shop.store.folder / "content"
        for number in self.dice.sample(range(FILES), CHANGED):
            # never a size twice: two of one size within a second are one to any listing, and are
            # told apart only in their turn of being read again
            self.written += 1
            size = self.dice.randrange(4) * 3_000 + self.written % 3_000
            (folder / f"{number}.bin").write_bytes(self.dice.randbytes(size))
        (folder / f"{self.dice.randrange(FILES)}.bin").unlink(missing_ok=True)
        state = {}
        for path, inside in content(self.shop.store.folder).items():
            if inside is not None:
                state[path] = hashlib.sha256(inside).hexdigest()
        self.versions |= set(state.items())
        return state

    def _note(self) -> int:
        self.notes += 1
        with self.shop.store.shop.lock:
            for order in self.shop.store.orders.values():
                order.head |= {"staff_notes": str(self.notes), "date_modified": formatdate()}
        return self.notes

    # the cut

    def run(self, writer: Program, count: int) -> None:
        """So many cuts while the writer writes."""
        state, notes = self._change(), self._note()
        self._told(writer, "sync")
        self._told(writer, "export", "orders")
        subprocess.run(["sync"], check=True)  # there is a house to be judged, even unsynced
        self.promised = Promised(state, notes)
        thread = threading.Thread(target=self.write, args=(writer,))
        thread.start()
        try:
            while self.cuts < count and thread.is_alive():
                self.make()
                self.cuts += 1
        finally:
            self.ended = True
            thread.join()

    def make(self) -> None:
        """One cut at a random moment, judged and healed."""
        time.sleep(self.dice.uniform(0, 0.3))  # the moment is what is drawn by lot
        with self.turn:
            promised = self.promised  # what was promised BEFORE the cut
        image = self.outer / "cut.img"
        _run("cp", "--reflink=always", self.outer / "disk.img", image)
        kind, options = MOUNTS[self.kind]
        options += ",nouuid" if kind == "xfs" else ""
        _run("mount", "-t", kind, "-o", options, image, self.cut)
        try:
            house = self.cut / "mirror" / KEY
            for wrong in set(self._judge(house, promised)):
                self.found[wrong] += 1
            for wrong in set(self._healed(house)):
                self.found[wrong] += 1
        finally:
            _run("umount", self.cut)

    def _judge(self, house: Path, promised: Promised) -> Iterator[str]:
        files = _sums(house / "files")
        moments = sorted((house / "old-versions").glob("2*Z"))[-6:]
        kept = set(files.items()).union(*(_sums(moment).items() for moment in moments))
        for one in files.items():
            if one not in self.versions:
                yield "torn"
        if not promised.files.items() <= kept:
            yield "promised and lost"
        for name, told in self._lists(house).items():
            if not told.items() <= kept:
                yield f"{name} names what is not there"
        for day in (house / "exports").glob("[!.]*"):
            yield from self._judge_day(day, promised)

    @staticmethod
    def _lists(house: Path) -> dict[str, dict[str, str]]:
        lists = {"the ledger": _ledger(house)}
        if (house / "SHA256SUMS").exists():
            lists["SHA256SUMS"] = Witness(house).sums()
        return lists

    @staticmethod
    def _judge_day(day: Path, promised: Promised) -> Iterator[str]:
        sums = {path: digest for path, digest in _sums(day).items() if path != "SHA256SUMS"}
        try:
            lines = (day / "SHA256SUMS").read_text().splitlines()
            told = {line[66:]: line[:64] for line in lines}
            if {path: sums.get(path) for path in told} != told:
                yield "a day's SHA256SUMS names what is not there"
            notes = _notes(day)
            if len(notes) != 1:
                yield "a day is a mixture of two pulls"
            elif int(*notes) < promised.notes:
                yield f"orders promised and lost in {'latest' if day.name == 'latest' else 'a day'}"
        except (OSError, ValueError, EOFError):
            yield "a day is torn"

    def _healed(self, house: Path) -> Iterator[str]:
        """The next run of each of the two lanes, the store standing still meanwhile."""
        with self.turn:
            for words in (("sync",), ("export", "orders")):
                done = self.healer.run(*words)
                if done.code:
                    why = done.err.strip().rpartition("\n")[2].replace(str(house), "")
                    yield f"the next {words[0]} ended with {done.code}: {why}"
                    return
            ours, theirs = content(house / "files"), content(self.shop.store.folder)
            unlike = {path for path in ours | theirs if ours.get(path, "") != theirs.get(path, "")}
            if unlike:
                yield f"not healed: {sorted(unlike)}"
            if Witness(house).sums() != _sums(house / "files"):
                yield "SHA256SUMS is not files/"
            if _notes(house / "exports/latest") != {str(self.notes)}:
                yield "orders are not healed"
            if any(path.is_file() for path in (house / ".mirrord/staging").rglob("*")):
                yield "staged files were left"


def _notes(day: Path) -> set[str]:
    """The notes that the orders of a pull bear: one, since all get the same."""
    orders = gzip.decompress((day / "lossless/orders.jsonl.gz").read_bytes())
    return {json.loads(line)["staff_notes"] for line in orders.splitlines()}


def _sums(folder: Path) -> dict[str, str]:
    return {
        path: hashlib.sha256(body).hexdigest()
        for path, body in content(folder).items()
        if body is not None
    }


def _ledger(house: Path) -> dict[str, str]:
    """Its rows after a cut, read from a copy: whoever opens it mends it."""
    aside = Path("/dev/shm") / f"mirrord-ledger-{house.stat().st_dev}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        for name in ("ledger.db", "ledger.db-wal"):
            if (house / ".mirrord" / name).exists():
                shutil.copy(house / ".mirrord" / name, aside)
        with sqlite3.connect(aside / "ledger.db") as db:
            return dict(db.execute("SELECT local, sha256 FROM held WHERE kind = 'file'"))
    finally:
        db.close()
        shutil.rmtree(aside)


def _run(*words: str | Path) -> None:
    subprocess.run([*map(str, words)], check=True)


@contextmanager
def disks(home: Path, kind: str) -> Iterator[None]:
    """The outer disk, and on it the one that is cut, as ``mirror``."""
    for name in ("outer", "cut"):
        (home / name).mkdir()
    with ExitStack() as ends:
        image = home / "outer.img"
        _run("truncate", "-s", "3G", image)
        _run("mkfs.xfs", "-q", "-m", "reflink=1", image)
        _run("mount", "-o", "loop", image, home / "outer")
        ends.callback(_run, "umount", home / "outer")
        inner = home / "outer/disk.img"
        _run("truncate", "-s", _SIZE, inner)
        what, options = MOUNTS[kind]
        _run(*_MKFS[what], inner)
        _run("mount", "-t", what, "-o", options, inner, home / "disk")
        ends.callback(_run, "umount", home / "disk")
        yield


def main() -> int:
    """As the module says; one line of JSON tells what was found, how often."""
    kind, count, seed, folder, *more = sys.argv[1:]
    home = Path(folder)
    (home / "disk").mkdir()
    (home / "shop").mkdir()
    sizes = Sizes(products=1, customers=2, orders=3)
    with disks(home, kind), open_shop(home / "shop", sizes) as shop, ExitStack() as ends:
        for other in ("content/deep", "content/names", "content/long", "template"):
            shutil.rmtree(shop.store.folder / other)
        shop.set("guard", floor=1_000_000)  # files come and go here all the time
        healer = ends.enter_context(program(_moved(shop, home / "cut/mirror", "healer")))
        writing = _moved(shop, home / "disk/mirror", "writer")
        writing.mirror.mkdir()
        make_marker(writing.mirror)
        writer = ends.enter_context(program(writing, unsynced=bool(more)))
        cuts = Cuts(home, shop, kind, int(seed), healer)
        cuts.run(writer, int(count))
        told = {"cuts": cuts.cuts, "runs": cuts.promised.runs, "found": cuts.found}
        print(json.dumps(told))
    return 0


def _moved(shop: Shop, mirror: Path, name: str) -> Shop:
    """The same shop with its mirror elsewhere, and a home and a config of its own."""
    home = shop.home / name
    home.mkdir()
    moved = Shop(home, shop.store, at=mirror)
    moved.configure(shop.settings() | {"mirror": str(mirror)})
    return moved


if __name__ == "__main__":
    sys.exit(main())
