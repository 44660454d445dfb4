"""What people drop into a house, for tests: exports as the control panel writes them."""

import csv
import io
import os
import time
from collections.abc import Sequence
from pathlib import Path

from mirrord.core.headingtable import FORMS
from mirrord.disk.house import House

#: Long enough ago for a file to count as left alone.
HOUR = 3_600.0


def export_text(kind: str, template: str, rows: int = 2, tail: str = "") -> bytes:
    """A CSV with a template's own heading; ``tail`` stands in the last cell of every row."""
    form = next(one for one in FORMS if (one.kind, one.template) == (kind, template))
    columns = [name.replace(" - N", " - 1") for name in form.columns]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in range(1, rows + 1):
        writer.writerow([f"{row}", *("" for _ in columns[2:]), f"x{tail}"])
    return text.getvalue().encode()


def drop(house: House, name: str, body: bytes, *, age: float = HOUR) -> Path:
    """Put a file into drop-here/ that was written so many seconds ago."""
    file = house.room("drop-here") / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    at = time.time() - age
    os.utime(file, (at, at))
    return file


def names_in(folder: Path) -> Sequence[str]:
    """All files and links below a folder."""
    found = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sorted(str(path.relative_to(folder)) for path in found)
