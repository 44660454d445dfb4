"""Many GETs at once: every file's bytes into a sink, whole and as promised, or an error instead.

One GET a file. What the listing, the header and the body say about the size must agree; a body
that is cut, endless, empty by mistake or a login page must never reach a closed sink that a
caller then trusts. A sink that is not handed over is always discarded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from mirrord.core.entry import Entry
from mirrord.core.pulse import Pulse
from mirrord.errors import (
    AnswerBroken,
    EntryGone,
    StoreError,
    StoreRefused,
    StoreUnreachable,
    TransferError,
    WrongSize,
)
from mirrord.source import Fetched, Sink
from mirrord.source.crew import Crew
from mirrord.source.retry import retrying
from mirrord.source.wire import Answer, Line

#: Bytes that a body may bring over what was promised, before it counts as endless.
SLACK = 64 * 1024 * 1024
#: Files in a row that fail after all tries, before the store as a whole counts as failing.
MAX_FAILED_IN_A_ROW = 25
_REDIRECTS = (301, 302, 303, 307, 308)
_PAGE_NAMES = (".htm", ".html", ".xhtml")


class Transfer:
    """Fetching by a crew; ``refusal`` says whether a status concerns the login or whole store."""

    def __init__(self, crew: Crew, refusal: Callable[[Answer, str], StoreError | None]) -> None:
        self._crew, self._refusal = crew, refusal

    def fetch_many(
        self, entries: Iterable[Entry], into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Iterator[Fetched | TransferError]:
        """See :class:`mirrord.source.FileSource`; ``entries`` is drawn a few ahead."""

        def fetch(line: Line, entry: Entry, pulse: Pulse) -> Fetched | TransferError:
            return self._fetch(line, entry, into, pulse)

        waiting = iter(entries)
        more, failing = True, 0
        with self._crew.round(fetch, pulse, _discard) as transfers:
            while more or transfers.busy:
                while more and transfers.wants_more:
                    entry = next(waiting, None)
                    if entry is None:
                        more = False
                    else:
                        transfers.give(entry)
                if not transfers.busy:
                    return
                got = transfers.take()
                failing = failing + 1 if isinstance(got, WrongSize | _Failed) else 0
                if failing >= MAX_FAILED_IN_A_ROW:
                    raise StoreError(f"{failing} files in a row could not be read; the last: {got}")
                yield got

    def _fetch(
        self, line: Line, entry: Entry, into: Callable[[Entry], Sink], pulse: Pulse
    ) -> Fetched | TransferError:
        reading = _Reading(line, entry, into, pulse, self._refusal)
        try:
            return retrying(pulse)(reading.attempt)
        except TransferError as error:
            return error
        except AnswerBroken as error:
            return _Failed(entry.path, str(error))


class _Failed(TransferError):
    """Failed for good after all tries, as a dying store's answers do."""


def _discard(got: Fetched | TransferError) -> None:
    if isinstance(got, Fetched):
        got.sink.discard()


@dataclass(slots=True)
class _Reading:
    """One entry's tries; it remembers what the last body was that was not as promised."""

    line: Line
    entry: Entry
    into: Callable[[Entry], Sink]
    pulse: Pulse
    refusal: Callable[[Answer, str], StoreError | None]
    odd: tuple[int, str] | None = None

    def attempt(self) -> Fetched:
        """Read the file once from its start."""
        path = self.line.base.below_root(self.entry.path)
        with self.line.ask("download", path) as answer:
            if answer.status not in _REDIRECTS:
                return self._take(answer)
            path = self._elsewhere(answer)
        with self.line.ask("download", path) as answer:
            return self._take(answer)

    def _elsewhere(self, answer: Answer) -> str:
        """Where a redirect leads, if that is in the same tree: nobody else gets our login."""
        base = self.line.base
        try:
            names = base.names(answer.headers.get("Location", ""))
        except ValueError as error:
            raise self._error(f"is sent elsewhere: the target {error}") from error
        if names[: len(base.root)] != base.root or len(names) == len(base.root):
            raise self._error("is sent elsewhere: the target lies outside the tree")
        return "".join("/" + quote(name, safe="") for name in names[len(base.root) :])

    def _take(self, answer: Answer) -> Fetched:
        self._check_status(answer)
        promised = answer.length
        expected = self.entry.size if self.entry.size is not None else promised
        sink = self.into(self.entry)
        try:
            head = self._pour(answer, sink, (expected or 0) + SLACK)
            size, sha256 = sink.close()
            self._check_whole(size, promised)
            as_served = self._is_odd(answer, head, size, sha256, promised)
        except BaseException:
            sink.discard()
            raise
        return Fetched(self.entry, sink, size, sha256, as_served)

    def _check_status(self, answer: Answer) -> None:
        if answer.status == 200:
            return
        if answer.status in (404, 410):
            raise EntryGone(self.entry.path, self._words("is gone from the store"))
        refusal = self.refusal(answer, f"/{self.entry.path[-120:]}")
        if isinstance(refusal, StoreRefused) and answer.status == 403:
            raise TransferError(self.entry.path, str(refusal))
        if refusal:
            raise refusal
        if answer.status >= 500 or answer.status < 300:
            raise AnswerBroken(self._words(f"was answered {answer.status}"))
        raise self._error(f"was answered {answer.status}")

    def _pour(self, answer: Answer, sink: Sink, most: int) -> bytes:
        """The body into the sink; its first bytes come back."""
        head, size = b"", 0
        chunks = answer.chunks()
        while chunk := self._next(chunks, size):
            self.pulse.beat()
            head = head or chunk[:256]
            size += len(chunk)
            if size > most:
                raise WrongSize(self.entry.path, self._words("brings bytes without end"))
            with answer.paused():
                sink.write(chunk)
        return head

    def _next(self, chunks: Iterator[bytes], size: int) -> bytes | None:
        try:
            return next(chunks, None)
        except StoreUnreachable as error:
            words = self._words(f"broke off after {size} bytes ({error})")
            raise WrongSize(self.entry.path, words) from error

    def _check_whole(self, size: int, promised: int | None) -> None:
        if promised is not None and size != promised:
            words = self._words(f"brought {size} of {promised} bytes")
            raise WrongSize(self.entry.path, words)

    def _is_odd(
        self, answer: Answer, head: bytes, size: int, sha256: str, promised: int | None
    ) -> bool:
        """Whether the body is not as listed, but came twice the same; WrongSize the first time."""
        listed = self.entry.size
        if size == listed or (listed is None and size == promised):
            return False
        if (answer.is_html or _looks_html(head)) and not self._may_be_page():
            raise self._error("is answered by a web page, as a login page would be")
        if not answer.is_framed and (listed is not None or not size):
            # a body that ends with its connection may have been cut at the same place twice
            raise WrongSize(self.entry.path, self._words(f"brought {size} bytes and no length"))
        if self.odd == (size, sha256):
            return True
        self.odd = (size, sha256)
        was = "no size" if listed is None else f"{listed} bytes"
        raise WrongSize(self.entry.path, self._words(f"was listed with {was}, brought {size}"))

    def _may_be_page(self) -> bool:
        return self.entry.path.lower().endswith(_PAGE_NAMES)

    def _words(self, what: str) -> str:
        return f"/{self.entry.path[-120:]} {what}"

    def _error(self, what: str) -> TransferError:
        return TransferError(self.entry.path, self._words(what))


def _looks_html(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))
