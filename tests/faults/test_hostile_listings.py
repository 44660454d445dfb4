"""Whatever a store answers to PROPFIND, no sync takes away or alters a byte that is held.

Every listing goes over a socket into a real sync of a real house: once as the root's, once as a
folder's below a sound root.
"""

import gzip
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mirrord.core.guard import Limits
from mirrord.core.report import Outcome, Report
from mirrord.errors import MirrordError
from mirrord.jobs.sync import Sync
from mirrord.source.pace import Patience
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.houses import NOW, content, new_house
from tests.servers.hostile import Asked, Hostile, Reset, file, folder, hostile, says
from tests.servers.tools import PASSWORD, USER

SIZE = "getcontentlength"
ROOT, BELOW = "/dav/", "/dav/content/"
MULTI = "207 Multi-Status"
XML = "Content-Type: application/xml; charset=utf-8"
HURRIED = Patience(connect=5.0, read=5.0, grace=5.0, rate=1_000_000)
#: As many as the guard needs to hold them when all are said to be gone, and a folder.
NAMES = [f"photo-{number:02}.jpg" for number in range(22)]
_OPEN = '<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus xmlns:d="DAV:">'
_CLOSE = "</d:multistatus>"

#: What is answered, in pieces, to whoever asks for a folder's listing by its path.
Says = Callable[[str], Iterable[bytes]]


def children(at: str) -> list[str]:
    """What is truly in the folder."""
    below = ["deeper/", "content/"] if at == ROOT else ["deeper/"]
    files = (file(at + name, len(name), '<d:getetag>"1"</d:getetag>') for name in NAMES)
    return [*files, *(folder(at + name) for name in below)]


def sound(at: str) -> str:
    """The whole truth about a folder."""
    return document(folder(at), *children(at))


def document(*responses: str, head: str = _OPEN) -> str:
    return head + "".join(responses) + _CLOSE


def listing(body: str | bytes, *headers: str, status: str = MULTI) -> list[bytes]:
    raw = body if isinstance(body, bytes) else body.encode()
    return says(status, raw, XML, *headers)


def made(change: Callable[[str], str | bytes]) -> Says:
    """The truth, after a change."""
    return lambda at: listing(change(sound(at)))


def beside(*responses: str) -> Says:
    """The truth, and more; ``@`` stands for the folder."""
    return lambda at: listing(
        document(folder(at), *children(at), *(one.replace("@", at) for one in responses))
    )


def instead(body: str | bytes, status: str = MULTI, *headers: str) -> Says:
    """No truth at all."""
    return lambda _: listing(body, *headers, status=status)


def renamed(form: str) -> Says:
    """Every child under a path of another form; ``{at}`` and ``{name}`` stand in it."""
    return lambda at: listing(
        document(folder(at), *(file(form.format(at=at, name=name)) for name in NAMES))
    )


def _property(status: str) -> str:
    return (
        f"<d:response><d:href>@</d:href><d:propstat><d:prop><d:resourcetype/></d:prop>"
        f"<d:status>HTTP/1.1 {status}</d:status></d:propstat></d:response>"
    )


def itself(response: str) -> Says:
    """The truth about the children; of the folder something else is said."""
    return lambda at: listing(document(response.replace("@", at), *children(at)))


def each(change: Callable[[str], str]) -> Says:
    """The folder is there, and every child is told of after a change."""
    return lambda at: listing(document(folder(at), *map(change, children(at))))


def _without_length(at: str, cut: int) -> Iterator[bytes]:
    yield from says(MULTI, sound(at).encode()[:cut], XML, length=None)


def _chunked(at: str, cut: int) -> Iterator[bytes]:
    yield b"HTTP/1.1 207 x\r\n" + XML.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = sound(at).encode()
    for start in range(0, cut, 500):
        piece = body[start : min(start + 500, cut)]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    raise Reset


def _too_long(at: str) -> list[bytes]:
    body = sound(at).encode()
    return says(MULTI, body, XML, length=len(body) + 100)


def _too_short(at: str) -> list[bytes]:
    body = sound(at).encode()
    return says(MULTI, body, XML, length=len(body) - 100)


_GONE = "<d:response><d:href>{}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>"
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(10))
    + ']><d:multistatus xmlns:d="DAV:">&k;'
)


