"""A house with everything in it that verify reads: files, old versions, exports, a snapshot."""

import gzip
import hashlib
import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from mirrord.core.chain import Sums, taken
from mirrord.core.guard import Limits
from mirrord.core.manifest import sum_line
from mirrord.core.report import Report
from mirrord.disk.chain import append
from mirrord.disk.house import House
from mirrord.jobs.look import Look
from mirrord.jobs.sync import Sync
from mirrord.jobs.verify import Pace, Verify
from mirrord.source import FileSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.houses import NOW, content, new_house

DAY = 86_400
POINT = "snapshots/2025-11-23T030000Z"


class Estate:
    """A store in memory, its house, and a clock that moves a minute a job."""

    def __init__(self, mirror: Path, files: int = 12) -> None:
        self.house: House = new_house(mirror)
        self.store = MemoryFiles()
        self.now = float(NOW)
        for number in range(files):
            body = hashlib.sha256(str(number).encode()).hexdigest().encode() * 3
            self.store.put(body, "content", f"{number}.txt")
        self.store.put(b"cut from a shop", "import_files", "people.bin")
        self.store.make_folder("content", "empty")
        self.sync()
        self.store.put(b"the newer one", "content", "0.txt")
        self.sync()

    def sync(self) -> Report:
        self.now += 60
        job = Sync(self.house, self.store, Limits(), (), lambda: self.now)
        return job.run(QuietPulse())

    def verify(
        self,
        *,
        full: bool = True,
        heal: bool = True,
        pace: Pace | None = None,
        pulse: QuietPulse | None = None,
    ) -> Report:
        self.now += 60
        pace = pace or Pace(7 * DAY, DAY)
        job = Verify(self.house, self.ask, pace, lambda: self.now, full=full, heal=heal)
        return job.run(pulse or QuietPulse())

    def look(self) -> Report:
        self.now += 60
        return Look(self.house, self.ask, lambda: self.now).run(QuietPulse())

    def ask(self) -> AbstractContextManager[FileSource]:
        return nullcontext(self.store)

    def export(self) -> None:
        """A day and latest/, each with its own receipts; the CSV is one inode."""
        bodies = {
            "orders.csv": b"id,who\n1,Jo\n2,Al\n" * 1,
            "lossless/orders.jsonl.gz": gzip.compress(b'{"id":1}\n{"id":2}\n', mtime=0),
            "receipts.json": b'{"orders": {}}',
        }
        day, latest = self.house.room("exports/2025-11-23"), self.house.room("exports/latest")
        for folder in (day, latest):
            (folder / "lossless").mkdir(parents=True, mode=0o700)
            for name, body in bodies.items():
                if folder == latest and name == "orders.csv":
                    os.link(day / name, latest / name)
                else:
                    (folder / name).write_bytes(body)
            self.write_sums(folder)

    def snapshot(self, *, copy: bool = False) -> Path:
        """All of files/ and latest/ as hard links (or copies), with checksums."""
        point = self.house.room(POINT)
        for room, origin in (("files", "files"), ("exports", "exports/latest")):
            for path in sorted(self.house.room(origin).rglob("*")):
                target = point / room / path.relative_to(self.house.room(origin))
                if path.is_dir():
                    target.mkdir(parents=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                if copy:
                    target.write_bytes(path.read_bytes())
                else:
                    os.link(path, target)
        self.write_sums(point)
        (point / "VERDICT.txt").write_text("verdict: COMPLETE\n")
        digests = [
            hashlib.sha256((point / name).read_bytes()).hexdigest()
            for name in ("SHA256SUMS", "VERDICT.txt")
        ]
        append(self.house, taken(point.name, Sums(*digests)), self.now)
        return point

    def write_sums(self, folder: Path) -> None:
        names = [n for n, body in content(folder).items() if body is not None]
        lines = [
            sum_line(hashlib.sha256((folder / name).read_bytes()).hexdigest(), name)
            for name in sorted(names, key=os.fsencode)
        ]
        (folder / "SHA256SUMS").write_text("".join(lines))

    def bytes_held(self) -> dict[str, bytes | None]:
        """Everything that verify answers for."""
        rooms = ("files", "exports", "snapshots", "old-versions")
        held = {
            f"{room}/{name}": body
            for room in rooms
            for name, body in content(self.house.room(room)).items()
        }
        names = ("SHA256SUMS", "MANIFEST.csv")
        return held | {name: self.house.room(name).read_bytes() for name in names}


def flip(file: Path, bit: int) -> None:
    """Turn one bit in place, as a rotting disk does: size and times stay."""
    there = file.stat()
    file.chmod(0o600)
    with file.open("r+b") as opened:
        opened.seek(bit // 8)
        byte = opened.read(1)[0]
        opened.seek(bit // 8)
        opened.write(bytes([byte ^ 1 << bit % 8]))
    os.chmod(file, there.st_mode & 0o7777)
    os.utime(file, ns=(there.st_atime_ns, there.st_mtime_ns))
