"""Whatever a store answers to GET, and however it falters, no held file is replaced by less.

Each harm goes over a socket into a real sync of a house that holds every file, after the listing
said that all of them changed. One file is hurt, the others come.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.core.guard import Limits
from mirrord.core.report import Outcome, Report
from mirrord.errors import MirrordError, StoreRefused
from mirrord.jobs.sync import Sync
from mirrord.source import multistatus, transfer
from mirrord.source.pace import Patience
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.houses import NOW, content, new_house
from tests.servers.hostile import Answer, Asked, Hostile, file, folder, hostile, lists, says
from tests.servers.tools import PASSWORD, USER
from tests.source.test_transfer import BODY, ENDS, HARMS, PAGE, endless, redirecting

HURRIED = Patience(connect=2.0, read=1.0, grace=0.4, rate=1_000_000)
#: The one that is hurt, and two others.
HURT, OTHERS = "photo.jpg", ("first.txt", "last.txt")


def _storm(status: str, *headers: str) -> Answer:
    return lambda _: says(status, b"", *headers)


#: Beside what a single download is tested with: what only shows in a whole run.
MORE: dict[str, Answer] = {
    "a bomb that is as long as listed": lambda _: says(
        "200 OK", gzip.compress(b"\0" * 1_000_000)[: len(BODY)], "Content-Encoding: gzip"
    ),
    "a page as long as listed": lambda _: says(
        "200 OK", PAGE.ljust(len(BODY)), "Content-Type: text/html", length=len(BODY) + 5
    ),
    "multipart ranges": lambda _: says(
        "206 Partial Content", BODY, "Content-Type: multipart/byteranges; boundary=x"
    ),
    **{
        f"a storm of {status}": _storm(f"{status} x")
        for status in (500, 502, 504, 507, 508, 520, 522, 524, 530, 599)
    },
    **{
        f"a redirect to {target}": redirecting(target)
        for target in ("//127.0.0.1:1/dav/photo.jpg", "/etc/passwd", "file:///etc/passwd", "/dav/")
    },
}
ALL: dict[str, Answer] = {**{name: one for name, (one, _) in {**HARMS, **ENDS}.items()}, **MORE}


class Changed:
    """A store whose files have all changed since they were mirrored."""

    def __init__(self, home: Path) -> None:
        self.house = new_house(home)
        self.stamp = 0
        self.harm: Answer | None = None
        self.fired = 0

    def body(self, name: str) -> bytes:
        return BODY if name == HURT else b"%d of %s" % (self.stamp, name.encode())

    def answer(self, asked: Asked) -> Iterable[bytes]:
        name = asked.path.removeprefix("/dav/")
        if asked.verb != "PROPFIND":
            if name == HURT and self.harm is not None:
                self.fired += 1
                return self.harm(asked)
            return says("200 OK", self.body(name))
        if asked.headers.get("depth") == "infinity":
            return says("403 Forbidden")
        etag = f'<d:getetag>"{self.stamp}"</d:getetag>'
        names = (HURT, *OTHERS)
        return lists(
            folder("/dav/"), *(file(f"/dav/{one}", len(self.body(one)), etag) for one in names)
        )

    def sync(self, store: Hostile, now: float = NOW) -> Report | MirrordError:
        with closing(WebDavSource(store.url, USER, PASSWORD, patience=HURRIED)) as source:
            try:
                return Sync(self.house, source, Limits(), (), lambda: now).run(QuietPulse())
            except MirrordError as error:
                return error

    def held(self) -> dict[str, bytes | None]:
        return content(self.house.room("files"))

    def sums_agree(self) -> bool:
        check = subprocess.run(
            ["sha256sum", "--quiet", "--strict", "-c", self.house.room("SHA256SUMS")],
            cwd=self.house.room("files"),
            capture_output=True,
            check=False,
        )
        return check.returncode == 0


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Changed, Hostile]]:
    """One house and one store for all: what is hurt stays as it was first held."""
    changed = Changed(tmp_path_factory.mktemp("downloads"))
    with hostile(changed.answer) as store:
        first = changed.sync(store)
        assert isinstance(first, Report)
        assert first.outcome is Outcome.OK
        yield changed, store


@pytest.mark.parametrize("harm", ALL)
def test_a_hostile_download_replaces_nothing(
    harm: str, both: tuple[Changed, Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hurt file stays as it is held, checksums and all; afterwards the next sync is whole."""
    monkeypatch.setattr(transfer, "SLACK", 1_000_000)
    changed, store = both
    changed.stamp += 1
    changed.harm, changed.fired = ALL[harm], 0
    told = changed.sync(store)
    changed.harm = None
    assert changed.fired, "the harm was never asked for"
    words = str(told) if isinstance(told, MirrordError) else "; ".join(told.findings)
    assert words.isprintable()
    assert not isinstance(told, Report) or told.outcome is Outcome.PARTIAL
    assert changed.held()[HURT] == BODY
    assert changed.sums_agree()
    assert content(changed.house.room(".mirrord/staging")).keys() <= {"files"}
    healed = changed.sync(store)
    assert isinstance(healed, Report)
    assert healed.outcome is Outcome.OK
    assert changed.held() == {name: changed.body(name) for name in (HURT, *OTHERS)}


