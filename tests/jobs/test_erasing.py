"""One person taken out of everything that is held, and nobody else."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from itertools import count
from pathlib import Path

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.core.persons import Person
from mirrord.core.report import Outcome, Report
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.disk.house import House
from mirrord.disk.snapshots import chain_findings
from mirrord.errors import DiskError
from mirrord.jobs.earlier import rebuild
from mirrord.jobs.erasing import ErasePerson, Wanted
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from mirrord.jobs.person import held_of, write_copy
from mirrord.jobs.snapshot import Parts, TakeSnapshot
from mirrord.source.api import ApiSource
from tests.fakes import QuietPulse
from tests.houses import NOW, content, new_house
from tests.laws.cuts import PowerCut, cut_after

DAY = 86_400
EMAIL, OLD_EMAIL = "Jo.Doe+shop@example.com", "jo@old.example.com"
WHO = Person(emails=frozenset({EMAIL.casefold()}))
MAIN = ("customers", "orders")
#: Where another customer's order says whom it is a gift for.
MENTIONED = {"orders.jsonl.gz", "orders.csv", "orders.default.csv"}
CELL = "\x1f"
#: Every step on the disk is the last one before a cut, in so large strides; 1 asks for each.
STRIDE = int(os.environ.get("MIRRORD_STRIDE", "151"))
OTHERS = (
    *("customer_metafields", "subscribers", "wishlists", "order_metafields", "refunds"),
    *("gift_certificates", "brands"),
)


class Life:
    """A shop with one person in it, some days of pulls and a snapshot a day."""

    def __init__(self, folder: Path, store: SampleStore, source: ApiSource) -> None:
        self.house: House = new_house(folder)
        self.store, self.source = store, source
        self.now = float(NOW)

    def pull(self, *names: str, after: float = 3_600) -> None:
        self.now += after
        rows = tuple(DATASETS[name] for name in names)
        name = names[0] if len(names) == 1 else "more"
        plan = Plan(name, rows, "REST API", UTC, 365 * DAY, sheets=True)
        report = Export(self.house, self.source, plan, lambda: self.now).run(QuietPulse())
        assert report.outcome is Outcome.OK, report.findings

    def pull_all(self) -> None:
        for name in (*MAIN, "products", "order_details"):
            self.pull(name)
        self.pull(*OTHERS)

    def snapshot(self) -> None:
        self.now += 60
        parts = Parts(False, (), (), "link", ())
        unused = Report("none", "acme", self.now, self.now, Outcome.OK)
        TakeSnapshot(self.house, parts, lambda *_: unused, lambda: self.now).run(QuietPulse())

    def erase(self, who: Person = WHO, *, invoices: bool = False, dry_run: bool = False) -> Report:
        self.now += 60
        wanted = Wanted(who, "a person asked for it", invoices, "No copies elsewhere.")
        return ErasePerson(self.house, wanted, lambda: self.now, dry_run=dry_run).run(QuietPulse())

    def order(self, number: int, **fields: object) -> None:
        """An order is changed in the shop, and its date with it."""
        one = self.store.shop.orders[number]
        one.head.update(fields, date_modified="Mon, 24 Nov 2025 00:00:00 +0000")

    def texts(self) -> dict[str, str]:
        """Every file in the house that is no sheet, as text."""
        return {
            name: (gzip.decompress(body) if name.endswith(".gz") else body).decode(
                "utf-8", "replace"
            )
            for name, body in content(self.house.root).items()
            if body is not None and not name.startswith(".mirrord/")
        }

    def naming(self, *words: str) -> list[str]:
        return [
            name
            for name, text in self.texts().items()
            if any(word.casefold() in text.casefold() for word in words)
        ]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Made once: each test works on a copy of its own."""
    folder = tmp_path_factory.mktemp("lived")
    (folder / "tree" / "content").mkdir(parents=True)
    sizes = Sizes(products=9, customers=12, orders=30, rows=12)
    with (
        SampleStore(folder / "tree", sizes=sizes, quota=10_000_000, packs=False) as store,
        closing(ApiSource(store.store_hash, store.token, store.api_url)) as source,
    ):
        (folder / "mirror").mkdir()
        life = Life(folder / "mirror", store, source)
        _move_in(store)
        life.pull_all()
        life.snapshot()
        customer = store.shop.customers[14]
        customer["email"] = EMAIL
        customer["date_modified"] = "2025-11-24T00:00:00Z"
        life.order(_theirs(store)[0], staff_notes="called Jo")
        for name in MAIN:
            life.pull(name)
        life.pull(*MAIN[:1], after=DAY)
        life.pull("orders")
        life.snapshot()
        yield life


