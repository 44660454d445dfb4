"""The shop's logins stay with the shop: whatever an answer names, nobody else is even asked.

Each target is tried at every door by which mirrord asks a store, the login being one that goes with
the first request. That nobody came is seen by sockets that listen for it.
"""

import select
import socket
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import count

import pytest

from mirrord.core.entry import Entry, TreePath
from mirrord.core.pulse import Pulse
from mirrord.errors import MirrordError, StoreError, TransferError
from mirrord.source.asker import top_listing
from mirrord.source.common import Alone
from mirrord.source.link import LinkRefused, fetch
from mirrord.source.quota import QuotaKeeper
from mirrord.source.rest import Account, RestClient
from mirrord.source.retry import Endurance
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.fakes_files import MemorySink, MemorySinks
from tests.servers.hostile import Answer, Asked, hostile, says
from tests.source.conftest import HURRIED

USER, PASSWORD, TOKEN = "user", "planted-password", "planted-token"
#: In a message: a login, or that somebody else was looked for.
BETRAYED = (PASSWORD, TOKEN, "resolved")
REDIRECTS = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
#: All that loopback is called by, or may be mistaken for; {port} is where somebody listens there.
HOSTS = (
    "127.0.0.1:{port}",
    "127.0.0.2:{port}",
    "127.1:{port}",
    "0177.0.0.1:{port}",
    "0x7f000001:{port}",
    "0x7f.0.0.1:{port}",
    "2130706433:{port}",
    "017700000001:{port}",
    "127.0.0.1.:{port}",
    "localhost:{port}",
    "LOCALHOST:{port}",
    "localhost.:{port}",
    "LocalHost.LocalDomain:{port}",
    "[::1]:{port}",
    "[0:0:0:0:0:0:0:1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "[::1%25lo]:{port}",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11:{port}",
    "ⓛⓞcalhost:{port}",
    "xn--shp-ula.invalid:{port}",
    "shöp.invalid:{port}",
    "elsewhere.invalid",
    "%31%32%37.0.0.1:{port}",
    "{own}@127.0.0.1:{port}",
    "{own}:x@127.0.0.1:{port}",
    "user:planted-password@127.0.0.1:{port}",
    "{own}%40127.0.0.1:{port}",
    "{own}#@127.0.0.1:{port}",
    "{own}\\@127.0.0.1:{port}",
    "127.0.0.1:{port}\\@{own}",
    "127.0.0.1:{port}#{own}",
    "127.0.0.1:{port}?{own}",
    "127.0.0.1:{port};{own}",
    "127.0.0.1:0{port}",
    "127.0.0.1:{port} {own}",
)
#: Ways to write where to go, apart from the host.
OTHERS = (
    "HTTP://127.0.0.1:{port}/dav/x",
    "http:127.0.0.1:{port}/dav/x",
    "http:/127.0.0.1:{port}/dav/x",
    "http:///127.0.0.1:{port}/dav/x",
    "http:\\\\127.0.0.1:{port}\\dav\\x",
    "https://{own}/dav/x",
    "https://127.0.0.1:{port}/dav/x",
    "ftp://127.0.0.1:{port}/dav/x",
    "ftps://127.0.0.1:{port}/dav/x",
    "dict://127.0.0.1:{port}/x",
    "gopher://127.0.0.1:{port}/x",
    "telnet://127.0.0.1:{port}",
    "ws://127.0.0.1:{port}/dav/x",
    "dav://127.0.0.1:{port}/dav/x",
    "smb://127.0.0.1:{port}/dav/x",
    "tftp://127.0.0.1:{port}/x",
    "ldap://127.0.0.1:{port}/x",
    "file:///etc/hostname",
    "file://127.0.0.1/etc/hostname",
    "javascript:alert(1)",
    "data:text/plain,x",
    "///127.0.0.1:{port}/dav/x",
    "/\\127.0.0.1:{port}/dav/x",
    "\\\\127.0.0.1:{port}\\dav\\x",
    "\t//127.0.0.1:{port}/dav/x",
    "/\t/127.0.0.1:{port}/dav/x",
    "//127.0.0.1:{port}",
    "@127.0.0.1:{port}/dav/x",
    ":{port}/dav/x",
    "http://[",
    "http://{own}:99999/dav/x",
    "?x",
    "#x",
    "..",
    "../../x",
    "/",
    "",
)
#: Other headers that send somebody elsewhere, in answers that are no redirects too.
HEADERS = (
    ("200 OK", "Refresh: 0; url={to}"),
    ("200 OK", "Location: {to}"),
    ("200 OK", "Content-Location: {to}"),
    ("200 OK", 'Alt-Svc: h2="127.0.0.1:{port}"; ma=99, http/1.1="127.0.0.1:{port}"'),
    ("200 OK", "Link: <{to}>; rel=preload"),
    ("201 Created", "Location: {to}"),
    ("202 Accepted", "Location: {to}"),
    ("300 Multiple Choices", "Location: {to}"),
    ("300 Multiple Choices", "URI: <{to}>"),
    ("302 Found", "Refresh: 0; url={to}"),
    ("302 Found", "Location: {to}\r\nLocation: {to}/2"),
    ("302 Found", "Location:\r\n {to}"),
    ("302 Found", "location:{to}"),
    ("302 Found", "LOCATION: {to}"),
    ("304 Not Modified", "Location: {to}"),
    ("305 Use Proxy", "Location: {to}"),
    ("306 Switch Proxy", "Set-Proxy: SET; proxyURI={to}"),
    ("401 Unauthorized", 'Location: {to}\r\nWWW-Authenticate: Basic realm="x"'),
    ("401 Unauthorized", 'WWW-Authenticate: Digest realm="x", nonce="y", domain="{to}"'),
    ("407 Proxy Authentication Required", 'Location: {to}\r\nProxy-Authenticate: Basic realm="x"'),
    ("421 Misdirected Request", "Location: {to}"),
    ("503 Unavailable", "Location: {to}\r\nRetry-After: 0"),
)


