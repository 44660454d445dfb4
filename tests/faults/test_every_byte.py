"""A connection that ends at any byte of an answer: by a reset (RST), or by a plain close (FIN).

Real answers of the sample store, login and all, go through a proxy that cuts them; answers that are
framed in other ways come from a server without manners. What is made of them is whole and right, or
a documented error: never a part that is taken for all. By default some of the bytes are tried; with
``MIRRORD_BYTES=all`` each of them, with ``MIRRORD_BYTES=400`` so many of each exchange.
"""

import gzip
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.entry import Entry, TreePath
from mirrord.core.pulse import Pulse
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.errors import AnswerBroken, MirrordError
from mirrord.source import Fetched
from mirrord.source.api import ApiSource
from mirrord.source.resume import Resume
from mirrord.source.webdav import WebDavSource
from tests import fakes_files
from tests.fakes import QuietPulse
from tests.fakes_files import KeptSinks
from tests.faults.test_hostile_api import JSON, ROWS, page
from tests.servers.fault_proxy import FaultProxy, fault_proxy
from tests.servers.hostile import Asked, Reset, file, folder, hostile, lists, says

BYTES = os.environ.get("MIRRORD_BYTES", "30")
SEED = int(os.environ.get("MIRRORD_SEED", "20261201"))
#: Of those, one in so many is cut again at every try.
FOR_GOOD = 1 if BYTES == "all" else 10

STORE = {"username": "backup", "password": "a password", "token": "a-token", "store_hash": "abc"}
SMALL = {f"file {number}.txt": b"%d of five " % number * 20 for number in range(5)}
#: Large enough to be gone on with, by the measures of these tests.
FROM, TAIL = 1_000, 64
LARGE = random.Random(SEED).randbytes(2 * FROM)

#: By so many bytes an answer may be shorter the next time: its nonce, what is left of the quota.
SHORTER = 8

#: What is asked of the store behind a port; what came of it, as plain values.
Act = Callable[[str, Pulse], object]

pytestmark = pytest.mark.timeout(7_200 if BYTES == "all" else 120)


def _files(origin: str, *, deep: bool = True) -> WebDavSource:
    return WebDavSource(f"{origin}/dav", STORE["username"], STORE["password"], deep=deep)


def _listing(*, deep: bool) -> Act:
    def act(origin: str, pulse: Pulse) -> object:
        with closing(_files(origin, deep=deep)) as source:
            return sorted(map(repr, source.list(pulse)))

    return act


def _get(name: str, size: int) -> Act:
    def act(origin: str, pulse: Pulse) -> object:
        with closing(_files(origin)) as source:
            entry = Entry(TreePath(name), size=size)
            [got] = [one for one in source.fetch_many([entry], KeptSinks(), pulse) if one]
            if not isinstance(got, Fetched):
                raise got
            return got.sink.content  # type: ignore[attr-defined]

    return act


def _records(dataset: str) -> Act:
    def act(origin: str, pulse: Pulse) -> object:
        with closing(ApiSource(STORE["store_hash"], STORE["token"], origin)) as source:
            return [record.text for record in source.records(DATASETS[dataset], pulse)]

    return act


#: What is asked, and where its connection breaks before it is cut at every byte.
EXCHANGES: dict[str, tuple[Act, tuple[int, ...]]] = {
    "a listing, all at once": (_listing(deep=True), ()),
    "a listing, folder by folder": (_listing(deep=False), ()),
    "a small file": (_get("file 3.txt", len(SMALL["file 3.txt"])), ()),
    "a large file": (_get("large.bin", len(LARGE)), ()),
    "the rest of a large file": (_get("large.bin", len(LARGE)), (FROM + 1_200,)),
    "a page by ids": (_records("brands"), ()),
    "a page by least id, compressed": (_records("coupons"), ()),
    "two pages by a cursor, compressed": (_records("customers"), ()),
}


class Line(QuietPulse):
    """A pulse that breaks the line as told, once after the other, and then lets it hold."""

    def __init__(self, proxy: FaultProxy, *breaks: tuple[str, int]) -> None:
        super().__init__()
        self._proxy, self._left = proxy, [*breaks, ("pass", 0)]
        self._proxy.set(*self._left.pop(0))

    @property
    def held(self) -> bool:
        """Whether every break came."""
        return not self._left

    def beat(self) -> None:
        super().beat()
        if self._proxy.fired and self._left:
            self._proxy.set(*self._left.pop(0))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleStore]:
    """A handful of files and of records."""
    tree = tmp_path_factory.mktemp("bytes")
    for name, body in {**SMALL, "large.bin": LARGE}.items():
        (tree / name).write_bytes(body)
        os.utime(tree / name, (1_700_000_000, 1_700_000_000))
    sizes = Sizes(products=3, customers=4, orders=3)
    with SampleStore(tree, sizes=sizes, quota=9_000_000, **STORE) as running:  # type: ignore[arg-type]
        yield running