def _move_in(store: SampleStore) -> None:
    """Customer 14 is Jo, under an older address; a guest's order, a review, a gift are theirs."""
    shop = store.shop
    shop.customers[14]["email"] = OLD_EMAIL
    guest = next(one for one in shop.orders.values() if one.head["customer_id"] == 0)
    guest.head["billing_address"] = guest.head["billing_address"] | {"email": EMAIL.upper()}
    other = next(one for one in shop.orders.values() if one.head["customer_id"] not in (0, 14))
    other.head["customer_message"] = f"a gift for {EMAIL}"
    product = next(iter(shop.products.values()))
    review = {"id": 7, "title": "Good", "text": "", "status": "approved", "rating": 5, "name": "Jo"}
    product["reviews"] = [review | {"email": EMAIL}, review | {"id": 8, "email": "x@example.com"}]
    first = next(iter(shop.lists["subscribers"].values()))
    first["email"] = EMAIL


def _theirs(store: SampleStore) -> list[int]:
    return [
        number
        for number, one in sorted(store.shop.orders.items())
        if one.head["customer_id"] == 14
        or one.head["billing_address"].get("email", "").casefold() == EMAIL.casefold()
    ]


@pytest.fixture
def life(lived: Life, tmp_path: Path) -> Life:
    shutil.copytree(lived.house.mirror, tmp_path / "mirror")
    copied = Life(tmp_path / "mirror", lived.store, lived.source)
    copied.now = lived.now
    return copied


def check_papers(house: House) -> None:
    """Every file is as some checksums say, CHAIN agrees, receipts count what is there."""
    rooms = [*house.room("exports").iterdir(), *house.room("snapshots").glob("*Z")]
    rooms += house.room("snapshots").glob("*Z/exports")
    for folder in (room for room in rooms if room.is_dir()):
        check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
        subprocess.run(check, cwd=folder, check=True)
        told = folder / "receipts.json"
        for dataset, receipt in json.loads(told.read_text()).items() if told.exists() else ():
            for name, rows in receipt["rows"].items():
                assert (dataset, name, _rows(folder / name)) == (dataset, name, rows)
            text = gzip.decompress((folder / f"lossless/{dataset}.jsonl.gz").read_bytes())
            assert (dataset, text.count(b"\n")) == (dataset, receipt["records"])
    assert chain_findings(house) == []


def _rows(file: Path) -> int:
    if file.name.endswith(".gz"):
        return gzip.decompress(file.read_bytes()).count(b"\n")
    with file.open(encoding="utf-8", newline="") as text:
        return sum(1 for _ in csv.reader(text)) - 1


def lines_of(name: str, text: str) -> list[str]:
    """The lines of a file, or its rows, whose cells may have lines."""
    if not name.endswith(".csv"):
        return text.split("\n")
    return [CELL.join(row) for row in csv.reader(io.StringIO(text, newline=""))]


def test_nothing_of_them_is_left_anywhere(life: Life) -> None:
    """In no export, change, snapshot, sheet or paper; under no address they ever had."""
    assert len(life.naming(EMAIL, OLD_EMAIL)) > 20
    report = life.erase()
    # the message of another customer's order, which is named
    left = {name.rpartition("/")[2] for name in life.naming(EMAIL, OLD_EMAIL)}
    assert left == MENTIONED
    assert report.findings[-1] == "1 orders of others name them too, and stay"
    orders = len(_theirs(life.store))
    counts = {name: report.counts[name] for name in ("customers", "orders", "order_details")}
    assert counts == {"customers": 1, "orders": orders, "order_details": orders}
    assert report.counts.keys() >= {"subscribers", "customer_metafields"}
    assert not [*life.house.root.rglob("*.xlsx")]
    check_papers(life.house)


