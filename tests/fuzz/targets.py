"""What is fuzzed: raw bytes in; a law that does not hold is an exception.

Each target lets the errors through that its room's documents name, and no others. The seeds are
what the other tests hold for sound, and bytes that once were an answer of a fuzzer.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from mirrord.config import load
from mirrord.core.entry import Entry, TreePath, UnknownFolder
from mirrord.errors import ConfigError, ListingBroken
from mirrord.source.hrefs import Base
from mirrord.source.multistatus import FolderReader
from tests.config.conftest import GOOD

Target: TypeAlias = Callable[[bytes], None]

_BASE = Base.of("https://shop.example/dav")
_FOLDER = TreePath("content")
_AT = 1_700_000_000.0
_SAMPLE = Path(__file__).parents[2] / "config" / "mirrord.yaml"
#: Bytes that stay in the normal suite, a file each: what the fuzzers found, and near misses.
_KEPT = Path(__file__).parent / "kept"


def multistatus(raw: bytes) -> None:
    """The first byte says how the rest is cut into chunks; every way must read the same.

    A body is whole entries below the folder that was asked for, or it is ListingBroken.
    """
    size, body = (raw[0] if raw else 0) + 1, raw[1:]
    strict = FolderReader(_BASE, _FOLDER, _AT)
    strict._answer._looking = False
    ways = [
        _listed(FolderReader(_BASE, _FOLDER, _AT), body, 1 << 16),
        _listed(FolderReader(_BASE, _FOLDER, _AT), body, size),
        _listed(strict, body, 1 << 16),
    ]
    assert ways[0] == ways[1] == ways[2], "the ways of reading differ"
    for entry in ways[0] or ():
        assert entry.path.parent == _FOLDER, "an entry lies elsewhere"


def _listed(reader: FolderReader, body: bytes, size: int) -> list[Entry | UnknownFolder] | None:
    try:
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        return reader.finish()
    except ListingBroken as error:
        words = str(error)
    assert words.startswith("the listing of /content "), "the error names no place"
    return None


def config(raw: bytes) -> None:
    """A config, or a ConfigError whose problems have words."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        path = Path(folder, "mirrord.yaml")
        path.write_bytes(raw)
        try:
            load(path)
            return
        except ConfigError as error:
            problems = error.problems
    assert problems, "a ConfigError without a problem"
    assert all(problem.what for problem in problems), "a problem without a word"


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _response(href: str, prop: str, status: str = "HTTP/1.1 200 OK") -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{prop}</d:prop>"
        f"<d:status>{status}</d:status></d:propstat></d:response>"
    )


_IS_FOLDER = "<d:resourcetype><d:collection/></d:resourcetype>"
_FILE = (
    "<d:resourcetype/><d:getcontentlength>7</d:getcontentlength><d:getetag>W/&quot;a&quot;"
    "</d:getetag><d:getlastmodified>Tue, 14 Nov 2023 22:13:10 GMT</d:getlastmodified>"
)


def _listing(*responses: str, head: str = '<?xml version="1.0"?>') -> bytes:
    inside = "".join((_response("/dav/content/", _IS_FOLDER), *responses))
    return f'{head}<d:multistatus xmlns:d="DAV:">{inside}</d:multistatus>'.encode()


_LISTINGS = (
    b"",
    _listing(),
    _listing(_response("/dav/content/a.txt", _FILE), _response("/dav/content/b/", _IS_FOLDER)),
    _listing(*(_response(f"/dav/content/{n}.jpg", _FILE) for n in range(4))),
    _listing(_response("https://shop.example/dav/content/caf%C3%A9%20%26", _FILE)),
    _listing(_response("/dav/content/%2e%2e/x", _FILE)),
    _listing(_response("/dav/content/x", "<d:getetag/>", "HTTP/1.1 403 Forbidden")),
    _listing("<!-- <d:response> --><![CDATA[<d:response>]]>"),
    _listing(head='<?xml version="1.0" encoding="utf-16"?>'),
    _listing(head='<!DOCTYPE a [<!ENTITY b "b">]>'),
    _listing().decode().encode("utf-16"),
)
_CONFIGS = (
    b"",
    GOOD.encode(),
    b"\xef\xbb\xbf" + GOOD.encode(),
    _SAMPLE.read_bytes(),
    b'mirror: "\\UFFFFFFFF"\n',
    b"%YAML 1.1\n--- !!map {a: &b [*b], ? c : d}\n...\n",
)

#: What the languages are made of: libFuzzer would take hours to spell it.
WORDS: dict[str, tuple[str, ...]] = {
    "multistatus": (
        "<d:response>", "</d:response>", "<d:propstat>", "</d:propstat>", "<d:prop>", "</d:prop>",
        "<d:href>", "</d:href>", "<d:status>", "</d:status>", "<d:resourcetype/>",
        "<d:collection/>", "<d:getetag>", "</d:getetag>", "</d:multistatus>", "xmlns:d='DAV:'",
        "xmlns='x'", "<!--", "-->", "<![CDATA[", "]]>", "<?x ?>", "&amp;", "&#47;", "&#x2e;", "%2e",
        "%2F", "%00", "//", "/dav/content/", "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found",
        "18446744073709551616", "<d:getcontentlength>", "</d:getcontentlength>", "GMT",
        "encoding='utf-16'", "<!DOCTYPE",
    ),
    "config": (
        "stores:", "defaults:", "webdav:", "api:", "schedule:", "keep:", "guard:",
        "{credential: x}", "{file: /x}", "{command: [x]}", "&a ", "*a", "<<: ", "!!map ", "---",
        "...", "? ", ": ", "- ", "|+", ">-", "%YAML 1.1", "\\UFFFFFFFF", "\\x00", "10%", "6h",
        "0 3 * * *", "0 0 30 2 *", "Europe/London", "https://[::1", "http://127.0.0.1", "1e999",
        "0x7f", ".inf", "null", "~",
    ),
}  # fmt: skip


def kept(name: str) -> list[bytes]:
    """The bytes that are kept for a target."""
    return [file.read_bytes() for file in sorted((_KEPT / name).glob("*"))]


#: Each target by its name, with its seeds.
TARGETS: dict[str, tuple[Target, tuple[bytes, ...]]] = {
    "multistatus": (
        multistatus,
        tuple(bytes([size]) + body for body in _LISTINGS for size in (0, 40, 255)),
    ),
    "config": (config, _CONFIGS),
}
