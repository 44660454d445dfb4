"""The diary: when each job ran and how it ended. SQLite in .mirrord/, written by every lane.

It is apart from the ledger, so that a lane never waits for another one's long listing.
"""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from mirrord.core.report import Outcome, Report
from mirrord.disk.database import connect, database_errors

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, started REAL NOT NULL, outcome TEXT, report TEXT
);
CREATE INDEX IF NOT EXISTS runs_by_job ON runs (job, id);
"""
#: So many runs of each job are remembered, and always the newest that ended well.
_KEPT = 200
_REMEDY = "check the disk; if it is damaged, move it away: only the times of past runs are lost"


class Diary:
    """An open diary."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._errors():
            self._db = connect(file)
            self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def is_new(self) -> bool:
        """Whether it knows of no run at all."""
        with self._errors():
            return self._db.execute("SELECT 1 FROM runs LIMIT 1").fetchone() is None

    def remember(self, past: Iterable[Report]) -> None:
        """Note runs of before, oldest first, if nothing is known yet: another lane may be first."""
        rows = [(one.job, one.started, one.outcome, json.dumps(asdict(one))) for one in past]
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            if self.is_new():
                self._db.executemany(
                    "INSERT INTO runs (job, started, outcome, report) VALUES (?, ?, ?, ?)", rows
                )
            self._db.execute("COMMIT")

    def begin(self, job: str, started: float) -> int:
        """Note that a run starts (seconds since 1970); its number."""
        with self._errors():
            self._db.execute(
                "DELETE FROM runs WHERE job = :job"
                " AND id NOT IN (SELECT id FROM runs WHERE job = :job ORDER BY id DESC LIMIT :kept)"
                " AND id IS NOT (SELECT max(id) FROM runs WHERE job = :job AND outcome = :ok)",
                {"job": job, "kept": _KEPT, "ok": Outcome.OK},
            )
            row = self._db.execute("INSERT INTO runs (job, started) VALUES (?, ?)", (job, started))
            return int(row.lastrowid or 0)

    def end(self, number: int, report: Report) -> None:
        """Note how it ended."""
        with self._errors():
            self._db.execute(
                "UPDATE runs SET outcome = ?, report = ? WHERE id = ?",
                (report.outcome, json.dumps(asdict(report)), number),
            )

    def last_start(self, job: str) -> float | None:
        """When the job last started, in seconds since 1970; None if never."""
        with self._errors():
            row = self._db.execute(
                "SELECT started FROM runs WHERE job = ? ORDER BY id DESC LIMIT 1", (job,)
            ).fetchone()
        return None if row is None else float(row[0])

    def is_open(self, job: str) -> bool:
        """Whether the job's newest run has no end: it goes on, or it was cut."""
        with self._errors():
            row = self._db.execute(
                "SELECT outcome FROM runs WHERE job = ? ORDER BY id DESC LIMIT 1", (job,)
            ).fetchone()
        return row is not None and row[0] is None

    def last_reports(self) -> dict[str, dict[str, Any]]:
        """Per job ``last``: its newest report, and ``last_good``: when one last ended well."""
        told: dict[str, dict[str, Any]] = {}
        with self._errors():
            rows = self._db.execute(
                "SELECT job, report FROM runs WHERE report IS NOT NULL ORDER BY id"
            )
            for job, text in rows:
                report = json.loads(text)
                good = told.get(job, {}).get("last_good")
                if report["outcome"] == Outcome.OK:
                    good = report["ended"]
                told[job] = {"last": report, "last_good": good}
        return told

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self._file, _REMEDY)
