"""The body of a 207 answer as its bytes come: what it tells of a folder, or ListingBroken.

Pure and strict, since an answer that is taken for a shorter listing makes held files look vanished:
the body must be one whole multistatus document, the folder must list itself, and every other
response must be exactly one step below it, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache, partial

from mirrord.core.entry import Entry, Kind, Stamp, TreePath, UnknownFolder, trusted_path
from mirrord.errors import ListingBroken
from mirrord.source.hrefs import Base, canonical, name_of
from mirrord.source.responses import Broken, Responses
from mirrord.source.shapes import Known, Shape, is_plain
from mirrord.source.told import Told, What, told_by

#: What a listing may cost at most: a folder beyond it is unknown rather than half read.
MAX_BYTES = 64 * 1024 * 1024
MAX_ENTRIES = 250_000
FRESH_SECONDS = 2
WITHHELD = "the store keeps its properties to itself"

_MAX_PIECE = 64 * 1024  # a response, or what stands before the first one, that is worth a look
_MAX_SHAPES = 8
_MISSES = 64  # of responses, without a shape that fits; more only where most do fit
#: What may stand before the first response for shapes to be looked for.
_HEAD = re.compile(
    r"(?:<\?xml[ \t\r\n]+version=[\"']1\.0[\"'](?:[ \t\r\n]+encoding=[\"'][Uu][Tt][Ff]-8[\"'])?"
    r"(?:[ \t\r\n]+standalone=[\"'](?:yes|no)[\"'])?[ \t\r\n]*\?>)?"
    r"[ \t\r\n]*<[^<>!?/][^<>]*>[ \t\r\n]*(?=<((?:[A-Za-z_][A-Za-z0-9_.-]*:)?response)[ \t\r\n>])"
)


class Multistatus:
    """Fed with an answer's body, it tells what each response says: all, in their order.

    ``most_bytes`` and ``most_entries``: what is longer is broken. Responses that are written like
    earlier ones are read by their shape; all else goes to the strict reader, which so sees a
    document with some of its responses left out, and judges whether that is whole.
    """

    def __init__(self, broken: Broken, most_bytes: int, most_entries: int) -> None:
        self._broken = broken
        self._most_bytes, self._most_entries = most_bytes, most_entries
        self._size = self._responses = 0
        self._strict = Responses(broken)
        self._rest = ""
        self._closing = ""  # the last tag of each response, once the first is in sight
        self._known = Known()
        self._shapes: list[Shape] = []  # the one that fitted last comes first
        self._looking = True  # whether shapes are worth a try
        self._hits = self._misses = 0

    def feed(self, chunk: bytes) -> list[Told]:
        """What the responses tell that end in the chunk. Raises ListingBroken."""
        self._size += len(chunk)
        if self._size > self._most_bytes:
            raise self._broken(f"is over {self._most_bytes >> 20} MiB")
        if self._looking:
            told = self._look(self._rest + chunk.decode("latin-1"))
        else:
            told = self._judge(chunk)
        self._responses += len(told)
        if self._responses > self._most_entries:
            raise self._broken(f"has over {self._most_entries} entries")
        return told

    def close(self) -> list[Told]:
        """What is left to tell, once the body has ended. Raises ListingBroken."""
        if not self._size:
            raise self._broken("is empty")
        told = self._judge(self._rest.encode("latin-1"))
        self._rest = ""
        self._strict.close()
        return told

    def _judge(self, raw: bytes) -> list[Told]:
        return [told_by(response, self._broken) for response in self._strict.feed(raw)]

    def _look(self, text: str) -> list[Told]:
        """Read responses by their shapes as far as they go, and learn new ones."""
        all_told: list[Told] = []
        at = self._head(text)
        while self._closing:
            for number, shape in enumerate(self._shapes):
                found = shape.read(text, at)
                if found is not None:
                    told, at = found
                    all_told.append(told)
                    self._hits += 1
                    if number:  # mostly the next one is alike
                        self._shapes.insert(0, self._shapes.pop(number))
                    break
            else:
                end = text.find(self._closing, at) + len(self._closing)
                if end < len(self._closing):
                    break
                all_told += self._learn(text[at:end])
                at = end
                if not self._looking:
                    break
        self._rest = text[at:]
        if len(self._rest) > _MAX_PIECE:
            self._looking = False
        if not self._looking:
            all_told += self._judge(self._rest.encode("latin-1"))
            self._rest = ""
        return all_told

    def _head(self, text: str) -> int:
        """Where the responses begin in a text that may be the answer's first."""
        if self._closing:
            return 0
        found = _HEAD.match(text)
        if found is None:
            return 0
        self._strict.feed(found[0].encode("latin-1"))
        self._closing = f"</{found[1]}>"
        self._known = _known_below(found[0])
        self._shapes = [*self._known.shapes]
        return found.end()

    def _learn(self, piece: str) -> list[Told]:
        """Give a response to the strict reader, and remember its shape."""
        names: list[str] = []
        self._strict.names = names if is_plain(piece) else None
        all_told = self._judge(piece.encode("latin-1"))
        # what was plain and closed one response leaves the strict reader between two of them
        sure = self._strict.names is not None and len(all_told) == 1
        self._strict.names = None
        self._misses += 1
        self._looking = sure and (self._misses < _MISSES or self._misses < self._hits)
        if self._looking and len(self._shapes) < _MAX_SHAPES:
            shape = self._known.learn(piece, names, all_told[0])
            if shape is not None:
                self._shapes.append(shape)
        return all_told


