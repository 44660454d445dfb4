"""Many GETs at once: every file's bytes into a sink, whole and as promised, or an error instead.

One GET a file. What the listing, the header and the body say about the size must agree; a body
that is cut, endless, empty by mistake or a login page must never reach a closed sink that a
caller then trusts. A sink that is not handed over is always discarded, or kept as a part.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from mirrord.core.discreet import discreet
from mirrord.core.entry import Entry
from mirrord.core.pulse import Pulse
from mirrord.errors import (
    AnswerBroken,
    EntryGone,
    MirrordError,
    StoreError,
    StoreRefused,
    StoreUnreachable,
    TransferError,
    WrongSize,
)
from mirrord.source import Fetched, Sink
from mirrord.source.engine import Engine
from mirrord.source.exchange import Head, Request
from mirrord.source.resume import Resume
from mirrord.source.site import Site

#: Bytes that a body may bring over what was promised, before it counts as endless.
SLACK = 64 * 1024 * 1024
#: Files in a row that fail after all tries, before the store as a whole counts as failing.
MAX_FAILED_IN_A_ROW = 25
#: Bytes of a body that are gathered and written at once; more go to the sink as they come.
_SMALL = 256 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_PAGE_NAMES = (".htm", ".html", ".xhtml")

Open = Callable[[Entry], Sink]
Refusal = Callable[[Head, str], StoreError | None]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Fetching by an engine; ``refusal`` says whether a status concerns login or whole store."""

    engine: Engine
    site: Site
    refusal: Refusal

    def fetch_many(
        self, entries: Iterable[Entry], into: Open, pulse: Pulse
    ) -> Generator[Fetched | TransferError | None]:
        """See :class:`mirrord.source.FileSource`; ``entries`` is drawn as requests begin."""
        waiting = iter(entries)

        def draw() -> _Reading | None:
            entry = next(waiting, None)
            return None if entry is None else _Reading(entry, into, self.site, self.refusal)

        failing = 0
        answers: Generator[Fetched | TransferError | None, None, None]
        answers = self.engine.answers(draw, pulse, _discard)
        try:
            for got in answers:
                if got is None:
                    yield None
                    continue
                failing = failing + 1 if isinstance(got, WrongSize | _Failed) else 0
                if failing >= MAX_FAILED_IN_A_ROW:
                    raise StoreError(f"{failing} files in a row could not be read; the last: {got}")
                yield got
        finally:
            answers.close()


class _Failed(TransferError):
    """Failed for good after all tries, as a dying store's answers do."""


def _discard(got: Fetched | TransferError | None) -> None:
    if isinstance(got, Fetched):
        got.sink.discard()


