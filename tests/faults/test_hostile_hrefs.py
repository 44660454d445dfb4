"""No name that a store can think of makes the real program reach outside the house.

Judged by the kernel's own record of every path that the process handed to it, not by our code: what
a sync of a hostile store opens is what a sync of an honest one opens, and files in the house.
``MIRRORD_HREFS=10000`` for the full count.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from random import Random

import pytest

from mirrord.disk.house import make_marker
from tests.houses import content
from tests.servers.hostile import Asked, file, folder, hostile, lists, says
from tests.servers.tools import PASSWORD, USER
from tests.system.shop import mirrord

COUNT = int(os.environ.get("MIRRORD_HREFS", "300"))
SEED = int(os.environ.get("MIRRORD_SEED", "20261201"))
#: Calls to the kernel that take a path.
_CALLS = "trace=%file,openat,openat2,renameat,renameat2,linkat,unlinkat,mkdirat,symlinkat,fchmodat"
_AT = re.compile(r'(?:AT_FDCWD<([^>]*)>|\d+<([^>]*)>)?(?:, )?"((?:[^"\\]|\\.)*)"')

#: Ways to lead elsewhere, or to mean two things: ``{at}`` is the folder's own path, ``{n}`` a name.
FORMS = (
    *("", " ", "{n}", "./{n}", "../{n}", "/", "/{n}", "/etc/{n}", "/dav", "/dav/", "/dav/{n}"),
    *("{at}.", "{at}..", "{at}./{n}", "{at}../{n}", "{at}../../../../../../etc/cron.d/{n}"),
    *("{at}{n}/../../../{n}", "{at}{n}/..", "{at}{n}/.", "{at}/{n}", "{at}{n}//", "{at}{n}/x/{n}"),
    *("{at}..%2f{n}", "{at}%2e%2e/{n}", "{at}%2e%2e%2f{n}", "{at}.%2e/{n}", "{at}%2F..%2F{n}"),
    *("{at}%252e%252e%252f{n}", "{at}..%5c{n}", "{at}..\\{n}", "\\{n}", "{at}\\..\\..\\{n}"),
    *("{at}%c0%ae%c0%ae/{n}", "{at}%c0%ae%c0%ae%c0%af{n}", "{at}%u002e%u002e/{n}", "{at}%e0%80%ae"),
    *(
        "{at}{n}%00.jpg",
        "{at}%00",
        "{at}..%00/{n}",
        "{at}{n}%0a../x",
        "{at}%0d%0a{n}",
        "{at}%1b[2J",
    ),
    *("{at}{n}?x=/../..", "{at}{n}#/../..", "{at};/../{n}", "{at}{n};x", "{at}~", "{at}~root/{n}"),
    *("//evil.example{at}{n}", "///{n}", "file:///etc/{n}", "http://evil.example{at}{n}"),
    *(
        "http://127.0.0.1:1{at}{n}",
        "https:{at}{n}",
        "javascript:{n}",
        "data:,{n}",
        "C:\\{n}",
        "C:/{n}",
    ),
    *(
        "{at}$(touch {n})",
        "{at}`{n}`",
        "{at}-rf",
        "{at}--to={n}",
        "{at}|{n}",
        "{at}&{n}",
        "{at}{n}%20",
    ),
    *("{at}\uff0e\uff0e/{n}", "{at}\u2024\u2024\u2215{n}", "{at}..\u200b/{n}", "{at}\u202e{n}.exe"),
    *("{at}desktop.ini", "{at}{n}.lnk", "{at}autorun.inf", "{at}.mirrord", "{at}SHA256SUMS"),
    *("{at}MIRROR-DISK-DO-NOT-DELETE", "{at}old-versions%2F{n}", "{at}{n}~0123456789abcdef"),
    *("{at}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}{n}",),
    *("{at}%ff%fe{n}", "{at}%ed%a0%80", "{at}caf%e9", "{at}proc%2Fself%2Fmem", "{at}dev%2Fnull"),
)


def _percent(text: str, chosen: Callable[[str], bool]) -> str:
    return "".join(
        "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
        if chosen(char)
        else char
        for char in text
    )


#: How a form is spelled in the listing.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": escape,
    "dots": lambda text: escape(_percent(text, lambda char: char == ".")),
    "dots and slashes": lambda text: escape(_percent(text, lambda char: char in "./\\")),
    "all": lambda text: escape(_percent(text, lambda char: char != "/")),
    "twice": lambda text: escape(_percent(_percent(text, lambda char: char in "./"), "%".__eq__)),
    "loud": lambda text: escape(re.sub("%..", lambda found: found[0].upper(), text)),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hex entities": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "spaced": lambda text: f"\n\t {escape(text)} \n",
}
#: Where it stands: as a file or a folder, before or behind an honest one, or as the folder's own.
PLACES: dict[str, Callable[[str, str], tuple[str, ...]]] = {
    "a file, first": lambda at, href: (folder(at), file(href), file(f"{at}honest")),
    "a file, last": lambda at, href: (folder(at), file(f"{at}honest"), file(href)),
    "a folder": lambda at, href: (folder(at), folder(href), file(f"{at}honest")),
    "the folder itself": lambda at, href: (folder(href), file(f"{at}honest")),
}


class Listings:
    """A store with so many folders, each of which lists one hostile href; every tenth is honest.

    Who asks for such a folder again is told the truth: else each would be asked five times.
    """

    def __init__(self, count: int, *, honest: bool) -> None:
        self._honest = honest
        self._rng = Random(SEED)
        self._made: dict[str, tuple[str, ...]] = {}
        self._told: set[str] = set()
        self.forms: set[str] = set()
        for number in range(count):
            at = f"/dav/d{number}/"
            if honest or number % 10 == 0:
                self._made[at] = (folder(at), file(f"{at}honest"))
            else:
                self._made[at] = self._hostile(number, at)

    def _hostile(self, number: int, at: str) -> tuple[str, ...]:
        form = FORMS[number % len(FORMS)]
        self.forms.add(form)
        name = self._rng.choice(("passwd", "x", f"n{number}", "\u00e9", "a b"))
        spelled = self._rng.choice(list(SPELLINGS.values()))
        place = self._rng.choice(list(PLACES.values()))
        text = spelled(form.format(at=at, n=name))
        # what XML can not hold is no listing at all: that is another test's
        return place(at, "".join(char for char in text if char >= " " or char in "\n\t"))

    def answer(self, asked: Asked) -> list[bytes]:
        if asked.verb != "PROPFIND":
            return says("200 OK", b"abc")
        if asked.path == "/dav/":
            return lists(folder("/dav/"), *(folder(at) for at in self._made))
        if asked.path in self._told:
            return lists(folder(asked.path), file(f"{asked.path}honest"))
        self._told.add(asked.path)
        return lists(*self._made.get(asked.path, (folder(escape(asked.path)),)))


def _synced(home: Path, count: int, *, honest: bool) -> tuple[Path, set[str]]:
    """The mirror after a real sync, and every path that it handed to the kernel."""
    home.mkdir()
    mirror, trace = home / "mirror", home / "trace"
    mirror.mkdir()
    make_marker(mirror)
    secret = home / "password"
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    listings = Listings(count, honest=honest)
    with hostile(listings.answer) as store:
        dav = {"url": store.url, "username": USER, "login": "basic", "connections": 32}
        told = {"webdav": dav | {"password": {"file": str(secret)}}}
        config = {"mirror": str(mirror), "timezone": "UTC", "stores": {"acme": told}}
        (home / "mirrord.yaml").write_text(json.dumps(config))
        tracer = ["strace", "-f", "-qq", "-y", "-s", "4096", "-o", str(trace), "-e", _CALLS]
        words = ("--config", home / "mirrord.yaml", "sync")
        done = mirrord(*words, cwd=home, timeout=900, through=tracer)
    assert done.returncode == 0, done.stderr[-2000:]
    assert honest or count < len(FORMS) * 2 or len(listings.forms) == len(FORMS)
    return mirror, set(_paths(trace))


def _paths(trace: Path) -> Iterator[str]:
    """Every path in the record, whole and without ``..``."""
    for line in trace.read_text("utf-8", "backslashreplace").splitlines():
        for cwd, above, name in _AT.findall(line):
            if above and not above.startswith("/"):
                continue  # a pipe, a socket
            text = name.encode("latin-1", "backslashreplace").decode("unicode_escape")
            yield os.path.normpath(os.path.join(cwd or above or "/", text))


def _outside(mirror: Path, paths: set[str]) -> set[str]:
    """Those beyond the mirror, process ids and the home of the test made alike."""
    beyond = {one for one in paths if not f"{one}/".startswith(f"{mirror}/")}
    plain = {one.replace(str(mirror.parent), "HOME") for one in beyond}
    return {re.sub(r"/proc/\d+(/task/\d+)?", "/proc/N", one) for one in plain}


pytestmark = [
    pytest.mark.skipif(not shutil.which("strace"), reason="needs strace"),
    pytest.mark.timeout(240 + COUNT // 10),
]


def test_what_a_planted_escape_would_look_like(tmp_path: Path) -> None:
    """The record is read right: relative to an open folder, to where we are, or from the root."""
    trace = tmp_path / "trace"
    trace.write_text(
        '1 openat(5</m/acme/files>, "../../etc/passwd", O_RDONLY) = 6\n'
        '1 openat(AT_FDCWD</home>, "x\\303\\251", O_RDONLY|O_CLOEXEC) = 6\n'
        '1 renameat2(5</m/a>, "in", 6</m/b>, "/out", RENAME_NOREPLACE) = 0\n'
        '1 stat("/proc/17/task/18/comm", 0x7ffd) = 0\n'
    )
    paths = set(_paths(trace))
    assert {"/m/etc/passwd", "/m/a/in", "/out", "/proc/17/task/18/comm"} < paths
    assert _outside(Path("/x/m"), paths) >= {"/m/etc/passwd", "/out", "/proc/N/comm"}


def test_no_href_leads_out_of_the_house(tmp_path: Path) -> None:
    """Of all forms, spellings and places; and what was honest among them has come."""
    assert len(FORMS) >= 40
    honest, usual = _synced(tmp_path / "honest", 40, honest=True)
    mirror, paths = _synced(tmp_path / "hostile", COUNT, honest=False)
    strange = _outside(mirror, paths) - _outside(honest, usual)
    # bytecode is looked for where an error text needs a module more
    assert {one for one in strange if "/lib/python" not in one} == set()
    held = content(mirror / "acme/files")
    came = {f"d{number}/honest" for number in range(0, COUNT, 10)}
    assert {name for name in came if held.get(name) != b"abc"} == set()