def test_a_storm_over_all_of_a_store_ends_the_run_and_passes(tmp_path: Path) -> None:
    """Every answer is 5xx, then 503 with a wish, then good: nothing is lost, all is had again."""
    changed = Changed(tmp_path)
    storms = [says("500 x"), says("503 x", b"", "Retry-After: 3600"), says("502 x", PAGE)]
    with hostile(changed.answer) as store:
        changed.sync(store)
        before = changed.held()
        changed.stamp += 1
        for storm in storms:
            store.answer = lambda _, storm=storm: storm  # type: ignore[misc]
            assert isinstance(changed.sync(store), MirrordError)
            assert changed.held() == before
        store.answer = changed.answer
        told = changed.sync(store)
    assert isinstance(told, Report)
    assert (told.outcome, told.counts["retired"]) == (Outcome.OK, 0)


def _digest(asked: Asked, nonce: str, extra: str = "") -> list[bytes]:
    offer = f'WWW-Authenticate: Digest realm="a", nonce="{nonce}", qop="auth"{extra}'
    return says("401 Unauthorized", b"", offer)


def test_a_nonce_that_changes_with_every_request_costs_no_file(tmp_path: Path) -> None:
    """Each request needs a login of its own, and gets it; one that no login satisfies is left."""
    changed, extra = Changed(tmp_path), ", stale=true"
    count = iter(range(10**6))
    given: set[str] = set()

    def once(asked: Asked) -> Iterable[bytes]:
        found = re.search(r'nonce="(\w+)"', asked.authorization)
        if found and found[1] in given:
            given.discard(found[1])
            return changed.answer(asked)
        given.add(nonce := f"n{next(count)}")
        return _digest(asked, nonce, extra)

    def never(asked: Asked) -> Iterable[bytes]:
        return _digest(asked, f"n{next(count)}", extra)

    with hostile(once) as store:
        told = changed.sync(store)
        assert isinstance(told, Report)
        assert told.outcome is Outcome.OK
        before = changed.held()
        changed.stamp += 1
        for stale in (extra, ""):
            extra, asked = stale, len(store.log)
            store.answer = never
            assert isinstance(changed.sync(store), StoreRefused)
            assert len(store.log) - asked < 20
    assert changed.held() == before


@pytest.mark.parametrize(
    "date",
    ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "", "-1"],
)
def test_a_store_whose_clock_is_wrong_is_mirrored_all_the_same(date: str, tmp_path: Path) -> None:
    """What it says of the time makes files be looked at again, at the most; none is taken away."""
    changed = Changed(tmp_path)

    def skewed(asked: Asked) -> Iterable[bytes]:
        head, body = changed.answer(asked)
        return [head.replace(b"\r\n", f"\r\nDate: {date}\r\n".encode(), 1), body]

    with hostile(skewed) as store:
        for _ in range(2):
            told = changed.sync(store)
            assert isinstance(told, Report)
            assert (told.outcome, told.counts["retired"]) == (Outcome.OK, 0)
            assert changed.held() == {name: changed.body(name) for name in (HURT, *OTHERS)}


