"""The changes of the last pulls, gathered over days and merged, however many files there are."""

import gzip
import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from mirrord.core.changes import Change
from mirrord.core.datasets import DATASETS
from mirrord.core.suspicion import Told
from mirrord.core.times import moment_name
from mirrord.disk.dayfolder import read_sums, seal
from mirrord.disk.recent import Recent, recent

PRODUCTS = DATASETS["products"]
NOON = 1_763_899_200.0  # 2025-11-23T12:00:00Z


def leave(day: Path, name: str, made: Iterable[Change]) -> str:
    """A file of changes as a pull leaves it, with its checksum; its name in the folder."""
    (day / "changes").mkdir(parents=True, exist_ok=True)
    lines = [json.dumps([one.id, one.old, one.new]) + "\n" for one in made]
    body = gzip.compress("".join(lines).encode(), mtime=0)
    file = day / "changes" / f"{name}.jsonl.gz"
    file.write_bytes(body)
    inside = f"changes/{file.name}"
    seal(day, {}, read_sums(day) | {inside: sha256(body).hexdigest()})
    return inside


def merged(told: Recent, work: Path) -> list[Told]:
    with told.merged(work, lambda: None) as ones:
        return list(ones)


def test_hundreds_of_pulls_come_together_by_record_and_pull(tmp_path: Path) -> None:
    """Over two days' folders, and more files than are open at a time; nothing is left behind."""
    days = [tmp_path / "2025-11-22", tmp_path / "2025-11-23"]
    texts = dict.fromkeys(range(5), "0")
    wanted = []
    for pull in range(300):
        made = []
        for key in range(5):
            if (pull + key) % 3 == 0:
                made.append(Change(key, texts[key], f"{key} \u2028 {pull}"))
                texts[key] = f"{key} \u2028 {pull}"
        at = NOON - 20 * 3600 + pull * 60
        leave(days[pull > 240], f"products-{moment_name(at)}", made)
        wanted += [Told(pull, "", one) for one in made]
    work = tmp_path / "work"
    work.mkdir()
    told = recent(days, PRODUCTS, moment_name(NOON - 86_400), moment_name(NOON), [])
    assert (len(told.moments), told.told, told.damaged) == (300, len(wanted), ())
    assert (told.days[0], told.days[-1]) == ("2025-11-22", "2025-11-23")
    got = merged(told, work)
    assert got == sorted(wanted, key=lambda one: (one.change.id, one.pull))
    assert list(work.iterdir()) == []


def test_only_the_dataset_its_companions_and_the_time_count(tmp_path: Path) -> None:
    """What came of a companion is told as such, beside the record's own of the same pull."""
    day = tmp_path / "2025-11-23"
    early, now = moment_name(NOON - 90_000), moment_name(NOON)
    change = Change(7, "a", "b")
    leave(day, f"products-{early}", [change])
    leave(day, f"orders-{now}", [change])
    last = [leave(day, f"{name}-{now}", [change]) for name in ("products", "product_options")]
    told = recent([day], PRODUCTS, moment_name(NOON - 86_400), now, last)
    assert told.moments == (now,)
    assert {(one.pull, one.part) for one in merged(told, tmp_path)} == {(0, ""), (0, "options")}


def test_what_appeared_is_not_counted_before_it_is_read(tmp_path: Path) -> None:
    """Whatever the key is made of; a companion's lines count all."""
    day = tmp_path / "2025-11-23"
    now = moment_name(NOON)
    made = [Change(1, None, "[1, null, x"), Change(-2, None, "b"), Change(3, "null", None)]
    last = [leave(day, f"products-{now}", made)]
    assert recent([day], PRODUCTS, now, now, last).told == 1
    last.append(leave(day, f"product_options-{now}", made))
    assert recent([day], PRODUCTS, now, now, last).told == 4


def test_the_pull_of_now_is_the_last_whatever_the_clock_says(tmp_path: Path) -> None:
    """What is dated in the future came before it."""
    day = tmp_path / "2025-11-23"
    now, future = moment_name(NOON), moment_name(NOON + 10 * 86_400)
    leave(day, f"products-{future}", [Change(1, "a", "b")])
    leave(day, f"products-{now}", [Change(1, "b", "c")])
    last = [leave(day, f"products-{now}-2", [Change(1, "c", "d")])]
    told = recent([day], PRODUCTS, moment_name(NOON - 86_400), now, last)
    assert told.moments == (now, now, now)
    assert [(one.pull, one.change.new) for one in merged(told, tmp_path)][-1] == (2, "d")


def test_a_file_that_others_changed_is_named_and_left_out(tmp_path: Path) -> None:
    """Also one that nobody vouches for."""
    day = tmp_path / "2025-11-23"
    names = [moment_name(NOON - hour * 3600) for hour in (3, 2, 1, 0)]
    inside = [leave(day, f"products-{name}", [Change(1, "a", name)]) for name in names]
    (day / inside[0]).write_bytes(b"torn")
    sums = read_sums(day)
    seal(day, {}, {name: sum_ for name, sum_ in sums.items() if name != inside[1]})
    told = recent([day], PRODUCTS, names[0], names[-1], inside[-1:])
    assert told.damaged == tuple(f"2025-11-23/{name}" for name in inside[:2])
    assert told.moments == tuple(names[2:])
