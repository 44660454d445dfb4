"""Walking the store's tree: a listing is whole or an error, and the login stays at home."""

import base64
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, Kind, TreePath, UnknownFolder
from mirrord.errors import (
    ListingBroken,
    Stopped,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from mirrord.source.hrefs import Base
from mirrord.source.pace import Patience
from mirrord.source.site import READING
from mirrord.source.walk import MAX_UNKNOWN_IN_A_ROW
from mirrord.source.webdav import WebDavSource
from mirrord.source.wire import Line
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySinks
from tests.servers.fault_proxy import fault_proxy
from tests.servers.hostile import Answer, Asked, Reset, file, folder, hostile, lists, says
from tests.servers.tools import PASSWORD, USER, free_port
from tests.servers.wsgidav import wsgidav
from tests.source.conftest import HURRIED

Connect = Callable[..., WebDavSource]
MULTI = "207 Multi-Status"
CHALLENGE = 'WWW-Authenticate: Digest realm="store", nonce="{}", qop="auth"'


def listed(source: WebDavSource) -> dict[str, Entry | UnknownFolder]:
    return {entry.path: entry for entry in source.list(QuietPulse())}


def tree(answers: dict[str, Answer]) -> Answer:
    """A root with one folder for each name, which answers as told."""

    def answer(asked: Asked) -> Iterable[bytes]:
        for name, own in answers.items():
            if asked.path == f"/dav/{name}/":
                return own(asked)
        return lists(folder("/dav/"), *(folder(f"/dav/{name}/") for name in answers))

    return answer


def cut(asked: Asked) -> Iterator[bytes]:
    yield from says(MULTI, b"<d:multistatus", length=5000)
    raise Reset


#: What a folder may answer that proves nothing about what is in it.
PROVES_NOTHING: dict[str, Answer] = {
    "200": lambda a: says("200 OK", b"".join(lists(folder(a.path))).partition(b"\r\n\r\n")[2]),
    "html": lambda _: says(MULTI, b"<html><body>Log in</body></html>"),
    "empty": lambda _: says(MULTI),
    "truncated": lambda a: says(MULTI, lists(folder(a.path))[1][:-9]),
    "rclone": lambda a: says(MULTI, lists(folder(a.path))[1] + b"Internal Server Error"),
    "204": lambda _: says("204 No Content", length=None),
    "a redirect": lambda _: says("302 Found", b"", "Location: /dav/"),
    "not itself": lambda a: lists(file(a.path + "x")),
    "the root again": lambda _: lists(folder("/dav/")),
    "a foreign entry": lambda a: lists(folder(a.path), file("https://evil.example" + a.path + "x")),
    "gzip": lambda a: says(MULTI, lists(folder(a.path))[1], "Content-Encoding: gzip"),
    "403": lambda _: says("403 Forbidden"),
    "404": lambda _: says("404 Not Found"),
    "405": lambda _: says("405 No", b"", "Allow: GET"),
    "500": lambda _: says("500 Oops", b"secret" * 100),
    "507": lambda _: says("507 Full"),
}


def test_a_folder_that_proves_nothing_is_unknown_never_empty(connect: Connect) -> None:
    """W1, W2, W12, W18: it comes as UnknownFolder; every other folder is listed all the same."""
    sound: Answer = lambda a: lists(folder(a.path), file(a.path + "photo.jpg"))  # noqa: E731
    names = {f"f{n}": harm for n, harm in enumerate(PROVES_NOTHING)}
    answers = {name: PROVES_NOTHING[harm] for name, harm in names.items()}
    with hostile(tree(answers | {"sound": sound})) as store:
        found = listed(connect(store.url))
        assert {asked.verb for asked in store.log} == {"PROPFIND"}
    unknown = {path for path, entry in found.items() if isinstance(entry, UnknownFolder)}
    assert unknown == set(names)
    assert found["sound/photo.jpg"] == Entry(TreePath("sound/photo.jpg"), size=3)
    whys = [entry.why for entry in found.values() if isinstance(entry, UnknownFolder)]
    assert all(why.isprintable() and len(why) <= 200 and "secret" not in why for why in whys)


def test_an_unknown_folder_is_never_an_entry_too(connect: Connect) -> None:
    """It was listed as a folder by its parent: both are said, so that the plan may keep it."""
    with hostile(tree({"a": PROVES_NOTHING["500"]})) as store:
        found = list(connect(store.url).list(QuietPulse()))
    assert found[0] == Entry(TreePath("a"), Kind.FOLDER)
    assert isinstance(found[1], UnknownFolder)


ROOT_TROUBLE: dict[str, tuple[Answer, type[StoreError], str]] = {
    "wrong password": (
        lambda _: says("401 No", b"", CHALLENGE.format("n")),
        StoreRefused,
        f"login refused for {USER}: check username and password under Settings",
    ),
    "basic where digest is configured": (
        lambda _: says("401 No", b"", 'WWW-Authenticate: Basic realm="x"'),
        StoreRefused,
        "offers Basic login where Digest is configured",
    ),
    "no challenge": (lambda _: says("401 No"), StoreRefused, "login refused"),
    "no permission": (lambda _: says("403 Forbidden"), StoreRefused, "may not read the folder"),
    "wrong path": (lambda _: says("404 Not Found"), StoreError, "does it end in /dav?"),
    "a web page": (
        lambda _: says("200 OK", b"<html>", "Content-Type: text/html"),
        StoreError,
        "answers a web page, not WebDAV",
    ),
    "no WebDAV": (lambda _: says("405 No"), StoreError, "knows no WebDAV"),
    "a redirect": (
        lambda _: says("301 Moved", b"", "Location: https://www.shop.example/login"),
        StoreError,
        "sends elsewhere (answer 301 to https://www.shop.example/login)",
    ),
    "an error": (lambda _: says("500 Oops"), StoreError, "was answered 500"),
    "busy": (lambda _: says("503 Busy"), StoreBusy, "is busy"),
    "html with 207": (lambda _: says(MULTI, b"<html></html>"), ListingBroken, "not a WebDAV multi"),
    "not itself": (lambda _: lists(), ListingBroken, "does not list the folder itself"),
    "a file": (lambda _: lists(file("/dav/")), ListingBroken, "does not say that it is a folder"),
    "nothing": (lambda _: [], StoreUnreachable, "the connection broke off"),
    "a cut": (cut, StoreUnreachable, "broke off"),
    "silence": (lambda a: [b""] * a.wait(9), StoreUnreachable, "answers too slowly"),
    "a challenge without realm": (
        lambda _: says("401 No", b"", "WWW-Authenticate: Digest"),
        StoreRefused,
        "login refused",
    ),
    "a challenge that breaks lines": (
        lambda _: says("401 No", b"", 'WWW-Authenticate: Digest realm="a\r\n b", nonce="c"'),
        StoreRefused,
        "login refused",
    ),
    "a Location in no encoding": (
        lambda _: says("302 Found", b"", "Location: \xff\xfe"),
        StoreError,
        "sends elsewhere",
    ),
}


@pytest.mark.parametrize("trouble", ROOT_TROUBLE)
def test_a_root_that_does_not_list_itself_is_an_error_with_a_remedy(
    trouble: str, connect: Connect
) -> None:
    """One sentence: what, where, and the next step; no password, no body, one printable line."""
    answer, kind, words = ROOT_TROUBLE[trouble]
    with hostile(answer) as store, pytest.raises(kind) as caught:
        listed(connect(store.url, patience=HURRIED))
    text = str(caught.value)
    assert words in text
    assert type(caught.value).__name__ in (kind.__name__, "_Forbidden")
    assert text.isprintable()
    assert PASSWORD not in text


def test_a_wrong_password_is_tried_once_only(connect: Connect) -> None:
    """Trying again, or from four threads at once, would lock the account."""
    with hostile(lambda _: says("401 No", b"", CHALLENGE.format("n"))) as store:
        with pytest.raises(StoreRefused):
            listed(connect(store.url))
        assert [bool(asked.authorization) for asked in store.log] == [False, True]


def test_a_server_that_is_not_there_is_named(connect: Connect) -> None:
    """Refused connections and unknown names end in words, after the usual tries."""
    with pytest.raises(
        StoreUnreachable, match=r"^127\.0\.0\.1: connection refused; check the URL and the network$"
    ):
        listed(connect(f"http://127.0.0.1:{free_port()}/dav"))
    with pytest.raises(StoreUnreachable, match="can not be resolved"):
        listed(connect("https://no-such-host.invalid/dav"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "http://shop.example/dav"}, "plain http"),
        ({"url": "shop.example"}, "not a URL"),
        ({"scheme": "ntlm"}, "use digest or basic"),
        ({"username": "caf\u00e9"}, "can not be sent by Digest"),
    ],
)
def test_what_can_not_work_is_said_before_anything_is_sent(
    options: dict[str, str], words: str
) -> None:
    """W21: above all, no login over plain http."""
    with pytest.raises(StoreError, match=words):
        WebDavSource(**({"url": "https://x/dav", "username": "u", "password": "p"} | options))


