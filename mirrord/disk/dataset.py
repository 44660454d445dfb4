"""One CSV file, looked at: whether it is whole, and what it holds.

The only room that imports pandas, and it does so in a process of its own
(``python -m mirrord.disk.dataset FILE``), so that the daemon stays small. Nothing is guessed:
every cell is text, an empty cell is empty text. The file is never written.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mirrord.core.pulse import Pulse
from mirrord.errors import DiskError

_ROWS_AT_ONCE = 20_000
#: Seconds between two looks whether the house is closing.
_LOOK_EVERY = 0.2
#: The exit code that says: read, and it is no CSV.
_NO_CSV = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What a CSV file holds: its heading, its rows, and per column how many cells are not empty."""

    columns: tuple[str, ...]
    rows: int
    filled: tuple[int, ...]


def inspect(file: Path, pulse: Pulse) -> Facts:
    """Read the whole file in another process. ValueError when it is no CSV; DiskError.

    A stop ends that process at once.
    """
    with subprocess.Popen(
        # -P: never what lies in the current folder, which may be files/ and so the shop's
        [sys.executable, "-P", "-m", "mirrord.disk.dataset", str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # nothing of ours is handed on: the environment may hold secrets
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
        # Ctrl-C is for us: we end it
        start_new_session=True,
    ) as reader:
        try:
            told, complaint = _answer(reader, pulse)
        except BaseException:
            reader.kill()
            raise
    if reader.returncode == _NO_CSV:
        raise ValueError(json.loads(told))
    if reader.returncode != 0:
        last = complaint.strip().splitlines()[-1:] or [f"it ended with {reader.returncode}"]
        raise DiskError(f"{file.name} could not be inspected: {last[0]}")
    facts = json.loads(told)
    return Facts(tuple(facts["columns"]), facts["rows"], tuple(facts["filled"]))


def _answer(reader: subprocess.Popen[str], pulse: Pulse) -> tuple[str, str]:
    while True:
        pulse.beat()
        try:
            return reader.communicate(timeout=_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue


def read_facts(file: Path) -> Facts:
    """The same in this process. ValueError when the file is no CSV of equally long rows."""
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
    """Answer on stdout in JSON: the facts, or with exit code 3 why the file is no CSV."""
    try:
        print(json.dumps(asdict(read_facts(Path(sys.argv[1])))))
    except ValueError as error:  # pandas' parser errors are ValueErrors
        print(json.dumps(str(error)[:200]))
        return _NO_CSV
    return 0


if __name__ == "__main__":
    sys.exit(main())
