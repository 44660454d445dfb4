"""The whole sync, as it is built from a config, against every real server.

The same tree gives the same mirror on all of them, byte for byte; after every change of the tree
the mirror follows, loses nothing, and the next plan is empty.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirrord.config import Config, Store, load
from mirrord.core.report import Report
from mirrord.disk.house import House
from mirrord.jobs import FILES
from mirrord.jobs.opening import open_job
from mirrord.jobs.pulse import Heart
from tests.houses import NOW, content, new_house
from tests.servers.disk_tree import NAMES, DiskTree
from tests.servers.kinds import serving
from tests.servers.tools import PASSWORD, USER, Peer

#: Each server once, and those twice that differ in more than the login.
SERVERS = [
    "sabre",
    "sabre with etags",
    "wsgidav",
    "apache",
    "apache, HTTP/2",
    "nginx",
    "nginx, HTTP/2",
    "lighttpd",
    "rclone",
]
CONFIG = """\
mirror: {mirror}
stores:
  acme:
    webdav: {{url: "{url}", username: {user}, password: {{env: DAV_PASSWORD}}, login: {login}{ca}}}
"""

#: File managers act upon a file `.hidden`: it gets a local name, as a test of names says.
PLAIN = [name for name in NAMES if name != ".hidden"]

Tree = dict[str, bytes | None]


@dataclass
class Mirrored:
    """A tree behind a real server, and the house that mirrors it; each sync is an hour later.

    ``names`` are those of the round trip that the server shows as they are on its disk.
    """

    folder: Path
    tree: DiskTree
    names: list[str]
    house: House
    config: Config
    now: float = NOW

    def sync(self, *, dry_run: bool = False) -> Report:
        """Build the job from the config and run it, as every command does."""
        self.now += 3600
        store: Store = self.config.stores["acme"]
        with open_job(
            self.config, store, FILES, self.house, dry_run=dry_run, clock=lambda: self.now
        ) as job:
            return job.run(Heart())

    def files(self) -> Tree:
        return content(self.house.room("files"))

    def old_versions(self) -> list[tuple[str, bytes]]:
        """What ever left files/, by its old path; sorted."""
        found = content(self.house.room("old-versions")).items()
        return sorted(
            (p.partition("/")[2], body) for p, body in found if body is not None and "/" in p
        )

    def follows(self) -> None:
        """One sync later: the mirror is the tree, the sums are right, nothing is left to do."""
        report = self.sync()
        assert (str(report.outcome), report.findings) == ("ok", ())
        assert self.files() == content(self.folder)
        check = subprocess.run(
            ["sha256sum", "--quiet", "--strict", "-c", "../SHA256SUMS"],
            cwd=self.house.room("files"),
            check=False,
        )
        assert check.returncode == 0
        assert self.sync(dry_run=True).details["plan"] == []
        assert content(self.house.room("set-aside")) == {}


@pytest.fixture(params=SERVERS)
def mirrored(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mirrored]:
    """A real server over an empty folder that any user may read, and an empty house."""
    monkeypatch.setenv("DAV_PASSWORD", PASSWORD)
    with serving(request.param) as (folder, peer):
        yield _mirror(peer, folder, tmp_path)


def _mirror(peer: Peer, folder: Path, home: Path) -> Mirrored:
    mirror = home / "mirror"
    mirror.mkdir()
    file = home / "mirrord.yaml"
    ca = f", ca: {peer.ca}" if peer.ca else ""
    file.write_text(CONFIG.format(mirror=mirror, url=peer.url, user=USER, login=peer.scheme, ca=ca))
    names = [name for name in PLAIN if peer.shown(name) == name]
    return Mirrored(folder, DiskTree(folder), names, new_house(mirror), load(file))


def _fill(mirrored: Mirrored) -> None:
    """All names that clients break, deep and empty folders, empty and larger files."""
    tree = mirrored.tree
    for name in mirrored.names:
        tree.put(name.encode(), "names", name)
    tree.put(b"deep", *(f"level {n}" for n in range(12)), "file")
    tree.make_folder("empty", "emptier")
    tree.put(b"", "content", "empty.txt")
    tree.put(bytes(range(256)) * 8_000, "content", "large.bin")
    for number in range(30):
        tree.put(b"%d" % number, "product_images", f"{number % 3}", f"{number}.jpg")


def _sums(folder: Path) -> bytes:
    """SHA256SUMS of a tree by coreutils, sorted by the names' bytes."""
    names = sorted(
        os.path.relpath(os.path.join(above, name), os.fsencode(folder))
        for above, _, names in os.walk(os.fsencode(folder))
        for name in names
    )
    return subprocess.run(
        ["sha256sum", "--", *names], cwd=folder, capture_output=True, check=True
    ).stdout


