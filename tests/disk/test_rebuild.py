"""The ledger out of papers and bytes: the same as before, whatever the names are."""

import csv
import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.core.names import local_path
from mirrord.core.rebuild import LOST, Fault
from mirrord.disk.durable import Durable
from mirrord.disk.house import House
from mirrord.disk.ledger import Ledger
from mirrord.disk.lost_ledger import ledger_is_gone
from mirrord.disk.manifest import write_manifest
from mirrord.disk.rebuild import Rebuilt, rebuild
from mirrord.disk.staging import Staging
from mirrord.errors import MirrorMissing, Stopped
from tests.fakes import QuietPulse
from tests.houses import NOW, new_house

RAW = st.one_of(
    st.sampled_from(
        [
            *(b"line\nfeed", b"re\rturn", b'quo"te', b"com,ma", b"a/b", b"\xe9", b"~" + b"0" * 16),
            *(b"desktop.ini", b"x" * 300, b" lead", b"a\\b", "é".encode(), b"\xef\xbb\xbfbom"),
        ]
    ),
    st.binary(min_size=1, max_size=12).filter(lambda raw: 0 not in raw and raw.strip(b".")),
)
STAMPS = st.builds(
    Stamp,
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=9),
    st.one_of(st.none(), st.integers(-(10**9), NOW - 10)),
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def keep(house: House, held: list[Held]) -> list[Held]:
    """Record rows and write the papers, as a sync does at its end."""
    ledger_file = house.room(".mirrord/ledger.db")
    ledger_file.unlink(missing_ok=True)
    with (
        Ledger(ledger_file) as ledger,
        closing(Durable(house.root)) as durable,
        closing(Staging(house, "files", durable)) as staging,
    ):
        ledger.record(held)
        write_manifest(house, ledger, staging, NOW)
        return list(ledger.held())


def bring(house: House, body: bytes, *names: str | bytes, **told: object) -> Held:
    """A file that lies in files/, and what the ledger says of it."""
    path = TreePath.of(names)
    local = local_path(path)
    file = house.room("files") / local
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    entry = Entry(path, Kind.FILE, len(body), Stamp("tag", 1_000))
    mtime = file.stat().st_mtime_ns
    held = Held(entry, local, hashlib.sha256(body).hexdigest(), len(body), mtime, NOW, NOW)
    return replace(held, **told)  # type: ignore[arg-type]


def folder(house: House, *names: str) -> Held:
    path = TreePath.of(names)
    house.room(f"files/{local_path(path)}").mkdir(parents=True, exist_ok=True)
    return Held(Entry(path, Kind.FOLDER), local_path(path), fetched=NOW, checked=NOW)


def rows(house: House) -> list[Held]:
    with Ledger(house.room(".mirrord/ledger.db")) as ledger:
        return list(ledger.held())


def lose(house: House) -> None:
    house.room(".mirrord/ledger.db").unlink()


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    files=st.dictionaries(
        st.tuples(RAW), st.tuples(st.binary(max_size=3), STAMPS, st.booleans()), max_size=6
    )
)
def test_what_the_ledger_held_comes_back_from_the_papers(
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[tuple[bytes], tuple[bytes, Stamp, bool]],
) -> None:
    """Every field, whatever the names; nothing is found. (Not when it was compared last.)"""
    house = new_house(tmp_path_factory.mktemp("house"))
    held = []
    for names, (body, stamp, odd) in files.items():
        one = bring(house, body, *names)
        listed = 99 if odd else None if not stamp.etag else len(body)
        entry = Entry(one.path, Kind.FILE, listed, stamp)
        held.append(replace(one, entry=entry, as_served=odd))
    held.append(folder(house, "empty, \n folder"))
    before = keep(house, held)
    lose(house)
    told = rebuild(house, QuietPulse())
    assert (told.sound, dict(told.faults), rows(house)) == (True, {}, before)