def _doctype(text: str) -> Says:
    return made(lambda truth: truth.replace("?>\n", f"?>\n<!DOCTYPE {text}>"))


def _statuses() -> Iterator[tuple[str, Says]]:
    for status in (
        "100 Continue", "200 OK", "201 Created", "202 Accepted", "204 No Content",
        "205 Reset Content", "206 Partial Content", "208 Already", "226 IM Used", "300 Choices",
        "304 Not Modified", "400 Bad", "401 No", "402 Pay", "403 Forbidden", "404 Not Found",
        "405 No", "406 No", "408 Timeout", "409 Conflict", "410 Gone", "411 Length",
        "412 Failed", "413 Large", "414 Long", "415 Type", "418 Teapot", "421 Wrong",
        "422 Unprocessable", "423 Locked", "424 Failed", "426 Upgrade", "429 Many", "431 Fields",
        "451 Legal", "500 Oops", "501 No", "502 Bad Gateway", "503 Busy", "504 Timeout",
        "505 Version", "507 Full", "508 Loop", "511 Login", "520 Unknown", "599 x", "700 x",
    ):  # fmt: skip
        yield f"truth with {status}", lambda at, s=status: listing(sound(at), status=s)
        yield f"nothing with {status}", instead("", status)
    for status in ("301", "302", "303", "307", "308"):
        for place in ("/", "/dav/", "//127.0.0.1:1/dav/", "file:///etc/", "../", ""):
            yield (
                f"{status} to {place!r}",
                lambda at, s=status, p=place: listing(sound(at), f"Location: {p}", status=f"{s} x"),
            )


