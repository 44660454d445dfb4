"""Rows that are taken over are the rows that would have been made."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mirrord.core.columns import Wide
from mirrord.core.datasets import DATASETS
from mirrord.core.records import Record
from mirrord.disk import rowindex
from tests.fakes_records import record
from tests.jobs.test_changes import Shop
from tests.jobs.test_earlier import _tree

PRODUCTS = DATASETS["products"]
NAMES = ("acme", "bolt")


class Catalogue:
    """Products of a brand, with variants, images and options; pulled again and again."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.brands("first")

    def brands(self, word: str) -> None:
        """The names of the brands."""
        self.shop.source.held["brands"] = [
            record(json.dumps({"id": number, "name": f"{name} {word}"}))
            for number, name in enumerate(NAMES, 1)
        ]

    def put(self, number: int, name: str, images: int, options: int) -> None:
        fields: dict[str, Any] = {
            "description": f'"{name}",\r\n<b>lines</b>',
            "brand_id": number % 3,
            "images": [{"id": number * 100 + place} for place in range(images)],
            "variants": [
                {"id": number * 10 + place, "option_values": [{"id": 1, "option_id": 2}]}
                for place in range(options)
            ],
        }
        self.shop.put(number, name, **fields)
        held = self.shop.source.held["products"]
        parts = tuple(record(json.dumps({"id": 2 + place})) for place in range(options))
        self.shop.source.held["products"] = [
            _with(one, parts) if one.id == number else one for one in held
        ]

    def files(self) -> dict[str, bytes]:
        told = _tree(self.shop.house.room("exports/latest"))
        return {name: body for name, body in told.items() if name.endswith((".csv", ".gz"))}

    def anew(self) -> dict[str, bytes]:
        """What a full pull into an empty house comes to."""
        with tempfile.TemporaryDirectory() as folder:
            other = Catalogue(Path(folder))
            other.shop.source, other.shop.now = self.shop.source, self.shop.now
            other.shop.pull()
            return other.files()


def _with(one: Record, parts: tuple[Record, ...]) -> Record:
    return replace(one, companions={"options": parts} if parts else {})


def _but_for_width(files: dict[str, bytes]) -> dict[str, bytes]:
    """Wide tables never become narrower by what changed; a full pull makes them anew."""
    wide = {f"more/{table.name}.csv" for table in PRODUCTS.tables if isinstance(table, Wide)}
    return {name: body for name, body in files.items() if name not in wide}


class Applying(RuleBasedStateMachine):
    """Any changes, in any order, applied pull by pull."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.catalogue = Catalogue(Path(self.folder.name))
        self.pulled = False

    @rule(
        number=st.integers(1, 6),
        name=st.sampled_from("abc"),
        images=st.integers(0, 3),
        options=st.integers(0, 2),
    )
    def change(self, number: int, name: str, images: int, options: int) -> None:
        self.catalogue.put(number, name, images, options)
        self.pulled = False

    @rule(number=st.integers(1, 6))
    def vanish(self, number: int) -> None:
        self.catalogue.shop.drop(number)
        self.pulled = False

    @rule(hours=st.sampled_from([0, 30]))
    def pull(self, hours: int) -> None:
        self.catalogue.shop.now += hours * 3600
        assert self.catalogue.shop.pull().exit_code == 0
        self.pulled = True

    @invariant()
    def files_are_those_of_a_pull_from_nothing(self) -> None:
        if getattr(self, "pulled", False):
            ours, anew = self.catalogue.files(), self.catalogue.anew()
            assert _but_for_width(ours) == _but_for_width(anew)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


test_what_is_applied_comes_to_the_files_of_a_full_pull = Applying.TestCase
Applying.TestCase.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Five products, pulled twice, so that their rows are known."""
    made = Catalogue(tmp_path)
    for number in range(1, 6):
        made.put(number, "first", images=1, options=1)
    made.shop.pull()
    made.put(1, "second", images=1, options=1)
    made.shop.pull()
    return made


class Counting:
    """Counts the records whose rows are made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from mirrord.disk import draft

        self.made = 0
        real = draft.Draft.add

        def add(one: draft.Draft, record: Record) -> None:
            self.made += 1
            real(one, record)

        monkeypatch.setattr(draft.Draft, "add", add)


def test_only_the_rows_of_what_changed_are_made(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of five; the files are those of a full pull all the same."""
    counting = Counting(monkeypatch)
    catalogue.put(3, "third", images=1, options=0)
    catalogue.shop.pull()
    assert (counting.made, catalogue.files()) == (1, catalogue.anew())


def test_a_name_that_changed_has_all_rows_made(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A brand's new name stands in the rows of products that did not change."""
    counting = Counting(monkeypatch)
    catalogue.brands("renamed")
    catalogue.put(3, "third", images=1, options=1)
    catalogue.shop.pull()
    assert (counting.made, catalogue.files()) == (5, catalogue.anew())


def test_a_product_with_more_images_than_any_before_widens_the_file(catalogue: Catalogue) -> None:
    """All rows are made once more; none is cut."""
    catalogue.put(3, "third", images=9, options=1)
    catalogue.shop.pull()
    assert catalogue.files() == catalogue.anew()


@pytest.mark.parametrize("harm", ["lost", "of another pull", "cut", "nonsense", "longer"])
def test_an_index_that_does_not_fit_is_of_no_use_and_no_harm(
    catalogue: Catalogue, harm: str
) -> None:
    """It lies in .mirrord/, which may be deleted, or put back from an older copy."""
    file = catalogue.shop.house.room(".mirrord/rows") / "products"
    old = file.read_bytes()
    catalogue.put(2, "between", images=2, options=1)
    catalogue.shop.pull()
    spoilt = {
        "lost": None,
        "of another pull": old,
        "cut": file.read_bytes()[:-3],
        "nonsense": b"{}\n",
        "longer": file.read_bytes() + b"\0",
    }[harm]
    file.unlink()
    if spoilt is not None:
        file.write_bytes(spoilt)
    catalogue.put(3, "third", images=1, options=1)
    catalogue.shop.pull()
    assert catalogue.files() == catalogue.anew()


def test_other_code_makes_all_rows_anew(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version of mirrord may write a cell in another form."""
    monkeypatch.setattr(rowindex, "_renderer", lambda: "another version")
    counting = Counting(monkeypatch)
    catalogue.put(3, "third", images=1, options=1)
    catalogue.shop.pull()
    assert counting.made == 5


def test_a_damaged_csv_file_is_nothing_to_take_over(catalogue: Catalogue) -> None:
    """Its rows are made anew from the lossless file; the bad one is kept aside."""
    newest = max(catalogue.shop.house.room("exports").glob("2*")) / "products.csv"
    newest.chmod(0o600)
    newest.write_bytes(newest.read_bytes().replace(b"first", b"wrong"))
    catalogue.put(3, "third", images=1, options=1)
    report = catalogue.shop.pull()
    assert (report.exit_code, catalogue.files()) == (3, catalogue.anew())
    shutil.rmtree(catalogue.shop.house.room("set-aside"))