@dataclass(frozen=True)
class Variant:
    """One answer that sends elsewhere."""

    status: str
    header: str

    def lines(self, own: str, port: int) -> bytes:
        """Status and headers as they go over the wire, in UTF-8 where a host is not ASCII."""
        to = f"http://127.0.0.1:{port}/dav/x"
        told = self.header.replace("{to}", to).replace("{own}", own).replace("{port}", str(port))
        length = "" if self.status[:3] == "304" else "Content-Length: 0\r\n"
        return f"HTTP/1.1 {self.status}\r\n{told}\r\n{length}Connection: close\r\n\r\n".encode()


def _variants() -> list[Variant]:
    targets = [f"http://{host}/dav/x" for host in HOSTS]
    targets += [f"//{host}/dav/x" for host in HOSTS]
    targets += OTHERS
    status = (REDIRECTS[number % len(REDIRECTS)] for number in count())
    located = [Variant(next(status), f"Location: {target}") for target in targets]
    plainest = [Variant(status, "Location: {to}") for status in REDIRECTS]
    return located + plainest + [Variant(*each) for each in HEADERS]


VARIANTS = _variants()


class Foreign:
    """Whoever comes to a port of this machine that is not the shop's: under each of its addresses.

    Nobody is answered; a connection alone is too much.
    """

    def __init__(self) -> None:
        self._listening = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._listening[0].getsockname()[1]
        self._listening.append(socket.create_server(("127.0.0.2", self.port)))
        if socket.has_ipv6:
            self._listening.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))

    def close(self) -> None:
        for one in self._listening:
            one.close()

    def visitors(self) -> int:
        """How many came since the last time; the kernel took their connections for us."""
        came = 0
        while ready := select.select(self._listening, [], [], 0)[0]:
            for one in ready:
                one.accept()[0].close()
                came += 1
        return came


def _list(url: str, pulse: Pulse) -> None:
    with closing(WebDavSource(url, USER, PASSWORD, "basic", patience=HURRIED)) as source:
        list(source.list(pulse))


