"""Declared columns, parts and leaves; and for all tables: any record gives sound rows."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core import csvtext
from mirrord.core.columns.drift import declared
from mirrord.core.columns.flat import (
    Part,
    cell,
    compact,
    flat_table,
    leaves_table,
    parts_table,
)
from mirrord.core.columns.tables import TABLES
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

TEXTS = st.one_of(
    st.text(),
    st.sampled_from(
        ["", "00123", "=1+1", "+44", "-1", "@x", "a\r\nb", "\n", '"', ",", "\ud83d", "\x00", "NULL"]
    ),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.decimals(allow_nan=False, allow_infinity=False),
    TEXTS,
)


def _values(names: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


@given(_values(st.text()))
def test_a_list_or_an_object_in_a_cell_is_read_back_as_json(value: Json) -> None:
    """Numbers with their own digits, texts whole; lone surrogates too, as JSON writes them."""
    text = cell([value])
    assert json.loads(text, parse_float=Decimal) == [value]
    assert text == compact([value])


@pytest.mark.parametrize("digits", ["10.10", "1E+2", "0.000", "-5", "9223372036854775808"])
def test_a_number_within_json_keeps_its_digits(digits: str) -> None:
    """Not the value only: 10.10 does not become 10.1."""
    value = Decimal(digits) if "." in digits or "E" in digits else int(digits)
    assert compact({"n": [value]}) == f'{{"n":[{digits}]}}'


@pytest.mark.parametrize("dataset", TABLES)
def test_any_record_gives_rows_as_wide_as_their_heading(dataset: str) -> None:
    """Whatever stands at the declared names; and CSV gives the same rows back."""
    paths = declared(dataset) or ("id", "value.x")
    steps = sorted({step for path in paths for step in re.split(r"\[\]\.|\.|\[\]", path) if step})
    fields = st.dictionaries(st.sampled_from(steps), _values(st.sampled_from(steps)), max_size=8)

    @settings(max_examples=20, deadline=None)
    @given(fields)
    def law(held: dict[str, Json]) -> None:
        record = Record(7, "", held)
        for table in TABLES[dataset]:
            made = table.sized(table.wanted(record))
            rows = [made.columns, *made.rows(record)]
            assert {len(row) for row in rows} == {len(made.columns)}
            disk = "".join(csvtext.lines(rows)).encode("utf-8")
            again = list(csvtext.parse(io.StringIO(disk.decode("utf-8"), newline="")))
            assert again == [[_on_disk(text) for text in row] for row in rows]

    law()


def _on_disk(text: str) -> str:
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match.group()):04x}", text)


def test_null_and_the_empty_text_are_both_an_empty_cell() -> None:
    """A CSV can not tell them apart; the lossless file does. Nothing is written as NULL."""
    (row,) = flat_table("t", "id a b c d").rows(Record(1, "", {"a": None, "b": "", "c": []}))
    assert row == ("1", "", "", "[]", "")


def test_a_path_leads_into_objects_and_stops_at_anything_else() -> None:
    """A missing step, a list, a text: an empty cell and no error."""
    table = flat_table("t", "uuid a.b a.b.c x.y l.y")
    fields: dict[str, Json] = {"a": {"b": {"c": 1}}, "x": "text", "l": [{"y": 1}]}
    (row,) = table.rows(Record(5, "", fields))
    assert (table.columns, row) == (
        ("uuid", "a.b", "a.b.c", "x.y", "l.y"),
        ("5", '{"c":1}', "1", "", ""),
    )


def test_parts_begin_with_the_ids_of_what_they_lie_in() -> None:
    """The record's own, then that of the part around it; what is no object is passed over."""
    part = Part("t", "product_id option_id", "options[].values[]", "id label")
    options: Json = [
        {"id": 5, "values": [{"id": 50, "label": "L"}, None, {"id": 51}]},
        {"id": 6, "values": None},
        "odd",
    ]
    assert list(parts_table(part).rows(Record(1, "", {"options": options}))) == [
        ("1", "5", "50", "L"),
        ("1", "5", "51", ""),
    ]


def test_a_companion_comes_instead_of_the_records_own_list() -> None:
    """What was asked for apart is whole, the record's own may be cut."""
    part = Part("t", "id_", "addresses[]", "city")
    apart = (Record(1, "", {"city": "A"}), Record(2, "", {"city": "B"}))
    own: Json = [{"city": "A"}]
    held = Record(9, "", {"addresses": own}, {"addresses": apart})
    told = [list(parts_table(part).rows(one)) for one in (held, Record(9, "", {"addresses": own}))]
    assert told == [[("9", "A"), ("9", "B")], [("9", "A")]]


def test_parts_lie_in_objects_too() -> None:
    """Several places of one table, in their order."""
    part = Part("t", "order_id", "c.shipping[] c.email.gifts[]", "to")
    fields: dict[str, Json] = {"c": {"shipping": [{"to": "a"}], "email": {"gifts": [{"to": "b"}]}}}
    assert list(parts_table(part).rows(Record(3, "", fields))) == [("3", "a"), ("3", "b")]


def test_settings_are_a_row_a_value() -> None:
    """By the path below the answer; lists stay whole, an answer that is one value has no path."""
    table = leaves_table("settings")
    logo = Record(1, "", {"id": 1, "value": {"a": {"b": 1, "c": None}, "d": [1, 2], "e": {}}})
    bare = Record(2, "", {"id": 2, "value": "on"})
    assert [row for one in (logo, bare) for row in table.rows(one)] == [
        ("1", "a.b", "1"),
        ("1", "a.c", ""),
        ("1", "d", "[1,2]"),
        ("1", "e", "{}"),
        ("2", "", "on"),
    ]


def test_a_megabyte_of_html_stays_what_it_is() -> None:
    """Pasted images make such descriptions."""
    html = '<p class="a">é, "b"\r\n\u2028</p>' * 40_000
    (row,) = flat_table("t", "id body").rows(Record(2**63, "", {"body": html}))
    assert list(csvtext.parse(csvtext.lines([row]))) == [["9223372036854775808", html]]