def test_the_mirror_is_the_tree_byte_for_byte(mirrored: Mirrored) -> None:
    """Whatever serves the tree: files/ equals it, and SHA256SUMS is what coreutils would write.

    So it is the same text on all servers; a second sync changes no byte of it.
    """
    _fill(mirrored)
    mirrored.follows()
    sums = mirrored.house.room("SHA256SUMS")
    assert sums.read_bytes() == _sums(mirrored.folder)
    before = (sums.stat().st_mtime_ns, sums.stat().st_ino)
    mirrored.follows()
    assert (sums.stat().st_mtime_ns, sums.stat().st_ino) == before
    assert mirrored.old_versions() == []


def test_the_mirror_has_the_stores_times(mirrored: Mirrored) -> None:
    """Each file carries the time at which it was changed in the store."""
    _fill(mirrored)
    mirrored.sync()
    there, here = _times(mirrored.folder), _times(mirrored.house.room("files"))
    assert here == there


def _times(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): int(path.stat().st_mtime)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_changes_replacements_and_deletions_are_followed(mirrored: Mirrored) -> None:
    """What changed is new, what is gone is gone; the old bytes of both lie in old-versions/."""
    _fill(mirrored)
    mirrored.follows()
    held = mirrored.files()
    tree = mirrored.tree
    tree.put(b"longer than it was", "product_images", "0", "0.jpg")
    tree.put(b"X", "product_images", "1", "1.jpg")  # of the same size
    tree.put(b"emptied no more", "content", "empty.txt")
    tree.remove("content", "large.bin")
    tree.remove("names", "new\nline" if "new\nline" in mirrored.names else "what?.png")
    tree.remove("level 0")
    tree.remove("empty")
    tree.put(b"new", "content", "new.txt")
    tree.make_folder("new", "empty folder")
    mirrored.follows()
    now = mirrored.files()
    left = [(p, body) for p, body in held.items() if body is not None and now.get(p) != body]
    assert (mirrored.old_versions(), len(left)) == (sorted(left), 6)


def test_a_file_that_becomes_a_folder_and_back_is_followed(mirrored: Mirrored) -> None:
    """Both ways, at the top and below; every version that was held is kept."""
    tree = mirrored.tree
    for step, is_folder in enumerate((False, True, False, True)):
        for names in (("thing",), ("content", "thing")):
            if step:
                tree.remove(*names)
            inside = ("inner", "deeper") if is_folder else ()
            tree.put(f"step {step}".encode(), *names, *inside)
        tree.put(b"stays", "content", "other")
        mirrored.follows()
    steps = [("thing", b"step 0"), ("thing", b"step 2"), ("thing/inner/deeper", b"step 1")]
    below = [(f"content/{path}", body) for path, body in steps]
    assert mirrored.old_versions() == below + steps


def test_a_file_that_changes_its_case_is_followed(mirrored: Mirrored) -> None:
    """`Photo.jpg` becomes `photo.jpg`: one goes to old-versions/, the other comes."""
    mirrored.tree.put(b"a photo", "product_images", "Photo.jpg")
    mirrored.follows()
    mirrored.tree.remove("product_images", "Photo.jpg")
    mirrored.tree.put(b"a photo", "product_images", "photo.jpg")
    mirrored.follows()
    assert mirrored.old_versions() == [("product_images/Photo.jpg", b"a photo")]


def test_a_theme_switch_is_held_and_all_else_goes_on(mirrored: Mirrored) -> None:
    """A top folder that vanishes whole is kept, exit code 4; new files come all the same."""
    _fill(mirrored)
    mirrored.follows()
    held = mirrored.files()
    mirrored.tree.remove("product_images")
    mirrored.tree.put(b"new", "content", "new.txt")
    report = mirrored.sync()
    assert (str(report.outcome), report.exit_code) == ("held", 4)
    assert mirrored.files() == held | {"content/new.txt": b"new"}
