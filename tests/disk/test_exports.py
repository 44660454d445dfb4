"""The dated folders: replaced whole, never losing what a pull before them said."""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.changes import undo
from mirrord.core.datasets import DATASETS
from mirrord.core.records import Record
from mirrord.disk import durable as durable_room
from mirrord.disk import exports as exports_room
from mirrord.disk.draft import Draft
from mirrord.disk.durable import Durable
from mirrord.disk.exports import Exports, read_changes, read_lines
from mirrord.disk.house import House
from mirrord.disk.staging import Staging
from mirrord.errors import DiskError
from tests.fakes_records import record
from tests.houses import NOW, content, modes, new_house

ORDERS = DATASETS["orders"]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return new_house(tmp_path)


def order(number: int, note: str = "", total: str = "10.10") -> Record:
    note = json.dumps(note)
    return record(f'{{"id": {number}, "staff_notes": {note}, "total_inc_tax": {total}}}')


def pull(
    house: House,
    records: Iterable[Record],
    day: str = "2026-11-23",
    moment: str = "2026-11-23T141500Z",
    *,
    complete: bool = True,
) -> Path:
    """Draft and place one pull of orders, as the export job does."""
    with (
        closing(Durable(house.root)) as durable,
        closing(Staging(house, "orders", durable)) as staging,
    ):
        draft = Draft(ORDERS, staging, NOW)
        for one in records:
            draft.add(one)
        drafted = draft.close()
        receipt = {
            "records": drafted.records,
            "complete": complete,
            "plain_sha256": dict(drafted.plain),
        }
        placed = Exports(house, durable).place(
            draft, drafted, receipt, day=day, moment=moment, staging=staging, judge=lambda *_: ""
        )
        return placed.folder


def lossless(folder: Path) -> list[str]:
    return gzip.decompress((folder / "lossless/orders.jsonl.gz").read_bytes()).decode().splitlines()


def check_sums(folder: Path) -> None:
    """Everything in the folder, and nothing else, is what its SHA256SUMS says."""
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    named = {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {path for path, body in content(folder).items() if body is not None}
    assert there == named | {"SHA256SUMS"}


def test_a_pull_fills_the_day_and_latest(house: House) -> None:
    """CSV, lossless, receipt and checksums; latest/ are the same inodes; all of it private."""
    day = pull(house, [order(1, 'comma, quote "'), order(2)])
    assert (day.name, sorted(content(day))) == (
        "2026-11-23",
        [
            "SHA256SUMS",
            "lossless",
            "lossless/order_products.jsonl.gz",
            "lossless/orders.jsonl.gz",
            "orders.csv",
            "receipts.json",
        ],
    )
    latest = house.room("exports/latest")
    for folder in (day, latest):
        check_sums(folder)
    assert (latest / "orders.csv").samefile(day / "orders.csv")
    assert set(modes(house.room("exports")).values()) == {"0o700", "0o600"}


def test_a_lossless_line_is_the_records_own_text(house: House) -> None:
    """Digit by digit: 10.10 stays 10.10, 2^63 stays exact."""
    text = '{"id": 9223372036854775807, "total": 10.10, "zip": "00123", "x": null, "y": ""}'
    day = pull(house, [record(text)])
    assert lossless(day) == [text]


def test_the_same_pull_again_changes_no_inode_and_no_day_before(house: House) -> None:
    """Identical content is one inode, in the same day and in the next."""
    first = pull(house, [order(1)])
    inode = (first / "orders.csv").stat().st_ino
    pull(house, [order(1)], moment="2026-11-23T143000Z")
    second = pull(house, [order(1)], day="2026-11-24", moment="2026-11-24T000500Z")
    assert {(day / "orders.csv").stat().st_ino for day in (first, second)} == {inode}
    assert not (first / "changes").exists()
    check_sums(second)


def test_a_day_that_is_over_never_changes(house: House) -> None:
    """The next day's pull goes into its own folder, byte and time of the old one stay."""
    first = pull(house, [order(1)])
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in first.rglob("*")}
    bytes_before = content(first)
    second = pull(
        house, [order(1, "edited"), order(2)], day="2026-11-24", moment="2026-11-24T000500Z"
    )
    assert content(first) == bytes_before
    assert {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in first.rglob("*")} == before
    assert len(lossless(second)) == 2


def test_nothing_is_filed_into_a_day_older_than_the_newest(house: House) -> None:
    """A clock set back does not rewrite history."""
    pull(house, [order(1)], day="2026-11-24")
    again = pull(house, [order(2)], day="2026-11-23", moment="2026-11-24T100000Z")
    assert again.name == "2026-11-24"
    assert not house.room("exports/2026-11-23").exists()


