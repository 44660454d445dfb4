"""A large file that broke off goes on where it is proven to be the same; else it begins anew."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from mirrord.core.entry import Entry, TreePath
from mirrord.errors import Stopped
from mirrord.source import Fetched
from mirrord.source.exchange import Head
from mirrord.source.resume import Resume, strong_validator
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.fakes_files import TAIL, KeptSinks
from tests.servers.hostile import Asked, Reset, hostile, says

Connect = Callable[..., WebDavSource]
SIZE = Resume.FROM + 1000
OLD, NEW = bytes([1, 2, 3, 4]) * (SIZE // 4), bytes([5, 6, 7, 8]) * (SIZE // 4)
VIDEO = Entry(TreePath("clip.mp4"), size=SIZE)
DATES = ("Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT", "Date: Tue, 14 Nov 2023 23:00:00 GMT")


@dataclass
class Store:
    """One large file with Range; the first answer breaks off after ``cut`` bytes.

    ``told`` are the headers of every answer, ``later`` those of what comes after the break;
    ``body`` is what the file is by then.
    """

    told: tuple[str, ...] = ('ETag: "one"',)
    later: tuple[str, ...] | None = None
    body: bytes = OLD
    cut: int = SIZE // 2
    ranges: list[str] = field(default_factory=list)
    honours: bool = True

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        first = not self.ranges
        self.ranges.append(asked.headers.get("range", ""))
        if first:
            yield from says("200 OK", OLD[: self.cut], *self.told, length=SIZE)
            raise Reset
        headers = self.told if self.later is None else self.later
        found = re.fullmatch(r"bytes=(\d+)-", self.ranges[-1])
        if not found or not self.honours:
            yield from says("200 OK", self.body, *headers)
            return
        start = int(found[1])
        where = f"Content-Range: bytes {start}-{SIZE - 1}/{SIZE}"
        yield from says("206 Partial Content", self.body[start:], where, *headers)


def fetch(source: WebDavSource, sinks: KeptSinks) -> Fetched:
    [got] = [one for one in source.fetch_many([VIDEO], sinks, QuietPulse()) if one is not None]
    assert isinstance(got, Fetched), got
    return got


@pytest.mark.parametrize("told", [('ETag: "one"',), DATES], ids=["by etag", "by date"])
def test_what_came_is_not_fetched_again(told: tuple[str, ...], connect: Connect) -> None:
    """The rest alone is asked for, and the last bytes that we had once more."""
    sinks, answer = KeptSinks(), Store(told=told)
    with hostile(answer) as store:
        got = fetch(connect(store.url), sinks)
        [_, again] = store.log
    assert got.sha256 == hashlib.sha256(OLD).hexdigest()
    came = len(sinks.opened[0].content)
    assert 0 < came <= answer.cut
    assert answer.ranges == ["", f"bytes={came - TAIL}-"]
    assert again.headers["if-range"] == told[0].split(": ")[1]
    assert [sink.state for sink in sinks.opened] == ["kept", "closed"]


@pytest.mark.parametrize(
    ("why", "answer"),
    [
        ("the store gives all of another version", Store(body=NEW, honours=False)),
        ("the rest is of another version", Store(body=NEW, later=('ETag: "two"',))),
        ("the rest says not of what it is", Store(body=NEW, later=())),
        ("the rest is of another date", Store(told=DATES, body=NEW, later=(
            "Last-Modified: Mon, 13 Nov 2023 22:13:20 GMT", DATES[1]))),
        ("the last bytes are others, whatever it says", Store(body=NEW)),
    ],
)  # fmt: skip
def test_another_version_is_never_mixed_in(why: str, answer: Store, connect: Connect) -> None:
    """The old one's beginning with the new one's end would have the right size."""
    sinks = KeptSinks()
    with hostile(answer) as store:
        got = fetch(connect(store.url), sinks)
    assert got.sha256 == hashlib.sha256(NEW).hexdigest(), why


@pytest.mark.parametrize(
    "wrong",
    ["bytes 0-{last}/{size}", "bytes {start}-{last}/*", "bytes {start}-9/10", "garbage", ""],
)
def test_another_part_than_was_asked_for_is_not_taken(wrong: str, connect: Connect) -> None:
    """What the store says it sends must be what is missing."""

    class Lying(Store):
        def __call__(self, asked: Asked) -> Iterator[bytes]:
            if len(self.ranges) != 1:
                yield from super().__call__(asked)
                return
            self.ranges.append(asked.headers["range"])
            start = int(self.ranges[-1][6:-1])
            told = wrong.format(start=start, last=SIZE - 1, size=SIZE)
            yield from says(
                "206 Partial Content", OLD[start:], f"Content-Range: {told}", *self.told
            )

    sinks, answer = KeptSinks(), Lying()
    with hostile(answer) as store:
        got = fetch(connect(store.url), sinks)
    assert got.sha256 == hashlib.sha256(OLD).hexdigest()
    assert answer.ranges[2] == ""


@pytest.mark.parametrize(
    "told", [(), ('ETag: W/"one"',), (DATES[0], DATES[0].replace("Last-M", "M"))]
)
def test_without_a_strong_name_for_the_version_it_begins_anew(
    told: tuple[str, ...], connect: Connect
) -> None:
    """A weak ETag, a date of this very moment, or nothing: two versions may have it in common."""
    sinks, answer = KeptSinks(), Store(told=told)
    with hostile(answer) as store:
        got = fetch(connect(store.url), sinks)
    assert answer.ranges == ["", ""]
    assert [sink.state for sink in sinks.opened] == ["discarded", "closed"]
    assert got.sha256 == hashlib.sha256(OLD).hexdigest()


def test_a_stop_leaves_what_came_for_the_next_run(connect: Connect) -> None:
    """Whoever is stopped in the midst of a large file keeps it, and is gone at once."""
    sinks = KeptSinks()

    def half(asked: Asked) -> Iterable[bytes]:
        yield from says("200 OK", OLD[: SIZE // 2], 'ETag: "one"', length=SIZE)
        asked.wait(30)

    with hostile(half) as store, pytest.raises(Stopped):
        list(connect(store.url).fetch_many([VIDEO], sinks, QuietPulse(stop_at=5)))
    [kept] = sinks.opened
    assert (kept.state, kept.kept_as, kept.expected) == ("kept", '"one"', '"one"')


def test_a_range_that_can_not_be_is_given_up(connect: Connect) -> None:
    """416: the store has less by now, or does not think so: from the start."""

    class Refusing(Store):
        def __call__(self, asked: Asked) -> Iterator[bytes]:
            if len(self.ranges) == 1:
                self.ranges.append(asked.headers["range"])
                yield from says("416 Range Not Satisfiable")
                return
            yield from super().__call__(asked)

    answer = Refusing(body=NEW)
    with hostile(answer) as store:
        got = fetch(connect(store.url), KeptSinks())
    assert (got.sha256, answer.ranges[2]) == (hashlib.sha256(NEW).hexdigest(), "")


@pytest.mark.parametrize(
    ("lines", "validator"),
    [
        (['ETag: "a-b"'], '"a-b"'),
        (['ETag: W/"a"'], ""),
        (["ETag: a"], ""),
        (['ETag: "a b"'], ""),
        (['ETag: "a"', "Accept-Ranges: none"], ""),
        ([DATES[0], DATES[1]], "Tue, 14 Nov 2023 22:13:20 GMT"),
        ([DATES[0], "Date: Tue, 14 Nov 2023 22:14:10 GMT"], ""),
        ([DATES[0]], ""),
        (["Last-Modified: yesterday", DATES[1]], ""),
        ([], ""),
    ],
)
def test_only_a_strong_validator_counts(lines: list[str], validator: str) -> None:
    """RFC 9110: a strong ETag, or a date that had long passed when it was told."""
    head = Head(200, [line.encode() for line in ["HTTP/1.1 200 OK", *lines]])
    assert strong_validator(head) == validator
