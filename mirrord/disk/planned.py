"""The plan of one run, written down: counted first, carried out after.

It lies beside what it speaks of, in a table of this run alone; so does what waits for a person, or
was answered: the truth of that is in holds/ and decisions/.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

from mirrord.core.entry import Entry, Held
from mirrord.core.guard import Coming, Tally
from mirrord.core.plan import Action, Why
from mirrord.disk.rows import COLUMNS, entry_of, held_of, planned_row

_TABLES = """
CREATE TEMP TABLE plan (
    path TEXT PRIMARY KEY, action TEXT NOT NULL, why TEXT NOT NULL
) WITHOUT ROWID;
CREATE TEMP TABLE waits (
    path TEXT PRIMARY KEY, hold TEXT NOT NULL, answer TEXT NOT NULL
) WITHOUT ROWID;
"""
_TOP = "substr(path, 1, instr(path || '/', '/') - 1)"
#: What is held and leaves files/ by the plan, with what a person said of it, if anything. A cross
#: join goes by the plan, which is short most times, and looks the rest up.
_LEAVING = (
    " FROM plan CROSS JOIN held USING (path) LEFT JOIN waits USING (path)"
    " WHERE action IN ('retire', 'clear')"
)
#: A folder goes only with all that is held in it; ``path`` is the folder's.
_EMPTIED = """
    NOT EXISTS (
        SELECT 1 FROM held AS inner
        LEFT JOIN plan AS fate ON fate.path = inner.path
        LEFT JOIN waits AS said ON said.path = inner.path
        WHERE inner.path > held.path || '/' AND inner.path < held.path || '0'
        AND inner.kind = 'file'
        AND (coalesce(fate.action, '') NOT IN ('retire', 'clear')
             OR coalesce(said.answer, 'follow') <> 'follow')
    )
"""
_GOES = f" AND coalesce(answer, 'follow') = 'follow' AND (held.kind = 'file' OR {_EMPTIED})"

#: All that is held is listed, and as many are listed as are held: most times, and told by counting.
_ALL_HELD = """(
    NOT EXISTS (SELECT 1 FROM unlike)
    AND (SELECT count(*) FROM listing) = (SELECT count(*) FROM held)
)"""
#: The files held below each top folder. It goes from place to place in the order of the paths (a
#: name may sort between a folder's own and what lies in it) and counts what lies between: taking
#: every path apart costs ten times as much. No path has a character before the space.
_FILES_BY_TOP = f"""
    WITH RECURSIVE place(path) AS (
        SELECT min(path) FROM held
        UNION ALL
        SELECT (SELECT min(held.path) FROM held WHERE held.path >= CASE
                WHEN instr(place.path, '/') THEN {_TOP.replace("path", "place.path")} || '0'
                ELSE place.path || ' ' END)
        FROM place WHERE place.path IS NOT NULL
    )
    SELECT {_TOP} AS top, sum(CASE
        WHEN instr(path, '/') THEN (
            SELECT count(*) FROM held WHERE kind = 'file'
            AND held.path > {_TOP.replace("path", "place.path")} || '/'
            AND held.path < {_TOP.replace("path", "place.path")} || '0')
        ELSE (SELECT kind = 'file' FROM held WHERE held.path = place.path) END) AS files
    FROM place WHERE path IS NOT NULL GROUP BY top
