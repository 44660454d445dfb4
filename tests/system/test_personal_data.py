"""One full run over a shop full of people: who may read what, and where it lies.

Each of the jobs runs under the loosest and the strictest umask, over records, files, file names and
errors in which every datum of a person is unlike any other. Then the whole house is walked.
"""

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mirrord.core.discreet import discreet
from mirrord.demo.answer import Answer, Refusal, refusal_answer
from mirrord.demo.misbehave import Fault, Rule, fails
from mirrord.disk.house import House
from tests.dropping import drop, export_text
from tests.system.planted import Marks, plant, texts
from tests.system.shop import KEY, Done, Shop, open_shop
from tests.system.test_run import running

#: Where personal data may lie, at any depth of the house: see section 2 of the README.
ROOMS = ("exports", "drop-here", "holds", "set-aside")
#: The same below files/, a snapshot, and a folder of old-versions/.
TOPS = ("exports", "import_files")
#: They list what files are called, and are their owner's alone while a name may be a person's.
LISTS = ("MANIFEST.csv", "SHA256SUMS")
BRIEF = dict.fromkeys(("products", "customers", "orders", "more", "order_details"), "1h")


@dataclass
class Lived:
    """A house after the run, what was planted in the shop, and all that was said aloud."""

    shop: Shop
    marks: Marks
    umask: str
    said: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def run(self, *words: str, code: int) -> None:
        through = ("sh", "-c", f'umask {self.umask} && exec "$@"', "sh")
        done: Done = self.shop.mirrord(*words, through=through)
        assert done.returncode == code, (words, done.returncode, done.stderr[-3000:])
        self.said += [done.stdout, done.stderr]

    def break_(self, path: str, fault: Fault) -> None:
        self.rules.append(self.shop.store.misbehave.next(path, fault, times=None))

    def files(self) -> Iterator[Path]:
        """All files, by their names below the house."""
        for path in sorted(self.shop.house.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.shop.house)

    def is_open(self, name: Path) -> bool:
        """Whether anyone but the owner may read it: it, and all folders on the way to it."""
        way = [self.shop.house / one for one in (name, *name.parents)]
        return all(path.stat().st_mode & 0o077 for path in way)

    def found_in(self, name: Path) -> set[str]:
        """Where the marks were planted that a file has in it or in its name."""
        told = self.shop.house / name
        return set().union(*map(self.marks.found, texts(told)))


@pytest.fixture(scope="module", params=["000", "077"])
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    """A shop of people, its house after everything was done to it."""
    with open_shop(tmp_path_factory.mktemp("people")) as shop:
        one = Lived(shop, plant(shop.store), request.param)
        shop.set("exports", xlsx="true")
        shop.set("themes", unpack="true")
        shop.set(
            "keep", snapshots={"daily": 1}, exports={"daily": 1}, old_versions="1d", put_by="1d"
        )
        _ordinary(one)
        _disturbed(one)
        _refused(one)
        _unattended(one)
        yield one


def _ordinary(one: Lived) -> None:
    shop, marks = one.shop, one.marks
    one.run("sync", code=3)  # files that are no exports are named
    one.run("export", code=0)
    house = House(shop.mirror, KEY)
    body = export_text("orders", "default", 4, marks.new("mail", "a dropped export"))
    drop(house, f"{marks.new('name', 'the name of a dropped export')}.csv", body)
    strange = marks.new("street", "a dropped file").encode()
    drop(house, f"{marks.new('mail', 'the name of a dropped file')}.bin", strange)
    one.run("export", code=3)
    one.run("snapshot", "--label", "first", code=0)


def _disturbed(one: Lived) -> None:
    """Old versions, what somebody did to files/, a hold, a suspicion."""
    shop, marks = one.shop, one.marks
    stored = shop.store.folder / "import_files"
    first, *_ = sorted(stored.glob("Qzxmail*"))
    first.write_text(marks.new("mail", "a newer file in import_files/"))
    for number in range(20):
        (stored / f"{marks.new('name', 'the name of one of many files')} {number}.csv").touch()
    one.run("sync", code=0)
    held, *others = sorted((shop.files / "import_files").glob("Qzxname*"))
    held.chmod(0o600)
    held.write_text(marks.new("mail", "a file that somebody changed"))
    others[0].unlink()
    put = f"{marks.new('name', 'the name of a file that somebody put there')}.csv"
    (shop.files / "import_files" / put).write_text("x")
    one.run("verify", "--full", code=3)
    shutil.rmtree(stored)
    one.run("sync", code=4)
    for customer in shop.store.customers.values():
        customer |= {"date_modified": "2026-11-30T10:00:00Z", "last_name": ""}
    one.run("export", "customers", code=0)


def _refused(one: Lived) -> None:
    """A store that names people in its errors, and does not give what is named after them."""
    for path in ("/v3/customers*", "/v2/orders/count*", "/v3/wishlists*", "/v2/coupons*"):
        one.break_(path, _refusal(one.marks))
    one.break_("/dav/exports/Qzxmail*", fails(404))
    one.break_("/dav/exports/Qzxname*", fails(403))
    file, *_ = sorted((one.shop.store.folder / "exports").glob("Qzxmail*"))
    file.write_text("a newer one, that can not be had")
    one.run("export", code=5)
    one.run("sync", code=4)
    one.run("status", "--json", code=5)
    one.run("status", code=5)
    one.run("holds", "--json", code=0)
    one.run("doctor", code=5)
    one.run("snapshot", code=3)
    one.run("prune", "--explain", code=0)
    one.run("prune", code=0)
    one.run("reindex", code=0)