def test_a_sound_rebuild_leaves_nothing_to_write(house: House) -> None:
    """The manifest is not due again, and nothing but the ledger stays in .mirrord/."""
    keep(house, [folder(house, "a"), bring(house, b"1", "a", "1")])
    lose(house)
    assert ledger_is_gone(house)
    rebuild(house, QuietPulse())
    assert not ledger_is_gone(house)
    with Ledger(house.room(".mirrord/ledger.db")) as ledger:
        assert not ledger.manifest_due()
    assert sorted(os.listdir(house.room(".mirrord"))) == ["ledger.db", "staging"]


def test_what_is_wrong_is_found_and_not_blessed(house: House) -> None:
    """Altered (with its time kept), missing, unexpected; the recorded checksum stays."""
    held = [bring(house, b"true", name) for name in ("altered", "missing", "good")]
    before = {one.path: one for one in keep(house, held)}
    altered = house.room("files/altered")
    there = altered.stat()
    altered.write_bytes(b"fals")
    os.utime(altered, ns=(there.st_mtime_ns, there.st_mtime_ns))
    house.room("files/missing").unlink()
    house.room("files/unexpected").write_bytes(b"by somebody")
    os.symlink("/etc/passwd", house.room("files/link"))
    os.mkfifo(house.room("files/pipe"))
    (house.room("files") / os.fsdecode(b"raw\xe9")).write_bytes(b"raw")
    lose(house)
    told = rebuild(house, QuietPulse())
    assert told.named == {
        Fault.ALTERED: ["altered"],
        Fault.MISSING: ["missing"],
        Fault.UNEXPECTED: ["link", "pipe", os.fsdecode(b"raw\xe9"), "unexpected"],
    }
    assert {one.path: one for one in rows(house)} == before | {
        path: replace(before[TreePath(path)], mtime=LOST) for path in ("altered", "missing")
    }


def test_droppings_are_counted_and_not_alarmed(house: House) -> None:
    """What a NAS or a desktop left; a file of such a name that the shop has is the shop's."""
    keep(house, [bring(house, b"the shop's", ".DS_Store")])
    (house.room("files") / "@eaDir").mkdir()
    (house.room("files") / "@eaDir" / "thumb.jpg").write_bytes(b"x")
    (house.room("files") / "._photo.jpg").write_bytes(b"x")
    lose(house)
    told = rebuild(house, QuietPulse())
    assert (told.droppings, told.sound, told.files) == (3, True, 1)


def test_without_the_manifest_the_sums_vouch_for_the_bytes(house: House) -> None:
    """Dates and ETags are not known: the rows are doubtful, so that they are read again first."""
    escaped = "x" * 300
    keep(house, [folder(house, "a"), bring(house, b"1", "a", "1"), bring(house, b"2", escaped)])
    house.room("MANIFEST.csv").unlink()
    house.room("files/new").write_bytes(b"by somebody")
    lose(house)
    told = rebuild(house, QuietPulse())
    assert told.papers == {"MANIFEST.csv": "missing", "SHA256SUMS": ""}
    assert set(told.named) == {Fault.UNEXPECTED, Fault.NAMELESS}
    assert [(one.path, one.entry.stamp, one.fetched) for one in rows(house)] == [
        ("a", Stamp(), 0),
        ("a/1", Stamp(), 0),
    ]
    with Ledger(house.room(".mirrord/ledger.db")) as ledger:
        assert [one.path for one in ledger.least_checked(1, 1, doubtful=True)] == ["a/1"]
        assert ledger.manifest_due()


def test_without_any_paper_the_house_is_not_taken_for_empty(house: House) -> None:
    """What lies there is held, proven by nothing, and that is said."""
    keep(house, [bring(house, b"1", "1")])
    lose(house)
    for paper in ("MANIFEST.csv", "SHA256SUMS"):
        house.room(paper).unlink()
    assert ledger_is_gone(house)
    told = rebuild(house, QuietPulse())
    assert told.papers == {"MANIFEST.csv": "missing", "SHA256SUMS": "missing"}
    assert ([one.path for one in rows(house)], told.sound) == (["1"], False)


def _no_heading(text: str) -> str:
    return text.partition("\n")[2]