#: Nothing of these may be taken for what the folder holds.
BROKEN: dict[str, Says] = {
    "nothing": instead(""),
    "no bytes": lambda _: [],
    "blank": instead(" \n\n"),
    "html": instead("<!DOCTYPE html><html><body>Log in</body></html>"),
    "loose html": instead("<p>Log in<br>"),
    "xhtml": instead('<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'),
    "json": instead('{"files": []}'),
    "plain text": instead("no files"),
    "a zip": instead(b"PK\x05\x06" + bytes(18)),
    "an empty multistatus": instead(document()),
    "an empty multistatus, closed at once": instead('<d:multistatus xmlns:d="DAV:"/>'),
    "only children": lambda at: listing(document(*children(at))),
    "only the parent": lambda at: listing(document(folder(at.rstrip("/").rpartition("/")[0]))),
    "another root": made(lambda truth: truth.replace("multistatus", "multistate")),
    "a root inside a root": made(
        lambda truth: truth.replace(_OPEN, _OPEN + "<d:multistatus>").replace(
            _CLOSE, "</d:multistatus>" + _CLOSE
        )
    ),
    "a lowercase namespace": made(lambda truth: truth.replace('"DAV:"', '"dav:"')),
    "a namespace that is none": made(lambda truth: truth.replace('"DAV:"', '"DAV"')),
    "no namespace": made(lambda truth: truth.replace("d:", "").replace("xmlns:", "x")),
    "an unbound prefix": made(lambda truth: truth.replace(' xmlns:d="DAV:"', "")),
    "a doctype": _doctype("d:multistatus"),
    "an internal entity": _doctype('x [<!ENTITY e "a">]'),
    "an external entity": _doctype('x [<!ENTITY e SYSTEM "file:///etc/passwd">]'),
    "an external dtd": _doctype('x SYSTEM "http://127.0.0.1:1/x.dtd"'),
    "a parameter entity": _doctype('x [<!ENTITY % e SYSTEM "http://127.0.0.1:1/"> %e;]'),
    "an entity bomb": instead(_BOMB + _CLOSE),
    "an unknown entity": made(lambda truth: truth.replace("photo-00", "&nbsp;")),
    "utf-8 that says utf-16": made(lambda truth: truth.replace('"utf-8"', '"utf-16"')),
    "an encoding that is none": made(lambda truth: truth.replace('"utf-8"', '"none-such"')),
    "xml 9.9": made(lambda truth: truth.replace('"1.0"', '"9.9"')),
    "a NUL in a name": made(lambda truth: truth.replace("photo-00", "photo\0")),
    "an encoded NUL in a name": beside(file("@a%00b")),
    "a lone surrogate": made(lambda truth: truth.replace("photo-00", "&#xD800;")),
    "bytes before it": made(lambda truth: "x" + truth),
    "text after it": made(lambda truth: truth + "Internal Server Error"),
    "twice": made(lambda truth: truth + truth),
    "a second root": made(lambda truth: truth + "<x/>"),
    "gzip that nobody asked for": lambda at: listing(
        gzip.compress(sound(at).encode()), "Content-Encoding: gzip"
    ),
    "truth that says gzip": lambda at: listing(sound(at), "Content-Encoding: gzip"),
    "an encoding that nobody knows": lambda at: listing(sound(at), "Content-Encoding: zstd, br"),
    "a length that is too long": _too_long,
    "a length that is too short": _too_short,
    "two lengths": lambda at: says(MULTI, sound(at).encode(), XML, "Content-Length: 5"),
    "no http": lambda at: [sound(at).encode()],
    "http 9.9": lambda _: [b"HTTP/9.9 207 x\r\n\r\n"],
    "a status that is a word": lambda _: [b"HTTP/1.1 fine x\r\n\r\n"],
    "a header without an end": lambda _: [b"HTTP/1.1 207 x\r\nX: " + b"x" * 200_000],
    "headers without an end": lambda _: [b"HTTP/1.1 207 x\r\n" + b"X: x\r\n" * 20_000],
    "itself refused": itself(_property("403 Forbidden")),
    "itself not found": itself(_property("404 Not Found")),
    "itself failing": itself(_property("500 Oops")),
    "itself gone": itself(_GONE.format("@")),
    "itself a file": itself(file("@")),
    "itself elsewhere": itself(folder("http://evil.example@")),
    "itself under another name": itself(folder("@x/")),
    "itself twice": beside(folder("@")),
    "another folder's truth": lambda _: listing(sound("/dav/elsewhere/")),
    "a path outside": lambda _: listing(sound("/other/")),
    "hosts of others": renamed("http://evil.example{at}{name}"),
    "hosts without scheme": renamed("//evil.example{at}{name}"),
    "another port": renamed("http://127.0.0.1:1{at}{name}"),
    "files of the machine": renamed("file://{at}{name}"),
    "a script": renamed("javascript:{name}"),
    "names only": renamed("{name}"),
    "grandchildren only": renamed("{at}x/{name}"),
    "a level too high": renamed("/{name}"),
    "a query": renamed("{at}?{name}"),
    "a fragment": renamed("{at}#{name}"),
    "no name": renamed("{at}"),
    "broken escapes": renamed("{at}%zz{name}"),
    "half an escape": renamed("{at}{name}%4"),
    "backslashes": renamed("\\dav\\{name}"),
    "empty hrefs": each(lambda one: re.sub("<d:href>.*</d:href>", "<d:href/>", one)),
    "no hrefs": each(lambda one: re.sub("<d:href>.*</d:href>", "", one)),
    "no statuses": each(lambda one: re.sub("<d:status>.*</d:status>", "", one)),
    "odd statuses": each(lambda one: one.replace("HTTP/1.1 200 OK", "fine")),
    "statuses of 999": each(lambda one: one.replace("200 OK", "999 x")),
    "every child refused": each(lambda one: one.replace("200 OK", "403 Forbidden")),
    "every child failing": each(lambda one: one.replace("200 OK", "500 Oops")),
    "no resource types": each(lambda one: re.sub("<d:resourcetype.*?(/>|type>)", "", one)),
    "sizes below zero": each(lambda one: re.sub(r"th>\d+<", "th>-1<", one)),
    "two sizes": each(
        lambda one: one.replace("<d:getcontentlength>", f"<d:{SIZE}>1</d:{SIZE}><d:{SIZE}>")
    ),
    "all in one response": lambda at: listing(
        document(folder(at), f"<d:response>{''.join(children(at))}</d:response>")
    ),
    "deep nesting": beside("<d:x>" * 5_000 + "</d:x>" * 5_000),
    "an endless name": beside(file("@" + "x" * 100_000)),
    "one name twice": beside(file("@photo-00.jpg")),
    "one name in two spellings": beside(file("@%70hoto-00.jpg")),
    "a file that is a folder too": beside(folder("@photo-00.jpg/")),
    **{
        f"beside it {form}": beside(file(form))
        for form in (
            "@../x", "@..", "@../", "@../../x", "@%2e%2e/x", "@%2E%2E", "@.%2e/x", "@%2e./x",
            "@./x", "@.", "@%2e", "@a/../../x", "@a/%2e%2e/%2e%2e/x", "@//x", "@/x", "/etc/passwd",
            "/", "/dav", "../x", "..", "x", "http://evil.example/x", "//evil.example/dav/x",
            "file:///etc/passwd", "http://user:pw@evil.example/dav/x", "@a/b", "@a/b/c",
        )
    },
}  # fmt: skip
BROKEN |= dict(_statuses())

