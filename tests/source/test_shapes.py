"""What is read by its shape is what the strict reader reads: the short way never says otherwise."""

import re
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mirrord.core.entry import Entry, TreePath, UnknownFolder
from mirrord.errors import ListingBroken
from mirrord.source import multistatus
from mirrord.source.hrefs import Base
from mirrord.source.multistatus import FolderReader, read_listing

BASE = Base.of("https://shop.example/dav")
FOLDER = TreePath("content")
AT = 1_700_000_000.0

Outcome = list[Entry | UnknownFolder] | str


class Dialect(NamedTuple):
    """How a server writes: before all responses, one of them, its type, and after all."""

    opening: str
    form: str
    types: tuple[str, ...]
    closing: str


APACHE = Dialect(
    '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">\n',
    '<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/">\n<D:href>{href}</D:href>\n'
    "<D:propstat>\n<D:prop>\n{type}<lp1:getcontentlength>{size}</lp1:getcontentlength>\n"
    "<lp1:getlastmodified>{date}</lp1:getlastmodified>\n<lp1:getetag>{etag}</lp1:getetag>\n"
    "</D:prop>\n<D:status>HTTP/1.1 {status}</D:status>\n</D:propstat>\n{more}</D:response>\n",
    ("<lp1:resourcetype/>\n", "<lp1:resourcetype><D:collection/></lp1:resourcetype>\n", ""),
    "</D:multistatus>\n",
)
SABRE = Dialect(
    '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">',
    "<d:response><d:href>{href}</d:href>{more}<d:propstat><d:prop>{type}"
    "<d:getcontentlength>{size}</d:getcontentlength><d:getlastmodified>{date}</d:getlastmodified>"
    "<d:getetag>{etag}</d:getetag></d:prop><d:status>HTTP/1.1 {status}</d:status></d:propstat>"
    "<d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status>"
    "</d:propstat></d:response>",
    ("<d:resourcetype/>", "<d:resourcetype><d:collection/></d:resourcetype>", ""),
    "</d:multistatus>",
)
BARE = Dialect(
    '<multistatus xmlns="DAV:">',
    "<response><href>{href}</href><propstat><status>HTTP/1.1 {status}</status><prop>{type}"
    "<getcontentlength>{size}</getcontentlength><getlastmodified>{date}</getlastmodified>"
    "<getetag>{etag}</getetag><displayname>{name}</displayname></prop></propstat>{more}</response>",
    ("<resourcetype/>", "<resourcetype><collection/></resourcetype>", ""),
    "</multistatus>",
)
DIALECTS = (APACHE, SABRE, BARE)
FILE, IS_FOLDER = 0, 1

USUAL = {
    "href": "/dav/content/a.jpg",
    "name": "a.jpg",
    "size": "7",
    "date": "Tue, 14 Nov 2023 22:13:19 GMT",
    "etag": '"abc"',
    "status": "200 OK",
    "more": "",
}
NAMES = [
    "b.jpg", "b%20c", "b%2bc", "b%2Fc", "%2e%2e", "..", ".", "...", "..a", "%00", "%zz", "b c",
    "b/", "b?c", "b#c", "b&amp;c", "b&c", "b'c", "{b}", "b@c:d", "caf\u00e9", "%C3%A9", "b/c", "",
    "b\tc", "b\\c", "b&#47;c", "a.jpg", "%61.jpg", "b\r", "b~", "b<!-- -->c", "<![CDATA[b]]>",
    "b\x01", "&amp;", "&amp;amp;", "b&lt;", "b&amp", "b&;amp;", "&amp;%26", "&a&amp;mp;",
]  # fmt: skip
ABOVE = [
    "/dav/content/", " /dav/content/", "/dav/c%6Fntent/", "https://shop.example/dav/content/",
    "https://SHOP.example:443/dav/content/", "http://shop.example/dav/content/", "/dav/",
    "/dav//content/", "/dav/&amp;/", "/dav/&/",
    "/&amp;dav/content/", "/dav/content/../content/", "/", "", "//shop.example/dav/content/",
]  # fmt: skip
ODD = {
    "size": ["", "0", " 7 ", "-1", "7 kB", "9" * 18, "9" * 19, "+7", "\u0667", "&#55;", "<d/>7"],
    "date": [
        "", "now", "Tue, 1 Nov 2023 22:13:19 GMT", "Tue, 31 Feb 2023 22:13:19 GMT",
        "Tue, 14 Nov 2023 24:13:19 GMT", "Tue, 14 Nov 2023 22:13:20 +0000", " Tue, 14 Nov 2023",
        "Tue, 14 Nov 1823 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:20 GMT ",
    ],
    "etag": [
        "", '"', '""', 'W/"abc"', "W/abc", "W/W/abc", "&quot;abc&quot;", '"abc', "abc&quot;", "a b",
        '"a&amp;b"', "&quot;", "x" * 513, '"' + "x" * 512 + '"', "a&#10;b", "\u00e9", " abc ",
    ],
    "status": ["403 Forbidden", "404 Not Found", "207 x", "fine", "200", "<b/>200 OK"],
    "more": [
        "<!-- a word -->", "<?a word?>", "text", "<x xmlns='urn:x'>text</x>", "<x>",
        "<![CDATA[<x>]]>", "<status xmlns='DAV:'>HTTP/1.1 200 OK</status>",
        "<D:href xmlns:D='DAV:'>/dav/evil</D:href>",
        "<response xmlns='DAV:'><href>/dav/content/in</href></response>", "&lt;", "&e;", "]]>",
        "<propstat xmlns='DAV:'><prop><getetag>y</getetag></prop></propstat>", ">", "<!DOCTYPE x>",
    ],
    "name": ["\x01", "\u00e9", "a&amp;b", "a</displayname><displayname>b", "a<b/>c", "\x7f"],
}  # fmt: skip


