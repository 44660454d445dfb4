"""The facts that `doctor --probe` draws from real servers, each known to behave in its own way."""

import os
import time
from pathlib import Path

import pytest

from mirrord.errors import StoreRefused, StoreUnreachable
from mirrord.source.asker import REQUESTS, challenge, server_time
from mirrord.source.probe import probe
from tests.fakes import QuietPulse
from tests.servers.apache import apache
from tests.servers.fault_proxy import fault_proxy
from tests.servers.kinds import KINDS
from tests.servers.sabre import sabre
from tests.servers.tools import PASSWORD, USER, free_port
from tests.servers.wsgidav import wsgidav

SECRETS = ("secret-name", "in-a-folder", "person-in-a-file", "orders-of-people", "store", USER)

#: What section 6 of our notes on real servers says of each.
KNOWN: dict[str, dict[str, str]] = {
    "sabre": {
        "login": "Digest",
        "Digest algorithm": "not given (so MD5)",
        "Digest qop": "auth",
        "Digest opaque": "given",
        "connection": "closed after each answer",
        "ETag of files": "absent",
        "Last-Modified of folders": "present",
        "Range": "206, the right bytes",
        "If-None-Match": "not asked: nothing to ask it with",
        "Depth: infinity": "207, answered as Depth: 1",
    },
    "sabre with etags": {
        "ETag of files": "quoted",
        "ETag of folders": "absent",
        "If-None-Match": "304",
    },
    "apache": {
        "Digest algorithm": "MD5",
        "Digest realm": "given",
        "connection": "kept",
        "ETag of files": "quoted",
        "ETag of folders": "quoted",
        "ETag on GET": "quoted, as in the listing",
        "sizes": "listing, header and body agree",
        "If-None-Match": "304",
        "Depth: infinity": "refused (answer 403)",
        "HTTP/2": "not asked (no TLS)",
    },
    "apache with basic": {"login": "Basic", "Range": "206, the right bytes"},
    "apache, HTTP/2": {"login": "Digest", "HTTP/2": "offered", "Range": "206, the right bytes"},
    "wsgidav": {
        "login": "Digest",
        "ETag of files": "unquoted",
        "Depth: infinity": "207, the whole tree",
    },
    "nginx": {
        "login": "Basic",
        "ETag of files": "absent",
        "ETag on GET": "quoted",
        "If-None-Match": "304",
        "Range": "206, the right bytes",
        "Depth: infinity": "refused (answer 403)",
    },
    "nginx, HTTP/2": {"HTTP/2": "offered", "Last-Modified of files": "present"},
    "lighttpd": {
        "login": "Digest",
        "ETag on GET": "quoted, as in the listing",
        "Content-Length of folders": "present",
        "Range": "206, the right bytes",
        "Depth: infinity": "refused (answer 403)",
    },
    "rclone": {
        "login": "Basic",
        "ETag on GET": "quoted, as in the listing",
        "ETag of folders": "absent",
        "Range": "206, the right bytes",
        "Depth: infinity": "207, the whole tree",
    },
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Some files, two of them where people's data lies, none of them fresh."""
    for name, content in {
        "content/secret-name.txt": "hello, person-in-a-file",
        "content/in-a-folder/b.txt": "x" * 5_000,
        "exports/orders-of-people.csv": "people",
    }.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    long_ago = time.time() - 5_000
    for path in [*(tmp_path / "tree").rglob("*"), tmp_path / "tree"]:
        os.utime(path, (long_ago, long_ago))
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    return tmp_path / "tree"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where a server writes."""
    folder = tmp_path / "room"
    folder.mkdir(0o777)
    folder.chmod(0o777)
    return folder


@pytest.mark.parametrize("name", KNOWN)
def test_the_facts_of_each_server_come_out(name: str, tree: Path, room: Path) -> None:
    """As they are known; with few requests, all of them reading, and no word of the shop's own."""
    known = KNOWN[name]
    with KINDS[name](tree, room) as peer:
        ca = str(peer.ca) if peer.ca else None
        facts = probe(peer.url, USER, PASSWORD, peer.scheme, QuietPulse(), ca)
        verbs = peer.verbs()
    told = dict(facts)
    text = str(facts)
    assert {key: told[key] for key in known} == known
    assert [secret for secret in SECRETS if secret in text] == []
    assert verbs <= {"GET", "PROPFIND", "OPTIONS"}
    assert int(told["requests sent"]) <= REQUESTS // 2
    assert told["429 or 503 seen"] == "0"


def test_a_nonce_that_expires_is_seen_to(tree: Path, room: Path) -> None:
    """Apache, told to renew it every second, says stale=true."""

    class Waiting(QuietPulse):
        def wait(self, seconds: float) -> None:
            time.sleep(seconds)

    with apache(tree, room, nonce_lifetime=1) as peer:
        told = dict(probe(peer.url, USER, PASSWORD, peer.scheme, Waiting()))
    assert told["nonce"].startswith("asked anew 1 times, first after ")
    assert told["nonce"].endswith("told by stale=true")


def test_an_empty_shop_says_what_could_not_be_asked(tmp_path: Path) -> None:
    """Nothing is guessed."""
    (tmp_path / "empty").mkdir()
    with wsgidav(tmp_path / "empty") as peer:
        told = dict(probe(peer.url, USER, PASSWORD, "digest", QuietPulse()))
    assert told["GET"] == "not asked: no small file was seen"
    assert told["Depth: infinity"] == "not asked: no folder in a folder was seen"
    assert told["ETag of files"] == "none seen"


def test_a_wrong_password_is_refused_after_one_try(tree: Path, room: Path) -> None:
    """More would lock the account."""
    with sabre(tree, room) as peer:
        with pytest.raises(StoreRefused, match="login refused"):
            probe(peer.url, USER, "wrong", "digest", QuietPulse())
        log = (room / "requests.log").read_text().splitlines()
    assert len(log) == 3


def test_the_challenge_names_the_schemes(tree: Path, room: Path) -> None:
    """And the server's clock; without a login nothing is logged in."""
    with apache(tree, room, scheme="basic") as peer:
        told, clock = challenge(peer.url), server_time(peer.url)
    assert (told.status, told.schemes) == (401, ("basic",))
    assert clock is not None
    assert abs(clock - time.time()) < 5


def test_a_server_that_hangs_up_is_unreachable(tree: Path) -> None:
    """In the midst of the facts as at the first one."""
    with wsgidav(tree) as peer, fault_proxy(int(peer.url.split(":")[2].split("/")[0])) as proxy:
        proxy.set("cut", 100)
        with pytest.raises(StoreUnreachable):
            probe(f"http://127.0.0.1:{proxy.port}/dav", USER, PASSWORD, "digest", QuietPulse())
        assert proxy.fired
    with pytest.raises(StoreUnreachable, match="refused"):
        challenge(f"http://127.0.0.1:{free_port()}/dav")
