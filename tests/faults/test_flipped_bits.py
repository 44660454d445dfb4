"""One bit flips on the way from the store to us, in a body or in a listing.

TLS notices, and the connection breaks. Without TLS nothing in HTTP does: a stated limit. What got
in so is found by the sample of files that every sync reads again, and healed.
"""

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from math import ceil
from pathlib import Path

import pytest

from mirrord.core.guard import Limits
from mirrord.core.report import Outcome, Report
from mirrord.disk.house import House
from mirrord.errors import MirrordError
from mirrord.jobs.sync import Sync
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.houses import NOW, content, new_house
from tests.servers.certificates import make_certificates
from tests.servers.fault_proxy import fault_proxy
from tests.servers.hostile import Asked, file, folder, hostile, lists, says
from tests.servers.tools import PASSWORD, USER
from tests.servers.wsgidav import wsgidav
from tests.source.conftest import HURRIED

#: So many bits of an exchange are flipped, each in a run of its own.
BITS = int(os.environ.get("MIRRORD_BITS", "12"))
SEED = int(os.environ.get("MIRRORD_SEED", "20261201"))

#: The last by name, and so the last that is read again; larger than all that is said beside it.
PHOTO = "zebra.jpg"
SIZE, MIDST = 200_000, 150_000


class Mirror:
    """A house, the way to its store, and a clock that goes on from run to run."""

    def __init__(self, home: Path, url: str, ca: Path | None = None) -> None:
        home.mkdir()
        self.house: House = new_house(home)
        self._url, self._ca = url, str(ca) if ca else None
        self._clock = count(NOW, 3_600)

    def sync(self) -> Report | MirrordError:
        now = next(self._clock)
        source = WebDavSource(self._url, USER, PASSWORD, patience=HURRIED, ca=self._ca)
        with closing(source):
            try:
                return Sync(self.house, source, Limits(), (), lambda: now).run(QuietPulse())
            except MirrordError as error:
                return error

    def whole(self) -> Report:
        """A sync that ends well."""
        report = self.sync()
        assert isinstance(report, Report), report
        assert report.outcome is Outcome.OK, report
        return report

    def files(self) -> dict[str, bytes | None]:
        return content(self.house.room("files"))

    def aside(self) -> list[bytes]:
        """The files that left files/ and are kept, without the checksums beside them."""
        rooms = [content(self.house.room(room)) for room in ("old-versions", "set-aside")]
        kept = {name: body for room in rooms for name, body in room.items() if body is not None}
        return [body for name, body in kept.items() if not name.endswith("SHA256SUMS")]


def _put(tree: Path, name: str, body: bytes, date: int = 1_700_000_000) -> None:
    (tree / name).write_bytes(body)
    os.utime(tree / name, (date, date))


def _few(last: int) -> list[int]:
    """Places from 0 to ``last``, both included."""
    if last < BITS:
        return list(range(last + 1))
    return sorted([0, last, *random.Random(SEED).sample(range(1, last), BITS - 2)])


def test_a_flipped_bit_under_tls_breaks_the_connection(tmp_path: Path) -> None:
    """In the handshake, a head or a body: the old file stays, and the next run is whole."""
    from cheroot.ssl.builtin import BuiltinSSLAdapter

    tree, room = tmp_path / "tree", tmp_path / "certificates"
    tree.mkdir()
    room.mkdir()
    made = make_certificates(room)
    old = random.Random(SEED).randbytes(SIZE)
    _put(tree, PHOTO, old)
    tls = BuiltinSSLAdapter(str(made.good), str(made.good))
    with wsgidav(tree, tls) as peer, fault_proxy(peer.port) as proxy:
        mirror = Mirror(tmp_path / "mirror", f"https://localhost:{proxy.port}/dav", made.ca)
        mirror.whole()
        held = mirror.files()
        for number, at in enumerate(_few(SIZE), 1):
            new = random.Random(number).randbytes(SIZE)
            _put(tree, PHOTO, new, 1_700_000_000 + number)
            proxy.set("flip", at)
            told = mirror.sync()
            assert proxy.fired, at
            assert isinstance(told, MirrordError) or told.outcome is Outcome.PARTIAL, (at, told)
            assert mirror.files() == held, at
            proxy.set("pass")
            mirror.whole()
            held = mirror.files()
            assert held == {PHOTO: new}, at


