"""Whatever the API answers, no pull that is wrong is shown as the newest, and the rest goes on.

Each answer goes over a socket into a real run over several datasets of a real house.
"""

import gzip
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC
from itertools import count
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.report import Report
from mirrord.disk.house import House
from mirrord.errors import StoreError
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from mirrord.source.api import ApiSource
from mirrord.source.pace import Patience
from tests.fakes import QuietPulse
from tests.houses import NOW, content, new_house
from tests.servers.hostile import Asked, Reset, hostile, says

SECRETLY = "jane.doe@example.com"
JSON = "Content-Type: application/json"
ROWS = [{"id": number, "name": f"Brand {number}", "custom_url": None} for number in (1, 2, 3)]
HURRIED = Patience(connect=5.0, read=5.0, grace=5.0, rate=1_000_000)

Says = Callable[[Asked], Iterable[bytes]]


def page(rows: object, **pagination: object) -> bytes:
    told = {"total": 3, "total_pages": 1, "current_page": 1, **pagination}
    return json.dumps({"data": rows, "meta": {"pagination": told}}).encode()


def body(raw: bytes | str, *headers: str, status: str = "200 OK") -> Says:
    text = raw.encode() if isinstance(raw, str) else raw
    return lambda _: says(status, text, *(headers or (JSON,)))


def with_row(text: str) -> Says:
    """The truth, and one more row, spelled as it stands here."""
    sound = page(ROWS, total=4).decode()
    return body(sound.replace("]", f", {text}]", 1))


def _endless(_: Asked) -> Iterator[bytes]:
    yield f"HTTP/1.1 200 OK\r\n{JSON}\r\nConnection: close\r\n\r\n".encode()
    yield b'{"data":['
    for number in count(1):
        yield json.dumps({"id": number, "name": "x" * 60_000}).encode() + b","


def _bomb(_: Asked) -> Iterator[bytes]:
    packed = gzip.compress(b" " * 50_000_000)
    yield from says("200 OK", packed, JSON, "Content-Encoding: gzip")


def _cut(_: Asked) -> Iterator[bytes]:
    yield from says("200 OK", page(ROWS)[:60], JSON, length=len(page(ROWS)))
    raise Reset


def _short(_: Asked) -> Iterator[bytes]:
    yield from says("200 OK", page(ROWS)[:60], JSON, length=len(page(ROWS)))


def _for_ever(asked: Asked) -> list[bytes]:
    """There is always one page more, and it is the same."""
    return says("200 OK", page(ROWS, total_pages=10**9), JSON)


