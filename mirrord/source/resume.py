"""Going on with a large file where an earlier try broke off, where that is proven to be the same.

Proven is: the store names the version by a strong validator, is asked for the rest of that very
version alone (If-Range, RFC 9110 section 13.1.5), says with the rest which version it is of and
which bytes of how many they are, and the last ones that we had come again the same. (SabreDAV
takes If-Range by any date that is not before the file's own: being given the rest proves nothing.)
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from mirrord.core.discreet import discreet
from mirrord.core.entry import Entry
from mirrord.core.part import Part
from mirrord.errors import WrongSize
from mirrord.source import Sink
from mirrord.source.exchange import Head

#: Seconds that a date must lie back when it is told, to be a strong validator.
_SETTLED = 60
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")


class Resume:
    """One try at one large file, in whose sink may lie what came before.

    ``validator`` is what the present answer is known by, ``""`` where nothing strong was told;
    ``size`` how many bytes lie in the sink that this try goes on from.
    """

    #: Bytes from which on a file is gone on with.
    FROM = 8 * 1024 * 1024

    def __init__(self, entry: Entry, sink: Sink) -> None:
        self._entry, self._sink = entry, sink
        held = sink.held
        self._part = held if held is not None and held.size <= (entry.size or 0) else None
        if held is not None and self._part is None:
            sink.rewind()
        self.validator = self._part.validator if self._part else ""
        self.size = self._part.size if self._part else 0
        self._expected = b""  # what of our own last bytes has still to come again

    @property
    def is_asked(self) -> bool:
        """Whether the rest was asked for, so that 206 is an answer to it."""
        return self._part is not None

    def headers(self) -> tuple[str, ...]:
        """What asks for the rest, with the last bytes that we have once more."""
        if self._part is None:
            return ()
        start = self._part.size - len(self._part.tail)
        return (f"Range: bytes={start}-", f"If-Range: {self._part.validator}")

    def begin(self, head: Head) -> None:
        """An answer of 200, with all, or 206, with the rest; WrongSize where it is another rest."""
        if head.status == 206 and self._part is not None:
            if not self._is_the_rest(head, self._part):
                self.forget()
                raise self._wrong("is gone on with otherwise")
            self._expected = self._part.tail
            return
        if self._part is not None:
            self._part, self.size = None, 0
            self._sink.rewind()
        self.validator = strong_validator(head)
        if self.validator:
            self._sink.expect(self.validator)

    def compared(self, chunk: bytes) -> bytes:
        """The chunk without what was asked for once more; WrongSize where that is not the same."""
        if not self._expected:
            return chunk
        again, rest = chunk[: len(self._expected)], chunk[len(self._expected) :]
        if not self._expected.startswith(again):
            self.forget()
            raise self._wrong("is no longer what it was")
        self._expected = self._expected[len(again) :]
        return rest

    def _wrong(self, what: str) -> WrongSize:
        return WrongSize(self._entry.path, f"/{discreet(self._entry.path)[-120:]} {what}")

    def _is_the_rest(self, head: Head, part: Part) -> bool:
        if part.validator not in (head.get("etag"), head.get("last-modified")):
            return False
        found = _RANGE.fullmatch(head.get("content-range"))
        start, size = part.size - len(part.tail), self._entry.size or 0
        return found is not None and tuple(map(int, found.groups())) == (start, size - 1, size)

    def forget(self) -> None:
        """What lies there is of no use."""
        self.validator = ""
        self._sink.rewind()


def strong_validator(head: Head) -> str:
    """What names this very version of a file in an answer; ``""`` where nothing does.

    A strong ETag; or a date that had long passed when it was told (RFC 9110 section 8.8.2.2).
    """
    if head.get("accept-ranges").lower() == "none":
        return ""
    etag = head.get("etag")
    if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag):
        return etag
    modified = head.get("last-modified")
    try:
        age = parsedate_to_datetime(head.get("date")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError):
        return ""
    return modified if age.total_seconds() >= _SETTLED and modified.isascii() else ""