@lru_cache(maxsize=64)
def _known_below(_head: str) -> Known:
    """What was learnt of documents of one head: a server begins all its answers alike."""
    return Known()


class FolderReader:
    """One folder's listing, read as its bytes come.

    ``at`` is the moment of the answer in seconds since 1970.
    """

    def __init__(self, base: Base, folder: TreePath, at: float) -> None:
        self._base, self._folder = base, folder
        self._fresh_since = at - FRESH_SECONDS
        self._broken = partial(listing_broken, folder)
        self._answer = Multistatus(self._broken, MAX_BYTES, MAX_ENTRIES)
        self._start = folder + "/" if folder else ""
        self._above: str | None = None  # how the server spells the folder, once that is known
        self._itself = False
        self._found: dict[TreePath, Entry | UnknownFolder | None] = {}

    def feed(self, chunk: bytes) -> None:
        """Read on. Raises ListingBroken, and is then to be dropped."""
        self._take(self._answer.feed(chunk))

    def finish(self) -> list[Entry | UnknownFolder]:
        """What the folder holds, itself left out, once the body has ended. Raises ListingBroken.

        A child that exists but whose properties the store keeps to itself comes as UnknownFolder.
        """
        self._take(self._answer.close())
        if not self._itself:
            raise self._broken("does not list the folder itself")
        return [found for found in self._found.values() if found is not None]

    def _take(self, told: list[Told]) -> None:
        file, folder = What.FILE, What.FOLDER  # to look a member up costs as much as a comparison
        for above, name, what, size, etag, modified in told:
            plain = canonical(name) if "%" in name else name
            if above != self._above or plain is None:
                path = self._place(above, name)
            else:
                path = trusted_path(self._start + plain)
            if path == self._folder:
                self._take_itself(what)
            elif path in self._found:
                raise self._broken("names one entry twice")
            elif what is file or what is folder:
                kind = Kind.FILE if what is file else Kind.FOLDER
                fresh = modified is not None and modified >= self._fresh_since
                self._found[path] = Entry(path, kind, size, Stamp(etag, modified), fresh)
            else:
                self._found[path] = UnknownFolder(path, WITHHELD) if what is What.WITHHELD else None

    def _take_itself(self, what: What) -> None:
        if self._itself:
            raise self._broken("names one entry twice")
        if what is not What.FOLDER:
            raise self._broken("does not say that it is a folder")
        self._itself = True

    def _place(self, above: str, name: str) -> TreePath:
        """The strict way from an href to a path."""
        try:
            if above and above == self._above:
                return self._folder.child(name_of(name))
            true = self._base.child_name(above + name, self._folder)
            path = self._folder if true is None else self._folder.child(true)
        except ValueError as error:
            raise self._broken(f"has a name that {error}") from error
        if above and true is not None:
            self._above = above  # what follows it there is one step below this folder
        return path


def listing_broken(folder: TreePath, what: str) -> ListingBroken:
    """The error that names the folder; its words are ours, nothing of the body is in it."""
    return ListingBroken(f"the listing of /{folder[-120:]} {what}")


def read_listing(
    chunks: Iterable[bytes], base: Base, folder: TreePath, at: float
) -> list[Entry | UnknownFolder]:
    """The same for who has the body at hand, or draws it."""
    reader = FolderReader(base, folder, at)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.finish()
