"""The trees that a server offers, the same bytes each time, and their change by one percent.

Dates lie in the past: a server's ETag of a file changed this very second is a weak one.
"""

import os
import random
from dataclasses import dataclass
from math import log
from pathlib import Path

_PAST = 1_700_000_000
#: Files in each of the inner folders; twenty inner folders in each of the outer ones.
_FILES, _INNER = 50, 20


@dataclass(frozen=True, slots=True)
class Change:
    """What one round changed: paths whose size stayed (planted), and all others."""

    planted: tuple[str, ...]
    others: tuple[str, ...]


def small_files(root: Path, count: int) -> None:
    """Fifty a folder, 2 to 60 KB each, lognormal: 5,000 are 92 MB in 105 folders."""
    dice = random.Random(count)
    for number in range(count):
        leaf = number // _FILES
        path = root / f"outer{leaf // _INNER:03}" / f"inner{leaf:04}" / f"image {number:06}.jpg"
        _write(path, dice.randbytes(_size(dice)), number)


def large_files(root: Path, count: int) -> None:
    """5 MB each, in one folder."""
    dice = random.Random(count)
    for number in range(count):
        _write(root / "video" / f"clip {number:03}.mp4", dice.randbytes(5_000_000), number)


def empty_files(root: Path, count: int) -> None:
    """A hundred a folder: nothing but a listing."""
    for number in range(count):
        leaf = number // 100
        _write(
            root / f"outer{leaf // 100:03}" / f"inner{leaf:04}" / f"{number:07}.jpg", b"", number
        )


def change_one_percent(root: Path, number: int) -> Change:
    """Change another percent each round: a fifth keeps its size, a tenth goes, a tenth is new."""
    dice = random.Random(number)
    files = sorted(path for path in root.rglob("*") if path.is_file())
    unit = max(1, len(files) // 1000)
    chosen = dice.sample(files, 9 * unit)
    gone, planted, resized = chosen[:unit], chosen[unit : 3 * unit], chosen[3 * unit :]
    added = [path.with_name(f"new {number} {path.name}") for path in gone]
    for path in gone:
        path.unlink()
    later = 1_000_000 * (number + 1)
    for path in planted:
        _write(path, dice.randbytes(path.stat().st_size), later)
    for path in [*resized, *added]:
        _write(path, dice.randbytes(_size(dice)), later)
    return Change(_names(root, planted), _names(root, [*gone, *resized, *added]))


def _names(root: Path, paths: list[Path]) -> tuple[str, ...]:
    return tuple(sorted(str(path.relative_to(root)) for path in paths))


def differences(server: Path, copy: Path) -> set[str]:
    """Paths that are not the same bytes on both sides."""
    paths = {
        os.path.relpath(os.path.join(folder, name), side)
        for side in (server, copy)
        for folder, _, names in os.walk(side)
        for name in names
    }
    return {path for path in paths if _read(server / path) != _read(copy / path)}


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _size(dice: random.Random) -> int:
    return int(min(60_000, max(2_000, dice.lognormvariate(log(15_400), 0.68))))


def _write(path: Path, content: bytes, second: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (_PAST + second, _PAST + second))