def test_a_dying_store_is_not_walked_to_the_end(connect: Connect) -> None:
    """Many unknown folders in a row end the run, instead of hours of tries."""
    answers = {f"f{n}": PROVES_NOTHING["500"] for n in range(200)}
    with hostile(tree(answers)) as store:
        with pytest.raises(StoreError, match=f"{MAX_UNKNOWN_IN_A_ROW} folders in a row"):
            listed(connect(store.url, scheme="basic"))
        assert len(store.log) < 5 * (MAX_UNKNOWN_IN_A_ROW + 40)


def test_folders_that_a_user_may_not_read_do_not_end_the_run(connect: Connect) -> None:
    """403 says nothing about the store's health."""
    answers = {f"f{n}": PROVES_NOTHING["403"] for n in range(2 * MAX_UNKNOWN_IN_A_ROW)}
    with hostile(tree(answers)) as store:
        found = listed(connect(store.url))
    assert len([f for f in found.values() if isinstance(f, UnknownFolder)]) == len(answers)


def test_a_login_refused_midway_ends_the_run(connect: Connect) -> None:
    """A 401 concerns the login, wherever it comes."""
    with (
        hostile(tree({"a": ROOT_TROUBLE["wrong password"][0]})) as store,
        pytest.raises(StoreRefused, match="login refused"),
    ):
        listed(connect(store.url))


