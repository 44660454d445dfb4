"""The questions to the two processes that read what is held, and their answers."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from mirrord.core.pulse import Pulse
from mirrord.disk.reading import Answer, Asked
from mirrord.disk.workers import QUESTION, work

#: A question is about so many files, or bytes to read, at the most; the first ones about fewer, so
#: that nobody waits for them.
_FEW, _FILES, _BYTES = 50, 400, 32 << 20

#: Bytes around a file's name and its folder's.
_FRAME = 30

_Key = TypeVar("_Key")
#: What the caller calls a file, its size in bytes, its name below ``root``, and how its content is
#: looked at (or ``""``).
Wanted = tuple[_Key, int, str, str]


def read_all(
    root: Path, wanted: Iterable[Wanted[_Key]], pulse: Pulse
) -> Iterator[tuple[list[_Key], Answer]]:
    """Read files below ``root`` in other processes; the answers as they come. DiskError."""
    command = ("mirrord.disk.reading", str(root))
    with closing(work(command, _questions(wanted), pulse, "run `mirrord verify` again")) as told:
        yield from told


def _questions(wanted: Iterable[Wanted[_Key]]) -> Iterator[tuple[list[_Key], list[Asked]]]:
    """Files of one folder that come one after another are asked for together."""
    keys: list[_Key] = []
    batch: list[Asked] = []
    text = size = 0
    here = None
    most = _FEW
    names: list[str] = []
    kinds: list[str] = []
    for key, length, path, kind in wanted:
        # a character is sent as four bytes at the most
        more = _FRAME + (len(path) if path.isascii() else 4 * len(path))
        text += more
        size += length
        if keys and (len(keys) >= most or text + more > QUESTION or size > _BYTES):
            yield keys, batch
            keys, batch, here = [], [], None
            most = min(_FILES, most + _FEW)
            text, size = more, length
        folder, _, name = path.rpartition("/")
        if folder != here:
            here = folder
            names, kinds = [], []
            batch.append((folder, names, kinds))
            text += more
        names.append(name)
        kinds.append(kind)
        keys.append(key)
    if keys:
        yield keys, batch
