"""The book of the scrub: which inode was read when, and what was found in which content.

SQLite in .mirrord/. It can be deleted: what was read long ago is then read again sooner. An inode
is read once for all its names.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

from mirrord.disk.database import connect, database_errors

_SCHEMA = """
CREATE TABLE IF NOT EXISTS inodes (
    dev INTEGER, ino INTEGER, sha256 TEXT, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
    name TEXT NOT NULL, since REAL NOT NULL, gathering INTEGER NOT NULL,
    PRIMARY KEY (dev, ino, sha256)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (sha256 TEXT PRIMARY KEY, fault TEXT NOT NULL) WITHOUT ROWID;
"""
#: So many are taken in together, at first and later: who reads them shall not wait for the first.
_FIRST, _AT_ONCE = 100, 400
_REMEDY = "check the disk; if the file is damaged, delete it: everything is then read again"


class Page(NamedTuple):
    """One inode: by what name it can be read, what is recorded of it, when it was last read."""

    dev: int
    ino: int
    sha256: str
    size: int
    mtime: int
    name: str
    since: float


#: As :class:`mirrord.disk.claims.Claim`, or as plain values.
_Claim = tuple[str, str, float | None]
#: Device, inode number, and the sha256 that is recorded of it.
_Inode = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Share:
    """What one run reads: so many bytes at least, all that was last read before ``before``.

    ``most`` bytes end it, whatever is due; None where nothing does.
    """

    at_least: int
    before: float
    most: int | None


def _page(claim: _Claim, there: os.stat_result) -> Page:
    name, sha256, came = claim
    since = there.st_mtime if came is None else came
    size, mtime = there.st_size, there.st_mtime_ns
    return Page(there.st_dev, there.st_ino, sha256, size, mtime, name, since)


class Book:
    """An open book; whoever writes holds the upkeep lane's lock."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._errors():
            self._db = connect(file)
            self._db.executescript(_SCHEMA)
        self._gathering = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def gather(self, seen: Iterable[tuple[_Claim, os.stat_result]]) -> Iterator[Page]:
        """Take in all that is there now, and tell each inode once; at the end forget what is not.

        Bytes that are new to the book count from when they came, others from when they were read.
        Whoever does not come to the end forgets nothing.
        """
        for alone, shared, known in self._told(seen):
            self._take_in([*alone, *shared.values()])
            yield from alone
            yield from (page for key, page in shared.items() if key not in known)
        self.forget_others()

    def gather_to_read(self, seen: Iterable[tuple[_Claim, os.stat_result]]) -> Iterator[Page]:
        """The same for who reads all of it at once: taken in is what :meth:`read` is told of.

        An inode of one name is then written once and not twice. Nothing is forgotten until
        :meth:`forget_others`: what was not found as recorded is forgotten, and read again soon.
        """
        for alone, shared, known in self._told(seen):
            new = [page for key, page in shared.items() if key not in known]
            if new:
                self._take_in(new)
            yield from alone
            yield from new

    def forget_others(self) -> None:
        """Forget what was not taken in since the gathering began."""
        with self._transaction():
            self._db.execute("DELETE FROM inodes WHERE gathering <> ?", (self._gathering,))

    def _told(
        self, seen: Iterable[tuple[_Claim, os.stat_result]]
    ) -> Iterator[tuple[list[Page], dict[_Inode, Page], set[_Inode]]]:
        """Pages of one name, those of several by their inodes, and which of these came before."""
        with self._errors():
            (before,) = self._db.execute("SELECT max(gathering) FROM inodes").fetchone()
        self._gathering = (before or 0) + 1
        rest = iter(seen)
        many = _FIRST
        while some := list(islice(rest, many)):
            many = min(2 * many, _AT_ONCE)
            alone = [_page(claim, there) for claim, there in some if there.st_nlink == 1]
            others = some if len(alone) < len(some) else ()
            pages = (_page(claim, there) for claim, there in others if there.st_nlink != 1)
            shared = {(page.dev, page.ino, page.sha256): page for page in pages}
            yield alone, shared, {key for key in shared if self._is_gathered(key)}

    def _take_in(self, pages: Iterable[Page]) -> None:
        with self._transaction():
            self._db.executemany(
                "INSERT INTO inodes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (dev, ino, sha256) DO UPDATE SET name = excluded.name,"
                " since = CASE WHEN size = excluded.size AND mtime = excluded.mtime"
                " THEN since ELSE 0 END, size = excluded.size, mtime = excluded.mtime,"
                " gathering = excluded.gathering",
                ((*page, self._gathering) for page in pages),
            )

    def _is_gathered(self, key: _Inode) -> bool:
        """Whether an inode has come by another of its names."""
        row = self._db.execute(
            "SELECT 1 FROM inodes WHERE dev = ? AND ino = ? AND sha256 = ? AND gathering = ?",
            (*key, self._gathering),
        ).fetchone()
        return row is not None

    def total(self) -> int:
        """The bytes of all that is in the book, each inode counted once."""
        with self._errors():
            (size,) = self._db.execute(
                "SELECT sum(size) FROM (SELECT max(size) AS size FROM inodes GROUP BY dev, ino)"
            ).fetchone()
        return int(size or 0)

    def due(self, share: Share) -> Iterator[Page]:
        """What one run shall read, what was read longest ago first."""
        taken = 0
        with self._errors():
            for row in self._db.execute(
                "SELECT dev, ino, sha256, size, mtime, name, since FROM inodes"
                " ORDER BY since, dev, ino"
            ):
                page = Page(*row)
                if taken >= share.at_least and page.since > share.before:
                    return
                # the first is always read: a file larger than the budget would never be
                if share.most is not None and taken and taken + page.size > share.most:
                    return
                taken += page.size
                yield page

    def read(self, pages: Iterable[Page], at: float) -> None:
        """Note that they were read and are as recorded."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO inodes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((*page[:6], at, self._gathering) for page in pages),
            )

    def knows(self, sha256: str) -> bool:
        """Whether this content was looked into."""
        with self._errors():
            row = self._db.execute("SELECT 1 FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return row is not None

    def look_into(self, contents: Iterable[tuple[str, str]]) -> list[str]:
        """Note sha256 and fault (``""``: sound) of contents; those whose fault is news."""
        news = []
        with self._transaction():
            for sha256, fault in contents:
                told = self._db.execute(
                    "SELECT fault FROM contents WHERE sha256 = ?", (sha256,)
                ).fetchone()
                if fault and told != (fault,):
                    news.append(sha256)
                if told != (fault,):
                    row = (sha256, fault)
                    self._db.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", row)
        return news

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self._file, _REMEDY)