"""

#: Files over so many bytes come last, and wait where the disk has no room for them.
SMALL = 64 << 20

Errors = Callable[[], AbstractContextManager[None]]
Transaction = Callable[[], AbstractContextManager[None]]


class Planned:
    """The kept plan of an open ledger."""

    def __init__(self, db: sqlite3.Connection, errors: Errors, transaction: Transaction) -> None:
        self._db = db
        self._errors = errors
        self._transaction = transaction
        with errors():
            db.executescript(_TABLES)

    def keep(self, plan: Iterable[Action]) -> None:
        """Write a plan down; an earlier one is gone, and what waited by it."""
        with self._transaction():
            self._db.execute("DELETE FROM plan")
            self._db.execute("DELETE FROM waits")
            # read from one cursor, write by another: the plan is made while it is kept
            writer = self._db.cursor()
            writer.executemany("INSERT INTO plan VALUES (?, ?, ?)", map(planned_row, plan))

    def keep_new(self) -> None:
        """Add to the plan whatever is listed and not held: it is fetched."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO plan SELECT path, 'fetch', ? FROM listing"
                f" WHERE NOT {_ALL_HELD}"
                " AND NOT EXISTS (SELECT 1 FROM held WHERE held.path = listing.path)",
                (Why.NEW.value,),
            )

    def lines(self, most: int) -> list[tuple[str, str, str]]:
        """The first lines for people: action (``hold`` for what waits), path, why."""
        with self._errors():
            return self._db.execute(
                "SELECT CASE WHEN answer IN ('', 'keep') THEN 'hold' ELSE action END, path, why"
                " FROM plan LEFT JOIN waits USING (path) ORDER BY path LIMIT ?",
                (most,),
            ).fetchall()

    def numbers(self) -> dict[str, int]:
        """How much it would do: fetch, fetch_bytes, retire, clear, hold (what is kept, too)."""
        with self._errors():
            row = self._db.execute(
                "SELECT sum(action = 'fetch'),"
                " sum(CASE WHEN action <> 'retire' THEN listing.size END),"
                " sum(action = 'retire' AND coalesce(answer, 'follow') = 'follow'),"
                " sum(action = 'clear' AND coalesce(answer, 'follow') = 'follow'),"
                " sum(coalesce(answer, 'follow') <> 'follow')"
                " FROM plan LEFT JOIN listing USING (path) LEFT JOIN waits USING (path)"
            ).fetchone()
        names = ("fetch", "fetch_bytes", "retire", "clear", "hold")
        return dict(zip(names, (value or 0 for value in row), strict=True))

    # what comes

    def folders(self) -> Iterator[Entry]:
        """The folders that it brings in (what is in their way has to be cleared before)."""
        yield from self._entries("listing.kind = 'folder' ORDER BY plan.path")

    def files(self, largest: int) -> Iterator[Entry]:
        """The files that it brings in, those up to so many bytes.

        Pictures of products first, files over ``SMALL`` bytes last, the smaller before the larger.
        """
        # by the order in which they lie: a million small ones are never sorted
        small, size = "listing.kind = 'file' AND coalesce(size, 0) <= ?", min(largest, SMALL)
        pictures = "path > 'product_images/' AND path < 'product_images0'"
        yield from self._entries(f"{small} AND {pictures} ORDER BY plan.path", size)
        yield from self._entries(f"{small} AND NOT ({pictures}) ORDER BY plan.path", size)
        yield from self._entries(
            "listing.kind = 'file' AND size > ? AND size <= ?"
            " ORDER BY size, path NOT GLOB 'product_images/*', path",
            *(SMALL, largest),
        )

    def sizes(self) -> Iterator[tuple[int, int, int]]:
        """The files that it brings in by size, ascending: size, how many, their bytes."""
        with self._errors():
            yield from self._db.execute(
                "SELECT coalesce(size, 0) AS bytes, count(*), sum(coalesce(size, 0))"
                " FROM plan CROSS JOIN listing USING (path) WHERE action IN ('fetch', 'clear')"
                " AND listing.kind = 'file' GROUP BY bytes ORDER BY bytes"
            )

    def coming(self) -> Coming:
        """What changes and what is new, as the store's stamps tell; not what was lost here."""
        with self._errors():
            row = self._db.execute(
                "SELECT sum(why = ?), count(*), sum(listing.size)"
                " FROM plan CROSS JOIN listing USING (path)"
                " WHERE action = 'fetch' AND why IN (?, ?) AND listing.kind = 'file'",
                (Why.CHANGED, Why.CHANGED, Why.NEW),
            ).fetchone()
        return Coming(*(value or 0 for value in row))

    # what goes, and what waits

    def tallies(self) -> dict[str, Tally]:
        """Per top folder, the files held, those that wait or would go, and those kept."""
        query = (
            f"SELECT {_TOP} AS top, sum(coalesce(answer, '') = ''), sum(answer = 'keep'),"
            f" sum(answer = 'follow') {_LEAVING} AND held.kind = 'file' GROUP BY top"
        )
        with self._errors():
            leaving = {top: numbers for top, *numbers in self._db.execute(query)}
            held = self._db.execute(_FILES_BY_TOP).fetchall()
        found = {}
        for top, files in held:
            waiting, kept, followed = (number or 0 for number in leaving.get(top, (0, 0, 0)))
            if files > followed:
                found[top] = Tally(files - followed, waiting, kept)
        return found

    def wait(self, hold: str, answer: str, paths: Iterable[str]) -> None:
        """Note what a hold lists, and what a person said: ``""``, ``keep`` or ``follow``."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO waits VALUES (?, ?, ?)",
                ((path, hold, answer) for path in paths),
            )

    def drop_returned(self) -> None:
        """Let go of what the store has again, and of what was followed and is gone here too.

        And of what was kept where something of the other kind comes in its place: the store
        changed it, so that a person is asked anew instead of the new one missing in silence.
        """
        with self._transaction():
            self._db.execute(
                "DELETE FROM waits WHERE EXISTS (SELECT 1 FROM listing"
                " WHERE listing.path = waits.path AND kind = 'file')"
            )
            self._db.execute(
                "DELETE FROM waits WHERE answer = 'follow'"
                " AND path NOT IN (SELECT path FROM held WHERE kind = 'file')"
            )
            self._db.execute(
                "DELETE FROM waits WHERE answer = 'keep' AND EXISTS (SELECT 1 FROM plan"
                " WHERE action = 'clear' AND (plan.path = waits.path"
                " OR (waits.path > plan.path || '/' AND waits.path < plan.path || '0')))"
            )

    def hold_back(self, hold: str, top: str | None, others: Iterable[str] = ()) -> None:
        """Let all wait that would leave a top folder; with None: all folders but ``others``."""
        spared = list(others) if top is None else []
        where = f"{_TOP} = ?" if top is not None else f"{_TOP} NOT IN ({_marks(len(spared))})"
        with self._transaction():
            self._db.execute(
                f"INSERT INTO waits SELECT path, ?, '' {_LEAVING}"
                f" AND held.kind = 'file' AND waits.path IS NULL AND {where}",
                (hold, *([top] if top is not None else spared)),
            )

    def waiting(self) -> dict[str, int]:
        """How many files each hold still lists."""
        with self._errors():
            return dict(self._db.execute("SELECT hold, count(*) FROM waits GROUP BY hold"))

    def listed_by(self, hold: str) -> Iterator[tuple[str, Held | None]]:
        """The files that a hold lists: path, and what is held there (None: not known here)."""
        query = f"SELECT waits.path, {COLUMNS} FROM waits LEFT JOIN held USING (path)"
        with self._errors():
            for path, *row in self._db.execute(f"{query} WHERE hold = ? ORDER BY path", (hold,)):
                yield path, (held_of(tuple(row)) if row[0] is not None else None)

    def clears(self) -> list[tuple[Held, bool]]:
        """What is in the way of an entry of the other kind, and whether it may go."""
        query = f"SELECT {COLUMNS}, coalesce(answer, 'follow') = 'follow' AND {_EMPTIED}"
        with self._errors():
            rows = self._db.execute(
                query + _LEAVING + " AND action = 'clear' ORDER BY path DESC"
            ).fetchall()
        return [(held_of(tuple(row)), bool(may_go)) for *row, may_go in rows]

    def going(self) -> Iterator[Held]:
        """What it retires and nothing holds back, deepest first."""
        query = f"SELECT {COLUMNS} {_LEAVING} AND action = 'retire' {_GOES} ORDER BY path DESC"
        with self._errors():
            for row in self._db.execute(query):
                yield held_of(row)

    def losses(self) -> dict[str, int]:
        """How many files leave each top folder now, without a person having said so."""
        query = (
            f"SELECT {_TOP} AS top, count(*) {_LEAVING}"
            " AND held.kind = 'file' AND waits.path IS NULL GROUP BY top"
        )
        with self._errors():
            return dict(self._db.execute(query))

    def _entries(self, which: str, *values: int) -> Iterator[Entry]:
        query = (
            "SELECT listing.* FROM plan CROSS JOIN listing USING (path)"
            f" WHERE action IN ('fetch', 'clear') AND {which}"
        )
        with self._errors():
            for row in self._db.execute(query, values):
                yield entry_of(row)


def _marks(count: int) -> str:
    return ", ".join("?" * count)