def written(dialect: Dialect, told: list[dict[str, str]]) -> bytes:
    """A document in a server's own way; the folder itself comes first."""
    opening, form, types, closing = dialect
    itself = {**USUAL, "href": "/dav/content/", "type": types[IS_FOLDER]}
    typed = [{"type": types[FILE], **USUAL, **one} for one in told]
    return (opening + "".join(form.format(**one) for one in [itself, *typed]) + closing).encode()


def outcome(reader: FolderReader, body: bytes, size: int = 1 << 16) -> Outcome:
    try:
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        return reader.finish()
    except ListingBroken:
        return "broken"


def shortly(body: bytes, size: int = 1 << 16) -> Outcome:
    return outcome(FolderReader(BASE, FOLDER, AT), body, size)


def strictly(body: bytes) -> Outcome:
    """By the strict reader alone."""
    reader = FolderReader(BASE, FOLDER, AT)
    reader._answer._looking = False
    return outcome(reader, body)


def usual(count: int) -> list[dict[str, str]]:
    return [{"href": f"/dav/content/photo-{n}.jpg"} for n in range(count)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=("apache", "sabre", "bare"))
@pytest.mark.parametrize(
    ("part", "text"), [(p, text) for p, texts in ODD.items() for text in texts]
)
def test_an_odd_text_among_usual_ones_means_what_it_means(
    dialect: Dialect, part: str, text: str
) -> None:
    """First, in the middle or last: what the shape leaves to the strict reader is read the same."""
    odd = {"href": "/dav/content/odd", part: text}
    for told in ([odd, *usual(3)], [*usual(3), odd, *usual(5)[3:]], [odd, odd | usual(1)[0]]):
        body = written(dialect, told)
        assert shortly(body) == strictly(body)


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_an_odd_href_among_usual_ones_names_what_it_names(above: str, name: str) -> None:
    """However the folder and the name are spelt."""
    for dialect, last in product(DIALECTS, ("", "/")):
        body = written(dialect, [*usual(2), {"href": above + name + last}, *usual(4)[2:]])
        assert shortly(body) == strictly(body)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Documents of one dialect with many usual texts and some odd ones."""
    dialect = draw(st.sampled_from(DIALECTS))
    told = []
    for number in range(draw(st.integers(0, 8))):
        one = {"href": f"/dav/content/{number}", "type": draw(st.sampled_from(dialect[2]))}
        if draw(st.booleans()):
            one["href"] = draw(st.sampled_from(ABOVE)) + draw(
                st.sampled_from(NAMES) | st.text("abc./%2Ee~[ \u00e9&;", max_size=6)
            )
        if draw(st.integers(0, 3)) == 0:
            part = draw(st.sampled_from(sorted(ODD)))
            one[part] = draw(st.sampled_from(ODD[part]) | st.text(max_size=4))
        told.append(one)
    return written(dialect, told)


@settings(max_examples=300, deadline=None)
@given(documents(), st.integers(1, 700))
def test_the_short_way_and_the_strict_way_are_one(body: bytes, size: int) -> None:
    """Whatever the server writes, and wherever its chunks end."""
    assert shortly(body, size) == strictly(body)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DIALECTS), st.data())
def test_no_damage_is_read_by_its_shape(dialect: Dialect, data: st.DataObject) -> None:
    """A splice anywhere in a document whose shapes are known leads both ways to the same."""
    body = written(dialect, usual(4))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    junk = data.draw(
        st.sampled_from(
            [b"", b"<", b">", b"&", b"\0", b"\xff", b"<!--", b"-->", b"<![CDATA[", b'"']
        )
        | st.binary(max_size=2)
    )
    damaged = body[:start] + junk + body[end:]
    assert shortly(damaged) == strictly(damaged)


_GONE_TAGS = (
    "<propstat><prop><getetag>{}</getetag><getetag>{}</getetag></prop>"
    "<status>HTTP/1.1 404 Not Found</status></propstat>"
)
_REFUSED = "<status>HTTP/1.1 {}</status>"


@pytest.mark.parametrize(
    ("part", "first", "second"),
    [
        ("status", "200 OK", "403 Forbidden"),
        ("more", _REFUSED.format("200 OK"), _REFUSED.format("403 Forbidden")),
        ("more", _REFUSED.format("404 Not Found"), _REFUSED.format("200 OK")),
        ("more", _GONE_TAGS.format("x", "x"), _GONE_TAGS.format("x", "y")),
        ("more", _GONE_TAGS.format("", ""), _GONE_TAGS.format("x", "y")),
        ("more", _GONE_TAGS.replace("<getetag>{}</getetag>", "", 1).format("x"), ""),
        ("size", "<d/>7", "5<d/>7"),
        ("size", "7", "-7"),
        ("etag", "x", '"x'),
        ("name", "a", "a]]>"),
    ],
)
def test_the_same_tags_do_not_make_the_same_meaning(part: str, first: str, second: str) -> None:
    """What hangs on a text is asked of the text, whatever was learnt of one with the same tags."""
    told = [{"href": f"/dav/content/{n}", part: first} for n in range(3)]
    body = written(BARE, [*told, {"href": "/dav/content/3", part: second}])
    assert shortly(written(BARE, told)) == strictly(written(BARE, told))
    assert shortly(body) == strictly(body)


@pytest.mark.parametrize("dialect", DIALECTS, ids=("apache", "sabre", "bare"))
def test_what_is_written_alike_is_read_by_its_shape(
    dialect: Dialect,
) -> None:
    """Of a long listing the strict reader sees the first of each kind, and what is odd."""
    told = [*usual(500), {"href": "/dav/content/b%20c"}, {"href": "/dav/content/a&amp;b"}]
    reader = FolderReader(BASE, FOLDER, AT)
    assert len(outcome(reader, written(dialect, told))) == 502
    assert reader._answer._misses <= 2


def test_shapes_of_one_document_mean_nothing_in_another() -> None:
    """The same tags, where a prefix or the letters stand for something else, are others."""
    multistatus._known_below.cache_clear()
    form = SABRE.form.replace("d:getcontentlength", "p:getcontentlength")
    sizes = []
    for namespace in ("DAV:", "urn:x"):
        opening = f'<d:multistatus xmlns:d="DAV:" xmlns:p="{namespace}">'
        found = shortly(written(SABRE._replace(opening=opening, form=form), usual(3)))
        sizes += [one.size for one in found if isinstance(one, Entry)]
    assert sizes == [7, 7, 7, None, None, None]
    other = written(SABRE, usual(3)).replace(b'"1.0"?>', b'"1.0" encoding="utf-7"?>')
    assert shortly(other) == "broken"


@pytest.mark.parametrize(
    "around", ["<!--{}-->", "<x>{}</x>", "<x xmlns='urn:x'><![CDATA[{}]]></x>"]
)
def test_a_response_in_what_is_no_listing_is_none(around: str) -> None:
    """In a comment, in a text or deeper down it looks the same, and says nothing."""
    _, form, types, closing = BARE
    one = form.format(**{**USUAL, "type": types[FILE]})
    body = written(BARE, usual(2)).decode().removesuffix(closing)
    hidden = body + around.format(one) + one.replace("a.jpg", "last") + closing
    found = shortly(hidden.encode())
    assert found == strictly(hidden.encode())
    assert [entry.path for entry in found if isinstance(entry, Entry)][2:] == ["content/last"]


def test_a_server_that_writes_each_response_another_way_is_read_strictly() -> None:
    """Learning ends: the strict reader takes over, and nothing grows with the answer."""
    _, form, types, closing = BARE
    told = "".join(
        form.format(
            **{**USUAL, "type": types[FILE], "more": f"<x{n}/>", "href": f"/dav/content/{n}"}
        )
        for n in range(300)
    )
    body = (written(BARE, []).decode().removesuffix(closing) + told + closing).encode()
    reader = FolderReader(BASE, FOLDER, AT)
    assert len(outcome(reader, body)) == 300
    assert not reader._answer._looking
    assert len(reader._answer._shapes) <= multistatus._MAX_SHAPES


@example("/dav/content/", ".")
@given(st.sampled_from(ABOVE), st.text("ab.%2Ee~'+()", max_size=5))
def test_an_entry_lies_where_its_href_says(above: str, name: str) -> None:
    """The path of an entry is the one of its href by the strict rules, or there is no entry."""
    body = written(SABRE, [*usual(2), {"href": above + name}])
    try:
        true = BASE.child_name(above + name, FOLDER)
        expected = None if true is None else FOLDER.child(true)
    except ValueError:
        expected = None
    found = shortly(body)
    if expected is None:
        assert found == "broken"
    else:
        assert [entry.path for entry in found if isinstance(entry, Entry)][2:] == [expected]


def test_the_wrapper_reads_what_the_reader_reads() -> None:
    """Who has the whole body at hand need not feed it."""
    body = written(APACHE, usual(3))
    assert read_listing(re.findall(b"(?s).{1,50}", body), BASE, FOLDER, AT) == shortly(body)