def test_a_busy_store_is_waited_for(connect: Connect) -> None:
    """W23: the folder is listed after the time that the store asked for."""
    answers = iter([says("429 Slow", b"", "Retry-After: 9"), lists(folder("/dav/"))])
    pulse = QuietPulse()
    with hostile(lambda _: next(answers)) as store:
        assert list(connect(store.url, scheme="basic").list(pulse)) == []
    assert pulse.waits[0] >= 9


def test_a_folder_of_itself_does_not_make_an_endless_walk(connect: Connect) -> None:
    """A tree that goes down for ever is walked one level at a time; a stop ends it."""

    def deeper(asked: Asked) -> Iterable[bytes]:
        return lists(folder(asked.path), folder(asked.path + "a/"))

    with hostile(deeper) as store, pytest.raises(Stopped):
        list(connect(store.url).list(QuietPulse(stop_at=40)))


@pytest.mark.parametrize(
    ("modified", "fresh"),
    [("Tue, 14 Nov 2023 22:13:19 GMT", True), ("Tue, 14 Nov 2023 22:13:00 GMT", False)],
)
def test_freshness_is_judged_by_the_stores_clock(
    modified: str, fresh: bool, connect: Connect
) -> None:
    """Modified within two seconds of the answer's own Date, whatever our clock says."""
    entry = file("/dav/a", more=f"<d:getlastmodified>{modified}</d:getlastmodified>")
    answer = lists(folder("/dav/"), entry, date="Tue, 14 Nov 2023 22:13:20 GMT")
    with hostile(lambda _: answer) as store:
        found = listed(connect(store.url))["a"]
    assert isinstance(found, Entry)
    assert found.fresh is fresh


def test_every_request_names_a_depth_and_our_own_properties(connect: Connect) -> None:
    """The root is asked for all once, every folder that this proves nothing of for one level.

    All properties would cost the server dear.
    """
    with hostile(lambda _: []) as store:
        store.answer = lambda a: lists(folder(a.path), *[folder("/dav/a%20b/")] * (len(a.path) < 6))
        listed(connect(store.url, scheme="basic"))
        assert [(asked.path, asked.headers["depth"]) for asked in store.log] == [
            ("/dav/", "infinity"),
            ("/dav/a%20b/", "1"),
        ]
        assert {int(asked.headers["content-length"]) > 0 for asked in store.log} == {True}


AT_ONCE = ("200", "204", "a redirect", "404", "405")


