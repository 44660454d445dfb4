"""How long a snapshot takes beside `cp -al`.

``python -m tests.benchmarks.snapshot [FILES] [ROUNDS] [FOLDER]``

Both take the same tree in turn, on the disk of FOLDER (default: the temporary one), and what they
made is removed after each turn. Nothing is asserted: it prints every turn, the medians, the ratio.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.disk.freezing import Freeze
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.snapshots import hidden_folder
from tests.fakes import QuietPulse
from tests.houses import NOW, new_house

_A_FOLDER = 100


def grow(house: House, files: int) -> Iterator[Held]:
    """Write the tree, and the rows that the ledger would have of it."""
    for number in range(files):
        folder = f"product_images/{number // 10_000}/{number // _A_FOLDER}"
        if not number % _A_FOLDER:
            house.room(f"files/{folder}").mkdir(parents=True)
            yield Held(Entry(TreePath(folder), Kind.FOLDER), folder)
        path = f"{folder}/image-{number}.jpg"
        file = house.room(f"files/{path}")
        file.write_bytes(b"x" * 512)
        stamp = Stamp("", NOW)
        mtime = file.stat().st_mtime_ns
        yield Held(Entry(TreePath(path), Kind.FILE, 512, stamp), path, "0" * 64, 512, mtime)


def ours(house: House, ledger: Ledger, files: int) -> float:
    """Seconds for a snapshot's files, its SHA256SUMS written too."""
    hidden = hidden_folder(house, "2026-11-23T030000Z")
    begun = time.perf_counter()
    with Freeze(house, hidden, "link") as freeze:
        freeze.files(ledger.held_plain(), files, QuietPulse())
        freeze.close()
    took = time.perf_counter() - begun
    assert freeze.told.files == files
    shutil.rmtree(hidden)
    return took


def theirs(house: House) -> float:
    """Seconds for `cp -al`."""
    target = house.room("snapshots/cp")
    begun = time.perf_counter()
    subprocess.run(["cp", "-al", house.room("files"), target], check=True)
    took = time.perf_counter() - begun
    shutil.rmtree(target)
    return took


def main() -> None:
    """Take turns and tell."""
    files, rounds = (
        int(word) for word in (sys.argv[1:] + ["100000", "3"][len(sys.argv) - 1 :])[:2]
    )
    above = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory(dir=above) as mirror:
        house = new_house(Path(mirror))
        with Ledger(house.room(".mirrord/ledger.db")) as ledger:
            ledger.record(grow(house, files))
            turns = [(ours(house, ledger, files), theirs(house)) for _ in range(rounds)]
    for mine, other in turns:
        print(f"mirrord {mine:.2f} s   cp -al {other:.2f} s")
    mine, other = (statistics.median(column) for column in zip(*turns, strict=True))
    print(f"median of {files:,} files: {mine:.2f} s, {other:.2f} s; ratio {mine / other:.2f}")


if __name__ == "__main__":
    main()