def test_everybody_else_is_as_they_were(life: Life) -> None:
    """Every line and every row that is not theirs stands where it stood, byte for byte."""
    before = life.texts()
    life.erase()
    after = life.texts()
    assert before.keys() - after.keys() == {n for n in before if n.endswith(".xlsx")}
    lists, orders = life.store.shop.lists, _theirs(life.store)
    hanging = [one for one in lists["wishlists"].values() if one["customer_id"] == 14]
    hanging += [one for one in lists["refunds"].values() if one["order_id"] in orders]
    ids = {"14", *map(str, orders), *(str(one["id"]) for one in hanging)}
    fields = "id|customer_id|order_id|resource_id"
    theirs = re.compile(
        rf'"(?:{fields})": ?(?:{"|".join(ids)})\b|{re.escape(EMAIL)}|{OLD_EMAIL}', re.IGNORECASE
    )

    def is_theirs(name: str, line: str) -> bool:
        cells = set(line.split(CELL)) if name.endswith(".csv") else set()
        return bool(cells & ids) or theirs.search(line.replace("\\", "")) is not None

    for name in sorted(before.keys() & after.keys()):
        was, left = lines_of(name, before[name]), lines_of(name, after[name])
        gone, came = set(was) - set(left), set(left) - set(was)
        if name.endswith((".csv", ".gz")) and "products" not in name:
            others = [line for line in gone if not is_theirs(name, line)]
            assert (name, others, came) == (name, [], set())


def test_the_reviews_of_a_product_stay_but_for_theirs(life: Life) -> None:
    """Its own text is otherwise as the store gave it."""
    before = life.texts()["exports/latest/lossless/products.jsonl.gz"]
    life.erase()
    after = life.texts()["exports/latest/lossless/products.jsonl.gz"]
    (line,) = set(before.splitlines()) - set(after.splitlines())
    reviews = json.loads(line)["reviews"]
    (left,) = set(after.splitlines()) - set(before.splitlines())
    assert [one["id"] for one in reviews] == [7, 8]
    assert json.loads(left) == json.loads(line) | {"reviews": reviews[1:]}
    assert "7,Good" not in life.texts()["exports/latest/more/reviews.csv"]


def test_earlier_pulls_are_rebuilt_without_them(life: Life, tmp_path: Path) -> None:
    """From what changed as from what is: exactly the earlier state, but for them."""
    house, then = life.house, float(NOW) + 3 * 3_600
    rebuild(house, DATASETS["orders"], then, tmp_path / "before", QuietPulse())
    life.erase()
    rebuild(house, DATASETS["orders"], then, tmp_path / "after", QuietPulse())
    lines = [
        gzip.decompress((tmp_path / when / "lossless/orders.jsonl.gz").read_bytes()).splitlines()
        for when in ("before", "after")
    ]
    theirs = _theirs(life.store)
    assert lines[1] == [line for line in lines[0] if json.loads(line)["id"] not in theirs]
    assert len(lines[1]) < len(lines[0])


def test_an_older_copy_does_not_bring_them_back(life: Life, tmp_path: Path) -> None:
    """A dated folder out of a copy elsewhere: the tombstone is honoured."""
    day = life.house.room("exports/2025-11-23")
    shutil.copytree(day, tmp_path / "copy")
    life.erase()
    shutil.rmtree(day)
    shutil.copytree(tmp_path / "copy", day)
    for name in ("customers", "orders", "subscribers", "refunds"):
        rebuild(life.house, DATASETS[name], float(NOW) + DAY / 3, tmp_path / "to", QuietPulse())
    rebuilt = content(tmp_path / "to")
    bodies = [gzip.decompress(b) if n.endswith(".gz") else b for n, b in rebuilt.items() if b]
    assert bodies
    named = sum(EMAIL.encode() in body or OLD_EMAIL.encode() in body for body in bodies)
    assert named == len(MENTIONED)