@contextmanager
def _stamped(tree: Path) -> Iterator[int]:
    """A server that tells ETags and dates."""
    with wsgidav(tree) as peer:
        yield peer.port


@contextmanager
def _unstamped(tree: Path) -> Iterator[int]:
    """A server that tells of a file nothing but its size."""

    def answer(asked: Asked) -> Iterable[bytes]:
        name = asked.path.removeprefix("/dav/")
        if asked.verb == "GET":
            return says("200 OK", (tree / name).read_bytes())
        files = sorted(tree.iterdir())
        return lists(
            folder("/dav/"), *(file(f"/dav/{one.name}", one.stat().st_size) for one in files)
        )

    with hostile(answer) as store:
        yield store.port


@pytest.mark.parametrize(
    ("serving", "files", "a_run"), [(_stamped, 23, 5), (_unstamped, 45, 20)],
    ids=["stamped", "by size alone"],
)  # fmt: skip
def test_a_flipped_bit_without_tls_gets_in_and_is_found(
    serving: object, files: int, a_run: int, tmp_path: Path
) -> None:
    """By the sample of later runs: so many files each; the wrong bytes are kept, and it is told."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(files - 1):
        _put(tree, f"small{number}.txt", b"%d" % number)
    body = random.Random(SEED).randbytes(SIZE)
    _put(tree, PHOTO, body)
    with serving(tree) as port, fault_proxy(port) as proxy:  # type: ignore[operator]
        mirror = Mirror(tmp_path / "mirror", f"http://127.0.0.1:{proxy.port}/dav")
        proxy.set("flip", MIDST)
        mirror.whole()
        flipped = mirror.files()[PHOTO]
        assert proxy.fired
        assert flipped is not None
        assert [a ^ b for a, b in zip(flipped, body, strict=True) if a != b] == [1]
        proxy.set("pass")
        runs = 0
        while mirror.files()[PHOTO] == flipped and runs < files:
            assert mirror.aside() == []
            report = mirror.whole()
            runs += 1
    assert runs == ceil(files / a_run)
    assert mirror.files() == content(tree)
    assert mirror.aside() == [flipped]
    assert "silently changed 1" in report.line()


def test_a_flipped_bit_in_a_listing_without_tls_loses_nothing(tmp_path: Path) -> None:
    """Another name, another size, no listing at all: all is kept, and the next run is whole."""
    bodies = {name: name.encode() * 9 for name in ("first.txt", "second.txt", "third.txt", "z.txt")}

    def answer(asked: Asked) -> Iterable[bytes]:
        body = bodies.get(asked.path.removeprefix("/dav/"))
        if asked.verb == "GET":
            return says("404 Not Found") if body is None else says("200 OK", body)
        dates = "<d:getlastmodified>Tue, 14 Nov 2023 22:13:20 GMT</d:getlastmodified>"
        named = (file(f"/dav/{name}", len(body), dates) for name, body in bodies.items())
        return lists(folder("/dav/"), *named)

    with hostile(answer) as store, fault_proxy(store.port) as proxy:
        mirror = Mirror(tmp_path / "mirror", f"http://127.0.0.1:{proxy.port}/dav")
        mirror.whole()
        length = proxy.longest
        outcomes = set()
        for at in _few(length - 1):
            proxy.set("flip", at)
            told = mirror.sync()
            assert proxy.fired, at
            outcomes.add(told.outcome if isinstance(told, Report) else type(told).__name__)
            kept = [*mirror.files().values(), *mirror.aside()]
            assert [name for name, body in bodies.items() if body not in kept] == [], at
            proxy.set("pass")
            mirror.sync()
            assert mirror.files() == bodies, at
    print(f"{BITS} of {length} bytes: {sorted(outcomes)}")
