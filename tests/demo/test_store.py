"""The sample store as a server: it opens, answers, keeps its quota, and closes without a trace."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from lxml import etree
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from mirrord.demo.store import SampleStore
from mirrord.demo.tree import NAMES
from tests.demo.conftest import SMALL, Client

OPEN_FILES = Path("/proc/self/fd")


def sockets() -> int:
    links = [os.readlink(one) for one in OPEN_FILES.iterdir() if one.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="needs /proc (any Linux kernel)")
def test_a_stopped_store_leaves_no_thread_and_no_socket(tmp_path: Path) -> None:
    """Also with a client that keeps its connection open."""
    threads, open_sockets = threading.active_count(), sockets()
    for _ in range(2):
        with SampleStore(tmp_path / "tree", sizes=SMALL) as store:
            client = Client(store)
            assert client.get("/v2/time").status_code == 200
        client.session.close()
    assert (threading.active_count(), sockets()) == (threads, open_sockets)


def test_a_store_of_full_size_opens_in_less_than_a_breath(tmp_path: Path) -> None:
    """Tests open it by the dozen; the bound is generous for a busy machine."""
    begun = time.monotonic()
    with SampleStore(tmp_path / "tree") as store:
        assert Client(store).get("/v2/store").json()["id"] == store.store_hash
    assert time.monotonic() - begun < 10


def test_stopping_twice_or_before_the_start_does_nothing(tmp_path: Path) -> None:
    """The log stays readable after the stop; before any start there is none."""
    store = SampleStore(tmp_path / "tree", sizes=SMALL)
    store.stop()
    with pytest.raises(RuntimeError, match="start"):
        store.log.clear()
    store.start()
    store.stop()
    store.stop()
    assert store.log == []


def test_a_tree_that_is_there_is_served_as_it_is(tmp_path: Path) -> None:
    """A second store over the same folder does not write into it."""
    SampleStore(tmp_path, sizes=SMALL)
    (tmp_path / "content/empty.txt").write_text("changed by a person")
    SampleStore(tmp_path, sizes=SMALL)
    assert (tmp_path / "content/empty.txt").read_text() == "changed by a person"


def test_the_quota_is_told_on_every_answer_and_kept(open_store: Callable[..., Client]) -> None:
    """Headers count down to a 429 that says when the window ends; then a new one opens."""
    now = [1000.0]
    client = open_store(quota=2, clock=lambda: now[0])
    answers = [client.get("/v2/time") for _ in range(3)]
    left = [one.headers["X-Rate-Limit-Requests-Left"] for one in answers]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert left == ["1", "0", "0"]
    assert {one.headers["X-Rate-Limit-Time-Window-Ms"] for one in answers} == {"30000"}
    assert {one.headers["X-Rate-Limit-Requests-Quota"] for one in answers} == {"2"}
    assert answers[2].headers["X-Retry-After"] == "30"
    now[0] += 29.5
    assert client.get("/v2/time").headers["X-Rate-Limit-Time-Reset-Ms"] == "500"
    now[0] += 0.5
    assert client.get("/v2/time").status_code == 200


def test_a_change_of_the_shop_is_in_the_next_answer(small: Client) -> None:
    """Tests edit, add and delete records while the store runs."""
    product = small.store.products[77]
    product["name"] = "Renamed"
    small.store.products[9000] = product | {"id": 9000}
    del small.store.products[78]
    rows = {row["id"]: row["name"] for row in small.get("/v3/catalog/products").json()["data"]}
    assert (rows[77], rows[9000], 78 in rows) == ("Renamed", "Renamed", False)


def test_webdav_wants_digest_and_takes_nothing_else(small: Client) -> None:
    """As BigCommerce: the challenge is Digest, Basic is refused, a wrong password too."""
    url = small.store.webdav_url + "/"
    name, word = small.store.username, small.store.password
    bare = requests.request("PROPFIND", url, timeout=10)
    refused = [HTTPBasicAuth(name, word), HTTPDigestAuth(name, "wrong")]
    assert bare.status_code == 401
    assert bare.headers["WWW-Authenticate"].startswith("Digest ")
    statuses = [requests.request("PROPFIND", url, auth=one, timeout=10) for one in refused]
    assert [one.status_code for one in statuses] == [401, 401]


def test_webdav_lists_and_gives_every_file_with_an_awkward_name(whole: Client) -> None:
    """Names come percent-encoded in the listing; each can be fetched, byte for byte."""
    store = whole.store
    with requests.Session() as session:
        session.auth = HTTPDigestAuth(store.username, store.password)
        url = f"{store.webdav_url}/content/names/"
        listing = session.request("PROPFIND", url, headers={"Depth": "1"}, timeout=10)
        wrong = [
            name
            for name in NAMES
            if session.get(url + quote(name, safe=""), timeout=10).content
            != (store.folder / "content/names" / name).read_bytes()
        ]
    hrefs = etree.fromstring(listing.content).findall(".//{DAV:}href")
    assert (listing.status_code, len(hrefs), wrong) == (207, len(NAMES) + 1, [])


def test_webdav_shows_what_was_changed_in_the_folder(small: Client) -> None:
    """The folder is the tree: what a test writes there is served at once."""
    (small.store.folder / "content/new.txt").write_text("new")
    auth = HTTPDigestAuth(small.store.username, small.store.password)
    answer = requests.get(f"{small.store.webdav_url}/content/new.txt", auth=auth, timeout=10)
    assert answer.text == "new"


def test_answers_are_compressed_only_for_those_who_ask(whole: Client) -> None:
    """BigCommerce compresses; a client that wants the bytes as they are gets them."""
    packed = whole.get("/v3/catalog/products")
    plain = whole.get("/v3/catalog/products", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
