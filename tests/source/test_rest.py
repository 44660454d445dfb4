"""One request over a real socket, to servers that mean no good."""

import gc
import gzip
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread

import pytest

from mirrord.errors import AnswerBroken, StoreError, StoreUnreachable
from mirrord.source.common import Alone
from mirrord.source.pace import Patience
from mirrord.source.quota import QuotaKeeper
from mirrord.source.rest import Account, RestClient
from mirrord.source.session import Gate
from tests.fakes import QuietPulse

TOKEN = "secret-token-0042"
QUICK = Patience(connect=2, read=2, grace=0.3, rate=1_000_000)
CALM = Patience(connect=5, read=5, grace=20, rate=1)

Speak = Callable[[socket.socket], None]


@contextmanager
def server(speak: Speak) -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback that reads a request and then says what it likes; its URL and log."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    heard.append(connection.recv(65536))
                    speak(connection)
                except OSError:
                    continue

    thread = Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextmanager
def client(url: str, patience: Patience = CALM, largest: int = 10_000) -> Iterator[RestClient]:
    """A client of that server."""
    late = count(0.0, 600.0)  # no wait is over 600 s, and the pulse of these tests never waits
    quota = QuotaKeeper(1.0, lambda: next(late), Alone())
    made = RestClient(Account(url, "abc", TOKEN), quota, patience, largest_page=largest)
    try:
        yield made
    finally:
        made.close()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Speak:
    """These bytes, with their true length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def _get(made: RestClient) -> str:
    return made.get("v2/orders", {"min_id": "1"}, "a scope", QuietPulse())


def test_a_request_carries_the_token_and_asks_for_json() -> None:
    """To the store's own path, with a plain user agent."""
    with server(answer(b"[]")) as (url, heard), client(url) as made:
        assert _get(made) == "[]"
    head = heard[0].decode()
    assert head.startswith("GET /stores/abc/v2/orders?min_id=1 HTTP/1.1\r\n")
    wanted = (f"X-Auth-Token: {TOKEN}", "Accept: application/json", "User-Agent: mirrord/")
    assert [line for line in wanted if line not in head] == []


def test_a_redirect_is_never_followed_and_the_token_goes_nowhere_else() -> None:
    """Not even to the same host."""
    with server(answer(b"[]")) as (elsewhere, stolen):
        moved = answer(b"", f"Location: {elsewhere}/stores/abc/v2/orders", status="302 Found")
        with (
            server(moved) as (url, heard),
            client(url) as made,
            pytest.raises(StoreError, match="a redirect, which is never followed"),
        ):
            _get(made)
        assert (len(heard), stolen) == (1, [])


def test_a_compressed_answer_is_unpacked() -> None:
    """gzip, as the API sends it."""
    speak = answer(gzip.compress(b'["x"]'), "Content-Encoding: gzip")
    with server(speak) as (url, _), client(url) as made:
        assert _get(made) == '["x"]'


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    """50 MB of zeros in 50 KB: an error at the cap."""
    speak = answer(gzip.compress(b"0" * 50_000_000), "Content-Encoding: gzip")
    with (
        server(speak) as (url, _),
        client(url) as made,
        pytest.raises(AnswerBroken, match="more than 10000 bytes"),
    ):
        _get(made)


def test_a_damaged_compressed_answer_is_an_error() -> None:
    """Never half a page."""
    packed = gzip.compress(b'[{"id": 1}]' * 500)
    speak = answer(packed[:20] + b"\0\0\0\0" + packed[24:], "Content-Encoding: gzip")
    with server(speak) as (url, _), client(url) as made, pytest.raises(StoreError):
        _get(made)


def test_an_empty_200_is_no_empty_list() -> None:
    """Only a 204 says that there is nothing."""
    with (
        server(answer(b"")) as (url, _),
        client(url) as made,
        pytest.raises(AnswerBroken, match="answered with nothing"),
    ):
        _get(made)


def test_a_204_is_an_empty_list() -> None:
    """v2's way of saying that there is nothing."""
    with server(answer(b"", status="204 No Content")) as (url, _), client(url) as made:
        assert _get(made) == ""


def test_text_that_is_not_utf8_is_an_error() -> None:
    """It is never read with replacement characters."""
    with (
        server(answer(b'["\xff"]')) as (url, _),
        client(url) as made,
        pytest.raises(AnswerBroken, match="not UTF-8"),
    ):
        _get(made)


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    pause = Event()
    while True:  # until the client hangs up
        connection.sendall(b" ")
        pause.wait(0.02)


def _drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    pause = Event()
    while True:
        connection.sendall(b"a")
        pause.wait(0.02)