class _Reading:
    """One entry's tries (a :class:`mirrord.source.task.Task`).

    It remembers what the last body was that was not as promised.
    """

    __slots__ = (
        "_entry", "_first", "_gathered", "_head", "_into", "_odd", "_path", "_redirected",
        "_refusal", "_resume", "_sink", "_site", "_size",
    )  # fmt: skip

    def __init__(self, entry: Entry, into: Open, site: Site, refusal: Refusal) -> None:
        self._entry, self._into, self._site, self._refusal = entry, into, site, refusal
        self._path: str | None = None  # where a redirect led
        self._redirected = False
        self._odd: tuple[int, str] | None = None
        self._sink: Sink | None = None
        self._resume: Resume | None = None
        self._gathered: list[bytes] | None = None
        self._head: Head | None = None
        self._first = b""
        self._size = 0

    # what the engine asks of a task

    def request(self) -> Request:
        """The GET; of what an earlier try left, the rest."""
        self._gathered, self._head, self._first, self._size = [], None, b"", 0
        path = self._path or self._site.base.below_root(self._entry.path)
        if (self._entry.size or 0) < Resume.FROM:
            return self._site.get(path)
        if self._sink is None:
            self._sink = self._into(self._entry)
        self._resume = Resume(self._entry, self._sink)
        return self._site.get(path, *self._resume.headers())

    def most(self) -> int:
        """The listed size, and some slack."""
        size = self._entry.size
        if size is None and self._head is not None:
            size = self._head.length
        return (size or 0) + SLACK

    def head(self, head: Head, /) -> None:
        """Judge the status; a large body is opened a sink, a small one is gathered."""
        self._head = head
        if head.status in _REDIRECTS:
            self._path, self._redirected = self._elsewhere(head), True
            return
        resumed = head.status == 206 and self._resume is not None and self._resume.is_asked
        if head.status != 200 and not resumed:
            raise self._bad_status(head)
        if head.is_encoded:
            raise AnswerBroken(self._words("sent a compressed answer that nobody asked for"))
        if self._resume is not None:
            self._resume.begin(head)
            self._gathered = None
            self._size = self._resume.size

    def take(self, chunk: bytes, /) -> None:
        """Gather, or write."""
        if self._resume is not None:
            chunk = self._resume.compared(chunk)
        self._first = self._first or chunk[:256]
        self._size += len(chunk)
        if self._size > self.most():
            raise WrongSize(self._entry.path, self._words("brings bytes without end"))
        if self._gathered is None:
            self._opened().write(chunk)
            return
        self._gathered.append(chunk)
        if self._size > _SMALL:
            self._write_gathered()

    def end(self) -> Fetched | None:
        """The body is whole as far as HTTP can tell; now it is held against what was promised."""
        if self._redirected:
            self._redirected = False
            return None
        if self._gathered is not None:
            self._write_gathered()
        sink = self._opened()
        size, sha256 = sink.close()
        as_served = self._is_odd(size, sha256)
        self._sink = None
        return Fetched(self._entry, sink, size, sha256, as_served)

    def broken(self, error: MirrordError, *, midway: bool) -> MirrordError:
        """What came is thrown away, or kept where the store can go on from there."""
        self._let_go()
        if midway and isinstance(error, StoreUnreachable):
            words = self._words(f"broke off after {self._size} bytes ({error})")
            return WrongSize(self._entry.path, words)
        return error

    def give_up(self, error: MirrordError) -> TransferError:
        """The entry alone failed; what concerns the whole store, or the disk, ends all."""
        if isinstance(error, TransferError):
            return error
        if isinstance(error, AnswerBroken):
            return _Failed(self._entry.path, str(error))
        raise error

    def drop(self) -> None:
        """The round is over in mid-air."""
        self._let_go()

    # how

    def _opened(self) -> Sink:
        if self._sink is None:
            self._sink = self._into(self._entry)
        return self._sink

    def _write_gathered(self) -> None:
        gathered, self._gathered = self._gathered or [], None
        sink = self._opened()
        if self._size:
            sink.write(gathered[0] if len(gathered) == 1 else b"".join(gathered))

    def _let_go(self) -> None:
        sink, self._sink = self._sink, None
        resume, self._resume = self._resume, None
        if sink is None:
            return
        if resume is not None and resume.validator:
            sink.keep(resume.validator)
        else:
            sink.discard()

    def _elsewhere(self, head: Head) -> str:
        """Where a redirect leads, if that is in the same tree: nobody else gets our login."""
        base = self._site.base
        if self._path is not None:
            raise self._error("is sent elsewhere, and from there again")
        try:
            names = base.names(head.get("location"))
        except ValueError as error:
            raise self._error(f"is sent elsewhere: the target {error}") from error
        if names[: len(base.root)] != base.root or len(names) == len(base.root):
            raise self._error("is sent elsewhere: the target lies outside the tree")
        return "".join("/" + quote(name, safe="") for name in names[len(base.root) :])

    def _bad_status(self, head: Head) -> MirrordError:
        if head.status in (404, 410):
            return EntryGone(self._entry.path, self._words("is gone from the store"))
        refusal = self._refusal(head, self._place())
        if isinstance(refusal, StoreRefused) and head.status == 403:
            return TransferError(self._entry.path, str(refusal))
        if refusal:
            return refusal
        if head.status >= 500 or head.status < 300:
            return AnswerBroken(self._words(f"was answered {head.status}"))
        if head.status == 416 and self._resume is not None:
            self._resume.forget()
            return AnswerBroken(self._words("can not be gone on with"))
        return self._error(f"was answered {head.status}")

    def _is_odd(self, size: int, sha256: str) -> bool:
        """Whether the body is not as listed, but came twice the same; WrongSize the first time."""
        listed, head = self._entry.size, self._head
        if size == listed:
            return False
        promised = head.length if head else None
        if promised is not None and head and head.status == 200 and size != promised:
            words = self._words(f"brought {size} of {promised} bytes")
            raise WrongSize(self._entry.path, words)
        if listed is None and size == promised:
            return False
        if self._is_page() and not self._may_be_page():
            raise self._error("is answered by a web page, as a login page would be")
        if not (head and head.is_framed) and (listed is not None or not size):
            # a body that ends with its connection may have been cut at the same place twice
            raise WrongSize(self._entry.path, self._words(f"brought {size} bytes and no length"))
        if self._odd == (size, sha256):
            return True
        self._odd = (size, sha256)
        was = "no size" if listed is None else f"{listed} bytes"
        raise WrongSize(self._entry.path, self._words(f"was listed with {was}, brought {size}"))

    def _is_page(self) -> bool:
        return (self._head is not None and self._head.is_html) or _looks_html(self._first)

    def _may_be_page(self) -> bool:
        return self._entry.path.lower().endswith(_PAGE_NAMES)

    def _place(self) -> str:
        return f"/{discreet(self._entry.path)[-120:]}"

    def _words(self, what: str) -> str:
        return f"{self._place()} {what}"

    def _error(self, what: str) -> TransferError:
        return TransferError(self._entry.path, self._words(what))


def _looks_html(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))
