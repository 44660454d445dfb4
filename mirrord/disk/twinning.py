"""Twins of many files: two processes link, this one makes the folders and keeps the order.

What a process leaves undone is done again here, where it is told why: the result is that of
:meth:`Twins.take`, file by file.
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from mirrord.core.pulse import Pulse
from mirrord.disk.linking import Asked
from mirrord.disk.twins import Frozen, Promise, Twins
from mirrord.disk.workers import QUESTION, work

#: Bytes around a file's name.
_FRAME = 50
#: Some files of one folder, with the folder's path; or one folder by itself, with None.
Part: TypeAlias = tuple[str | None, Sequence[Promise]]


def twin_each(twins: Twins, parts: Iterable[Part]) -> Generator[tuple[Part, Frozen]]:
    """Every part and what came of it, one after the other in this process. OSError."""
    for part in parts:
        yield part, _twin(twins, part)


def twin_many(twins: Twins, parts: Iterable[Part], pulse: Pulse) -> Generator[tuple[Part, Frozen]]:
    """The same, in the same order, by hard links in two processes. OSError, DiskError.

    They have ended when the iterator is closed.
    """
    waiting: deque[_Asked] = deque()
    questions = _questions(twins, parts, waiting, pulse)
    command = ("mirrord.disk.linking", *(str(fd) for fd in twins.fds))
    remedy = "take the snapshot again"
    with closing(work(command, questions, pulse, remedy, twins.fds)) as answers:
        for asked, (held, undone) in answers:
            asked.told = _judged(twins, asked.part, held, set(undone))
            yield from _ready(waiting)
    yield from _ready(waiting)


@dataclass(slots=True)
class _Asked:
    """One part, and what came of it, once that is known."""

    part: Part
    told: Frozen | None = None


def _questions(
    twins: Twins, parts: Iterable[Part], waiting: deque[_Asked], pulse: Pulse
) -> Iterator[tuple[_Asked, tuple[str, list[Asked]]]]:
    for above, promises in parts:
        if above is None or twins.make_folder(above).missing:
            waiting.append(_Asked((above, promises), _twin(twins, (above, promises))))
            pulse.beat()
            continue
        files = iter(promises)
        # a character is sent as four bytes at the most; beside the name stand two numbers
        at_once = QUESTION // (4 * max(len(one.name) for one in promises) + _FRAME)
        while some := list(islice(files, at_once)):
            asked = _Asked((above, some))
            waiting.append(asked)
            yield asked, (above, [(one.name, one.size, one.mtime) for one in some])


def _ready(waiting: deque[_Asked]) -> Generator[tuple[Part, Frozen]]:
    while waiting and (told := waiting[0].told) is not None:
        yield waiting.popleft().part, told


def _judged(twins: Twins, part: Part, held: int, undone: set[str]) -> Frozen:
    above, promises = part
    told = Frozen(files=len(promises) - len(undone), bytes=held)
    if undone:
        told.add(_twin(twins, (above, [one for one in promises if one.name in undone])))
    return told


def _twin(twins: Twins, part: Part) -> Frozen:
    above, promises = part
    if above is None:
        return twins.make_folder(promises[0].path)
    return twins.take(above, promises)
