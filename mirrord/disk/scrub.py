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
_FILES, _BYTES = 200, 32 << 20

_Key = TypeVar("_Key")
#: What the caller calls a file, its size in bytes, and the question.
Wanted = tuple[_Key, int, Asked]


def read_all(
    root: Path, wanted: Iterable[Wanted[_Key]], pulse: Pulse
) -> Iterator[tuple[_Key, Answer]]:
    """Read files below ``root`` in other processes; each answer as it comes. DiskError."""
    command = ("mirrord.disk.reading", str(root))
    with closing(work(command, _questions(wanted), pulse, "run `mirrord verify` again")) as told:
        for keys, answers in told:
            for key, answer in zip(keys, answers, strict=True):
                yield key, cast(Answer, tuple(answer))


def _questions(wanted: Iterable[Wanted[_Key]]) -> Iterator[tuple[list[_Key], list[Asked]]]:
    keys: list[_Key] = []
    batch: list[Asked] = []
    text = size = 0
    for key, length, asked in wanted:
        letters = 6 * len(os.fsencode(asked[0])) + 20  # a byte may come as \uXXXX
        full = len(batch) >= _FILES or text + letters > QUESTION or size + length > _BYTES
        if batch and full:
            yield keys, batch
            keys, batch, text, size = [], [], 0, 0
        keys.append(key)
        batch.append(asked)
        text += letters
        size += length
    if batch:
        yield keys, batch