def test_the_next_pull_shows_what_the_shop_still_holds(life: Life) -> None:
    """It is said first; the past stays erased."""
    report = life.erase()
    assert report.findings[0].startswith("the shop still holds 1 customers, ")
    life.pull("customers", after=DAY)
    newest = max(path.name for path in life.house.room("exports").glob("20*"))
    days = {name.split("/")[1] for name in life.naming(EMAIL) if "customers.csv" in name}
    assert days == {"latest", newest}


def test_invoices_may_be_kept(life: Life) -> None:
    """Orders and what hangs on them stay; the customer does not."""
    before = life.texts()
    report = life.erase(invoices=True)
    after = life.texts()
    assert (report.counts.get("orders"), report.counts["customers"]) == (None, 1)
    same = ("orders", "order_details", "refunds", "order_metafields")
    names = [f"exports/latest/lossless/{name}.jsonl.gz" for name in same]
    assert [before[name] == after[name] for name in names] == [True] * len(names)
    assert EMAIL not in after["exports/latest/lossless/customers.jsonl.gz"]
    check_papers(life.house)


def test_a_customer_may_be_named_by_number(life: Life) -> None:
    """Then every address that they ever had is theirs."""
    life.erase(Person(customers=frozenset({14})))
    assert [n for n in life.naming(OLD_EMAIL, EMAIL) if "order" not in n] == []


def test_a_dry_run_changes_nothing(life: Life) -> None:
    """And tells the same counts."""
    before = content(life.house.root)
    told = life.erase(dry_run=True).counts
    after = content(life.house.root)
    locks = {name for name in after if name.endswith(".lock")}
    assert {n: b for n, b in after.items() if n not in locks} == {
        n: b for n, b in before.items() if n not in locks
    }
    done = life.erase().counts
    assert {n: c for n, c in told.items() if n != "files"} == {
        n: c for n, c in done.items() if n != "files"
    }


def test_what_people_dropped_is_cleared_too(life: Life) -> None:
    """Exports from elsewhere lose their rows, wherever they lie; what no one can read is named."""
    house = life.house
    left = "Customer ID,First Name,Last Name,Email\r\n3,Al,Roe,al@example.com\r\n"
    sheet = f"{left}14,Jo,Doe,{EMAIL}\r\n"
    places = ("drop-here/taken/2025-11-23/c.csv", "old-versions/2025-11-23T000000Z/exports/c.csv")
    for place in places:
        house.room(place).parent.mkdir(parents=True)
        house.room(place).write_bytes(sheet.encode("utf-16"))
    letter = house.room("drop-here/unknown/letter.txt")
    letter.parent.mkdir()
    letter.write_text(f"Dear {EMAIL}")
    shops = house.room("files/exports/c.csv")
    shops.parent.mkdir(parents=True)
    shops.write_bytes(sheet.encode())
    report = life.erase()
    assert [house.room(place).read_bytes().decode("utf-16") for place in places] == [left, left]
    assert shops.read_bytes() == sheet.encode()
    named = [
        finding.split(" names them")[0] for finding in report.findings if "names them," in finding
    ]
    assert named == ["files/exports/c.csv", "drop-here/unknown/letter.txt"]


