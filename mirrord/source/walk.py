"""The walk through the store's tree, many folders at once; none is skipped on its own word.

The root may be asked first with ``Depth: infinity``: a store that gives all of it spares hundreds
of requests; one that refuses, or answers it as one level without a word (SabreDAV), is walked
folder by folder. A folder of which the answer proves nothing is asked by itself, and one
that can not be listed comes as unknown, never as empty.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from mirrord.core.entry import ROOT, Entry, Kind, TreePath, UnknownFolder
from mirrord.core.pulse import Pulse
from mirrord.errors import (
    AnswerBroken,
    MirrordError,
    StoreError,
    StoreRefused,
)
from mirrord.source.deep_listing import MAX_DEEP_BYTES, DeepListing, DeepReader
from mirrord.source.engine import Engine
from mirrord.source.exchange import Head, Request
from mirrord.source.multistatus import MAX_BYTES, FolderReader
from mirrord.source.site import Site

#: Folders in a row that fail after all tries, before the store as a whole counts as failing.
MAX_UNKNOWN_IN_A_ROW = 25
#: What servers answer that list one level, and not all at once.
_NO_INFINITY = (400, 403, 413, 500, 501, 502, 504, 507)

Refusal = Callable[[Head, TreePath], StoreError]
Forbidden = type[StoreRefused]
_Listed: TypeAlias = list[Entry | UnknownFolder]
_Unlisted: TypeAlias = tuple[TreePath, AnswerBroken | StoreRefused | None]


class Walk:
    """One listing of a whole tree; ``refusal`` says what an answer other than 207 means.

    ``forbidden`` is the refusal that concerns one folder alone. ``known`` are folders that were
    there lately: once the root has answered they are asked without waiting for their parents. What
    such a guess brings waits until a parent tells of the folder, and is dropped where none does.
    """

    def __init__(
        self,
        engine: Engine,
        site: Site,
        refusal: Refusal,
        forbidden: Forbidden,
        known: Iterable[TreePath] = (),
    ) -> None:
        self._engine, self._site = engine, site
        self._refusal = refusal
        self.forbidden = forbidden
        self.was_deep = False
        self._known = known
        self._pending = deque([ROOT])
        self._told: set[TreePath] = {ROOT}  # folders that are there: a parent said so
        self._asked: set[TreePath] = set()
        self._early: dict[TreePath, _Listed] = {}
        self._whole: deque[Entry | UnknownFolder] = deque()
        self._failing = 0

    def ask_deep(self, pulse: Pulse) -> Iterator[Entry | UnknownFolder]:
        """Ask for all at once; what that proves is left out of the walk that has to follow."""
        deep = self._deep(pulse)
        if deep is not None:
            self.was_deep = deep.deep
            self._pending = deque(deep.unproven)
            self._told = set(deep.unproven)
            yield from deep.entries()

    def entries(self, pulse: Pulse) -> Iterator[Entry | UnknownFolder]:
        """Walk: see :meth:`mirrord.source.FileSource.list`."""
        answers = self._engine.answers(self._next, pulse)
        try:
            for unlisted in answers:
                if unlisted is not None:
                    self._miss(*unlisted)
                while self._whole:
                    yield self._whole.popleft()
        finally:
            answers.close()

    def _deep(self, pulse: Pulse) -> DeepListing | None:
        """The root's own answer to infinity; None where it is no use, and one level is asked."""
        task: _Deep | None = _Deep(self._site, self._refusal)

        def draw() -> _Deep | None:
            nonlocal task
            drawn, task = task, None
            return drawn

        deep = None
        for got in self._engine.answers(draw, pulse):
            deep = got[0] if got else None
        return deep

    def _next(self) -> _Folder | None:
        while self._pending:
            folder = self._pending.popleft()
            if folder not in self._asked:
                self._asked.add(folder)
                return _Folder(folder, self)
        return None

    def _miss(self, folder: TreePath, why: AnswerBroken | StoreRefused | None) -> None:
        """A folder could not be listed; without a reason: it was a guess, or is listed."""
        if why is None:
            return
        if isinstance(why, AnswerBroken):
            self._failing += 1
            if self._failing >= MAX_UNKNOWN_IN_A_ROW:
                raise StoreError(
                    f"{self._engine.where}: {self._failing} folders in a row could not be listed; "
                    f"the last: {why}"
                )
        self._whole.append(UnknownFolder(folder, str(why)))

    # what a folder's task needs of the walk

    def request(self, folder: TreePath) -> Request:
        """One folder with what is in it."""
        return self._site.listing(self._site.base.below_root(folder), "1")

    def reader(self, folder: TreePath, head: Head) -> FolderReader:
        """Who reads an answer that may be a listing; the error of one that is none."""
        if head.status != 207:
            raise self._refusal(head, folder)
        if head.is_encoded:
            raise AnswerBroken(f"{self._engine.where} sent a compressed answer")
        return FolderReader(self._site.base, folder, _moment(head))

    def is_guess(self, folder: TreePath) -> bool:
        """Whether no parent has told of it yet."""
        return folder not in self._told

    def found(self, folder: TreePath, listed: _Listed) -> None:
        """Take a listing in, or keep it until the folder's parent tells of it."""
        self._failing = 0
        if folder not in self._told:
            self._early[folder] = listed
            return
        sure = [listed]
        while sure:
            self._whole.extend(one := sure.pop())
            for child in one:
                if isinstance(child, Entry) and child.kind is Kind.FOLDER:
                    self._told.add(child.path)
                    early = self._early.pop(child.path, None)
                    if early is not None:
                        sure.append(early)
                    else:
                        self._pending.append(child.path)
        if folder == ROOT:
            # parents first: what is asked early waits for them
            self._pending.extend(sorted(self._known, key=_depth))

    def guessed_wrong(self, folder: TreePath) -> None:
        """It could not be listed, and nobody said that it is there; if somebody does, ask again."""
        self._asked.discard(folder)
        if folder in self._told:
            self._pending.append(folder)


