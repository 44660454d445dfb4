"""What a real WebDAV server does, asked by a few small reads: facts, without names or texts of it.

BigCommerce publishes none of this. At most REQUESTS requests are sent, all of them reading, and at
most a few MB are read. It must never name a file, repeat a realm, or look into the folders that
hold personal data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from mirrord.core.entry import ROOT, TreePath
from mirrord.core.names import is_personal
from mirrord.core.pulse import Pulse
from mirrord.errors import AnswerBroken, ListingBroken, StoreError, StoreRefused
from mirrord.source.asker import FILE_BYTES, REQUESTS, Asker, Basic, Digest, NoLogin, Reply, Spent
from mirrord.source.hrefs import Base
from mirrord.source.raw_listing import RawEntry, raw_listing
from mirrord.source.reach import Place, alpn
from mirrord.source.words import plain

_FILES = 3
_FOLDERS = 8
_NONCE_WAIT = 2.0  # seconds between two requests, to see whether the first one's nonce lives
_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')

Facts = Iterator[tuple[str, str]]


def probe(
    url: str, username: str, password: str, scheme: str, pulse: Pulse, ca: str | None = None
) -> list[tuple[str, str]]:
    """The facts by name, in a fixed order. StoreError where the login or the root is refused."""
    with Asker(url, NoLogin(), ca) as asker:
        bare = asker.propfind("/", "0")
        budget = asker.left
    login = Digest(username, password) if scheme == "digest" else Basic(username, password)
    with Asker(url, login, ca, budget) as asker:
        root = asker.propfind("/", "1")
        if root.status == 401:
            raise StoreRefused(f"{asker.base.host}: login refused; check username and password")
        listing = _listing(root)
        facts = list(_about_server(asker, bare, root, Place.of(url, ca)))
        facts += _about_login(bare)
        try:
            for group in _asked_further(asker, listing, pulse):
                facts += group
        except Spent:
            facts.append(("left out", "what no request was left for"))
        return [*facts, *_about_limits(asker)]


@dataclass(slots=True)
class _Seen:
    """What a short walk brought to light; ``nested`` is a folder and the href of a grandchild."""

    entries: list[RawEntry] = field(default_factory=list)
    files: list[tuple[TreePath, RawEntry]] = field(default_factory=list)
    nested: tuple[TreePath, str] | None = None


def _asked_further(asker: Asker, listing: list[RawEntry], pulse: Pulse) -> Iterator[Facts]:
    seen = _walk(asker, listing, pulse)
    yield _about_listing(seen.entries)
    yield _about_files(asker, seen.files)
    yield _about_infinity(asker, seen)
    yield _about_nonce(asker, pulse)


def _listing(reply: Reply) -> list[RawEntry]:
    if reply.status != 207 or not reply.whole:
        raise AnswerBroken(f"a listing was answered {reply.status}; is the URL right?")
    return raw_listing(reply.body)


def _walk(asker: Asker, listing: list[RawEntry], pulse: Pulse) -> _Seen:
    """Down from the root, a few folders, until there are files and a folder in a folder."""
    seen = _Seen()
    pending = _take(asker.base, seen, ROOT, listing)
    for _ in range(_FOLDERS):
        enough = len(seen.files) >= _FILES and seen.nested is not None
        if not pending or enough:
            break
        pulse.beat()
        folder = pending.pop(0)
        reply = asker.propfind(asker.base.below_root(folder) + "/", "1")
        try:
            found = _listing(reply)
        except (AnswerBroken, ListingBroken):
            continue  # that this folder can not be listed is a matter of the runs
        # what lies deepest is looked at first: it leads to files and to a grandchild
        pending = _take(asker.base, seen, folder, found) + pending
    return seen


def _take(base: Base, seen: _Seen, folder: TreePath, listing: list[RawEntry]) -> list[TreePath]:
    folders = []
    for entry in listing:
        seen.entries.append(entry)
        try:
            name = base.child_name(entry.href, folder)
            path = folder if name is None else folder.child(name)
        except ValueError:
            continue
        if name is None or is_personal(path):
            continue
        if folder != ROOT and seen.nested is None:
            seen.nested = (folder.parent, entry.href)
        if entry.folder:
            folders.append(path)
        elif 2 <= _number(entry.length) <= FILE_BYTES and len(seen.files) < _FILES:
            seen.files.append((path, entry))
    return folders


def _about_server(asker: Asker, bare: Reply, root: Reply, place: Place) -> Facts:
    yield "Server", plain(root.headers.get("server", "not told"), 80)
    yield "DAV", plain(asker.options().headers.get("dav", "not told"), 80)
    closing = "close" in root.headers.get("connection", "").lower()
    yield "connection", "closed after each answer" if closing else "kept"
    yield "HTTP/2", _http2(place)
    yield "Date", "sent" if "date" in bare.headers else "not sent"


def _http2(place: Place) -> str:
    if not place.tls:
        return "not asked (no TLS)"
    try:
        chosen = alpn(place)
    except StoreError:
        return "not known"
    return "offered" if chosen == "h2" else f"not offered ({plain(chosen) or 'no ALPN'})"


def _about_login(bare: Reply) -> Facts:
    header = bare.headers.get("www-authenticate", "")
    if bare.status != 401:
        yield "login", f"none asked (answer {bare.status})"
        return
    yield "login", plain(header.split(" ", 1)[0], 20) or "401 without a challenge"
    if not header.lower().startswith("digest"):
        return
    told = {name.lower(): quoted or word for name, quoted, word in _PARAMETER.findall(header)}
    yield "Digest realm", "given" if told.get("realm") else "not given"
    yield "Digest algorithm", plain(told.get("algorithm", "not given (so MD5)"), 30)
    yield "Digest qop", plain(told.get("qop", "not given"), 30)
    yield "Digest opaque", "given" if told.get("opaque") else "not given"


def _about_listing(entries: list[RawEntry]) -> Facts:
    files = [entry for entry in entries if not entry.folder]
    folders = [entry for entry in entries if entry.folder]
    yield "listed", f"{len(files)} files, {len(folders)} folders looked at"
    yield "href", _counted("a path" if e.href.startswith("/") else "a whole URL" for e in entries)
    yield "ETag of files", _counted(_etag_form(entry.etag) for entry in files)
    yield "ETag of folders", _counted(_etag_form(entry.etag) for entry in folders)
    yield "Last-Modified of files", _counted(_date_form(entry.modified) for entry in files)
    yield "Last-Modified of folders", _counted(_date_form(entry.modified) for entry in folders)
    yield "Content-Length of files", _counted(_length_form(entry.length) for entry in files)
    yield "Content-Length of folders", _counted(_length_form(entry.length) for entry in folders)


def _about_files(asker: Asker, files: list[tuple[TreePath, RawEntry]]) -> Facts:
    if not files:
        yield "GET", "not asked: no small file was seen"
        return
    got = []
    for path, listed in files:
        place = asker.base.below_root(path)
        try:
            got.append((place, listed, asker.get(place)))
        except AnswerBroken:
            yield "GET", "compressed, or no proper HTTP, though plain bytes were asked for"
    good = [one for one in got if one[2].status == 200 and one[2].whole]
    yield "GET", _counted(f"answered {reply.status}" for _, _, reply in got)
    if not good:
        return
    headers = [reply.headers for _, _, reply in good]
    yield "Content-Length on GET", _counted(_length_form(h.get("content-length")) for h in headers)
    yield "sizes", _counted(_sizes(listed, reply) for _, listed, reply in good)
    yield "ETag on GET", _counted(_same_etag(listed, reply) for _, listed, reply in good)
    yield "Last-Modified on GET", _counted(_date_form(h.get("last-modified")) for h in headers)
    place, _, whole = max(good, key=lambda one: len(one[2].body))
    yield "Range", _range(asker, place, whole)
    yield "If-None-Match", _conditional(asker, place, "If-None-Match", whole.headers.get("etag"))
    changed = whole.headers.get("last-modified")
    yield "If-Modified-Since", _conditional(asker, place, "If-Modified-Since", changed)


def _range(asker: Asker, place: str, whole: Reply) -> str:
    reply = asker.get(place, "Range: bytes=1-")
    if reply.status != 206:
        return f"not honoured (answer {reply.status})"
    if reply.body != whole.body[1:]:
        return "206 with WRONG BYTES"
    size = len(whole.body)
    named = reply.headers.get("content-range", "").strip()
    right = named == f"bytes 1-{size - 1}/{size}"
    return "206, the right bytes" + ("" if right else ", Content-Range wrong or absent")


def _conditional(asker: Asker, place: str, header: str, value: str | None) -> str:
    if not value or not value.isprintable():
        return "not asked: nothing to ask it with"
    status = asker.get(place, f"{header}: {value}").status
    return "304" if status == 304 else f"not honoured (answer {status})"


def _about_infinity(asker: Asker, seen: _Seen) -> Facts:
    if seen.nested is None:
        yield "Depth: infinity", "not asked: no folder in a folder was seen"
        return
    folder, grandchild = seen.nested
    reply = asker.propfind(asker.base.below_root(folder) + "/", "infinity")
    if reply.status != 207:
        yield "Depth: infinity", f"refused (answer {reply.status})"
    elif grandchild.encode() in reply.body:
        yield "Depth: infinity", "207, the whole tree"
    elif reply.whole:
        yield "Depth: infinity", "207, answered as Depth: 1"
    else:
        yield "Depth: infinity", "207, too long to be read to its end"


def _about_nonce(asker: Asker, pulse: Pulse) -> Facts:
    if not asker.refusals:
        return
    pulse.wait(_NONCE_WAIT)
    asker.propfind("/", "0")
    moments = [at for at, _ in asker.refusals]
    if len(moments) == 1:
        yield "nonce", f"one for all; still good after {asker.now() - moments[0]:.0f} s"
        return
    life = min(later - earlier for earlier, later in pairwise(moments))
    stale = any("stale=true" in told.lower().replace('"', "") for _, told in asker.refusals[1:])
    words = "told by stale=true" if stale else "without stale=true"
    yield "nonce", f"asked anew {len(moments) - 1} times, first after {life:.1f} s, {words}"


def _about_limits(asker: Asker) -> Facts:
    yield "429 or 503 seen", str(asker.busy)
    yield "requests sent", str(REQUESTS - asker.left)
    ordered = sorted(asker.times)
    middle, longest = ordered[len(ordered) // 2], ordered[-1]
    yield "time per request", f"{middle * 1000:.0f} ms in the middle, {longest * 1000:.0f} at most"


def _counted(forms: Iterable[str]) -> str:
    told = Counter(forms).most_common()
    if len(told) == 1:
        return told[0][0]
    return ", ".join(f"{count} {form}" for form, count in told) or "none seen"


def _etag_form(etag: str | None) -> str:
    if not (etag or "").strip():
        return "absent"
    text = str(etag).strip()
    if text.startswith("W/"):
        return "weak"
    return "quoted" if len(text) >= 2 and text[0] == text[-1] == '"' else "unquoted"


def _date_form(text: str | None) -> str:
    if not (text or "").strip():
        return "absent"
    return "present" if _DATE.fullmatch(str(text).strip()) else "present, in another form"


def _length_form(text: str | None) -> str:
    if not (text or "").strip():
        return "absent"
    return "present" if _number(text) >= 0 else "present, no number"


def _sizes(listed: RawEntry, reply: Reply) -> str:
    sizes = {len(reply.body), _number(listed.length)}
    if reply.headers.get("content-length"):
        sizes.add(_number(reply.headers["content-length"]))
    return "listing, header and body agree" if len(sizes) == 1 else "DISAGREE"


def _same_etag(listed: RawEntry, reply: Reply) -> str:
    form = _etag_form(reply.headers.get("etag"))
    if form == "absent" or not listed.etag:
        return form
    bare = [
        str(t).strip().removeprefix("W/").strip('"') for t in (reply.headers["etag"], listed.etag)
    ]
    return form + (", as in the listing" if bare[0] == bare[1] else ", NOT as in the listing")


def _number(text: str | None) -> int:
    text = (text or "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else -1
