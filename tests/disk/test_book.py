"""The scrub's book: what it takes in, tells once, and forgets."""

import math
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from mirrord.disk.book import Book, Page, Share
from mirrord.disk.claims import Claim

ALL = Share(0, math.inf, None)
MANY = 3_000  # more than are taken in together


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book(tmp_path / "scrub.db") as book:
        yield book


def seen(inode: int, name: str, names: int = 1, size: int = 10) -> tuple[Claim, os.stat_result]:
    """A file as it was looked at."""
    told = (0o100440, inode, 7, names, 0, 0, size, 0, 0, 0)
    there = os.stat_result(told, {"st_mtime_ns": 0, "st_mtime": 0.0})
    return Claim(name, f"{inode:064x}", 5.0), there


def test_an_inode_is_told_once_whatever_lies_between_its_names(book: Book) -> None:
    """A snapshot's names come long after those of files/; the bytes are the same."""
    between = [seen(number, f"files/{number}") for number in range(1, MANY)]
    told = list(book.gather([seen(0, "files/a", 2), *between, seen(0, "snapshots/x/a", 2)]))
    assert len(told) == MANY
    assert [page.name for page in told if page.ino == 0] == ["files/a"]
    assert book.total() == MANY * 10


def test_two_names_of_one_moment_are_one_inode(book: Book) -> None:
    """It is read by the name that came last."""
    told = list(book.gather([seen(0, "files/a", 2), seen(0, "files/b", 2)]))
    assert [page.name for page in told] == ["files/b"]


def test_what_is_gone_is_forgotten_at_the_end_and_no_sooner(book: Book) -> None:
    """A check that is stopped half way can not know what is gone."""
    everything = [seen(number, f"files/{number}") for number in range(MANY)]
    assert len(list(book.gather(everything))) == MANY
    stopped: list[Page] = list(islice(book.gather(everything[:-1]), 10))
    assert (len(stopped), book.total()) == (10, MANY * 10)
    assert len(list(book.gather(everything[:-1]))) == MANY - 1
    assert book.total() == (MANY - 1) * 10


def test_what_was_read_keeps_its_moment_while_the_next_check_looks(book: Book) -> None:
    """Unless its size or time is another one by then."""
    (page,) = book.gather([seen(1, "files/a")])
    book.read([page], 99.0)
    list(book.gather([seen(1, "files/a")]))
    assert [one.since for one in book.due(ALL)] == [99.0]
    list(book.gather([seen(1, "files/a", size=11)]))
    assert [one.since for one in book.due(ALL)] == [0.0]


def test_who_reads_all_at_once_takes_in_what_was_read_and_forgets_the_rest(book: Book) -> None:
    """What is gone, and what was not found as recorded: it is new when it is seen again."""
    everything = [seen(number, f"files/{number}") for number in range(5)]
    list(book.gather(everything))
    pages = list(book.gather_to_read(everything[:-1]))
    assert [page.name for page in pages] == [f"files/{number}" for number in range(4)]
    book.read(pages[:-1], 99.0)
    assert book.total() == 5 * 10  # until then a stop loses nothing
    book.forget_others()
    assert [(one.name, one.since) for one in book.due(ALL)] == [
        (f"files/{number}", 99.0) for number in range(3)
    ]


def test_an_inode_that_is_read_at_once_is_told_once_too(book: Book) -> None:
    """Although the answer about its first name may be awaited yet when another one comes."""
    between = [seen(number, f"files/{number}") for number in range(1, MANY)]
    pages = book.gather_to_read([seen(0, "files/a", 2), *between, seen(0, "snapshots/x/a", 2)])
    told = list(pages)
    book.read(told, 99.0)
    book.forget_others()
    assert [page.name for page in told if page.ino == 0] == ["files/a"]
    assert (len(told), book.total()) == (MANY, MANY * 10)
