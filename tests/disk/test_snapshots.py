"""The room snapshots/: what is there, what CHAIN says of it, what a cut leaves."""

import subprocess
from pathlib import Path

import pytest

from mirrord.core import chain
from mirrord.core.chain import Sums, line_sum
from mirrord.disk.chain import append, chain_file, read_chain
from mirrord.disk.house import House
from mirrord.disk.snapshots import (
    Snapshot,
    chain_findings,
    fingerprint,
    finish_cut_work,
    hidden_folder,
    remove_snapshot,
    show,
    snapshots,
)
from mirrord.errors import DiskError
from tests.houses import content, new_house

NAME, OTHER = "2026-11-22T030000Z", "2026-11-23T030000Z"
AT = 1_795_316_400.0
VERDICT = "verdict: {}\nlabel: before the sale\nsums: {}\n\nwords\nverdict: COMPLETE\n"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def build(house: House, name: str = NAME, verdict: str = "COMPLETE") -> Sums:
    """A built snapshot, hidden still; its sums."""
    hidden = hidden_folder(house, name)
    hidden.mkdir()
    (hidden / "SHA256SUMS").write_text(f"{name} sums\n")
    (hidden / "VERDICT.txt").write_text(VERDICT.format(verdict, "5" * 64))
    files = ("SHA256SUMS", "VERDICT.txt")
    return Sums(*(line_sum((hidden / file).read_text()) for file in files))


def take(house: House, name: str = NAME, verdict: str = "COMPLETE") -> None:
    append(house, chain.taken(name, build(house, name, verdict)))
    show(house, name)


def test_a_snapshot_is_told_by_its_name_and_its_verdict(house: House) -> None:
    """Oldest first; words below the head are words."""
    take(house, OTHER, "SUSPECT (suspect: 1)")
    take(house)
    assert snapshots(house) == [
        Snapshot(NAME, AT, "COMPLETE", "before the sale", "5" * 64),
        Snapshot(OTHER, AT + 86_400, "SUSPECT", "before the sale", "5" * 64),
    ]
    assert chain_findings(house) == []


@pytest.mark.parametrize("text", [None, "", "verdict: FINE\n", "\xff\0", "VERDICT: COMPLETE"])
def test_a_folder_that_does_not_say_what_it_is_counts_as_incomplete(
    house: House, text: str | None
) -> None:
    """Never an error: the others must still be told."""
    folder = house.room("snapshots") / NAME
    folder.mkdir()
    if text is not None:
        (folder / "VERDICT.txt").write_text(text, encoding="latin-1")
    assert snapshots(house) == [Snapshot(NAME, AT, "INCOMPLETE", "", "")]


def test_only_folders_of_our_form_are_snapshots(house: House, tmp_path: Path) -> None:
    """No link, no hidden one, no other name, no day that no calendar has."""
    room = house.room("snapshots")
    for name in ("@eaDir", ".2026-11-22T030000Z.new", "2026-02-30T030000Z", "my copy"):
        (room / name).mkdir()
    (room / NAME).symlink_to(tmp_path)
    (room / OTHER).touch()
    assert snapshots(house) == []


def test_a_removed_snapshot_leaves_its_name_and_the_reason(house: House) -> None:
    """In CHAIN, which is in order afterwards."""
    take(house)
    take(house, OTHER)
    remove_snapshot(house, NAME, "not among the newest 14 days")
    assert [path.name for path in sorted(house.room("snapshots").iterdir())] == [OTHER, "CHAIN"]
    assert read_chain(house)[-1].endswith(f" pruned {NAME} not among the newest 14 days\n")
    assert chain_findings(house) == []


@pytest.mark.parametrize("name", ["CHAIN", "..", "../files", ".2026-11-22T030000Z.new", NAME])
def test_nothing_else_is_ever_removed(house: House, name: str) -> None:
    """A name that is none, or of none that is there, is refused."""
    take(house, OTHER)
    before = content(house.root)
    with pytest.raises(DiskError):
        remove_snapshot(house, name, "why")
    assert content(house.root) == before


def test_a_snapshot_that_was_cut_before_its_line_is_swept(house: House) -> None:
    """It may not be whole."""
    build(house)
    finish_cut_work(house)
    assert content(house.room("snapshots")) == {}


def test_a_snapshot_that_was_cut_after_its_line_only_gets_its_name(house: House) -> None:
    """The line is written when all of it is durable."""
    append(house, chain.taken(NAME, build(house)))
    finish_cut_work(house)
    assert [one.name for one in snapshots(house)] == [NAME]
    assert chain_findings(house) == []


def test_what_a_cut_left_hidden_is_no_edited_chain(house: House) -> None:
    """Whoever only looks, before or while it is finished, is not alarmed; a changed one is told."""
    take(house, OTHER)
    append(house, chain.taken(NAME, build(house)))
    room = house.room("snapshots")
    (room / OTHER).rename(room / f".{OTHER}.gone")
    assert chain_findings(house) == []
    (room / f".{OTHER}.gone/VERDICT.txt").write_text("other\n")
    assert len(chain_findings(house)) == 1


def test_a_hidden_folder_that_is_not_the_one_of_the_line_is_swept(house: House) -> None:
    """Then the chain tells of one that is not there, and says so."""
    append(house, chain.taken(NAME, build(house)))
    (hidden_folder(house, NAME) / "SHA256SUMS").write_text("other\n")
    finish_cut_work(house)
    assert snapshots(house) == []
    assert chain_findings(house) == [
        f"the snapshot {NAME} is not there, and CHAIN tells of no reason"
    ]


def test_a_removal_that_was_cut_is_finished(house: House) -> None:
    """Also its line in CHAIN."""
    take(house)
    (house.room("snapshots") / NAME).rename(house.room("snapshots") / f".{NAME}.gone")
    finish_cut_work(house)
    assert [path.name for path in house.room("snapshots").iterdir()] == ["CHAIN"]
    assert chain_findings(house) == []


def test_a_torn_last_line_stays_and_is_told_of(house: House) -> None:
    """What follows it begins on a line of its own; the tear is a finding until then."""
    take(house)
    file = chain_file(house)
    torn = file.read_bytes() + b"0123 2026-"
    file.write_bytes(torn)
    assert len(chain_findings(house)) == 1
    take(house, OTHER)
    assert file.read_bytes().startswith(torn + b"\n")
    assert "cut off" in read_chain(house)[-2]
    assert chain_findings(house) == []


def test_even_a_torn_first_line_is_followed_by_a_genesis(house: House) -> None:
    """The chain is then in order from there on."""
    chain_file(house).write_bytes(b"000")
    take(house)
    assert [line.split()[2:3] for line in read_chain(house)] == [
        [],
        ["noted"],
        ["genesis"],
        ["taken"],
    ]
    assert chain_findings(house) == []


def test_the_fingerprint_is_what_sha256sum_says_of_the_last_line(house: House) -> None:
    """And the line that comes next begins with it."""
    assert fingerprint(house) == ""
    take(house)
    before = fingerprint(house)
    told = subprocess.run(
        f"tail -n 1 '{chain_file(house)}' | sha256sum", shell=True, capture_output=True, check=True
    )
    assert told.stdout.decode()[:16] == before
    take(house, OTHER)
    assert read_chain(house)[-1].startswith(before)