class _Folder:
    """One folder's tries (a :class:`mirrord.source.task.Task`).

    What it gives is whether, and why, the folder could not be listed.
    """

    __slots__ = ("_folder", "_guess", "_reader", "_walk")

    def __init__(self, folder: TreePath, walk: Walk) -> None:
        self._folder, self._walk = folder, walk
        self._guess = walk.is_guess(folder)
        self._reader: FolderReader | None = None

    def request(self) -> Request:
        self._reader = None
        return self._walk.request(self._folder)

    def most(self) -> int:
        return MAX_BYTES

    def head(self, head: Head, /) -> None:
        self._reader = self._walk.reader(self._folder, head)

    def take(self, chunk: bytes, /) -> None:
        if self._reader is not None:
            self._reader.feed(chunk)

    def end(self) -> _Unlisted:
        self._walk.found(self._folder, self._reader.finish() if self._reader is not None else [])
        return self._folder, None

    def broken(self, error: MirrordError, *, midway: bool) -> MirrordError:  # noqa: ARG002
        if self._guess and isinstance(error, AnswerBroken | self._walk.forbidden):
            return _NotWanted(str(error))
        return error

    def give_up(self, error: MirrordError) -> _Unlisted:
        if isinstance(error, _NotWanted):
            self._walk.guessed_wrong(self._folder)
            return self._folder, None
        if self._folder != ROOT and isinstance(error, AnswerBroken | self._walk.forbidden):
            return self._folder, error
        raise error

    def drop(self) -> None:
        self._reader = None


class _Deep:
    """The root with all below it, asked once: whatever comes of it but that is no error."""

    __slots__ = ("_reader", "_refusal", "_said", "_site")

    def __init__(self, site: Site, refusal: Refusal) -> None:
        self._site, self._refusal = site, refusal
        self._said: StoreError | None = None
        self._reader: DeepReader | None = None

    def request(self) -> Request:
        return self._site.listing("", "infinity")

    def most(self) -> int:
        return MAX_DEEP_BYTES

    def head(self, head: Head, /) -> None:
        if head.status != 207 and head.status not in _NO_INFINITY:
            self._said = self._refusal(head, ROOT)  # it would be no other for one level
            raise self._said
        if head.status == 207 and not head.is_encoded:
            self._reader = DeepReader(self._site.base, _moment(head))

    def take(self, chunk: bytes, /) -> None:
        if self._reader is not None:
            self._reader.feed(chunk)

    def end(self) -> tuple[DeepListing | None] | None:
        return (self._reader.finish() if self._reader is not None else None,)

    def broken(self, error: MirrordError, *, midway: bool) -> MirrordError:  # noqa: ARG002
        if error is self._said or not isinstance(error, StoreError):
            return error
        return _NotWanted(str(error))

    def give_up(self, error: MirrordError) -> tuple[DeepListing | None]:
        if isinstance(error, _NotWanted):
            return (None,)
        raise error

    def drop(self) -> None:
        self._reader = None


class _NotWanted(StoreError):
    """The answer to infinity, or to a guess, is of no use; not to be tried again."""


def _moment(head: Head) -> float:
    """When the store says that it answered; our own clock where it says nothing."""
    try:
        return parsedate_to_datetime(head.get("date")).timestamp()
    except (ValueError, OverflowError):
        return time.time()


def _depth(folder: TreePath) -> int:
    return folder.count("/")