@pytest.mark.parametrize("harm", AT_ONCE)
def test_what_is_no_webdav_is_not_asked_twice(harm: str, connect: Connect) -> None:
    """A web page, a redirect, a wrong path: one level would be answered no other."""
    with hostile(PROVES_NOTHING[harm]) as store:
        with pytest.raises(StoreError):
            listed(connect(store.url, scheme="basic"))
        assert len(store.log) == 1


@pytest.mark.parametrize(
    "harm", [name for name in PROVES_NOTHING if name not in (*AT_ONCE, "the root again")]
)
def test_where_infinity_is_no_use_the_tree_is_walked(harm: str, connect: Connect) -> None:
    """Refused, broken, cut, or a page: the root is asked again for one level, and is listed."""

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.headers["depth"] == "infinity":
            return PROVES_NOTHING[harm](asked)
        return lists(folder(asked.path), file(asked.path + "photo.jpg"))

    with hostile(answer) as store:
        found = listed(connect(store.url, scheme="basic"))
        assert [asked.headers["depth"] for asked in store.log] == ["infinity", "1"]
    assert found.keys() == {"photo.jpg"}


def test_a_tree_that_comes_whole_is_not_walked(connect: Connect) -> None:
    """One request for all of it; an empty folder in it is asked by itself, and by nothing else."""

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/dav/empty/":
            return lists(folder("/dav/empty/"))
        names = ("/dav/", "/dav/a/", "/dav/a/b/", "/dav/empty/")
        return lists(*map(folder, names), file("/dav/a/b/photo.jpg"))

    with hostile(answer) as store:
        found = listed(connect(store.url, scheme="basic"))
        assert [asked.path for asked in store.log] == ["/dav/", "/dav/empty/"]
    assert found.keys() == {"a", "a/b", "a/b/photo.jpg", "empty"}


def test_a_refused_login_is_not_tried_by_one_level_too(connect: Connect) -> None:
    """The answer to infinity is an answer about the login, once and for all."""
    with hostile(lambda _: says("401 No")) as store:
        with pytest.raises(StoreRefused):
            listed(connect(store.url, scheme="basic"))
        assert len(store.log) == 1


def abroad(home: Answer, nonce: str = "abc") -> Answer:
    """A store with Digest that answers ``home`` only to those that log in."""

    def answer(asked: Asked) -> Iterable[bytes]:
        if not asked.authorization:
            return says("401 No", b"", CHALLENGE.format(nonce))
        return home(asked)

    return answer


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_no_login_ever_reaches_another_host(status: str, scheme: str, connect: Connect) -> None:
    """W19: the foreign host, which would answer 401 with a nonce of its own, hears nothing."""
    foreign_answer: Answer = lambda _: says("401 No", b"", CHALLENGE.format("evil"))  # noqa: E731
    with hostile(foreign_answer) as foreign, hostile(lambda _: []) as store:
        to = f"Location: {foreign.url}/x"
        store.answer = abroad(lambda _: says(f"{status} Go", b"", to))
        source = connect(store.url, scheme=scheme)
        with pytest.raises(StoreError):
            listed(source)
        list(source.fetch_many([Entry(TreePath("a"))], MemorySinks(), QuietPulse()))
        assert (foreign.log, bool(store.log)) == ([], True)


def test_basic_is_never_sent_by_a_digest_source(connect: Connect) -> None:
    """A server that asks for Basic instead gets no password."""
    with hostile(lambda _: says("401 No", b"", 'WWW-Authenticate: Basic realm="x"')) as store:
        with pytest.raises(StoreRefused):
            listed(connect(store.url))
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        assert not any("basic" in a.authorization.lower() for a in store.log)
        assert not any(secret in str(a.headers) for a in store.log)


def test_a_nonce_that_runs_out_costs_one_more_request_only(connect: Connect) -> None:
    """A server may call any nonce stale at any time; nothing is lost by it."""
    nonces: list[str] = []

    def forgetful(asked: Asked) -> Iterable[bytes]:
        if not nonces or f'nonce="{nonces[-1]}"' not in asked.authorization or len(nonces) % 3 == 0:
            nonces.append(f"n{len(nonces)}")
            return says("401 No", b"", CHALLENGE.format(nonces[-1]) + ", stale=true")
        return says("200 OK", b"abc")

    entries = [Entry(TreePath(f"{n}"), size=3) for n in range(8)]
    with hostile(forgetful) as store:
        got = list(
            connect(store.url, connections=1).fetch_many(entries, MemorySinks(), QuietPulse())
        )
    assert [type(one).__name__ for one in got] == ["Fetched"] * 8


