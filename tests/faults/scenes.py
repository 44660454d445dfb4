"""Four houses with work at hand, for the commands `sync`, `export`, `snapshot` and `prune`.

A scene is played again and again: each time the mirror is put back as it was before. Its judge
knows nothing of mirrord but the README: what was held, what the store has, and what sha256sum says.
"""

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from email.utils import formatdate
from pathlib import Path

from mirrord.core.times import moment_name
from mirrord.demo.shop import Sizes
from mirrord.disk.house import House
from mirrord.disk.snapshots import chain_findings
from tests.faults.calls import Program, program
from tests.houses import content
from tests.laws.witness import Witness
from tests.system.shop import KEY, Shop, open_shop

SIZES = Sizes(products=2, customers=3, orders=4)
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d(T\d{6}Z)?(~?\d+)?")
_LONG_AGO = "2024-02-03T040506Z"

Sums = dict[str, str]


class Scene:
    """One command on one house; :meth:`set_up` puts the house back to where the work begins."""

    def __init__(self, shop: Shop, program: Program, *words: str) -> None:
        self.shop, self.program, self.words = shop, program, words
        self._ready = shop.home / "ready"
        self._copy(shop.mirror, self._ready)
        self.store = _sums(shop.store.folder)
        self.before = _sums(shop.files)
        self.points = {name: _facts(point) for name, point in self._points().items()}
        done = program.run(*words)
        assert (done.code, done.err) == (0, done.err), done.err
        self.clean = self._names()
        self.points_after = set(self._points())

    def set_up(self) -> None:
        """The mirror as it was before the command."""
        shutil.rmtree(self.shop.mirror)
        self._copy(self._ready, self.shop.mirror)

    def wrong(self) -> list[str]:
        """What no fault may ever bring about; nothing, if all is well."""
        return [
            *self._torn(),
            *self._lost(),
            *self._broken_days(),
            *self._broken_points(),
        ]

    def unfinished(self) -> list[str]:
        """What is not as a run that ended well leaves it; nothing, if all is well."""
        staging = self.shop.house / ".mirrord/staging"
        # what retention can not make sure of it keeps, and drops it another time
        late = sorted(set(self._points()) - self.points_after) if self.words[0] == "prune" else []
        found = [f"stays: {name}" for name in late]
        found += [f"staged: {name}" for name, body in content(staging).items() if body is not None]
        found += [f"stray: {name}" for name in sorted(self._names() - self.clean)]
        return [*self.wrong(), *self.unmet(), *found]

    def unmet(self) -> list[str]:
        """Which promise of a run that ended with 0 is not kept; nothing, if all are."""
        found = [f"CHAIN: {why}" for why in chain_findings(House(self.shop.mirror, KEY))]
        if self.words[0] in ("sync", "snapshot"):
            if content(self.shop.files) != content(self.shop.store.folder):
                found.append("files/ is not the store")
            if not self.shop.sums_agree():
                found.append("SHA256SUMS is not files/")
        return found

    def heal(self) -> list[str]:
        """Run it again, in peace; what is wrong then."""
        done = self.program.run(*self.words)
        told = [] if done.code == 0 else [f"the next run: {done.code} {done.err[-2000:]}"]
        return told + self.unfinished()

    def _torn(self) -> Iterator[str]:
        for path, digest in _sums(self.shop.files).items():
            if digest not in (self.before.get(path), self.store.get(path)):
                yield f"torn: {path}"

    def _lost(self) -> Iterator[str]:
        """Whatever any of our lists says is held, and what was held before, is there whole."""
        held = set(_sums(self.shop.files).items()) | self._old_versions()
        lists = {"the past": self.before, "SHA256SUMS": self._told("SHA256SUMS")}
        lists["MANIFEST.csv"] = self._told("MANIFEST.csv")
        lists["the ledger"] = self._ledger()
        for name, told in lists.items():
            for path, digest in told.items():
                if (path, digest) not in held:
                    yield f"lost, by {name}: {path}"

    def _told(self, name: str) -> Sums:
        witness = Witness(self.shop.house)
        with suppress(FileNotFoundError):
            if name == "SHA256SUMS":
                return witness.sums()
            rows = witness.manifest()
            return {path: row["sha256"] for path, row in rows.items() if row["kind"] == "file"}
        return {}

    def _ledger(self) -> Sums:
        """Its rows, read from a copy: whoever opens it mends it."""
        there = self.shop.house / ".mirrord"
        aside = self.shop.home / "ledger"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        for file in there.glob("ledger.db*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, aside)
        with closing(sqlite3.connect(aside / "ledger.db")) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'held'").fetchone():
                return {}
            return dict(db.execute("SELECT local, sha256 FROM held WHERE kind = 'file'"))

    def _old_versions(self) -> set[tuple[str, str]]:
        sums = _sums(self.shop.house / "old-versions")
        return {(path.partition("/")[2], digest) for path, digest in sums.items() if "/" in path}

    def _broken_days(self) -> Iterator[str]:
        for folder in sorted((self.shop.house / "exports").glob("[!.]*")):
            yield from _checked(folder)
            receipts = json.loads((folder / "receipts.json").read_bytes())
            sums = (folder / "SHA256SUMS").read_text()
            for receipt in receipts.values():
                for name in receipt.get("plain_sha256", {}):
                    if f"  {name}\n" not in sums:
                        yield f"{folder.name}: a receipt names {name}, which is not there"

    def _points(self) -> dict[str, Path]:
        return {path.name: path for path in (self.shop.house / "snapshots").glob("2*")}

    def _broken_points(self) -> Iterator[str]:
        for name, point in self._points().items():
            if name in self.points:
                if _facts(point) != self.points[name]:
                    yield f"snapshot {name} changed"
            elif not (point / "VERDICT.txt").exists():
                yield f"snapshot {name} has no verdict"
            else:
                yield from _checked(point)
        for name in sorted(set(self.points) - set(self._points())):
            if self.words[0] != "prune" or name in self.points_after:
                yield f"snapshot {name} is gone"

    def _names(self) -> set[str]:
        """Every path in the house, with the moments taken out of it."""
        rooms = content(self.shop.house)
        # a folder that could not be removed in its time is in the way of the file that came then
        aside = "set-aside/"
        rooms = {
            p: body for p, body in rooms.items() if body is not None or not p.startswith(aside)
        }
        names = {_MOMENT.sub("MOMENT", name) for name in rooms}
        # SQLite leaves these beside a database after a cut, and takes them up by itself; how many
        # of a store's turns were ever taken at once is no matter
        turns = ".mirrord/quota/all."
        return {
            name
            for name in names
            if not name.endswith(("-wal", "-shm")) and not name.startswith(turns)
        }

    @staticmethod
    def _copy(mirror: Path, to: Path) -> None:
        subprocess.run(["cp", "-a", mirror, to], check=True)


def _sums(folder: Path) -> Sums:
    return {
        path: hashlib.sha256(body).hexdigest()
        for path, body in content(folder).items()
        if body is not None
    }


def _facts(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path: (digest, (folder / path).stat().st_mtime_ns) for path, digest in _sums(folder).items()
    }


def _checked(folder: Path) -> Iterator[str]:
    """What sha256sum says of a folder with its own SHA256SUMS."""
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    done = subprocess.run(check, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"{folder.name}: {done.stdout}{done.stderr}"


# what there is to do


def _change_files(shop: Shop) -> None:
    """Files change, one goes, one comes, a file and a folder change places."""
    folder = shop.store.folder
    (folder / "content/styles/shop.css").write_bytes(b"anew {}" * 300)
    (folder / "content/scripts/shop.js").write_bytes(b"anew()" * 300)
    (folder / "content/catalogue.pdf").unlink()
    (folder / "content/new").mkdir()
    (folder / "content/new/page.html").write_bytes(b"<p>new</p>" * 300)
    (folder / "content/was-file").unlink()
    (folder / "content/was-file").mkdir()
    (folder / "content/was-file/in").write_bytes(b"in")
    shutil.rmtree(folder / "content/was-folder")
    (folder / "content/was-folder").write_bytes(b"a file now")


def _change_records(shop: Shop, words: str) -> None:
    with shop.store.shop.lock:
        for order in shop.store.orders.values():
            order.head |= {"staff_notes": words, "date_modified": formatdate()}


def _sync(shop: Shop, program: Program) -> tuple[str, ...]:
    _change_files(shop)
    return ("sync",)


def _export(shop: Shop, program: Program) -> tuple[str, ...]:
    _change_records(shop, "changed")
    return ("export", "orders")


def _snapshot(shop: Shop, program: Program) -> tuple[str, ...]:
    _change_files(shop)
    return ("snapshot",)


def _prune(shop: Shop, program: Program) -> tuple[str, ...]:
    css = shop.store.folder / "content/styles/shop.css"
    for number, command in enumerate(["sync", "sync", "snapshot", "snapshot"]):
        css.write_bytes(b"a{}" * number)
        assert program.run(command).code == 0
    # two of one second bear the next one's name: what is dated in the future is never dropped
    newest = max(point.name for point in (shop.house / "snapshots").glob("2*"))
    while moment_name(time.time()) <= newest:
        program.run("status")
    # time that has gone by: an old version, and a day of exports
    (_, old, *_) = sorted((shop.house / "old-versions").glob("2*Z"))  # in no snapshot
    for place in (old, old.with_name(f"{old.name}.SHA256SUMS")):
        place.rename(place.with_name(place.name.replace(old.name, _LONG_AGO)))
    day = next((shop.house / "exports").glob("2*"))
    subprocess.run(["cp", "-al", day, day.with_name(_LONG_AGO[:10])], check=True)
    return ("prune",)


SCENES: dict[str, Callable[[Shop, Program], tuple[str, ...]]] = {
    "sync": _sync,
    "export": _export,
    "snapshot": _snapshot,
    "prune": _prune,
}


@contextmanager
def scene(name: str, home: Path) -> Iterator[Scene]:
    """The scene of this name, below a folder of its own."""
    home.mkdir()
    with open_shop(home, SIZES) as shop, program(shop) as warm:
        for part in ("content/deep", "content/names", "content/long", "template"):
            shutil.rmtree(shop.store.folder / part)
        (shop.store.folder / "content/was-file").write_bytes(b"a file")
        (shop.store.folder / "content/was-folder").mkdir()
        (shop.store.folder / "content/was-folder/in").write_bytes(b"inside")
        keep = {"snapshots": {"hourly": 1}, "exports": {"daily": 1}, "old_versions": "1d"}
        shop.set("keep", **keep)
        for words in (["sync"], ["export", "orders"], ["snapshot"]):
            done = warm.run(*words)
            assert done.code == 0, done.err
        yield Scene(shop, warm, *SCENES[name](shop, warm))