#: These may be taken for what they say; what is held stays all the same.
ODD: dict[str, Says] = {
    "every child gone": each(lambda one: _GONE.format(re.findall("href>(.*)</d:href", one)[0])),
    "huge text nodes": beside(file("@new.jpg", more=f"<d:x>{'x' * 500_000}</d:x>")),
    "folders with a size": beside(folder("@more/").replace("/></d:res", "/></d:res", 1)),
    "names that mean something elsewhere": beside(
        *(file(f"@{name}") for name in ("con", "nul.txt", "a:b", "~root", "$HOME", "`id`", "-rf"))
    ),
    "an escaped slash": beside(file("@..%2fx"), file("@%2fetc%2fpasswd"), file("@..%5cx")),
    "dots that are names": beside(file("@..."), file("@..x"), file("@%252e%252e")),
    "sizes that lie": each(lambda one: re.sub(r"th>\d+<", "th>4000000000<", one)),
    "utf-16 that says utf-8": made(lambda truth: truth.encode("utf-16")),
    "utf-7": made(lambda truth: truth.replace('"utf-8"', '"utf-7"').replace("<d:r", "+ADw-d:r")),
    "a length below zero": lambda at: says(MULTI, sound(at).encode(), XML, length=-100),
    "a length that is a word": lambda at: listing(sound(at), "Content-Length: many"),
    "two hrefs": each(lambda one: one.replace("<d:propstat>", "<d:href>/</d:href><d:propstat>")),
    "sizes as words": each(lambda one: re.sub(r"th>\d+<", "th>many<", one)),
    "sizes without end": each(lambda one: re.sub(r"th>\d+<", f"th>{'9' * 500}<", one)),
    "dates that are none": each(
        lambda one: one.replace("<d:res", "<d:getlastmodified>soon</d:getlastmodified><d:res", 1)
    ),
    "names that turn the text": beside(file("@%E2%80%AEgpj.exe"), file("@%1b%5b2J")),
}


def _generated() -> Iterator[tuple[str, Says]]:
    size = len(sound("/dav/"))
    for cut in range(1, size, 37):
        yield f"cut at {cut}", made(lambda truth, at=cut: truth[:at])
    for cut in range(1, size, 151):
        yield f"line cut at {cut}", lambda at, c=cut: _too_long_cut(at, c)
        yield f"chunks cut at {cut}", lambda at, c=cut: _chunked(at, c)
        yield f"no length, cut at {cut}", lambda at, c=cut: _without_length(at, c)
    for harm in (b"\0", b"\xff", b"<", b"\x01"):
        for at in range(60, size - 20, 331):
            yield f"{harm!r} at {at}", made(lambda truth, h=harm, n=at: _put(truth, h, n))
    for tag in (
        "<d:href>",
        "</d:href>",
        "</d:response>",
        "<d:propstat>",
        "</d:prop>",
        "</d:status>",
    ):
        for number in (0, 1, 7, 21):
            yield f"no {tag} {number}", made(lambda truth, t=tag, n=number: _less(truth, t, n))


def _too_long_cut(at: str, cut: int) -> list[bytes]:
    body = sound(at).encode()
    return says(MULTI, body[:cut], XML, length=len(body))


def _put(truth: str, harm: bytes, at: int) -> bytes:
    body = truth.encode()
    return body[:at] + harm + body[at:]


def _less(truth: str, tag: str, number: int) -> str:
    parts = truth.split(tag)
    return tag.join(parts[: number + 1]) + tag.join(parts[number + 1 :])


