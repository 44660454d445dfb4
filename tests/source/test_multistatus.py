"""A folder's listing is whole and sound, or it is ListingBroken: never shorter than the folder."""

import gc
import tracemalloc
import weakref
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.entry import ROOT, Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.errors import ListingBroken
from mirrord.source import multistatus
from mirrord.source.hrefs import Base
from mirrord.source.multistatus import FolderReader, read_listing

BASE = Base.of("https://shop.example/dav")
AT = 1_700_000_000.0


def read(body: str | bytes, folder: str = "") -> list[Entry | UnknownFolder]:
    raw = body.encode() if isinstance(body, str) else body
    return read_listing([raw] if raw else [], BASE, TreePath(folder), AT)


def fed(reader: FolderReader, chunks: list[bytes]) -> None:
    for chunk in chunks:
        reader.feed(chunk)


def response(href: str, prop: str, status: str = "HTTP/1.1 200 OK") -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{prop}</d:prop>"
        f"<d:status>{status}</d:status></d:propstat></d:response>"
    )


FOLDER = "<d:resourcetype><d:collection/></d:resourcetype>"
FILE = "<d:resourcetype/>"
ITSELF = response("/dav/", FOLDER)


def document(*responses: str, head: str = '<?xml version="1.0"?>') -> str:
    return f'{head}<d:multistatus xmlns:d="DAV:">{"".join(responses)}</d:multistatus>'


def one(response: str) -> Entry | UnknownFolder:
    [found] = read(document(ITSELF, response))
    return found


SOUND = document(
    ITSELF,
    response("/dav/a.txt", FILE + "<d:getcontentlength>7</d:getcontentlength>"),
    response("/dav/b/", FOLDER),
)


@pytest.mark.parametrize("behind", ["", "/", " ", "\n", "/ ", "\t\n"])
@pytest.mark.parametrize("name", [".", "..", "...", "..a", ".a"])
def test_a_step_up_is_refused_however_much_space_is_around_it(name: str, behind: str) -> None:
    """Also where the ones before it were read the quick way; what only begins with dots is a name.

    Seen: ``.. `` came through as a place, and a run ended over it.
    """
    usual = [response(f"/dav/{number}.txt", FILE) for number in range(9)]
    listing = document(ITSELF, *usual, response(f"\n /dav/{name}{behind}", FILE))
    spaced = document(ITSELF, *usual, *[response(f"/dav/{name}{behind}", FILE)])
    if name in (".", ".."):
        for body in (listing, spaced):
            with pytest.raises(ListingBroken):
                read(body)
    else:
        assert [read(body)[-1].path for body in (listing, spaced)] == [name, name]


def test_a_sound_listing_gives_its_entries() -> None:
    """Files with size and stamp, folders without size, the folder itself left out."""
    prop = (
        "<d:getcontentlength> 7 </d:getcontentlength><d:getetag>W/&quot;abc&quot;</d:getetag>"
        "<d:getlastmodified>Tue, 14 Nov 2023 22:13:10 GMT</d:getlastmodified>"
    )
    found = read(document(ITSELF, response("/dav/a.txt", FILE + prop), response("/dav/b/", FOLDER)))
    assert found == [
        Entry(TreePath("a.txt"), Kind.FILE, 7, Stamp("abc", 1_699_999_990), fresh=False),
        Entry(TreePath("b"), Kind.FOLDER),
    ]


def test_however_the_body_is_cut_into_chunks_it_reads_the_same() -> None:
    """The parser is fed as bytes come; a chunk may end anywhere, also inside a letter."""
    raw = SOUND.replace("a.txt", "caf\u00e9").encode()
    whole = read(raw)
    for size in (1, 2, 3, 7, 64):
        chunks = [raw[n : n + size] for n in range(0, len(raw), size)]
        assert read_listing(chunks, BASE, ROOT, AT) == whole


@pytest.mark.parametrize("cut", range(0, len(SOUND), 9))
def test_a_truncated_listing_is_broken_never_shorter(cut: int) -> None:
    """W1: wherever the answer is cut, nothing of it counts."""
    with pytest.raises(ListingBroken):
        read(SOUND[:cut])


def length(text: str) -> str:
    return f"<d:getcontentlength>{text}</d:getcontentlength>"