@pytest.mark.parametrize("speak", [_drip, _drip_headers])
def test_an_answer_that_drips_is_given_up(speak: Speak) -> None:
    """Each byte comes in time, the whole never would."""
    with (
        server(speak) as (url, _),
        client(url, QUICK) as made,
        pytest.raises(StoreUnreachable, match="too slowly"),
    ):
        _get(made)


def test_closing_wakes_a_thread_that_waits_for_an_answer() -> None:
    """A stop does not wait for the read timeout."""
    asked, over = Event(), Event()
    caught: list[str] = []

    def silent(connection: socket.socket) -> None:
        asked.set()
        over.wait(20)

    class GivingUp(QuietPulse):
        def wait(self, seconds: float) -> None:
            raise InterruptedError  # what the pulse of a stopping house does, in short

    with server(silent) as (url, _), client(url) as made:

        def work() -> None:
            try:
                made.get("v2/orders", {}, "", GivingUp())
            except InterruptedError:
                caught.append("woken")

        thread = Thread(target=work)
        thread.start()
        assert asked.wait(5)
        made.close()
        thread.join(5)
        over.set()
        assert (thread.is_alive(), caught) == (False, ["woken"])


def test_closing_leaves_no_connection_to_the_garbage_collector() -> None:
    """A connection that waits for the next request ends with the client, not some time later."""
    over = Event()

    def kept_alive(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        over.wait(20)

    with server(kept_alive) as (url, _), client(url) as made:
        gc.disable()
        try:
            before = len(os.listdir("/proc/self/fd"))
            assert _get(made) == "[]"
            during = len(os.listdir("/proc/self/fd"))
            over.set()
            made.close()
            # the server's own end is closed by its thread, a moment later
            assert during > before
            assert made._sessions
            assert not any(pool.pool for gate in _gates(made) for pool in gate._pools)
            assert all(pace._socket is None for pace in made._paces)
        finally:
            gc.enable()


def _gates(made: RestClient) -> list[Gate]:
    adapters = (adapter for one in made._sessions for adapter in one.adapters.values())
    return [adapter for adapter in adapters if isinstance(adapter, Gate)]


def test_a_store_that_is_not_there_says_so() -> None:
    """A refused connection names the next step."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with (
        client(url) as made,
        pytest.raises(StoreUnreachable, match=r"refused; check the URL and the network"),
    ):
        _get(made)


def test_a_host_that_no_way_leads_to_is_no_slow_one() -> None:
    """No connection was made at once: to wait for longer is not the next step."""
    with (
        client("https://255.255.255.255") as made,  # the kernel itself has no way there
        pytest.raises(StoreUnreachable, match="could be made; check the URL and the network"),
    ):
        _get(made)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[",
        b"\0" * 100,
    ],
)
def test_an_answer_that_is_no_http_or_broke_off_is_an_error(said: bytes) -> None:
    """Translated, whatever the libraries throw."""
    with (
        server(lambda connection: connection.sendall(said)) as (url, _),
        client(url) as made,
        pytest.raises(StoreError),
    ):
        _get(made)


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 No", "429 Busy", "500 X"])
def test_the_token_is_in_no_error_even_if_the_store_repeats_it(status: str) -> None:
    """Nor in what the error stands for."""
    speak = answer(f"bad token {TOKEN}\x1b[2J".encode(), status=status)
    with server(speak) as (url, _), client(url) as made, pytest.raises(StoreError) as caught:
        _get(made)
    seen: BaseException | None = caught.value
    while seen is not None:
        assert TOKEN not in repr(seen) + str(seen)
        seen = seen.__cause__ or seen.__context__
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("url", "store_hash", "token"),
    [
        ("http://api.example.com", "abc", TOKEN),
        ("http://127.0.0.1.example.com", "abc", TOKEN),
        ("ftp://127.0.0.1", "abc", TOKEN),
        ("https://user:word@api.example.com", "abc", TOKEN),
        ("https://api.example.com?x=1", "abc", TOKEN),
        ("https://api.example.com", "../abc", TOKEN),
        ("https://api.example.com", "", TOKEN),
        ("https://api.example.com", "abc", ""),
        ("https://api.example.com", "abc", f"{TOKEN}\r\nX-Evil: 1"),
        ("https://api.example.com", "abc", f"{TOKEN}\u20ac"),
    ],
)
def test_an_account_that_would_betray_the_token_can_not_be_built(
    url: str, store_hash: str, token: str
) -> None:
    """Plain http to another machine, a path out of the store, a token that splits the header."""
    with pytest.raises(ValueError, match=r"^(?!.*secret-token).+$"):
        Account(url, store_hash, token)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "https://api.example.com"])
def test_an_account_never_shows_its_token(url: str) -> None:
    """Loopback may be plain; the repr is what ends up in logs."""
    assert TOKEN not in repr(Account(url, "abc", TOKEN))
