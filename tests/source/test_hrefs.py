"""What an href may name, and all that it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.entry import CANONICAL, ROOT, TreePath
from mirrord.source.hrefs import Base, canonical, name_of

BASE = Base.of("https://Shop.example/dav/")
FOLDER = TreePath("content")

FAITHFUL = {
    "/dav/content/": None,
    "/dav/content": None,
    "https://shop.example/dav/content/": None,
    "https://SHOP.example:443/dav/content/a": b"a",
    "HTTPS://shop.example/dav/content/a": b"a",
    "\n  /dav/content/a\n": b"a",
    "/dav/content/a/": b"a",
    "/dav/content/two words": b"two words",
    "/dav/content/two%20words": b"two words",
    "/dav/content/a+b": b"a+b",
    "/dav/content/%2e%2e%2e": b"...",
    "/dav/content/..a": b"..a",
    "/dav/content/%2F": b"/",
    "/dav/content/a%2f..%2fb": b"a/../b",
    "/dav/content/%2541": b"%41",
    "/dav/content/%252F": b"%2F",
    "/dav/content/%E9": b"\xe9",
    "/dav/content/caf%c3%a9": "caf\u00e9".encode(),
    "/dav/content/caf\u00e9": "caf\u00e9".encode(),
    "/dav/content/cafe\u0301": "cafe\u0301".encode(),
    "/dav/content/%3F%23": b"?#",
    "/dav/content/a:b": b"a:b",
    "/dav/content/http:%2F%2Felsewhere": b"http://elsewhere",
    "/dav/content/back\\slash": b"back\\slash",
    "/dav/content/%0A": b"\n",
    "/d%61v/c%6Fntent/x": b"x",
    "/dav/content/" + "%C3%A9" * 200: "\u00e9".encode() * 200,
}

HOSTILE = [
    "",
    " ",
    "a",
    "./a",
    "../a",
    "content/a",
    "/",
    "/a",
    "/dav",
    "/dav/",
    "/dav/a",
    "/dav/contents/a",
    "/dav/Content/a",
    "/DAV/content/a",
    "/content/a",
    "/dav/content/a/b",
    "/dav/content/a//",
    "/dav/content//",
    "/dav/content//a",
    "/dav//content/a",
    "//dav/content/a",
    "//shop.example/dav/content/a",
    "///dav/content/a",
    "/dav/content/.",
    "/dav/content/..",
    "/dav/content/./",
    "/dav/content/../",
    "/dav/content/%2e",
    "/dav/content/%2e%2e",
    "/dav/content/%2E%2E/",
    "/dav/content/.%2e",
    "/dav/content/../content/a",
    "/dav/content/./a",
    "/dav/other/../content/a",
    "/dav/content/%00",
    "/dav/content/a%00.jpg",
    "/dav/content/a\x00",
    "/dav/content/a\nb",
    "/dav/content/a\tb",
    "/dav/content/a\x7fb",
    "/dav/content/a?b",
    "/dav/content/a#b",
    "/dav/content/?a",
    "/dav/content/a?",
    "/dav/content?x/a",
    "/dav/content/100%",
    "/dav/content/%4",
    "/dav/content/%zz",
    "/dav/content/%u0041",
    "http://shop.example/dav/content/a",
    "https://shop.example:444/dav/content/a",
    "https://evil.example/dav/content/a",
    "https://shop.example.evil.example/dav/content/a",
    "https://shop.example@evil.example/dav/content/a",
    "https://user:word@shop.example/dav/content/a",
    "https://shop.example\\@evil.example/dav/content/a",
    "https://shop.example:/dav/content/a:b/../..",
    "https://shop.example:443443443/dav/content/a",
    "https://shop.example",
    "https:/dav/content/a",
    "https:dav/content/a",
    "https:///dav/content/a",
    "file:///dav/content/a",
    "javascript:alert(1)",
    "data:,a",
    "\\dav\\content\\a",
    "/dav\\content\\a",
    "/dav/content\\a",
    "%2Fdav%2Fcontent%2Fa",
    "/dav%2Fcontent%2Fa",
    "/dav/content%2Fa",
    "/dav/content/a/..%2f",
    "/t2/../../../etc/cron.d/x",
]


@pytest.mark.parametrize("href", FAITHFUL, ids=ascii)
def test_an_honest_href_gives_its_one_name(href: str) -> None:
    """Split first, decoded once, as bytes; the folder itself is None."""
    assert BASE.child_name(href, FOLDER) == FAITHFUL[href]


@pytest.mark.parametrize("href", HOSTILE, ids=ascii)
def test_a_hostile_href_gives_no_name(href: str) -> None:
    """W4, W10, W11, W15: what could lead elsewhere, or could be read two ways, is refused."""
    with pytest.raises(ValueError, match=r"^(has|names|lies|is) ") as caught:
        BASE.child_name(href, FOLDER)
    assert "evil" not in str(caught.value), "a message must not carry the store's text"


@given(st.text(max_size=60))
def test_no_text_whatever_leads_out_of_the_folder(href: str) -> None:
    """Any text is refused, or is the folder, or one safe name in it."""
    try:
        name = BASE.child_name(href, FOLDER)
    except ValueError:
        return
    assert name is None or FOLDER.child(name).parent == FOLDER


@given(st.lists(st.binary(min_size=1).filter(lambda n: n not in (b".", b"..") and 0 not in n)))
def test_what_is_asked_for_is_what_was_listed(names: list[bytes]) -> None:
    """W13, W14: every name a server can hold goes out as it came in, each segment quoted once."""
    path = TreePath.of(names)
    assert BASE.names(BASE.root_path + BASE.below_root(path) + "/") == (b"dav", *names)


@pytest.mark.parametrize(
    ("url", "origin", "root_path"),
    [
        ("https://shop.example/dav", "https://shop.example", "/dav"),
        ("https://shop.example:8443/a%20b/dav/", "https://shop.example:8443", "/a%20b/dav"),
        ("https://shop.example", "https://shop.example", ""),
        ("https://shop.example:443/", "https://shop.example", ""),
        ("http://127.0.0.1:8080/dav", "http://127.0.0.1:8080", "/dav"),
        ("http://[::1]:8080/dav", "http://[::1]:8080", "/dav"),
        ("http://localhost/dav", "http://localhost", "/dav"),
    ],
)
def test_the_root_is_taken_apart_once(url: str, origin: str, root_path: str) -> None:
    """Host and root are kept apart: a root in the host name makes a folder its own child."""
    base = Base.of(url)
    assert (base.origin, base.root_path) == (origin, root_path)
    assert base.below_root(ROOT) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://shop.example/dav", "plain http"),
        ("http://128.0.0.1/dav", "plain http"),
        ("http://127.0.0.1.evil.example/dav", "plain http"),
        ("ftp://shop.example/dav", "ftp is not https"),
        ("shop.example/dav", "not a URL"),
        ("", "not a URL"),
        ("https://user:word@shop.example/dav", "not a URL"),
        ("https://shop.example/dav?x=1", "raw [?]"),
        ("https://shop.example/../dav", "lead elsewhere"),
    ],
)
def test_a_url_that_can_not_be_meant_is_refused(url: str, words: str) -> None:
    """W21: a login never goes over plain http, but on loopback; nothing in a URL is guessed."""
    with pytest.raises(ValueError, match=words):
        Base.of(url)


ODD = st.text(st.sampled_from("aZ09%" + CANONICAL), max_size=12)
ESCAPED = st.binary(max_size=6).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw))


@given(st.lists(ODD | ESCAPED, max_size=4).map("".join))
def test_the_quick_way_to_a_name_is_the_strict_one_or_none(segment: str) -> None:
    """What it gives is what the strict way gives; what that refuses, it leaves to it."""
    quick = canonical(segment)
    try:
        strict = TreePath.of([name_of(segment)])
    except ValueError:
        assert quick is None
        return
    assert quick == strict