def _download(url: str, pulse: Pulse) -> None:
    with closing(WebDavSource(url, USER, PASSWORD, "basic", patience=HURRIED)) as source:
        for got in source.fetch_many([Entry(TreePath("x.jpg"), size=3)], MemorySinks(), pulse):
            if isinstance(got, TransferError):
                raise got


def _look(url: str, pulse: Pulse) -> None:
    top_listing(url, USER, PASSWORD, "basic")


def _ask_api(url: str, pulse: Pulse) -> None:
    quota = QuotaKeeper(1.0, lambda: 0.0, Alone())
    account = Account(url, "abc", TOKEN)
    with closing(RestClient(account, quota, HURRIED, endurance=Endurance(1))) as client:
        client.get("v2/orders", {}, "a scope", pulse)


def _take_theme(url: str, pulse: Pulse) -> None:
    fetch(f"{url}/theme.zip", MemorySink, pulse, loopback=True, ca=None, patience=HURRIED)


DOORS: dict[str, Callable[[str, Pulse], None]] = {
    "webdav listing": _list,
    "webdav download": _download,
    "webdav doctor": _look,
    "api": _ask_api,
    "theme link": _take_theme,
}


def _always(told: bytes) -> Answer:
    return lambda _: [told]


def test_there_are_a_hundred_ways_to_be_sent_elsewhere() -> None:
    """Each its own; the figure that hazards.md asks for."""
    assert len(set(VARIANTS)) == len(VARIANTS) >= 100


@pytest.mark.parametrize("door", DOORS)
def test_nobody_but_the_shop_is_asked(door: str) -> None:
    """No redirect of the shop leads anywhere: a hundred ways, at each door, and no visitor.

    Each is answered by an error in words: none of it was taken for a file, a page or a theme.
    """
    wrong = []
    with closing(Foreign()) as foreign, hostile(lambda _: []) as shop:
        own = shop.origin.removeprefix("http://")
        for variant in VARIANTS:
            shop.log.clear()
            shop.answer = _always(variant.lines(own, foreign.port))
            try:
                DOORS[door](shop.url, QuietPulse())
                told = "" if variant.status[:3] in ("200", "201", "202") else "no error"
            except MirrordError as error:
                # the name of a host that is not ours to ask was not looked up either
                told = str(error) if any(word in str(error) for word in BETRAYED) else ""
            came = foreign.visitors()
            if told or came or not shop.log:
                wrong.append((variant, told, came, len(shop.log)))
    assert wrong == []


@pytest.mark.parametrize("door", DOORS)
def test_a_chain_ends_at_its_first_step_abroad(door: str) -> None:
    """From the shop to the shop, and from there abroad: the second step is never gone."""

    def chain(asked: Asked) -> Iterable[bytes]:
        at_end = "moved" in asked.path
        return says("302 Found", b"", f"Location: {abroad if at_end else shop.url + '/moved'}")

    with closing(Foreign()) as foreign, hostile(chain) as shop:
        abroad = f"http://127.0.0.1:{foreign.port}/dav/x"
        with pytest.raises((StoreError, TransferError)):
            DOORS[door](shop.url, QuietPulse())
        assert (foreign.visitors(), 1 <= len(shop.log) <= 2) == (0, True)


def test_a_theme_may_lie_elsewhere_and_gets_no_login_of_ours() -> None:
    """The one request that leaves the shop: the API named its place, and it is told nothing."""
    answer = says("302 Found", b"", "Location: http://127.0.0.1:1/x")
    with hostile(lambda _: answer) as shelf:
        with pytest.raises(LinkRefused):
            _take_theme(shelf.origin, QuietPulse())
        (asked,) = shelf.log
    known = {"user-agent", "accept", "accept-encoding", "connection", "host"}
    assert set(asked.headers) == known


def test_a_visitor_would_be_seen() -> None:
    """The proof of the proof: who goes to any of the names is counted."""
    with closing(Foreign()) as foreign:
        seen = []
        for host in ("127.0.0.1", "127.0.0.2", "127.1", "localhost"):
            socket.create_connection((host, foreign.port)).close()
            seen.append(foreign.visitors())
    assert seen == [1, 1, 1, 1]
