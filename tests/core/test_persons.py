"""Whose a record is, and what may be passed over unread."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.columns import Table
from mirrord.core.datasets import DATASETS
from mirrord.core.persons import (
    PART_COLUMN,
    PARTS,
    RULES,
    Known,
    Person,
    asked_for,
    is_of,
    key_column,
    without_parts,
)
from mirrord.core.records import read_record
from mirrord.core.tombstones import read, told, tombstone

JO = Person(frozenset({"jo@example.com"}), frozenset({14}), frozenset({100}))

THEIRS = [
    ("customers", {"id": 14}),
    ("customer_metafields", {"id": 1, "resource_id": 14}),
    ("subscribers", {"id": 1, "email": " JO@Example.com"}),
    ("wishlists", {"id": 1, "customer_id": 14}),
    ("orders", {"id": 5, "customer_id": 14}),
    ("orders", {"id": 5, "customer_id": 0, "billing_address": {"email": "Jo@example.com"}}),
    ("order_details", {"id": 100}),
    ("order_metafields", {"id": 1, "resource_id": 100}),
    ("refunds", {"id": 1, "order_id": 100}),
    ("gift_certificates", {"id": 1, "to_email": "jo@example.com"}),
    ("gift_certificates", {"id": 1, "from_email": "jo@example.com"}),
]
OTHERS = [
    ("customers", {"id": 15, "email": "jo@example.com"}),  # has the address by now
    ("orders", {"id": 5, "customer_id": 15, "billing_address": {"email": "jo@example.com"}}),
    ("orders", {"id": 5, "customer_id": 0, "customer_message": "for jo@example.com"}),
    ("orders", {"id": 5, "customer_id": 0}),
    ("subscribers", {"id": 14, "email": "jojo@example.com"}),
    ("wishlists", {"id": 14, "customer_id": 0}),
    ("brands", {"id": 14, "email": "jo@example.com"}),
]


@pytest.mark.parametrize(("dataset", "fields"), THEIRS)
def test_what_is_theirs(dataset: str, fields: dict[str, object]) -> None:
    """By id where there is a customer, by address where there is none; a tombstone knows them."""
    stone = read(json.loads(json.dumps(told(tombstone(JO, 1.0, "salt")))))
    assert [is_of(dataset, fields, who) for who in (JO, stone)] == [True, True]
    assert JO.may_be_in(json.dumps(fields))


@pytest.mark.parametrize(("dataset", "fields"), OTHERS)
def test_what_is_not(dataset: str, fields: dict[str, object]) -> None:
    """Whoever is mentioned, has the address of somebody, or no customer at all."""
    stone = tombstone(JO, 1.0, "salt")
    assert [is_of(dataset, fields, who) for who in (JO, stone)] == [False, False]


def test_a_tombstone_names_nobody() -> None:
    """Nor does the same person leave the same twice."""
    kept = json.dumps(told(tombstone(JO, 1.0, "salt")))
    assert not any(word in kept for word in ("jo@", "example", '"14"', '"100"'))
    assert tombstone(JO, 1.0, "salt").who.isdisjoint(tombstone(JO, 1.0, "pepper").who)


@given(st.sampled_from(THEIRS), st.booleans(), st.sampled_from([None, 1]))
def test_a_record_of_theirs_is_never_passed_over(
    theirs: tuple[str, dict[str, object]], ascii_only: bool, indent: int | None
) -> None:
    """However its text is spelled."""
    text = json.dumps(theirs[1], ensure_ascii=ascii_only, indent=indent)
    assert JO.may_be_in(text)
    assert JO.may_be_in(text.replace("@", "\\u0040"))


def test_every_address_that_they_ever_had_is_theirs_and_nobody_elses() -> None:
    """An address that passed on to another customer does not make that one theirs."""
    known = Known(Person(frozenset({"new@example.com"})))
    known.learn_customers(
        [(14, "old@example.com"), (14, "NEW@example.com"), (15, "old@example.com"), (16, "")]
    )
    assert known.person == Person(
        frozenset({"new@example.com", "old@example.com"}), frozenset({14})
    )


def test_every_csv_file_of_people_says_of_whom_a_row_is() -> None:
    """By a column of its own; those of reviews by the address."""
    tables = [(name, table) for name in RULES for table in DATASETS[name].tables]
    columns = {
        table.name: table.columns if isinstance(table, Table) else (*table.head, *table.tail)
        for _, table in tables
    }
    assert [t.name for name, t in tables if key_column(name, columns[t.name]) is None] == []
    reviews = [table for table in DATASETS["products"].tables if table.name == PARTS["products"]]
    assert [PART_COLUMN in table.columns for table in reviews] == [True]  # type: ignore[union-attr]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_only_their_part_of_a_record_goes(place: int) -> None:
    """First, last or between: the text is as it was otherwise, prices spelled as they were."""
    emails = ["a@example.com", "b@example.com"]
    emails.insert(place, "jo@example.com")
    reviews = [f'{{"id": {n}, "email":"{email}" }}' for n, email in enumerate(emails)]
    text = f'{{"id":7,"price":10.10,"reviews":[{",".join(reviews)}],"name":"x"}}'
    left = without_parts("products", read_record(text), JO)
    del reviews[place]
    assert left == f'{{"id":7,"price":10.10,"reviews":[{",".join(reviews)}],"name":"x"}}'
    assert without_parts("products", read_record(left), JO) == left


@pytest.mark.parametrize("typed", ["", "jo", "jo@", "@x", "jo doe@example.com"])
def test_a_slip_of_the_hand_is_no_address(typed: str) -> None:
    """Nothing is looked for."""
    with pytest.raises(ValueError, match="no e-mail address"):
        asked_for(typed)