#: So many entries of an endless listing are read; the product's own limit by MIRRORD_HARMS=all.
_ENTRIES = multistatus.MAX_ENTRIES if os.environ.get("MIRRORD_HARMS") == "all" else 25_000
_BOMB = gzip.compress(bytes(200 << 20), 1)
#: In a process of its own, so that its memory and its disk can be measured.
_ALONE = """
import resource, sys
from contextlib import closing
from pathlib import Path
from mirrord.core.guard import Limits
from mirrord.disk.house import House
from mirrord.errors import MirrordError, StoreRefused
from mirrord.jobs.sync import Sync
from mirrord.source import multistatus
from mirrord.source.pace import Patience
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
url, mirror, entries = sys.argv[1:]
multistatus.MAX_ENTRIES = int(entries)
resource.setrlimit(resource.RLIMIT_FSIZE, (80 << 20, 80 << 20))
patience = Patience(connect=2.0, read=2.0, grace=3.0, rate=1_000_000)
with closing(WebDavSource(url, "u", "p", patience=patience)) as source:
    try:
        house = House(Path(mirror), "acme")
        report = Sync(house, source, Limits(), (), lambda: 1_763_900_100).run(QuietPulse())
        print(report.outcome)
    except MirrordError as error:
        print(type(error).__name__)
# not getrusage: that hands on the peak of whoever started this process
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024)
"""


def _endless_headers(asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"y" * 8000 + b"\r\n"


def _endless_listing(asked: Asked) -> Iterator[bytes]:
    head, _ = lists()
    yield re.sub(rb"Content-Length: \d+\r\n", b"", head)
    yield b'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">' + folder("/dav/").encode()
    number = 0
    while True:
        number += 1
        yield "".join(file(f"/dav/{number}-{n}.jpg") for n in range(500)).encode()


def _endless_text(asked: Asked) -> Iterator[bytes]:
    head, _ = lists()
    yield re.sub(rb"Content-Length: \d+\r\n", b"", head)
    yield b'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>'
    while True:
        yield b"x" * 65536


@pytest.mark.parametrize(
    ("verb", "flood"),
    [
        ("GET", endless),
        ("GET", _endless_headers),
        ("GET", lambda _: says("200 OK", _BOMB, "Content-Encoding: gzip")),
        ("PROPFIND", _endless_headers),
        ("PROPFIND", _endless_listing),
        ("PROPFIND", _endless_text),
        ("PROPFIND", lambda _: says("207 x", b"<x>" * (20 << 20))),
    ],
    ids=["body", "headers", "bomb", "listing's headers", "listing", "one name", "nesting"],
)  # fmt: skip
def test_a_flood_fills_neither_memory_nor_disk(verb: str, flood: Answer, tmp_path: Path) -> None:
    """Whatever has no end is left: under 300 MiB of memory, and no file of 80 MiB in staging."""
    changed = Changed(tmp_path)
    with hostile(changed.answer) as store:
        changed.sync(store)
        before = changed.held()
        changed.stamp += 1
        store.answer = lambda asked: (
            flood(asked)
            if asked.verb == verb and asked.path in ("/dav/", f"/dav/{HURT}")
            else changed.answer(asked)
        )
        done = subprocess.run(
            [sys.executable, "-c", _ALONE, store.url, str(tmp_path), str(_ENTRIES)],
            env={**os.environ, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=True,
        )
    outcome, most = done.stdout.split()
    assert outcome in ("partial", "StoreError", "StoreUnreachable", "ListingBroken", "AnswerBroken")
    assert int(most) < 300
    assert {name: body for name, body in changed.held().items() if name == HURT} == {HURT: BODY}
    if verb == "PROPFIND":
        assert changed.held() == before
