"""What our own processes say to each other: a length, and as many bytes of one value.

Both ends are the same Python, started by one another, so that its own form will do: it is read
several times as fast as JSON, and needs no import that a process would have to wait for.
"""

from __future__ import annotations

import marshal

TYPE_CHECKING = False  # that of typing would be imported first, by every process
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

#: Bytes of the length.
_HEAD = 4


def framed(value: Any) -> bytes:
    """A value of plain lists, tuples, texts and numbers, as it is sent."""
    body = marshal.dumps(value, 2)  # a later version looks for equal values in vain
    return len(body).to_bytes(_HEAD, "big") + body


def unframed(heard: bytes) -> tuple[list[Any], bytes]:
    """The values that have come whole, and the beginning of the next."""
    values = []
    start = 0
    while len(heard) - start >= _HEAD:
        end = start + _HEAD + int.from_bytes(heard[start : start + _HEAD], "big")
        if end > len(heard):
            break
        values.append(marshal.loads(heard[start + _HEAD : end]))  # noqa: S302 - our own process
        start = end
    return values, heard[start:]


def received(pipe: IO[bytes]) -> Iterator[Any]:
    """Each value that comes, until the pipe ends."""
    while head := pipe.read(_HEAD):
        yield marshal.loads(pipe.read(int.from_bytes(head, "big")))  # noqa: S302 - the same