#: Answers of which nothing may be taken.
WRONG: dict[str, Says] = {
    "nothing at all": body(b""),
    "no JSON": body("this is not JSON"),
    "a BOM": body(b"\xef\xbb\xbf" + page(ROWS)),
    "a web page": body("<!doctype html><p>Sign in</p>", "Content-Type: text/html"),
    "a cut page": body(page(ROWS)[:-9]),
    "a page that breaks off": _cut,
    "a page shorter than promised": _short,
    "an object": body('{"data": {"id": 1}}'),
    "no data": body('{"meta": {}}'),
    "data is null": body('{"data": null, "meta": {}}'),
    "data is a text": body('{"data": "none"}'),
    "data twice": body(page(ROWS)[:-1] + b', "data": []}'),
    "errors beside data": body('{"data": [], "errors": ["timed out"], "meta": {}}'),
    "a number": body("7"),
    "null": body("null"),
    "null rows": with_row("null"),
    "lists as rows": with_row("[]"),
    "texts as rows": with_row('"4"'),
    "a row without its id": with_row('{"name": "x"}'),
    "an id of another kind": with_row('{"id": "four"}'),
    "an id that is a list": with_row('{"id": [4]}'),
    "an id that is true": with_row('{"id": true}'),
    "an id that is null": with_row('{"id": null}'),
    "an id that is broken": with_row('{"id": 4.5}'),
    "two ids in one row": with_row('{"id": 4, "name": "x", "id": 5}'),
    "the same row again": with_row('{"id": 3, "name": "x"}'),
    "an id of 31 digits": with_row(f'{{"id": {"7" * 31}}}'),
    "an id of 4,000 digits": with_row(f'{{"id": {"7" * 4_000}}}'),
    "an id of 5,000 digits": with_row(f'{{"id": {"7" * 5_000}}}'),
    "a number of 5,000 digits": with_row(f'{{"id": 4, "name": {"7" * 5_000}}}'),
    "a count of 5,000 digits": body(page(ROWS).replace(b'"total": 3', b'"total": ' + b"7" * 5_000)),
    "rows out of order": with_row('{"id": 1, "name": "x"}'),
    "no number at all": with_row('{"id": 4, "name": NaN}'),
    "a number without end": with_row('{"id": 4, "name": Infinity}'),
    "a single quote": with_row("{'id': 4}"),
    "depths": with_row('{"id": 4, "name": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "not UTF-8": body(page(ROWS).replace(b"Brand 2", b"Brand \xff")),
    "an error as a page": body('{"status": 500, "title": "x"}'),
    "endless": _endless,
    "a bomb": _bomb,
    "pages without end": _for_ever,
    "moved": body(b"", "Location: http://127.0.0.1:1/", status="302 Found"),
    "a teapot": body(f'{{"title": "ask {SECRETLY}"}}', status="418 I'm a teapot"),
    "no such thing": body('{"title": "x"}', status="404 Not Found"),
    "bad asking": body('{"title": "x"}', status="422 Unprocessable Entity"),
    "dying": body("", status="500 Internal Server Error"),
    "a bad gateway": body("<html>502</html>", "Content-Type: text/html", status="502 Bad Gateway"),
}
#: Answers that are odd and true: what came is kept as it came.
TRUE: dict[str, tuple[Says, int]] = {
    "another type": (body(page(ROWS), "Content-Type: text/plain"), 3),
    "a lone surrogate": (with_row('{"id": 4, "name": "\\ud800"}'), 4),
    "a number of 4,000 digits": (with_row(f'{{"id": 4, "name": {"7" * 4_000}}}'), 4),
    "fields nobody knows": (with_row('{"id": 4, "zzz": {"a": [1, {}]}}'), 4),
    "fields that are gone": (with_row('{"id": 4}'), 4),
    "space in plenty": (body(page(ROWS).replace(b",", b" ,\n\t ")), 3),
}


class Shop:
    """A house with one good pull, and what is answered for its dataset now."""

    def __init__(self, mirror: Path) -> None:
        self.house: House = new_house(mirror)
        self.says: Says = body(page(ROWS))
        self.now = float(NOW)

    def answer(self, asked: Asked) -> Iterable[bytes]:
        path = asked.path.partition("?")[0]
        if path.endswith("/catalog/brands"):
            return self.says(asked)
        if path.endswith("/banners"):
            return says("200 OK", json.dumps([{"id": 9, "name": f"at {self.now}"}]).encode(), JSON)
        return says("500 Internal Server Error")

    def pull(self, url: str, *names: str) -> Report:
        self.now += 3_600
        rows = tuple(DATASETS[name] for name in names or ("brands",))
        plan = Plan("more", rows, "REST API", UTC, 7 * 86_400)
        with closing(ApiSource("hash", "token", url, patience=HURRIED)) as source:
            return Export(self.house, source, plan, lambda: self.now).run(QuietPulse())

    def latest(self, dataset: str) -> bytes:
        packed = self.house.room(f"exports/latest/lossless/{dataset}.jsonl.gz").read_bytes()
        return gzip.decompress(packed)


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror with a good pull in it."""
    shop = Shop(tmp_path_factory.mktemp("pulled"))
    with hostile(shop.answer) as server:
        assert shop.pull(server.origin).exit_code == 0
    return shop.house.mirror


@pytest.fixture
def shop(pulled: Path, tmp_path: Path) -> Shop:
    shutil.copytree(pulled, tmp_path / "mirror")
    return Shop(tmp_path / "mirror")


@pytest.mark.parametrize("answer", WRONG)
def test_a_wrong_answer_is_named_and_the_last_good_pull_stays(shop: Shop, answer: str) -> None:
    """What was wrong is said in one line, without a word that could be a person's."""
    before = content(shop.house.room("exports"))
    shop.says = WRONG[answer]
    with hostile(shop.answer) as server, pytest.raises(StoreError) as raised:
        shop.pull(server.origin)
    told = str(raised.value)
    assert (raised.value.exit_code, told.isprintable(), len(told) < 700) == (5, True, True)
    assert ("/catalog/brands" in told, SECRETLY in told) == (True, False)
    assert content(shop.house.room("exports")) == before
    # neither an endless number nor what Python advises programmers to do
    assert ("7" * 31 in told, "set_int_max" in told, "sys." in told) == (False, False, False)


@pytest.mark.parametrize("answer", ["a web page", "null rows", "dying", "a page that breaks off"])
def test_one_broken_list_keeps_no_other_from_being_pulled(shop: Shop, answer: str) -> None:
    """It may be broken in the shop for days; once it is mended, it is pulled again."""
    with hostile(shop.answer) as server:
        shop.says = WRONG[answer]
        report = shop.pull(server.origin, "brands", "banners")
        assert (report.exit_code, len(report.findings)) == (3, 1)
        assert f"at {shop.now}".encode() in shop.latest("banners")
        shop.says = body(page(ROWS[:2], total=2))
        assert (shop.pull(server.origin).exit_code, shop.latest("brands").count(b"\n")) == (0, 2)


def test_a_store_that_is_silent_twice_in_a_row_is_left_alone(shop: Shop) -> None:
    """Sixty lists are not waited for, five tries each."""
    shop.says = WRONG["dying"]
    with hostile(shop.answer) as server:
        report = shop.pull(server.origin, "brands", "coupons", "banners")
    assert (report.exit_code, len(report.findings)) == (5, 2)


@pytest.mark.parametrize("answer", TRUE)
def test_an_odd_answer_that_is_true_is_taken_as_it_came(shop: Shop, answer: str) -> None:
    """Nothing is lost by being strict."""
    shop.says, rows = TRUE[answer]
    with hostile(shop.answer) as server:
        report = shop.pull(server.origin)
    assert (report.exit_code, shop.latest("brands").count(b"\n")) == (0, rows), report
