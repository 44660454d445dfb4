"""The questions to the two processes that read what is held, and their answers."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar, cast

from mirrord.core.pulse import Pulse
from mirrord.disk.reading import Answer, Asked
from mirrord.disk.workers import QUESTION, work

#: A question is about so many files, or bytes to read, at the most.
_FILES, _BYTES = 400, 32 << 20

#: Characters around a file's name and its folder's.
_FRAME = 30

_Key = TypeVar("_Key")
#: What the caller calls a file, its size in bytes, its name below ``root``, and how its content is
#: looked at (or ``""``).
Wanted = tuple[_Key, int, str, str]


def read_all(
    root: Path, wanted: Iterable[Wanted[_Key]], pulse: Pulse
) -> Iterator[Iterator[tuple[_Key, Answer]]]:
    """Read files below ``root`` in other processes; the answers as they come. DiskError."""
    command = ("mirrord.disk.reading", str(root))
    with closing(work(command, _questions(wanted), pulse, "run `mirrord verify` again")) as told:
        for keys, answers in told:
            yield zip(keys, cast(list[Answer], answers), strict=True)


def _questions(wanted: Iterable[Wanted[_Key]]) -> Iterator[tuple[list[_Key], list[Asked]]]:
    """Files of one folder that come one after another are asked for together."""
    keys: list[_Key] = []
    batch: list[Asked] = []
    text = size = 0
    here = None
    for key, length, path, kind in wanted:
        more = _spelt(path) + _FRAME
        full = len(keys) >= _FILES or text + 2 * more > QUESTION or size + length > _BYTES
        if keys and full:
            yield keys, batch
            keys, batch, text, size, here = [], [], 0, 0, None
        folder, _, name = path.rpartition("/")
        if folder != here:
            batch.append((folder, []))
            here = folder
            text += more
        batch[-1][1].append((name, kind))
        keys.append(key)
        text += more
        size += length
    if keys:
        yield keys, batch


def _spelt(path: str) -> int:
    """The characters that it takes in JSON at the most."""
    if path.isascii() and path.isprintable():
        return 2 * len(path)  # a quotation mark and a backslash get another one before them
    return 6 * len(os.fsencode(path))  # a byte may come as \uXXXX
