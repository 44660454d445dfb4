"""CSV files, looked at: whether they are whole, and what they hold.

The only room that imports pandas, and it does so in a process of its own
(``python -m mirrord.disk.dataset FILE...``), so that the daemon stays small. Nothing is guessed:
every cell is text, an empty cell is empty text. The file is never written.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mirrord.core.pulse import Pulse
from mirrord.disk.aside import run_aside
from mirrord.errors import DiskError

_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What a CSV file holds: its heading, its rows, and per column how many cells are not empty."""

    columns: tuple[str, ...]
    rows: int
    filled: tuple[int, ...]


def inspect(files: Sequence[Path], pulse: Pulse) -> list[Facts | str]:
    """Read whole files in another process: of each its facts, or why it is no CSV; DiskError."""
    if not files:
        return []
    # -P: never what lies in the current folder, which may be files/ and so the shop's
    command = [sys.executable, "-P", "-m", "mirrord.disk.dataset", *map(str, files)]
    code, out, words = run_aside(command, pulse, {"OPENBLAS_NUM_THREADS": "1"})
    if code:
        last = words.strip().splitlines()[-1:] or [f"it ended with {code}"]
        raise DiskError(f"the new exports could not be inspected: {last[0]}")
    told = map(json.loads, out.splitlines())
    return [one if isinstance(one, str) else _facts(one) for one in told]


def _facts(told: dict[str, Any]) -> Facts:
    return Facts(tuple(told["columns"]), told["rows"], tuple(told["filled"]))


def look_at(file: Path) -> Facts | str:
    """The same of one file, in this process, which from then on has pandas in its memory."""
    try:
        return _read_facts(file)
    except ValueError as error:  # pandas' parser errors are ValueErrors
        return str(error)[:200]


def _read_facts(file: Path) -> Facts:
    """ValueError when the file is no CSV of equally long rows."""
    import pandas as pd

    columns: tuple[str, ...] = ()
    rows = 0
    filled: list[int] = []
    # no header for pandas: it would rename headings that stand twice
    with pd.read_csv(
        file,
        header=None,
        dtype=str,
        keep_default_na=False,
        encoding="utf-8",
        chunksize=_ROWS_AT_ONCE,
        engine="c",
        on_bad_lines="error",
        skip_blank_lines=False,
    ) as chunks:
        for chunk in chunks:
            if not columns:
                columns = tuple(str(name) for name in chunk.iloc[0])
                filled = [0] * len(columns)
                chunk = chunk.iloc[1:]
            rows += len(chunk)
            full = (chunk != "").sum()
            filled = [before + int(more) for before, more in zip(filled, full, strict=True)]
    return Facts(columns, rows, tuple(filled))


def main() -> int:
    """Answer on stdout, a line of JSON a file: its facts, or as a text why it is no CSV."""
    for file in sys.argv[1:]:
        told = look_at(Path(file))
        print(json.dumps(told if isinstance(told, str) else asdict(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
