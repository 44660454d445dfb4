"""One run's share of the house, read by two processes and compared with what is recorded.

What differs is only suspected here: the file may have been replaced since its record was read.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from mirrord.core.discreet import discreet
from mirrord.core.displayed import displayed
from mirrord.core.pulse import Pulse
from mirrord.disk.book import Book, Page
from mirrord.disk.firstseen import FirstSeen
from mirrord.disk.house import House
from mirrord.disk.reading import Answer
from mirrord.disk.scrub import Wanted, read_all
from mirrord.disk.soundness import kind_of

#: Answers that are noted together.
_AT_ONCE = 1_000

#: A page, and how its content is looked at (or ``""``).
_Asked = tuple[Page, str]


class Scrub:
    """``full``: also what was looked into before is looked into again.

    ``suspects`` are the names whose bytes were not as recorded; ``counts`` what was read.
    """

    def __init__(self, house: House, book: Book, first_seen: FirstSeen, *, full: bool) -> None:
        self._house = house
        self._book = book
        self._first_seen = first_seen
        self._full = full
        self._read: list[Page] = []
        self._contents: dict[str, tuple[str, str]] = {}
        self._sentences: list[str] = []
        self.suspects: set[str] = set()
        self.counts: Counter[str] = Counter(read=0, bytes=0)

    def run(self, pages: Iterable[Page], now: float, pulse: Pulse) -> list[str]:
        """Read them; what is wrong with contents, in words. DiskError, LedgerBroken."""
        wanted = self._wanted(pages)
        try:
            for asked, answer in read_all(self._house.root, wanted, pulse):
                self._take(asked, answer)
                pulse.progress("reading", self.counts["bytes"], None)
                if len(self._read) >= _AT_ONCE:
                    self._note(now)
        finally:
            # what was read before a stop need not be read again
            self._note(now)
        return self._sentences

    def _wanted(self, pages: Iterable[Page]) -> Iterator[Wanted[_Asked]]:
        for page in pages:
            _, _, sha256, size, _, name, _ = page
            kind = kind_of(name)
            if kind and not self._full and sha256 and self._book.knows(sha256):
                kind = ""
            yield (page, kind), size, name, kind

    def _take(self, asked: list[_Asked], answer: Answer) -> None:
        sums, inodes, sizes, mtimes, refused, faults = answer
        pages = [page for page, _ in asked]
        _, our_inodes, our_sums, our_sizes, our_mtimes, _, _ = zip(*pages, strict=True)
        told = (tuple(inodes), tuple(sizes), tuple(mtimes))
        # of millions all but a few are as recorded: they are compared, and noted, together
        if (
            not refused
            and (our_inodes, our_sizes, our_mtimes) == told
            and "".join(our_sums) == sums
        ):
            self.counts["read"] += len(pages)
            self.counts["bytes"] += sum(sizes)
            self._read += pages
            sound: Collection[int] = range(len(pages))
        else:
            errors = dict(refused)
            there = zip(*told, strict=True)
            sound = {
                place
                for place, (page, one) in enumerate(zip(pages, there, strict=True))
                if self._is_sound(page, sums[64 * place :][:64], errors.get(place, ""), one)
            }
        wrong = dict(faults)
        for place, (page, kind) in enumerate(asked):
            if kind and place in sound:
                sha256 = sums[64 * place :][:64]
                self._contents.setdefault(sha256, (page.name, wrong.get(place, "")))

    def _is_sound(self, page: Page, sha256: str, error: str, there: tuple[int, int, int]) -> bool:
        """Whether the bytes that were read are those that are meant; else they are suspected."""
        if not error and there != (page.ino, page.size, page.mtime):
            self.suspects.add(page.name)  # another file by now; most likely a newer one
            return False
        self.counts["read"] += 1
        self.counts["bytes"] += page.size
        if page.sha256 and sha256 == page.sha256:
            self._read.append(page)
        elif error or page.sha256:
            self.suspects.add(page.name)
            return False
        else:
            self._first_seen.add(page.name, sha256)
        return True

    def _note(self, now: float) -> None:
        self._book.read(self._read, now)
        faults = [(sha256, fault) for sha256, (_, fault) in self._contents.items() if fault]
        looked = [(sha256, fault) for sha256, (_, fault) in self._contents.items()]
        news = self._book.look_into(looked)
        for sha256 in news:
            name, fault = self._contents[sha256]
            self._sentences.append(_words(name, fault))
        self.counts["damaged in the shop"] += len(faults)
        self._read, self._contents = [], {}


def _words(name: str, fault: str) -> str:
    what, told = displayed(fault), displayed(discreet(name))
    if name.startswith("exports/") or "/exports/" in name:
        return f"{told}: as it was written, but it can not be read: {what}"
    return (
        f"{told}: damaged in the shop ({what}); it is held as the shop holds it: look"
        " at it there (told once)"
    )
