"""A file's bytes are whole and as promised, or they are not handed over."""

import contextlib
import gzip
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, TreePath
from mirrord.errors import (
    DiskFull,
    EntryGone,
    Stopped,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
    TransferError,
    WrongSize,
)
from mirrord.source import Fetched, Sink, transfer
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySink, MemorySinks
from tests.servers.hostile import Answer, Asked, Reset, hostile, says
from tests.servers.tools import connections_to
from tests.servers.wsgidav import wsgidav
from tests.source.conftest import HURRIED

Connect = Callable[..., WebDavSource]
OK = "200 OK"
BODY = b"0123456789" * 100
PHOTO = Entry(TreePath("photo.jpg"), size=len(BODY))
PAGE = b"<!DOCTYPE html><html>Log in</html>"


def fetch(
    source: WebDavSource, *entries: Entry, sinks: Callable[[Entry], Sink] | None = None
) -> list[Fetched | TransferError]:
    got = source.fetch_many(entries or (PHOTO,), sinks or MemorySinks(), QuietPulse())
    return [one for one in got if one is not None]


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> list[bytes]:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    return [head, *(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks), end]


def reset(asked: Asked) -> Iterator[bytes]:
    yield from says(OK, BODY[:100], length=len(BODY))
    raise Reset


def endless(asked: Asked) -> Iterator[bytes]:
    yield from says(OK, length=None)
    while True:
        yield BODY * 100


def half_of_much(asked: Asked) -> Iterator[bytes]:
    yield from says(OK, BODY * 500, length=1 << 30)
    asked.wait(30)
    yield b""


def dripping(asked: Asked) -> Iterator[bytes]:
    yield from says(OK, length=len(BODY))
    while not asked.wait(0.05):
        yield b"x"


def dripping_unsized(asked: Asked) -> Iterator[bytes]:
    yield from says(OK, length=None)
    while not asked.wait(0.05):
        yield b"x"


def dripping_headers(asked: Asked) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-Drip: "
    while not asked.wait(0.05):
        yield b"x"


def silent(asked: Asked) -> Iterator[bytes]:
    asked.wait(30)
    yield b""