GENERATED = dict(_generated())
EVERY = BROKEN | GENERATED
#: What was thought of by hand is said of both folders, what was generated of one in turn.
CASES = [
    *((harm, at) for harm in BROKEN for at in (ROOT, BELOW)),
    *((harm, (ROOT, BELOW)[number % 2]) for number, harm in enumerate(GENERATED)),
]


class Mirrored:
    """A house that holds the whole truth; the store then says what it is told to say."""

    def __init__(self, home: Path) -> None:
        self.home = home
        mirror = home / "mirror"
        mirror.mkdir()
        self.house = new_house(mirror)
        self.harm: tuple[str, Says] | None = None
        self.asked = threading.Event()

    def answer(self, asked: Asked) -> Iterable[bytes]:
        if asked.verb != "PROPFIND":
            return says("200 OK", asked.path.rpartition("/")[2].encode())
        if self.harm is not None and asked.path == self.harm[0]:
            self.asked.set()
            return self.harm[1](asked.path)
        true = asked.path in (ROOT, BELOW)
        return listing(sound(asked.path) if true else document(folder(asked.path)))

    def sync(self, store: Hostile) -> Report | MirrordError:
        """Once, at a time that stands still: nothing is read again."""
        with closing(WebDavSource(store.url, USER, PASSWORD, patience=HURRIED)) as source:
            try:
                return Sync(self.house, source, Limits(), (), lambda: NOW).run(QuietPulse())
            except MirrordError as error:
                return error

    def holds(self) -> dict[str, bytes | None]:
        """Everything below the test's own folder, but for the ledger and the staging folder."""
        found = content(self.home)
        return {path: body for path, body in found.items() if "/.mirrord" not in path}


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mirrored, Hostile]]:
    """One for all, which at the end is still as it was."""
    with mirror(tmp_path_factory.mktemp("hostile")) as both:
        yield both
        last = both[0].sync(both[1])
        assert isinstance(last, Report)
        assert (last.outcome, last.counts["fetched"]) == (Outcome.OK, 0)


@contextmanager
def mirror(home: Path) -> Iterator[tuple[Mirrored, Hostile]]:
    """A house after its first sync, and the server of its store."""
    mirrored = Mirrored(home)
    with hostile(mirrored.answer) as store:
        first = mirrored.sync(store)
        assert isinstance(first, Report)
        assert (first.outcome, first.counts["fetched"]) == (Outcome.OK, 2 * len(NAMES))
        yield mirrored, store


def hear(both: tuple[Mirrored, Hostile], at: str, harm: Says) -> Report | MirrordError:
    """Sync once while the store says something of a folder."""
    mirrored, store = both
    mirrored.harm = (at, harm)
    mirrored.asked.clear()
    try:
        told = mirrored.sync(store)
    finally:
        mirrored.harm = None
    assert mirrored.asked.is_set(), "the harm was never asked for"
    assert not isinstance(told, Report) or told.counts["retired"] == 0
    return told


def test_there_are_enough_of_them() -> None:
    """At least 500 listings, of at least 40 kinds that were thought of by hand."""
    assert len(EVERY) >= 500
    assert len(BROKEN) >= 40


@pytest.mark.parametrize(("harm", "at"), CASES)
def test_a_hostile_listing_changes_nothing_at_all(
    harm: str, at: str, mirrored: tuple[Mirrored, Hostile]
) -> None:
    """The sync fails, or is done in part, or waits for a person; every file stays as it is."""
    before = mirrored[0].holds()
    told = hear(mirrored, at, EVERY[harm])
    assert mirrored[0].holds() == before
    assert not isinstance(told, Report) or told.outcome in (Outcome.PARTIAL, Outcome.HELD)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_listing_takes_nothing_away(odd: str, tmp_path: Path) -> None:
    """Well-formed, of strange names and numbers: what is new may come, what is held stays."""
    with mirror(tmp_path) as both:
        before = content(both[0].house.room("files"))
        hear(both, BELOW, ODD[odd])
        after = content(both[0].house.room("files"))
        assert {path: after.get(path) for path in before} == before
        rooms = (content(both[0].house.room(room)) for room in ("old-versions", "set-aside"))
        assert [*rooms] == [{}, {}]
        assert {path.name for path in tmp_path.iterdir()} == {"mirror"}