BARE = "<d:response><d:href>/dav/a</d:href></d:response>"
GONE = BARE.replace("</d:r", "<d:status>HTTP/1.1 404 Not Found</d:status></d:r")
NAMELESS = GONE.replace("<d:href>/dav/a</d:href>", "")
STATUSLESS = response("/dav/a", FILE).replace("status>", "stat>")

HARMS: dict[str, str | bytes] = {
    "empty": "",
    "blank": "   \n",
    "html": "<!DOCTYPE html><html><body>Log in</body></html>",
    "html without doctype": "<html><body>Log in</body></html>",
    "xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "loose html": "<p>Log in<br>",
    "json": '{"error": "none"}',
    "a sabre error": '<d:error xmlns:d="DAV:"><d:x/></d:error>',
    "another namespace": SOUND.replace("DAV:", "dav:"),
    "no namespace": SOUND.replace("d:", "").replace("xmlns:", "x"),
    "text after the end, as rclone sends": SOUND + "Internal Server Error",
    "a second document": SOUND + SOUND,
    "bytes before it": "x" + SOUND,
    "a NUL in it": SOUND.replace("a.txt", "a\0txt"),
    "half of another encoding": SOUND.encode("utf-16")[3:],
    **{
        f"written in {encoding}": SOUND.replace('"1.0"', f'"1.0" encoding="{encoding}"')
        for encoding in ("utf-7", "utf-16", "windows-1252", "zlib", "nothing")
    },
    "bad utf-8": SOUND.encode().replace(b"a.txt", b"a\xff\xfe"),
    "multistatus below another root": f"<x>{document(ITSELF, head='')}</x>",
    "not itself": document(response("/dav/a", FILE)),
    "nothing at all": document(),
    "itself as a file": document(response("/dav/", FILE)),
    "itself refused": document(response("/dav/", FOLDER, "HTTP/1.1 403 Forbidden")),
    "itself twice": document(ITSELF, ITSELF),
    "itself in two spellings": document(ITSELF, response("/dav", FOLDER)),
    "another folder": document(response("/dav/x/", FOLDER), response("/dav/x/a", FILE)),
    "a grandchild": document(ITSELF, response("/dav/x/y", FILE)),
    "the parent": document(ITSELF, response("/", FOLDER)),
    "no href": document(ITSELF, NAMELESS),
    "an empty href": document(ITSELF, response("", FILE)),
    "no status": document(ITSELF, BARE),
    "a propstat without status": document(ITSELF, STATUSLESS),
    "a status that is none": document(ITSELF, response("/dav/a", FILE, "fine")),
    "a status of 999": document(ITSELF, response("/dav/a", FILE, "HTTP/1.1 999 x")),
    "a negative size": document(ITSELF, response("/dav/a", FILE + length("-1"))),
    "two sizes": document(ITSELF, response("/dav/a", FILE + length("1") + length("2"))),
    "a folder, perhaps": document(ITSELF, response("/dav/a/", "<d:getetag>x</d:getetag>")),
    "one name twice": document(ITSELF, response("/dav/x", FILE), response("/dav/x", FILE)),
    "two spellings": document(ITSELF, response("/dav/x", FILE), response("/dav/%78", FILE)),
    "file and folder": document(ITSELF, response("/dav/x", FILE), response("/dav/x/", FOLDER)),
    "endless depth": document(ITSELF, "<d:x>" * 5000 + "</d:x>" * 5000),
    "an endless name": document(ITSELF, response("/dav/" + "x" * 20_000, FILE)),
}