@pytest.fixture
def proxy(store: SampleStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """What breaks the line to the store, to which small files are large ones."""
    monkeypatch.setattr(Resume, "FROM", FROM)
    monkeypatch.setattr(fakes_files, "TAIL", TAIL)
    with fault_proxy(int(store.api_url.rpartition(":")[2])) as proxy:
        yield proxy


def _places(size: int) -> list[int]:
    """Every byte of so many, or those that are drawn; the first and the last always."""
    if BYTES == "all" or int(BYTES) >= size:
        return list(range(size))
    drawn = random.Random(f"{SEED} {size}").sample(range(1, size - 1), int(BYTES) - 2)
    return sorted([0, *drawn, size - 1])


@pytest.mark.parametrize("how", ["cut", "fin"])
@pytest.mark.parametrize("what", EXCHANGES)
def test_an_answer_that_ends_at_any_byte_is_asked_for_again(
    what: str, how: str, proxy: FaultProxy
) -> None:
    """One break anywhere costs a try; what came in the end is what the store has."""
    act, before = EXCHANGES[what]
    origin = f"http://127.0.0.1:{proxy.port}"
    proxy.set("pass")
    truth = act(origin, QuietPulse())
    first = [("fin", at) for at in before]
    act(origin, Line(proxy, *first))
    length = proxy.longest
    places, sure = _places(length), length - SHORTER
    for at in places:
        line = Line(proxy, *first, (how, at))
        assert act(origin, line) == truth, at
        assert line.held or at >= sure, at
    errors: set[str] = set()
    for at in places[::FOR_GOOD]:
        proxy.set(how, at)
        try:
            got = act(origin, QuietPulse())
        except MirrordError as error:
            errors.add(type(error).__name__)
        else:
            assert got == truth, at
        assert proxy.fired or at >= sure, at
    assert errors
    print(f"{what}, {how}: {len(places)} of {length} bytes; for good: {sorted(errors)}")


def _sized(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return b"".join(says(status, body, *headers))


def _chunked(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head, _ = says(status, b"", *headers, "Transfer-Encoding: chunked", length=None)
    chunks = [body[at : at + 100] for at in range(0, len(body), 100)] + [b""]
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)


def _unsized(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return b"".join(says(status, body, *headers, length=None))


def _packed(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return _chunked(gzip.compress(body), "Content-Encoding: gzip", *headers, status=status)


FRAMES = {"sized": _sized, "in chunks": _chunked, "to its end": _unsized}
_NAMES = ("a.txt", "b.txt", "c.txt")
_, _LISTED = lists(folder("/dav/"), *map(file, (f"/dav/{name}" for name in _NAMES)))
#: What is asked, and the answer to it in each of its frames.
FRAMED: dict[str, tuple[Act, bytes]] = {
    **{
        f"a listing, {how}": (_listing(deep=False), frame(_LISTED, status="207 Multi-Status"))
        for how, frame in FRAMES.items()
    },
    **{
        f"a file, {how}": (_get("file", 300), frame(b"12345" * 60)) for how, frame in FRAMES.items()
    },
    **{
        f"a page of v3, {how}": (
            _records("brands"),
            frame(page(ROWS), JSON),
        )
        for how, frame in {**FRAMES, "packed": _packed}.items()
    },
    **{
        f"a page of v2, {how}": (_records("coupons"), frame(json.dumps(ROWS).encode(), JSON))
        for how, frame in {**FRAMES, "packed": _packed}.items()
    },
}


@pytest.mark.parametrize("how", ["cut", "fin"])
@pytest.mark.parametrize("what", FRAMED)
def test_a_frame_that_ends_at_any_byte_holds_no_part(what: str, how: str) -> None:
    """With a length, in chunks, or up to its end: a half is asked for again, or told as broken.

    Only a page that has no other end than its connection's is not asked for again.
    """
    act, whole = FRAMED[what]
    at = -1

    def answer(_: Asked) -> Iterable[bytes]:
        nonlocal at
        breaks, at = at, -1
        if breaks < 0:
            yield whole
            return
        yield whole[:breaks]
        if how == "cut":
            raise Reset

    with hostile(answer) as store:
        truth = act(store.origin, QuietPulse())
        for at in (places := _places(len(whole))):
            try:
                assert (act(store.origin, QuietPulse()), at) == (truth, -1)
            except AnswerBroken:
                assert ("to its end" in what, how) == (True, "fin")
    print(f"{what}, {how}: {len(places)} of {len(whole)} bytes")