def test_a_pull_within_the_day_keeps_what_it_replaces_as_changes(house: House) -> None:
    """Old and new text of what appeared, changed and vanished; with its checksum."""
    pull(house, [order(1), order(2), order(3)])
    day = pull(house, [order(1), order(2, "edited"), order(4)], moment="2026-11-23T143000Z")
    found = list(read_changes(day / "changes/orders-2026-11-23T143000Z.jsonl.gz"))
    assert [(c.id, c.kind, c.old, c.new) for c in found] == [
        (2, "changed", order(2).text, order(2, "edited").text),
        (3, "vanished", order(3).text, None),
        (4, "appeared", None, order(4).text),
    ]
    check_sums(day)


def test_two_pulls_of_one_second_share_no_file_of_changes(house: House) -> None:
    """The second one's changes lie beside the first one's."""
    for note in ("a", "b", "c"):
        day = pull(house, [order(1, note)])
    assert sorted(content(day / "changes")) == [
        "orders-2026-11-23T141500Z-2.jsonl.gz",
        "orders-2026-11-23T141500Z.jsonl.gz",
    ]


STATES = st.lists(
    st.dictionaries(st.integers(1, 6), st.text(max_size=5), max_size=5), min_size=2, max_size=5
)


@settings(max_examples=25, deadline=None)
@given(states=STATES)
def test_every_earlier_pull_can_be_rebuilt_from_the_changes(
    states: list[dict[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Backwards from the newest lossless file, pull by pull, exactly, over days."""
    house = new_house(tmp_path_factory.mktemp("mirror"))
    pulls = []
    for number, state in enumerate(states):
        records = [order(one, note) for one, note in sorted(state.items())]
        day = f"2026-11-{20 + number // 2}"
        folder = pull(house, records, day, f"{day}T0{number}0000Z")
        pulls.append([one.text for one in records])
    rebuilt = list(read_lines(folder / "lossless/orders.jsonl.gz"))
    files = sorted(house.room("exports").glob("2*/changes/*.gz"), key=lambda file: file.name)
    for expected in reversed(pulls):
        assert [text for _, text in rebuilt] == expected
        later = pulls.pop()
        if pulls and pulls[-1] != later:
            rebuilt = list(undo(rebuilt, read_changes(files.pop())))


def test_an_incomplete_pull_is_filed_and_does_not_become_latest(house: House) -> None:
    """What the day shows is marked; latest/ keeps the last complete one."""
    pull(house, [order(1), order(2)])
    day = pull(house, [order(1)], moment="2026-11-23T143000Z", complete=False)
    latest = house.room("exports/latest")
    assert (len(lossless(day)), len(lossless(latest))) == (1, 2)
    receipts = [json.loads((f / "receipts.json").read_text()) for f in (day, latest)]
    assert [told["orders"]["complete"] for told in receipts] == [False, True]
    check_sums(latest)


def test_the_newest_receipt_is_the_one_told(house: House) -> None:
    """Of the newest day that has the dataset, whole or not; None before the first pull."""
    with closing(Durable(house.root)) as durable:
        assert Exports(house, durable).receipt("orders") is None
    pull(house, [order(1)])
    pull(house, [order(1), order(2)], day="2026-11-25", complete=False)
    with closing(Durable(house.root)) as durable:
        receipt = Exports(house, durable).receipt("orders")
    assert receipt is not None
    assert (receipt["records"], receipt["complete"]) == (2, False)


def test_a_reader_in_the_old_folder_keeps_a_whole_one(house: House) -> None:
    """The swap takes no file away from under an open folder."""
    day = pull(house, [order(1)])
    fd = os.open(day / "orders.csv", os.O_RDONLY)
    try:
        before = (day / "orders.csv").read_bytes()
        pull(house, [order(2)], moment="2026-11-23T143000Z")
        assert os.read(fd, 1 << 20) == before
    finally:
        os.close(fd)


def test_left_overs_of_a_cut_placing_are_swept(house: House) -> None:
    """A half-built successor is never taken for a day."""
    pull(house, [order(1)])
    half = house.room(".mirrord/staging/days/day")
    half.mkdir(parents=True)
    (half / "orders.csv").write_text("half")
    day = pull(house, [order(2)], moment="2026-11-23T143000Z")
    check_sums(day)
    assert not half.exists()


def test_companions_change_and_are_rebuilt_like_records(house: House) -> None:
    """Line items fetched apart stand in a lossless file of their own, keyed by the order."""

    def long_order(item: str) -> Record:
        plain = record('{"id": 7}')
        return Record(7, plain.text, plain.fields, {"products": (record(item),)})

    pull(house, [long_order('{"id": 1, "qty": 2}')])
    day = pull(house, [long_order('{"id": 1, "qty": 3}')], moment="2026-11-23T143000Z")
    companion = list(read_lines(day / "lossless/order_products.jsonl.gz"))
    assert companion == [(7, '{"id":7,"products":[{"id": 1, "qty": 3}]}')]
    made = read_changes(day / "changes/order_products-2026-11-23T143000Z.jsonl.gz")
    assert list(undo(companion, made)) == [(7, '{"id":7,"products":[{"id": 1, "qty": 2}]}')]


def damage(file: Path) -> bytes:
    """One bit turned, as a disk does; the bytes as they are then."""
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0x10
    file.chmod(0o600)
    file.write_bytes(body)
    return bytes(body)


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-24"])
def test_a_rotten_lossless_file_never_stops_the_pulls_after_it(house: House, day: str) -> None:
    """It is kept for a look; the new pull is filed whole, without changes against a guess."""
    first = pull(house, [order(number) for number in range(1, 50)])
    rotten = damage(first / "lossless/orders.jsonl.gz")
    second = pull(house, [order(1)], day=day, moment="2026-11-24T141500Z")
    assert lossless(second) == [order(1).text]
    assert not (second / "changes").exists()
    aside = house.room("set-aside/2026-11-24T141500Z/exports/2026-11-23")
    assert content(aside) == {"lossless": None, "lossless/orders.jsonl.gz": rotten}
    check_sums(second)


def test_a_file_that_was_altered_here_is_never_linked_into_a_new_day(house: House) -> None:
    """The fresh bytes are filed though the shop's records are the same; the altered ones kept."""
    first = pull(house, [order(1)])
    good = (first / "orders.csv").read_bytes()
    damage(first / "orders.csv")
    second = pull(house, [order(1)], day="2026-11-24", moment="2026-11-24T000500Z")
    assert (second / "orders.csv").read_bytes() == good
    check_sums(second)


def test_a_copy_that_somebody_made_of_a_day_is_no_day(house: House) -> None:
    """Whatever its name sorts behind, pulls go on into the real one."""
    day = pull(house, [order(1)])
    copy = shutil.copytree(day, day.with_name("2026-11-23-before-import"))
    before = content(copy)
    assert pull(house, [order(2)], moment="2026-11-23T143000Z") == day
    assert content(copy) == before


def test_a_planted_link_brings_nothing_into_a_day(house: House, tmp_path: Path) -> None:
    """A link to a folder stays a link, in a day or for one: what it points at is not taken in."""
    day = pull(house, [order(1)])
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("s3cret")
    (day / "more").symlink_to(secret)
    shutil.rmtree(house.room("exports/latest"))
    house.room("exports/latest").symlink_to(secret)
    day = pull(house, [order(2)], moment="2026-11-23T143000Z")
    assert (day / "more").is_symlink()
    assert not house.room("exports/latest/key").exists()
    assert content(secret) == {"key": b"s3cret"}


def test_edited_checksums_are_an_error_of_the_disk_and_no_bug(house: House) -> None:
    """It says which file, and what to do."""
    day = pull(house, [order(1)])
    (day / "SHA256SUMS").write_text("# looked at by Jo\r\n")
    with pytest.raises(DiskError, match="SHA256SUMS is damaged: copy it back"):
        pull(house, [order(2)], moment="2026-11-23T143000Z")


def test_without_a_batch_every_file_and_folder_of_a_day_is_synced_before_the_swap(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old day is removed right after: a power cut must find the new one whole."""
    monkeypatch.setattr(durable_room, "filesystem", lambda _: "exfat")
    pull(house, [order(1)])
    synced: set[int] = set()
    unsynced: list[str] = []
    real_sync, real_swap = os.fsync, exports_room.swap

    def sync(fd: int) -> None:
        synced.add(os.fstat(fd).st_ino)
        real_sync(fd)

    def swap(new: Path, old: Path) -> None:
        unsynced.extend(str(p) for p in (new, *new.rglob("*")) if p.stat().st_ino not in synced)
        real_swap(new, old)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(exports_room, "swap", swap)
    pull(house, [order(1, "edited")], moment="2026-11-23T143000Z")
    assert (unsynced, len(synced) > 5) == ([], True)


def test_a_room_that_went_away_is_the_disks_error(house: House) -> None:
    """An unmounted disk is no bug of ours: the run fails in words, and the daemon goes on."""
    with closing(Durable(house.root)) as durable:
        exports = Exports(house, durable)
        shutil.rmtree(house.room("exports"))
        with pytest.raises(DiskError, match=r"reading .*exports"):
            exports.receipt("orders")