def _cut(text: str) -> str:
    return text[:-30]


def _other_path(text: str) -> str:
    return text.replace("\n2,2,", "\n2,../../2,")


def _quote(text: str) -> str:
    return text.replace("\n2,", '\n"2,')


def _twice(text: str) -> str:
    return text + text.splitlines(keepends=True)[-1]


@pytest.mark.parametrize("damage", [_no_heading, _cut, _other_path, _quote, _twice])
def test_a_damaged_manifest_is_told_and_loses_no_file(house: House, damage: object) -> None:
    """A line that can not be right counts as missing: the sums and the disk tell of its file."""
    keep(house, [bring(house, name.encode(), name) for name in "123"])
    paper = house.room("MANIFEST.csv")
    text = paper.read_text()
    paper.chmod(0o600)
    paper.write_text(damage(text))  # type: ignore[operator]
    lose(house)
    told = rebuild(house, QuietPulse())
    assert [one.path for one in rows(house)] == ["1", "2", "3"]
    assert "damaged" in told.papers["MANIFEST.csv"]


def test_a_manifest_of_before_the_listed_size_is_read_as_well(house: House) -> None:
    """What it lacks is not known, and then not compared."""
    (before,) = keep(house, [bring(house, b"1", "1")])
    paper = house.room("MANIFEST.csv")
    with paper.open(newline="") as file:
        lines = [row[:-1] for row in csv.reader(file)]
    paper.chmod(0o600)
    with paper.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    lose(house)
    assert rebuild(house, QuietPulse()).sound
    assert rows(house) == [replace(before, entry=replace(before.entry, size=None))]


def test_a_rebuild_that_is_cut_leaves_what_was_there(house: House) -> None:
    """At every step: the ledger of before, or none at all; the next one is whole."""
    before = keep(house, [bring(house, b"1", "1"), bring(house, b"2", "2")])
    stops = 0
    for stop_at in range(1, 100):
        try:
            rebuild(house, QuietPulse(stop_at))
        except Stopped:
            stops += 1
            assert rows(house) == before
            continue
        break
    assert stops > 3
    assert rows(house) == before


def test_a_log_of_the_old_ledger_never_spoils_the_new_one(house: House) -> None:
    """Somebody moved only ledger.db away, or a cut left its log."""
    before = keep(house, [bring(house, b"1", "1")])
    with Ledger(house.room(".mirrord/ledger.db")) as ledger:
        ledger.record([bring(house, b"ghost", "ghost")])
        house.room("files/ghost").unlink()
        log = house.room(".mirrord/ledger.db-wal").read_bytes()
    lose(house)
    house.room(".mirrord/ledger.db-wal").write_bytes(log)
    rebuild(house, QuietPulse())
    assert rows(house) == before


def test_a_disk_that_went_away_leaves_no_ledger_of_an_empty_house(house: House) -> None:
    """The marker is looked for before the new ledger takes its place."""
    before = keep(house, [bring(house, b"1", "1")])

    class Unmounting(QuietPulse):
        def beat(self) -> None:
            (house.mirror / "MIRROR-DISK-DO-NOT-DELETE").unlink(missing_ok=True)

    with pytest.raises(MirrorMissing):
        rebuild(house, Unmounting())
    assert rows(house) == before


def _new(house: House) -> Iterator[bool]:
    yield ledger_is_gone(house)
    (house.room("files") / ".DS_Store").touch()
    yield ledger_is_gone(house)


def test_a_new_house_has_lost_nothing(house: House) -> None:
    """A dropping does not make it an old one; an empty ledger file is no ledger."""
    assert list(_new(house)) == [False, False]
    keep(house, [])
    house.room(".mirrord/ledger.db").write_bytes(b"")
    assert ledger_is_gone(house)


def test_the_sound_state_is_told_apart_from_any_other() -> None:
    """A paper that is missing is a finding of its own."""
    assert Rebuilt(papers={"SHA256SUMS": ""}).sound
    assert not Rebuilt(papers={"SHA256SUMS": "missing"}).sound
