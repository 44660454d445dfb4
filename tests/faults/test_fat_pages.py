"""Rows of a megabyte and more: taken in parts, in bounded memory; one beyond all measure is named.

Each run is a process of its own, so that its memory is its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.houses import new_house
from tests.servers.hostile import Asked, hostile, says

JSON = "Content-Type: application/json"
MIB = 1 << 20

_ALONE = """
import gzip, hashlib, sys
from contextlib import closing
from datetime import UTC
from pathlib import Path
from mirrord.core.datasets import DATASETS
from mirrord.disk.house import House
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from mirrord.source.api import ApiSource
from tests.fakes import QuietPulse
url, mirror, *names = sys.argv[1:]
house = House(Path(mirror), "acme")
rows = tuple(DATASETS[name] for name in names)
plan = Plan("more", rows, "REST API", UTC, 7 * 86_400)
with closing(ApiSource("hash", "token", url)) as source:
    report = Export(house, source, plan, lambda: 1_763_900_100).run(QuietPulse())
print(report.exit_code)
print(*report.findings, sep=" | ")
# not getrusage: that hands on the peak of whoever started this process
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024)
"""


def _run(url: str, mirror: Path, *names: str) -> tuple[int, str, int]:
    """The exit code, the findings, and the most MiB of memory that the run had."""
    done = subprocess.run(
        [sys.executable, "-c", _ALONE, url, str(mirror), *names],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=True,
    )
    code, findings, most = done.stdout.splitlines()
    return int(code), findings, int(most)


class Fat:
    """Rows of so many MiB each, in three kinds of lists; nothing else is in the shop."""

    def __init__(self, rows: int, size: float) -> None:
        self.rows, self.text = rows, "x" * int(size * MIB)
        self.sent = 0

    def answer(self, asked: Asked) -> Iterable[bytes]:
        url = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        limit = int(query.get("limit", 50))
        if url.path.endswith("/catalog/brands"):
            left = range(int(query["id:greater"]) + 1, self.rows + 1)
            told = f'{{"total":{len(left)},"total_pages":{-(-len(left) // limit)}}}'
            return self._page(left[:limit], '{"data":[', f'],"meta":{{"pagination":{told}}}}}')
        if url.path.endswith("/content/pages"):
            first = (int(query["page"]) - 1) * limit
            told = f'{{"total":{self.rows},"total_pages":{-(-self.rows // limit)}}}'
            here = range(1, self.rows + 1)[first : first + limit]
            return self._page(here, '{"data":[', f'],"meta":{{"pagination":{told}}}}}')
        if url.path.endswith("/v2/orders/count"):
            return says("200 OK", b'{"statuses":[{"id":1,"count":%d}]}' % self.rows, JSON)
        if url.path.endswith("/v2/orders"):
            if query.keys() & {"status_id", "is_deleted"}:
                return says("204 No Content", length=None)
            return self._page(range(int(query["min_id"]), self.rows + 1)[:limit], "[", "]")
        if url.path.endswith("/banners"):
            return says("200 OK", b'[{"id":9,"name":"small"}]', JSON)
        return says("404 Not Found")

    def _page(self, ids: range, head: str, tail: str) -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\n{JSON}\r\nConnection: close\r\n\r\n{head}".encode()
        for number in ids:
            mark = {"id": number, "status_id": 1, "is_deleted": False, "name": f"Row {number}"}
            comma = "," if number > ids[0] else ""
            text = f'{comma}{json.dumps(mark)[:-1]},"body":"{self.text}"}}'.encode()
            self.sent += len(text)
            yield text
        yield tail.encode()


@pytest.mark.parametrize(
    ("dataset", "rows", "size"),
    [("brands", 200, 1), ("pages", 200, 0.4), ("orders", 200, 1), ("orders", 1000, 0.12)],
)
def test_fat_rows_are_all_filed_in_bounded_memory(
    dataset: str, rows: int, size: float, tmp_path: Path
) -> None:
    """Of a MiB, or 0.4 where a list is held until it stands still; and pages that just fit."""
    house = new_house(tmp_path)
    shop = Fat(rows, size)
    with hostile(shop.answer) as server:
        code, findings, most = _run(server.origin, tmp_path, dataset)
    print(dataset, most, "MiB;", shop.sent >> 20, "MiB sent")
    assert (code, findings) == (0, "")
    assert most < 300
    receipts = json.loads(house.room("exports/latest/receipts.json").read_bytes())
    assert (receipts[dataset]["records"], receipts[dataset]["complete"]) == (rows, True)


def test_rows_of_countless_values_are_taken_in_bounded_memory(tmp_path: Path) -> None:
    """250 rows of 130,000 bytes, with 40,000 objects each: once parsed they would be 800 MiB."""
    house = new_house(tmp_path)
    shop = Fat(250, 0)
    shop.text = '","many":[' + ",".join(["{}"] * 40_000) + '],"end":"'
    with hostile(shop.answer) as server:
        code, findings, most = _run(server.origin, tmp_path, "brands")
    print("values", most, "MiB;", shop.sent >> 20, "MiB sent")
    assert (code, findings, most < 300) == (0, "", True)
    receipts = json.loads(house.room("exports/latest/receipts.json").read_bytes())
    assert receipts["brands"]["records"] == 250


def test_a_row_beyond_all_measure_costs_its_list_and_no_other(tmp_path: Path) -> None:
    """33 MiB: which one, and what to do; the next list is pulled."""
    house = new_house(tmp_path)
    with hostile(Fat(3, 33).answer) as server:
        code, findings, most = _run(server.origin, tmp_path, "brands", "banners")
    told = "brands: GET v3/catalog/brands: a single record at id:greater=0 has more than 32 MiB"
    assert (code, findings.startswith(told), most < 300) == (3, True, True), findings
    receipts = json.loads(house.room("exports/latest/receipts.json").read_bytes())
    assert set(receipts) == {"banners"}
