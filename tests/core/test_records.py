"""A page is cut into records that keep their own text, or it is an error."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.records import parts, read_object, split_page
from mirrord.errors import AnswerBroken
from tests.fakes_records import record

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
some_records = st.lists(
    st.builds(
        lambda number, fields: fields | {"id": number},
        st.integers(0, 2**63),
        st.dictionaries(st.text(), json_values, max_size=4),
    ),
    max_size=5,
)


@given(some_records, st.sampled_from([None, 2]), st.booleans(), st.booleans())
def test_any_page_gives_back_its_records_in_their_own_text(
    truth: list[dict[str, object]], indent: int | None, is_v3: bool, meta_first: bool
) -> None:
    """v2 and v3, compact or indented, meta before or after: each text parses to its record."""
    envelope: dict[str, object] = {"meta": {}} if meta_first else {}
    page = envelope | {"data": truth} | {"meta": {"a": [1]}} if is_v3 else truth
    cut = split_page(json.dumps(page, indent=indent), "a test").records
    assert [json.loads(one.text) for one in cut] == truth
    assert [one.id for one in cut] == [one["id"] for one in truth]
    assert not any("\n" in one.text for one in cut)


def test_numbers_keep_their_digits() -> None:
    """10.10 stays 10.10 and 2^63 is exact, in the text and in the fields."""
    text = '{"id":9223372036854775808,"price":10.10,"n":0.1000000000000000055}'
    one = record(text)
    digits = (one.text, one.id, str(one.fields["price"]), one.fields["n"])
    assert digits == (text, 2**63, "10.10", Decimal("0.1000000000000000055"))


def test_line_breaks_between_tokens_are_taken_out_and_nothing_else() -> None:
    """Escaped line breaks inside strings, and the shop's odd separators, stay."""
    one = record('{\r\n "id": 1,\n "a": "x\\r\\ny\u2028z"\n}')
    assert one.text == '{ "id": 1, "a": "x\\r\\ny\u2028z"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!DOCTYPE html><html></html>",
        "null",
        '"data"',
        "{}",
        '{"data": null}',
        '{"data": {"id": 1}}',
        '{"status": 404, "title": "x"}',
        '[{"id": 1}',
        '[{"id": 1},]',
        '[{"id": 1}] trailing',
        '{"data": [{"id": 1}]',
        '{"data": [{"id": 1}], "meta": {',
        "[1]",
        '[{"name": "no id"}]',
        '[{"id": "1"}]',
        '[{"id": true}]',
        '[{"id": 1.5}]',
        '[{"id": 1, "price": NaN}]',
        '[{"id": 1, "price": 1e99999999999999999999}]',
        '[{"id": ' + "9" * 5000 + "}]",
        "[" * 100_000,
        '[{"id": 1, "a": ' + "[" * 100_000,
        "{1: 2}",
    ],
    ids=lambda text: text[:24],
)
def test_whatever_is_no_list_of_records_is_an_error(text: str) -> None:
    """No broken answer passes for an empty shop or crashes; the request is named, not the body."""
    with pytest.raises(AnswerBroken, match=r"^GET v2/orders did not answer with a list"):
        split_page(text, "GET v2/orders")


@given(st.text() | st.text('[]{}:,"0123456789 ida'))
def test_no_text_at_all_brings_the_cutter_down(text: str) -> None:
    """Either records or AnswerBroken, whatever comes."""
    with suppress(AnswerBroken):
        cut = split_page(text, "a test").records
        assert [json.loads(one.text)["id"] for one in cut] == [one.id for one in cut]


def test_a_part_of_a_page_is_never_a_page() -> None:
    """Cut anywhere, a page is an error."""
    whole = json.dumps({"data": [{"id": 1, "a": [1, {"b": "]"}]}, {"id": 2}], "meta": {}})
    for end in range(len(whole)):
        with pytest.raises(AnswerBroken):
            split_page(whole[:end], "a test")


def test_parts_of_a_record_keep_their_own_text() -> None:
    """A product's options become records of their own; a name that is not there gives none."""
    one = record('{"id": 1, "x": [7], "options": [{"id": 5, "v": 1.50}, {"id": 6}], "y": {}}')
    found = [(part.id, part.text) for part in parts(one, "options")]
    assert (found, parts(one, "modifiers")) == ([(5, '{"id": 5, "v": 1.50}'), (6, '{"id": 6}')], ())


def test_parts_that_are_no_records_are_an_error() -> None:
    """An option without an id can not be told from another."""
    with pytest.raises(AnswerBroken, match="record 1 has no list of options"):
        parts(record('{"id": 1, "options": [7]}'), "options")


@pytest.mark.parametrize("text", ["", "[]", "7", '{"count": 1', "<html>"])
def test_a_count_that_is_no_object_is_an_error(text: str) -> None:
    """A count decides what is complete; it is never guessed."""
    with pytest.raises(AnswerBroken):
        read_object(text, "GET v2/orders/count")