#: What a store may do to a download, and what that is: none of it may become a file.
HARMS: dict[str, tuple[Answer, type[TransferError]]] = {
    "cut short, a clean end": (lambda _: says(OK, BODY[:100], length=len(BODY)), WrongSize),
    "cut short by a reset": (reset, WrongSize),
    "a cut chunk": (lambda _: chunked(BODY[:500], end=b"1f4\r\nabc"), WrongSize),
    "chunks without their end": (lambda _: chunked(BODY, end=b""), WrongSize),
    "a chunk of no size": (lambda _: chunked(end=b"zz\r\nabc"), WrongSize),
    "an endless body": (endless, WrongSize),
    "a gzip bomb": (
        lambda _: says(OK, gzip.compress(b"\0" * 10_000_000), "Content-Encoding: gzip"),
        TransferError,
    ),
    "204 with nothing": (lambda _: says("204 No Content", length=None), TransferError),
    "206 unasked": (lambda _: says("206 Partial Content", BODY), TransferError),
    "a login page": (lambda _: says(OK, PAGE, "Content-Type: text/html"), TransferError),
    "a login page that says nothing": (lambda _: says(OK, b"\n " + PAGE), TransferError),
    "403": (lambda _: says("403 Forbidden"), TransferError),
    "400": (lambda _: says("400 Bad Request"), TransferError),
    "404": (lambda _: says("404 Not Found"), EntryGone),
    "410": (lambda _: says("410 Gone"), EntryGone),
    "500": (lambda _: says("500 Oops", b"x" * 1000), TransferError),
    "502": (lambda _: says("502 Bad Gateway", PAGE), TransferError),
    "507": (lambda _: says("507 Full"), TransferError),
    "423": (lambda _: says("423 Locked"), TransferError),
    "304": (lambda _: says("304 Not Modified", length=None), TransferError),
    "a negative length": (
        lambda _: says(OK, BODY[:10], "Content-Length: -5", length=None),
        TransferError,
    ),
    "two lengths": (lambda _: says(OK, BODY, "Content-Length: 3"), TransferError),
    "dripping": (dripping, WrongSize),
    "dripping without a length": (dripping_unsized, WrongSize),
    "no length and not as listed": (lambda _: says(OK, BODY[:50], length=None), WrongSize),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_answer_never_becomes_a_file(
    harm: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W2, W5, W6, W7, W22, W36: the one entry fails, its sinks are discarded, the run goes on."""
    monkeypatch.setattr(transfer, "SLACK", 1_000_000)
    answer, kind = HARMS[harm]
    good = Entry(TreePath("good.txt"), size=4)

    def mixed(asked: Asked) -> Iterable[bytes]:
        return says(OK, b"good") if asked.path == "/dav/good.txt" else answer(asked)

    sinks = MemorySinks()
    with hostile(mixed) as store:
        got = fetch(connect(store.url, patience=HURRIED), PHOTO, good, sinks=sinks)
    [failed] = [one for one in got if isinstance(one, TransferError)]
    assert isinstance(failed, kind), failed
    assert failed.path == PHOTO.path
    assert len(str(failed)) <= 200
    assert str(failed).isprintable()
    assert [one.entry for one in got if isinstance(one, Fetched)] == [good]
    assert {sink.state for entry, sink in sinks.opened if entry == PHOTO} <= {"discarded"}


#: What concerns the login or the whole store ends all.
ENDS: dict[str, tuple[Answer, type[StoreError]]] = {
    "401": (lambda _: says("401 No", b"", "WWW-Authenticate: Negotiate"), StoreRefused),
    "429": (lambda _: says("429 Too Many", b"", "Retry-After: 7"), StoreBusy),
    "503": (lambda _: says("503 Busy", b""), StoreBusy),
    "no HTTP": (lambda _: [b"SSH-2.0-OpenSSH_9.2\r\n"], StoreUnreachable),
    "a close at once": (lambda _: [], StoreUnreachable),
    "silence": (silent, StoreUnreachable),
    "headers that drip": (dripping_headers, StoreUnreachable),
    "cut inside the status": (lambda _: [b"HTTP/1.1 200"], StoreUnreachable),
    "cut inside the headers": (lambda _: [b"HTTP/1.1 200 OK\r\nContent-Le"], StoreUnreachable),
    "cut after a header": (lambda _: [b"HTTP/1.1 200 OK\r\nX: y\r\n"], StoreUnreachable),
    "headers without end": (
        lambda _: [b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"y" * 5000 + b"\r\n"] * 200],
        StoreUnreachable,
    ),
}


@pytest.mark.parametrize("harm", ENDS)
def test_a_store_that_fails_as_a_whole_ends_the_run(harm: str, connect: Connect) -> None:
    """Refused, busy for good, or without an answer: one error, no file, every sink discarded."""
    answer, kind = ENDS[harm]
    sinks = MemorySinks()
    with hostile(answer) as store:
        source = connect(store.url, patience=HURRIED)
        with pytest.raises(kind) as caught:
            fetch(source, sinks=sinks)
    assert type(caught.value) is kind
    assert len(str(caught.value)) <= 200
    assert str(caught.value).isprintable()
    assert set(sinks.states()) <= {"discarded"}


def test_one_file_is_one_request(connect: Connect) -> None:
    """W24: one GET a file; nothing is asked about it first."""
    with hostile(lambda _: says(OK, BODY)) as store:
        [got] = fetch(connect(store.url))
        assert [(a.verb, a.path) for a in store.log] == [("GET", "/dav/photo.jpg")]
    assert isinstance(got, Fetched)
    assert (got.size, got.sha256, got.as_served) == (
        len(BODY),
        hashlib.sha256(BODY).hexdigest(),
        False,
    )


@pytest.mark.parametrize(("body", "states"), [(BODY, []), (BODY * 1000, ["discarded"])])
def test_a_cut_download_starts_again_and_ends_whole(
    body: bytes, states: list[str], connect: Connect
) -> None:
    """W5: what came before the cut is thrown away, not added to; a small body opens no sink."""
    tries = iter([says(OK, body[: len(body) * 2 // 3], length=len(body)), says(OK, body)])
    sinks = MemorySinks()
    with hostile(lambda _: next(tries)) as store:
        [got] = fetch(connect(store.url), Entry(PHOTO.path, size=len(body)), sinks=sinks)
    assert isinstance(got, Fetched)
    assert got.sink.content == body  # type: ignore[attr-defined]
    assert sinks.states() == [*states, "closed"]


@pytest.mark.parametrize(
    ("why", "answer", "size"),
    [
        ("listed otherwise", lambda _: says(OK, BODY), 7),
        ("no length anywhere", lambda _: says(OK, BODY, length=None), None),
        ("chunked, never sized", lambda _: chunked(BODY[:500], BODY[500:]), None),
    ],
)
def test_two_equal_reads_are_taken_as_served(
    why: str, answer: Answer, size: int | None, connect: Connect
) -> None:
    """W6: where listing and body disagree for good, the same bytes twice are the file."""
    with hostile(answer) as store:
        [got] = fetch(connect(store.url), Entry(PHOTO.path, size=size))
        assert len(store.log) == 2
    assert isinstance(got, Fetched)
    assert (got.size, got.as_served) == (len(BODY), True)


def test_nothing_at_all_twice_is_no_file(connect: Connect) -> None:
    """No size listed, no length, no byte: that is what a broken answer looks like, too."""
    with hostile(lambda _: says(OK, length=None)) as store:
        [got] = fetch(connect(store.url), Entry(PHOTO.path, size=None))
    assert isinstance(got, WrongSize)


def test_reads_that_differ_are_never_taken(connect: Connect) -> None:
    """A body that changes with every read, beside a size that fits none, is no file."""
    count = iter(range(100))
    sinks = MemorySinks()
    with hostile(lambda _: says(OK, b"x%d" % next(count))) as store:
        [got] = fetch(connect(store.url), sinks=sinks)
    assert isinstance(got, WrongSize)
    assert set(sinks.states()) == {"discarded"}


@pytest.mark.parametrize(
    ("size", "answer"),
    [
        (len(BODY), lambda _: says(OK, BODY, length=None)),
        (len(BODY), lambda _: chunked(BODY)),
        (None, lambda _: says(OK, BODY)),
    ],
)
def test_one_promise_kept_is_enough(size: int | None, answer: Answer, connect: Connect) -> None:
    """The listing's size or the header's; no second read is spent."""
    with hostile(answer) as store:
        [got] = fetch(connect(store.url), Entry(PHOTO.path, size=size))
        assert len(store.log) == 1
    assert isinstance(got, Fetched)
    assert not got.as_served


def test_a_page_of_the_shop_may_be_a_page(connect: Connect) -> None:
    """HTML under an HTML name is content, also where the listing had another size."""
    with hostile(lambda _: says(OK, PAGE, "Content-Type: text/html")) as store:
        [got] = fetch(connect(store.url), Entry(TreePath("about.HTML"), size=3))
    assert isinstance(got, Fetched)
    assert got.as_served


@pytest.mark.parametrize(
    ("after", "least"), [("7", 7.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.5), ("-1", 0.5)]
)
def test_a_busy_store_is_given_the_time_it_asks_for(
    after: str, least: float, connect: Connect
) -> None:
    """W23: Retry-After is obeyed; the file then arrives."""
    answers = iter([says("429 Slow down", b"", f"Retry-After: {after}"), says(OK, BODY)])
    pulse = QuietPulse()
    with hostile(lambda _: next(answers)) as store:
        [got] = connect(store.url).fetch_many([PHOTO], MemorySinks(), pulse)
    assert isinstance(got, Fetched)
    assert pulse.waits[0] >= least


@pytest.mark.parametrize(("drip", "size"), [(dripping, len(BODY)), (dripping_unsized, None)])
def test_a_drip_is_ended_by_its_rate(drip: Answer, size: int | None, connect: Connect) -> None:
    """W22: a byte now and then keeps every read timeout happy; the total does not.

    Our own cut must not look like the end of a body that has no length.
    """
    began = time.monotonic()
    with hostile(drip) as store:
        [got] = fetch(connect(store.url, patience=HURRIED), Entry(PHOTO.path, size=size))
        assert len(store.log) == 5
    assert isinstance(got, WrongSize)
    assert "too slowly" in str(got)
    assert time.monotonic() - began < 5 * (HURRIED.grace + 1.0)


def test_leaving_wakes_whoever_waits_for_an_answer(connect: Connect) -> None:
    """A stop is at once, whatever the store does not say, and nothing is tried again after it."""
    with hostile(silent) as store:
        source = connect(store.url)
        began = time.monotonic()
        with pytest.raises(Stopped):
            list(source.fetch_many([PHOTO] * 40, MemorySinks(), QuietPulse(stop_at=2)))
        assert len(store.log) == 4
        source.close()
    assert time.monotonic() - began < 5


def test_nothing_is_tried_again_for_a_run_that_has_ended(connect: Connect) -> None:
    """A refused login ends the other downloads too: they are cut, and ask no more."""
    silently = [Entry(TreePath(f"{n}"), size=1) for n in range(3)]

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path != "/dav/photo.jpg":
            return silent(asked)
        until = time.monotonic() + 5
        while len(store.log) < 4 and time.monotonic() < until:
            asked.wait(0.01)
        return says("401 No", b"", "WWW-Authenticate: Negotiate")

    with hostile(answer) as store:
        source = connect(store.url)
        with pytest.raises(StoreRefused):
            fetch(source, PHOTO, *silently)
        source.close()
        assert len(store.log) == 4


def test_close_needs_no_garbage_collector(tmp_path: Path, connect: Connect) -> None:
    """Every kept connection is closed there and then."""
    (tmp_path / "photo.jpg").write_bytes(BODY)
    with wsgidav(tmp_path) as peer:
        source = connect(peer.url)
        assert isinstance(fetch(source)[0], Fetched)
        port = int(peer.url.split(":")[2][:-4])
        assert connections_to(port)
        source.close()
        assert not connections_to(port)


def test_a_full_disk_comes_out_as_it_is(connect: Connect) -> None:
    """DiskError from a sink ends all, unchanged, and is not taken for the store's fault."""

    class Full(MemorySink):
        def write(self, chunk: bytes, /) -> None:
            raise DiskFull("no space left on the mirror")

    sinks: list[Full] = []

    def full(entry: Entry) -> Full:
        sinks.append(Full())
        return sinks[-1]

    with hostile(lambda _: says(OK, BODY)) as store, pytest.raises(DiskFull, match=r"^no space"):
        fetch(connect(store.url), *[PHOTO] * 6, sinks=full)
    assert {sink.state for sink in sinks} == {"discarded"}


def test_what_nobody_took_is_discarded(connect: Connect) -> None:
    """A consumer that leaves early leaves no sink behind but those it was handed."""
    sinks = MemorySinks()

    def slow_but_one(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/dav/photo.jpg":
            while len(sinks.opened) < 3:
                asked.wait(0.01)
            return says(OK, BODY)
        return half_of_much(asked)

    entries = [Entry(TreePath(f"{n}.bin"), size=1 << 30) for n in range(3)]
    with hostile(slow_but_one) as store:
        got = connect(store.url).fetch_many([*entries, PHOTO], sinks, QuietPulse())
        first = next(one for one in got if one is not None)
        got.close()  # type: ignore[attr-defined]
    assert isinstance(first, Fetched)
    assert len(sinks.opened) == 4
    assert [s for _, s in sinks.opened if s.state != "discarded"] == [first.sink]


def test_a_dying_store_is_not_asked_to_the_end(connect: Connect) -> None:
    """When many files in a row fail after all tries, the run ends instead of the list."""
    entries = (Entry(TreePath(f"{n}"), size=1) for n in range(10_000))
    with hostile(lambda _: says("500 Oops")) as store:
        source = connect(store.url)
        with pytest.raises(StoreError, match="25 files in a row"):
            list(source.fetch_many(entries, MemorySinks(), QuietPulse()))
        assert len(store.log) < 5 * 45


def redirecting(target: str) -> Answer:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/dav/photo.jpg":
            return says("302 Found", b"", f"Location: {target}")
        return says(OK, BODY)

    return answer


@pytest.mark.parametrize("target", ["/dav/moved/photo.jpg", "{own}/dav/moved/photo.jpg"])
def test_a_redirect_in_the_same_tree_is_followed(target: str, connect: Connect) -> None:
    """W18: once, by ourselves, within the tree."""
    with hostile(lambda _: []) as store:
        store.answer = redirecting(target.format(own=store.origin))
        [got] = fetch(connect(store.url))
        assert store.paths("GET") == ["/dav/photo.jpg", "/dav/moved/photo.jpg"]
    assert isinstance(got, Fetched)


@pytest.mark.parametrize(
    "target",
    [
        "{abroad}/dav/photo.jpg",
        "//{foreign}/dav/photo.jpg",
        "https://{own}/dav/photo.jpg",
        "/elsewhere/photo.jpg",
        "/dav/../etc/passwd",
        "/dav/%2e%2e/x",
        "/dav",
        "/dav/x?y",
        "/dav/photo.jpg",
        "",
        "\\x",
        "http://[",
        "café://x",
    ],
)
def test_no_redirect_leads_the_login_abroad(target: str, connect: Connect) -> None:
    """W18, W19: another host, scheme, port or tree, or a loop: not followed, nothing sent."""
    with hostile(lambda _: says(OK, BODY)) as foreign, hostile(lambda _: []) as store:
        names = {"abroad": foreign.origin, "foreign": foreign.origin[7:], "own": store.origin[7:]}
        store.answer = redirecting(target.format(**names))
        [got] = fetch(connect(store.url))
        assert foreign.log == []
        assert set(store.paths("GET")) == {"/dav/photo.jpg"}
    assert isinstance(got, TransferError)


@pytest.mark.parametrize(
    ("status", "header"),
    [
        ("404 Not Found", "X: y"),
        ("401 No", 'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth"'),
        ("302 Found", "Location: /dav/photo.jpg"),
    ],
)
def test_an_error_body_is_not_read_to_its_end(status: str, header: str, connect: Connect) -> None:
    """A few kilobytes, no more: the libraries alone would read all of it, the Digest login too."""
    sent = 0

    def long_error(asked: Asked) -> Iterator[bytes]:
        nonlocal sent
        yield from says(status, b"", header, length=1 << 30)
        for _ in range(1 << 14):
            sent += 1
            yield b"x" * 65536

    with hostile(long_error) as store:
        source = connect(store.url)
        with contextlib.suppress(StoreRefused):
            assert isinstance(fetch(source)[0], TransferError)
    assert 0 < sent < 400


def test_the_server_sees_a_plain_stable_client(connect: Connect) -> None:
    """One user agent, no compression asked for, no cookie kept, nothing from the environment."""
    answers: Callable[[Asked], Iterable[bytes]] = lambda _: says(OK, BODY, "Set-Cookie: a=b")  # noqa: E731
    with hostile(answers) as store:
        fetch(connect(store.url, connections=1), PHOTO, PHOTO)
        first, second = (asked.headers for asked in store.log)
    assert first == second
    assert first["accept-encoding"] == "identity"
    assert first["user-agent"].startswith("mirrord/")
    assert "cookie" not in first


def test_the_environment_is_not_asked(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """W20: no proxy, no .netrc, no CA bundle from the environment."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", f"{tmp_path}/.netrc")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with hostile(lambda _: says(OK, BODY)) as proxy, hostile(lambda _: says(OK, BODY)) as store:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        [got] = fetch(connect(store.url))
        assert (proxy.log, [asked.authorization for asked in store.log]) == ([], [""])
    assert isinstance(got, Fetched)