@pytest.mark.parametrize("harm", HARMS)
def test_an_answer_that_proves_nothing_is_broken_never_empty(harm: str) -> None:
    """W1, W2, W4, W12, W15: each of these became `[]` or wrong entries in webdavclient3."""
    with pytest.raises(ListingBroken, match=r"^the listing of /") as caught:
        read(HARMS[harm])
    assert len(str(caught.value)) <= 200
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("harm", "doctype", "text"),
    [
        ("plain doctype", "<!DOCTYPE d:multistatus>", "a"),
        ("internal entity", '<!DOCTYPE x [<!ENTITY e "a">]>', "&e;"),
        ("external entity", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>', "&e;"),
        ("external dtd", '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">', "a"),
        (
            "billion laughs",
            '<!DOCTYPE x [<!ENTITY a "lollol">'
            + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10))
            + "]>",
            "&k;",
        ),
    ],
)
def test_a_doctype_is_refused_unread(harm: str, doctype: str, text: str) -> None:
    """W9: no entity is resolved, no file read, nothing expanded; there is no honest use for one."""
    with pytest.raises(ListingBroken, match="DOCTYPE"):
        read(document(ITSELF, response(f"/dav/{text}", FILE), head=doctype))


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        (
            "properties under 404 do not count",
            response("/dav/a", FILE).removesuffix("</d:response>")
            + response("", length("9") + "<d:getetag>x</d:getetag>", "HTTP/1.1 404 Not Found")[
                len("<d:response><d:href></d:href>") :
            ],
            Entry(TreePath("a")),
        ),
        (
            "a child that is refused is unknown, not a file and not gone",
            GONE.replace("404 Not Found", "403 Forbidden"),
            UnknownFolder(TreePath("a"), "the store keeps its properties to itself"),
        ),
        (
            "a child whose kind is refused is unknown",
            response("/dav/a", FILE, "HTTP/1.1 403 Forbidden"),
            UnknownFolder(TreePath("a"), "the store keeps its properties to itself"),
        ),
        (
            "a collection outside resourcetype is no folder",
            response("/dav/a", FILE + "<d:x><d:collection/></d:x>"),
            Entry(TreePath("a")),
        ),
        (
            "another namespace's collection is no folder",
            response("/dav/a", '<d:resourcetype><x:collection xmlns:x="urn:x"/></d:resourcetype>'),
            Entry(TreePath("a")),
        ),
        (
            "an href deeper down is not the entry's name",
            "<d:response><d:error><d:href>/dav/evil</d:href></d:error>"
            + response("/dav/a", FILE)[len("<d:response>") :],
            Entry(TreePath("a")),
        ),
        (
            "displayname is never a name",
            response("/dav/a", FILE + "<d:displayname>../../evil</d:displayname>"),
            Entry(TreePath("a")),
        ),
        (
            "a folder's length is no size (lighttpd)",
            response("/dav/a/", FOLDER + "<d:getcontentlength>4096</d:getcontentlength>"),
            Entry(TreePath("a"), Kind.FOLDER),
        ),
        (
            "a name that is not UTF-8 keeps its bytes",
            response("/dav/%E9", FILE),
            Entry(TreePath("%E9")),
        ),
        (
            "an escaped slash is part of the name",
            response("/dav/a%2Fb", FILE),
            Entry(TreePath("a%2Fb")),
        ),
    ],
)
def test_each_answer_means_what_the_standard_says(
    kind: str, answer: str, expected: Entry | UnknownFolder
) -> None:
    """W12: both statuses are read, and only resourcetype makes a folder."""
    assert one(answer) == expected


def test_a_child_that_the_store_calls_gone_is_left_out() -> None:
    """A response of its own with 404 says as much as no response."""
    assert read(document(ITSELF, GONE)) == []


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("12", 12),
        (" 12\n", 12),
        ("", None),
        ("12 kB", None),
        ("1e3", None),
        ("0x10", None),
        ("\u0661\u0662", None),
        ("+5", None),
        ("9" * 19, None),
    ],
)
def test_a_size_is_digits_or_absent(text: str, size: int | None) -> None:
    """Garbage counts as nothing said; it is never taken for a number."""
    assert one(response("/dav/a", FILE + length(text))) == Entry(TreePath("a"), size=size)


@pytest.mark.parametrize(
    ("text", "etag"),
    [
        ('"abc"', "abc"),
        ('W/"abc"', "abc"),
        ("abc-123", "abc-123"),
        ("W/abc", "abc"),
        ("", ""),
        ('""', ""),
        ('"', '"'),
        ("x" * 600, ""),
        ("a&#10;b", ""),
    ],
)
def test_an_etag_is_stripped_of_what_varies(text: str, etag: str) -> None:
    """Weak and strong, quoted and not, are one: servers change between them."""
    found = one(response("/dav/a", f"{FILE}<d:getetag>{text}</d:getetag>"))
    assert found == Entry(TreePath("a"), stamp=Stamp(etag))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Tue, 14 Nov 2023 22:13:20 GMT", 1_700_000_000),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 14 Nov 2023 22:13:20 +0000", 1_700_000_000),
        ("2023-11-14T22:13:20Z", None),
        ("Tue, 31 Feb 2023 22:13:20 GMT", None),
        ("Tue, 14 Nov 2023 25:13:20 GMT", None),
        ("Tue, 14 Nov 2023 22:13:20", None),
        ("Fri, 01 Jan 9999 00:00:00 GMT", None),
        ("Fri, 31 Dec 1600 00:00:00 GMT", None),
        ("Tue, 14 Foo 2023 22:13:20 GMT", None),
        ("now", None),
        ("", None),
    ],
)
def test_a_date_is_rfc_1123_or_absent(text: str, seconds: int | None) -> None:
    """Seconds since 1970; a date that a disk could not hold counts as none."""
    prop = f"{FILE}<d:getlastmodified>{text}</d:getlastmodified>"
    found = one(response("/dav/a", prop))
    assert isinstance(found, Entry)
    assert found.stamp.modified == seconds