def test_archives_are_looked_into_and_closed_ones_are_named(life: Life) -> None:
    """A packed file passed silently before, whoever was in it."""
    unknown = life.house.room("drop-here/unknown")
    unknown.mkdir(parents=True, exist_ok=True)
    letter = f"Dear {EMAIL.upper()}".encode()
    packed = {"names.zip": letter, "others.zip": b"Dear Al", "sheet.xlsx": letter}
    for name, body in packed.items():
        with zipfile.ZipFile(unknown / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside/letter.txt", body)
    (unknown / "letter.gz").write_bytes(gzip.compress(letter))
    (unknown / "wide.txt").write_bytes(EMAIL.encode("utf-16-be"))
    (unknown / "cut.gz").write_bytes(gzip.compress(b"Dear Al" * 99)[:-9])
    (unknown / "cut.zip").write_bytes((unknown / "names.zip").read_bytes()[:-30])
    (unknown / "scan.pdf").write_bytes(b"%PDF-1.7 ...")
    with zipfile.ZipFile(unknown / "within.zip", "w") as archive:
        archive.write(unknown / "names.zip", "names.zip")
    (unknown / "start.exe").write_bytes(b"MZ" * 99 + (unknown / "names.zip").read_bytes())
    for method, name in ((zipfile.ZIP_BZIP2, "b.zip"), (zipfile.ZIP_LZMA, "l.zip")):
        with zipfile.ZipFile(unknown / name, "w", method) as archive:
            archive.writestr("letter.txt", b"Dear Al" * 999)
        packed_body = bytearray((unknown / name).read_bytes())
        packed_body[46:56] = bytes(10)
        (unknown / name).write_bytes(packed_body)
    (unknown / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    findings = [one for one in life.erase().findings if one.startswith("drop-here/unknown/")]
    told = {one.split()[0].rpartition("/")[2]: "may name them" in one for one in findings}
    names = ("names.zip", "sheet.xlsx", "letter.gz", "wide.txt", "start.exe")
    closed = ("cut.gz", "cut.zip", "scan.pdf", "within.zip", "b.zip", "l.zip")
    assert told == dict.fromkeys(names, False) | dict.fromkeys(closed, True)


def test_a_damaged_file_is_named_and_nothing_is_half_done(life: Life) -> None:
    """Who is in it can not be told; everything stands as it stood."""
    file = life.house.room("exports/2025-11-23/lossless/customers.jsonl.gz")
    body = file.read_bytes()
    file.unlink()
    file.write_bytes(body[: len(body) // 2])
    before = content(life.house.room("exports"))
    with pytest.raises(DiskError, match="can be read"):
        life.erase()
    assert content(life.house.room("exports")) == before


def test_decisions_name_nobody(life: Life) -> None:
    """The tombstone and the certificate, which others may read; nor does a file's name there."""
    letter = life.house.room(f"drop-here/unknown/{EMAIL}.txt")
    letter.parent.mkdir()
    letter.write_text(f"Dear {EMAIL}")
    report = life.erase()
    assert any(EMAIL in finding for finding in report.findings), "who gave the word must find it"
    papers = {n: b for n, b in content(life.house.room("decisions")).items() if b}
    assert {"erasures.json"} < papers.keys()
    assert not any(
        word.encode().lower() in body.lower()
        for body in papers.values()
        for word in (EMAIL, OLD_EMAIL, "Doe")
    )


def test_an_erasure_that_is_cut_anywhere_is_finished_by_the_next(
    life: Life, tmp_path: Path
) -> None:
    """Before any step on the disk: no file is torn, and one more run comes to the same end."""
    cuts = 0
    for steps in count(1, STRIDE):
        mirror = tmp_path / f"{steps}"
        shutil.copytree(life.house.mirror, mirror)
        one = Life(mirror, life.store, life.source)
        one.now = life.now
        try:
            with cut_after(steps):
                one.erase()
        except PowerCut:
            cuts += 1
            one.erase()
            check_papers(one.house)
            left = {name.rpartition("/")[2] for name in one.naming(EMAIL, OLD_EMAIL)}
            assert left == MENTIONED
            shutil.rmtree(mirror)
            continue
        break
    assert cuts > 10


def test_an_access_request_gets_a_copy_of_all_of_it(life: Life, tmp_path: Path) -> None:
    """The newest version of each record, in the shop's own spelling, for its owner alone."""
    holding = held_of(life.house, WHO, QuietPulse())
    write_copy(life.house, holding, tmp_path / "copy", "2025-11-23T12:00:00Z")
    (customer,) = json.loads((tmp_path / "copy/customers.json").read_text())
    orders = json.loads((tmp_path / "copy/orders.json").read_text())
    assert (customer["id"], customer["email"]) == (14, EMAIL)
    assert [one["id"] for one in orders] == _theirs(life.store)
    assert "called Jo" in (tmp_path / "copy/orders.json").read_text()
    assert [one["id"] for one in json.loads((tmp_path / "copy/reviews.json").read_text())] == [7]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "copy").iterdir()} == {0o600}
