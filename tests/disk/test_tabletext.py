"""A CSV written as records come, of which only the last may tell how wide it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mirrord.core import csvtext
from mirrord.core.columns.bulk_edit import BULK_EDIT, MOST_IMAGES
from mirrord.core.columns.products import PRODUCTS
from mirrord.core.datasets import DATASETS
from mirrord.core.records import Record, read_record
from mirrord.disk.draft import Draft
from mirrord.disk.durable import Durable
from mirrord.disk.plaintext import PlainText
from mirrord.disk.staging import Staging
from mirrord.disk.tabletext import TableText
from tests.houses import new_house


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    """A lane's folder, swept at the end."""
    house = new_house(tmp_path)
    with (
        closing(Durable(house.root)) as durable,
        closing(Staging(house, "catalogue", durable)) as held,
    ):
        yield held


def _product(number: int, images: int) -> Record:
    held = [{"id": n, "description": "a\r\nb, \ud83d"} for n in range(images)]
    return read_record(json.dumps({"id": number, "name": "x", "images": held}))


def _written(table: TableText, *records: Record) -> list[list[str]]:
    for one in records:
        table.add(one)
    table.end()
    table.text.close()
    with table.text.staged.path.open(encoding="utf-8", newline="") as text:
        return list(csvtext.parse(text))


def _open(staging: Staging) -> PlainText:
    return PlainText(staging.open(0o600, 0), packed=False)


def test_a_wide_table_is_as_wide_as_the_record_with_the_most(staging: Staging) -> None:
    """Whichever it is; and no row says anything else than if the width had been known."""
    records = (_product(1, 0), _product(2, 3), _product(3, 1))
    table = TableText(BULK_EDIT, lambda: _open(staging))
    rows = _written(table, *records)
    known = BULK_EDIT.sized(3)
    assert table.table.columns == known.columns
    assert rows == [
        list(known.columns),
        *[
            [text.replace("\ud83d", "\\ud83d") for text in row]
            for one in records
            for row in known.rows(one)
        ],
    ]
    assert table.text.lines == 4


def test_a_table_of_one_width_is_written_at_once(staging: Staging) -> None:
    """Heading first, and nothing is laid aside."""
    table = TableText(PRODUCTS, lambda: _open(staging))
    assert table.text.lines == 1
    assert len(_written(table, _product(1, 2))) == 4
    assert len(list(staging.path.iterdir())) == 1


def test_what_was_laid_aside_is_gone_at_the_end(staging: Staging) -> None:
    """Finished or given up."""
    table = TableText(BULK_EDIT, lambda: _open(staging))
    assert len(list(staging.path.iterdir())) == 2
    _written(table)
    assert [path.name for path in staging.path.iterdir()] == [table.text.staged.path.name]
    other = TableText(BULK_EDIT, lambda: _open(staging))
    other.discard()
    other.discard()
    other.text.staged.discard()
    assert len(list(staging.path.iterdir())) == 1


def test_a_record_with_too_many_is_cut_and_told(staging: Staging) -> None:
    """In the table that came of it."""
    table = TableText(BULK_EDIT, lambda: _open(staging))
    _written(table, _product(1, MOST_IMAGES + 1))
    assert table.table.cuts == ("a product has 101 images, 100 have columns; images.csv has all",)


def test_a_draft_names_the_fields_that_no_table_knows(staging: Staging) -> None:
    """Each once, for the receipt; they cost no record."""
    draft = Draft(DATASETS["brands"], staging, 0)
    for number in (1, 2):
        draft.add(read_record(f'{{"id": {number}, "name": "x", "surprise": 1}}'))
    assert (draft.close().records, draft.new_fields) == (2, ("surprise",))