@pytest.mark.parametrize(("ago", "fresh"), [(3, False), (2, True), (0, True), (-60, True)])
def test_a_file_of_just_now_is_fresh(ago: int, fresh: bool) -> None:
    """Within two seconds of the listing a stamp may stand while the bytes move."""
    prop = f"{FILE}<d:getlastmodified>Tue, 14 Nov 2023 22:13:20 GMT</d:getlastmodified>"
    [found] = read_listing(
        [document(ITSELF, response("/dav/a", prop)).encode()], BASE, ROOT, AT + ago
    )
    assert isinstance(found, Entry)
    assert found.fresh is fresh


def test_a_listing_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """W8: bytes and entries are capped; what is beyond is unknown, not read in part."""
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        yield document(ITSELF).removesuffix("</d:multistatus>").encode()
        while True:
            drawn += 1
            yield b"<d:x>padding</d:x>" * 1000

    monkeypatch.setattr(multistatus, "MAX_BYTES", 1 << 20)
    with pytest.raises(ListingBroken, match="is over 1 MiB"):
        read_listing(endless(), BASE, ROOT, AT)
    assert drawn < 70
    monkeypatch.setattr(multistatus, "MAX_ENTRIES", 3)
    three = [response(f"/dav/{n}", FILE) for n in range(3)]
    with pytest.raises(ListingBroken, match="over 3 entries"):
        read(document(ITSELF, *three))


def test_a_tag_without_end_is_given_up() -> None:
    """W8: the parser reads an unfinished tag from its beginning with every chunk that comes."""
    reader = FolderReader(BASE, ROOT, AT)
    reader.feed(SOUND.removesuffix("</d:multistatus>").encode() + b"<d:x ")
    with pytest.raises(ListingBroken, match="tag without end"):
        fed(reader, [b"x" * 16384] * 20)


def test_a_reader_that_is_done_is_gone_at_once() -> None:
    """Of thousands of folders no parser waits in memory for the collector."""
    reader = FolderReader(BASE, ROOT, AT)
    fed(reader, [SOUND.encode()])
    reader.finish()
    strict = weakref.ref(reader._answer._strict)
    gc.disable()
    try:
        del reader
        assert strict() is None
    finally:
        gc.enable()


def test_a_large_folder_costs_little_memory() -> None:
    """W35: 20,000 entries are read as they come, in well under a kilobyte each."""

    def chunks() -> Iterator[bytes]:
        yield document(ITSELF).removesuffix("</d:multistatus>").encode()
        for n in range(20_000):
            prop = f"<d:getcontentlength>{n}</d:getcontentlength><d:getetag>{n:032x}</d:getetag>"
            yield response(f"/dav/photo-{n}.jpg", FILE + prop + "<d:x>passed over</d:x>").encode()
        yield b"</d:multistatus>"

    tracemalloc.start()
    try:
        found = read_listing(chunks(), BASE, ROOT, AT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 20_000
    assert peak < 20_000 * 1000


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_makes_a_listing_shorter_in_silence(data: st.DataObject) -> None:
    """Any splice of a sound listing is ListingBroken, or still tells of the folder itself.

    What is read is never fewer entries than responses that are left in the document.
    """
    start = data.draw(st.integers(0, len(SOUND)))
    end = data.draw(st.integers(start, len(SOUND)))
    junk = data.draw(st.sampled_from(["", "<", ">", "&", "x", "</d:response>", "<d:href>", '"']))
    damaged = SOUND[:start] + junk + SOUND[end:]
    try:
        found = read(damaged)
    except ListingBroken:
        return
    assert len(found) == damaged.count("<d:response>") - 1


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_else(body: bytes) -> None:
    """Whatever is in a body, it is a listing or ListingBroken."""
    with pytest.raises(ListingBroken):
        read(b'<d:multistatus xmlns:d="DAV:">' + body)