def _unattended(one: Lived) -> None:
    """The daemon, which tells systemd how it is."""
    one.shop.set("schedule", **BRIEF)
    through = ("sh", "-c", f'umask {one.umask} && exec "$@"', "sh")
    with running(one.shop, through=through) as daemon:
        for job in ("files", "orders", "customers", "filing"):
            daemon.until(lambda job=job: daemon.last(job))
        code, _, log = daemon.stop()
        told = [datagram.decode() for datagram in daemon.notified.told]
    assert code == 0
    one.said += [log, *told]


def _refusal(marks: Marks) -> Callable[[str, Answer], Answer]:
    kinds = ("mail", "street", "name", "phone")
    people = " ".join(marks.new(kind, "an error of the store") for kind in kinds)
    refusal = Refusal(422, f"The customer {people} is not valid")
    return lambda path, _: refusal_answer(path, refusal)


def _is_personal(name: Path) -> bool:
    """Whether personal data may lie there."""
    room, *below = name.parts
    if room == "files":
        return below[:1] != [] and below[0] in TOPS
    if room == "old-versions":
        return below[1:2] != [] and below[1] in TOPS
    if room == "snapshots":
        inside = below[1:]
        return inside[:1] == ["exports"] or (
            inside[:1] == ["files"] and inside[1:2] != [] and inside[1] in TOPS
        )
    return room in ROOMS


def test_no_person_is_named_in_what_the_program_says(lived: Lived) -> None:
    """Not in the log, in what commands tell, in what systemd is told; every fault has fired."""
    lines = [line for text in lived.said for line in text.splitlines()]
    assert {line: found for line in lines if (found := lived.marks.found(line.encode()))} == {}
    assert [rule.path for rule in lived.rules if not rule.fired] == []
    assert any("The customer ... is not valid" in line for line in lines)


def test_people_lie_in_the_rooms_for_them_alone(lived: Lived) -> None:
    """All that was planted came; outside of those rooms only lists and books name files."""
    found = {name: lived.found_in(name) for name in lived.files()}
    private = set().union(*(marks for name, marks in found.items() if _is_personal(name)))
    planted = {where for where in lived.marks.planted.values() if "error of" not in where}
    assert planted - private == set()
    elsewhere = {name: marks for name, marks in found.items() if marks and not _is_personal(name)}
    books = {name for name in elsewhere if name.parts[0] == ".mirrord"}
    lists = {name for name in elsewhere if name.name.endswith(LISTS)}
    assert elsewhere.keys() - books - lists == set()
    assert all("the name of" in where for marks in elsewhere.values() for where in marks)


def test_no_person_is_in_what_others_may_read(lived: Lived) -> None:
    """Of what the group or all may read; drop-here/ is the group's own."""
    open_ = [name for name in lived.files() if name.parts[0] != "drop-here" and lived.is_open(name)]
    assert {name: found for name in open_ if (found := lived.found_in(name))} == {}
    assert len(open_) > 50


def test_no_name_of_our_own_is_taken_for_a_persons(lived: Lived) -> None:
    """Otherwise staff could read no list of names at all."""
    ours = [str(name) for name in lived.files() if name.parts[0] in ("exports", "snapshots")]
    ours = [name for name in ours if "/more/from-" not in name and "/files/" not in name]
    assert [name for name in ours if discreet(name) != name] == []
    assert len(ours) > 100


def test_every_class_has_its_modes(lived: Lived) -> None:
    """Personal files 0600 in 0700, others 0440 in 0750, nothing is open to all."""
    modes = {
        path.relative_to(lived.shop.house): path.lstat().st_mode
        for path in lived.shop.house.rglob("*")
    }
    strange = ("drop-here", "set-aside")
    assert {
        name: oct(mode)
        for name, mode in modes.items()
        if mode & 0o007 and not (name.parts[0] in strange and stat.S_ISREG(mode))
    } == {}
    ours = {name: mode for name, mode in modes.items() if name.parts[0] != "drop-here"}
    files = {name: mode & 0o7777 for name, mode in ours.items() if stat.S_ISREG(mode)}
    folders = {name: mode & 0o7777 for name, mode in ours.items() if stat.S_ISDIR(mode)}
    # what is set aside stays as it was found, behind a folder of 0700
    own = {n: m for n, m in files.items() if _is_personal(n) and n.parts[0] != "set-aside"}
    assert {n: oct(m) for n, m in own.items() if m != 0o600} == {}
    assert {n: oct(m) for n, m in folders.items() if _is_personal(n) and m != 0o700} == {}
    room = ("files", "themes", "snapshots", "old-versions")
    shared = {n: m for n, m in files.items() if n.parts[0] in room and not _is_personal(n)}
    others = {n: m for n, m in shared.items() if not n.name.endswith(LISTS)}
    assert others.pop(Path("snapshots/CHAIN")) == 0o640  # it is appended to
    assert {n: oct(m) for n, m in others.items() if m != 0o440} == {}
    assert {
        n: oct(m)
        for n, m in folders.items()
        if not _is_personal(n) and n.parts[0] != ".mirrord" and m != 0o750
    } == {}
    books = {n: oct(m) for n, m in ours.items() if n.parts[0] == ".mirrord"}
    assert {n: m for n, m in books.items() if int(m, 8) & 0o077} == {}
    assert modes[Path("drop-here")] & 0o7777 == 0o770