def test_no_verb_that_writes_can_be_sent() -> None:
    """W33, law 7: the table of verbs has only four, and the last gate knows no others."""
    line = Line(Base.of("http://127.0.0.1:9/dav"), lambda r: r, Patience())  # type: ignore[arg-type]
    client = line._client
    assert client.requests == READING
    assert set(READING.values()) == {"GET", "HEAD", "OPTIONS", "PROPFIND"}
    for verb in ("PUT", "DELETE", "MKCOL", "MOVE", "COPY", "PROPPATCH", "LOCK", "POST"):
        with pytest.raises(ValueError, match="no verb that reads"):
            client.session.request(verb, "http://127.0.0.1:9/dav/x")
    for url in ("http://127.0.0.1:99/dav/x", "http://localhost:9/dav/x", "https://127.0.0.1:9/x"):
        with pytest.raises(Exception, match="No connection adapters"):
            client.session.request("GET", url)
    line.close()


FAULTS = [("cut", 300), ("cut", 900), ("fin", 50), ("fin", 900), ("stall", 300), ("refuse", 0)]


@pytest.mark.parametrize(("mode", "arg"), FAULTS)
def test_a_broken_line_heals_when_it_is_whole_again(
    mode: str, arg: int, tmp_path: Path, connect: Connect
) -> None:
    """F7: cut, ended, silent or refused at any byte: an error of the store, then all is there."""
    (tmp_path / "a.txt").write_bytes(b"abc" * 1000)
    with wsgidav(tmp_path) as peer, fault_proxy(int(peer.url.split(":")[2][:-4])) as proxy:
        source = connect(f"http://127.0.0.1:{proxy.port}/dav", patience=HURRIED)
        proxy.set(mode, arg)
        with pytest.raises((StoreUnreachable, ListingBroken)):
            listed(source)
        assert proxy.fired
        proxy.set("pass")
        entry = listed(source)["a.txt"]
        assert isinstance(entry, Entry)
        [got] = source.fetch_many([entry], MemorySinks(), QuietPulse())
        assert (got.size, got.as_served) == (3000, False)  # type: ignore[union-attr]


def test_close_ends_a_blocked_listing_at_once(connect: Connect) -> None:
    """Another thread waits for a silent store; close() frees it in well under a second."""
    asked = threading.Event()

    def silent(one: Asked) -> Iterator[bytes]:
        asked.set()
        one.wait(30)
        yield b""

    ended: list[BaseException] = []

    def listing(source: WebDavSource) -> None:
        try:
            list(source.list(QuietPulse()))
        except (Stopped, StoreUnreachable) as error:
            ended.append(error)

    with hostile(silent) as store:
        source = connect(store.url)
        thread = threading.Thread(target=listing, args=(source,))
        thread.start()
        assert asked.wait(5)
        began = time.monotonic()
        source.close()
        thread.join(5)
        assert time.monotonic() - began < 5
    assert len(ended) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that nobody else trusts, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    room = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["-keyout", f"{room}/key.pem", "-out", f"{room}/cert.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(
        [*command, "-nodes", "-days", "2", *subject, *made], check=True, capture_output=True
    )
    return room / "cert.pem", room / "key.pem"


def test_tls_is_verified_and_an_own_ca_can_be_named(
    certificate: tuple[Path, Path], tmp_path: Path, connect: Connect
) -> None:
    """W21: an unknown or misnamed certificate is refused before any login; `ca` makes it known."""
    from cheroot.ssl.builtin import BuiltinSSLAdapter

    (tmp_path / "a.txt").write_bytes(b"abc")
    with wsgidav(tmp_path, BuiltinSSLAdapter(*map(str, certificate))) as peer:
        port = peer.url.split(":")[2]
        with pytest.raises(StoreUnreachable, match="TLS certificate is refused"):
            listed(connect(f"https://localhost:{port}"))
        with pytest.raises(StoreUnreachable, match="TLS certificate is refused"):
            listed(connect(f"https://127.0.0.1:{port}", ca=str(certificate[0])))
        assert peer.verbs() == set()
        source = connect(f"https://localhost:{port}", ca=str(certificate[0]))
        entry = listed(source)["a.txt"]
        [got] = source.fetch_many([entry], MemorySinks(), QuietPulse())  # type: ignore[list-item]
        assert got.size == 3  # type: ignore[union-attr]
