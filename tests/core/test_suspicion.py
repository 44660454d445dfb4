"""When records look damaged: against a slow oracle that keeps every state, and by hand."""

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.cells import Column, Harm, has_shrunk, is_empty
from mirrord.core.changes import changes
from mirrord.core.columns import Row, Table
from mirrord.core.datasets import DATASETS
from mirrord.core.datasets.kinds import Dataset
from mirrord.core.records import Record, parts, read_object
from mirrord.core.suspicion import USUAL, Limits, Suspicion, Tally, Told, may_be

#: One record of the small dataset below, as a test writes it.
Fields = dict[str, Any]
State = Mapping[int, Fields]

COLUMNS = ("Item", "ID", "Text", "Stock", "Note")


def _rows(record: Record) -> Iterator[Row]:
    """The record itself, with the note that a companion has, and a row for each of its children."""
    of = record.fields
    notes = [str(note.fields["text"]) for note in record.companions.get("notes", ())]
    yield "Whole", str(record.id), str(of.get("text", "")), str(of.get("stock", "")), *notes[:1]
    for child in parts(record, "children"):
        yield "Child", str(child.id), str(child.fields["text"]), "", ""


def padded(record: Record) -> Iterator[Row]:
    for row in _rows(record):
        yield (*row, *[""] * (len(COLUMNS) - len(row)))


def unnamed(record: Record) -> Iterator[Row]:
    """Only the children, with nothing to tell them apart by."""
    for row in padded(record):
        if row[0] == "Child":
            yield row[2:]


SMALL = replace(
    DATASETS["products"],
    tables=(
        Table("all", COLUMNS, padded, kind="Item", named_by="ID", volatile=frozenset({"Stock"})),
        Table("children", COLUMNS[2:], unnamed),
    ),
    files={"notes": "notes"},
)


def texts(state: State) -> tuple[dict[int, str], dict[int, str]]:
    """A state as its lossless files have it: the records, and the notes apart."""
    whole = {
        key: json.dumps({"id": key} | {name: of[name] for name in of if name != "note"})
        for key, of in state.items()
    }
    notes = {
        key: json.dumps({"id": key, "notes": [{"id": 1, "text": of["note"]}]})
        for key, of in state.items()
        if of.get("note")
    }
    return whole, notes


def told(states: Sequence[State]) -> Iterator[Told]:
    """What the pulls between the states leave, merged by record and pull."""
    streams = []
    for pull, (old, new) in enumerate(pairwise(states)):
        for part, before, after in zip(("", "notes"), texts(old), texts(new), strict=True):
            made = changes(sorted(before.items()), sorted(after.items()))
            streams.append([Told(pull, part, one) for one in made])
    yield from heapq.merge(*streams, key=lambda one: (one.change.id, one.pull))


def whole_rows(dataset: Dataset, state: State) -> dict[int, list[list[Row]]]:
    """All rows of a state by record, table by table."""
    records, notes = texts(state)
    found = {}
    for key, text in records.items():
        apart = parts(Record(key, notes[key], {}), "notes") if key in notes else ()
        record = Record(key, text, read_object(text, "a test"), {"notes": apart})
        found[key] = [list(table.rows(record)) for table in dataset.tables]
    return found


def counted(dataset: Dataset, state: State) -> Counter[tuple[str, str]]:
    return Counter(
        (table.name, table.kind_of(row))
        for rows in whole_rows(dataset, state).values()
        for table, own in zip(dataset.tables, rows, strict=True)
        for row in own
    )


def found(
    states: Sequence[State], limits: Limits = USUAL, dataset: Dataset = SMALL
) -> tuple[Suspicion, ...]:
    rows = counted(dataset, states[-1])
    return Tally(dataset, len(states) - 1, told(states), rows).suspicions(limits)


# --- the oracle


def was(table: Table, row: Row, new: list[Row], old: list[Row]) -> Row | None:
    """The row of before that this one was, found by crossing out."""
    name = table.columns.index(table.named_by) if table.named_by else None

    def same(one: Row, other: Row) -> bool:
        if table.kind_of(one) != table.kind_of(other):
            return False
        return one == other if name is None else one[name] == other[name]

    left, pairs = list(enumerate(old)), {}
    for place, one in enumerate(new):
        match = next((pair for pair in left if same(one, pair[1])), None)
        if match is not None:
            left.remove(match)
            pairs[place] = match[1]
    for place, one in enumerate(new):
        if place in pairs:
            continue
        match = next((pair for pair in left if table.kind_of(pair[1]) == table.kind_of(one)), None)
        if match is not None:
            left.remove(match)
            pairs[place] = match[1]
    return next((pairs.get(place) for place, one in enumerate(new) if one is row), None)


Worse = dict[tuple[Column, Harm, int], Counter[str]]


def naive(states: Sequence[State], dataset: Dataset) -> Worse:
    """For every column, harm and state: how many rows of which record are worse now."""
    whole = [whole_rows(dataset, state) for state in states]
    worse: Worse = defaultdict(Counter)
    for key in {key for state in whole for key in state}:
        for place, table in enumerate(dataset.tables):
            rows = [state[key][place] if key in state else [] for state in whole]
            for kind in {table.kind_of(row) for own in rows for row in own}:
                had = [sum(table.kind_of(row) == kind for row in own) for own in rows]
                for pull in range(len(states) - 1):
                    fallen = min(had[: pull + 1]) - had[-1]
                    if fallen > 0:
                        worse[Column(table.name, kind), Harm.GONE, pull][str(key)] += fallen
            for row in rows[-1]:
                olds = [was(table, row, rows[-1], own) for own in rows[:-1]]
                for column, harm, pull in worse_cells(table, row, olds):
                    worse[column, harm, pull][str(key)] += 1
    return worse


def worse_cells(
    table: Table, row: Row, olds: Sequence[Row | None]
) -> Iterator[tuple[Column, Harm, int]]:
    for at, name in enumerate(table.columns):
        column = Column(table.name, table.kind_of(row), name)
        cells = [(pull, old[at]) for pull, old in enumerate(olds) if old is not None]
        for place, (pull, cell) in enumerate(cells):
            before = [one for _, one in cells[:place]]
            if name in (table.kind, table.named_by) or cell == row[at]:
                continue
            if is_empty(row[at]) and not any(map(is_empty, [cell, *before])):
                yield column, Harm.EMPTIED, pull
            if name in table.volatile or row[at] in before:
                continue
            yield column, Harm.CHANGED, pull
            if has_shrunk(cell, row[at]) and not is_empty(row[at]):
                yield column, Harm.SHRANK, pull


def by_oracle(
    states: Sequence[State], limits: Limits, dataset: Dataset
) -> dict[Column, tuple[Harm, int, int, int, frozenset[str]]]:
    worse = naive(states, dataset)
    totals = [counted(dataset, state) for state in states]
    best: dict[Column, tuple[Harm, int, int, int, frozenset[str]]] = {}
    for column in {column for column, _, _ in worse}:
        for harm in Harm:
            over = []
            for pull in range(len(states) - 1):
                named = worse.get((column, harm, pull), Counter())
                at = (column.table, column.kind)
                of = max(totals[pull][at], totals[-1][at])
                if limits.over(harm, named.total(), of):
                    over.append((named.total(), pull, of, frozenset(named)))
            if over and column not in best:
                count, pull, of, keys = max(over, key=lambda one: one[:2])
                best[column] = (harm, count, of, pull, keys)
    return best


words = st.sampled_from(["", "a", "b", "long enough", "0", "0.00", "12"])
record = st.fixed_dictionaries(
    {"text": words, "stock": st.sampled_from(["0", "3", "4"]), "note": words},
    optional={
        "children": st.lists(
            st.fixed_dictionaries({"id": st.integers(1, 3), "text": words}),
            max_size=3,
            unique_by=lambda child: child["id"],
        )
    },
)


@given(
    states=st.lists(st.dictionaries(st.integers(1, 5), record, max_size=5), min_size=2, max_size=6),
    cells=st.sampled_from([0.0, 0.2, 0.5]),
    rows=st.sampled_from([0.0, 0.1, 0.5]),
    floor=st.integers(1, 3),
    least=st.integers(1, 3),
)
@settings(max_examples=600, deadline=None)
def test_the_stream_finds_what_all_states_side_by_side_show(
    states: list[State], cells: float, rows: float, floor: int, least: int
) -> None:
    """Column, harm, numbers, since when, and as many ids as there are, up to three."""
    limits = Limits(cells, rows, floor, least)
    wanted = by_oracle(states, limits, SMALL)
    got = found(states, limits)
    assert {one.column: (one.harm, one.count, one.of, one.since) for one in got} == {
        column: one[:4] for column, one in wanted.items()
    }
    for one in got:
        named = wanted[one.column][4]
        assert set(one.ids) <= named
        assert len(one.ids) == min(3, len(named))


@given(
    told_of=st.integers(0, 60),
    now=st.integers(0, 200),
    gone=st.integers(0, 60),
    harm=st.sampled_from(Harm),
)
def test_what_is_passed_over_unread_can_not_be_too_much(
    told_of: int, now: int, gone: int, harm: Harm
) -> None:
    """Of tables with one row a record: no more rows are worse than records were touched."""
    limits = Limits()
    tables = DATASETS["orders"].tables
    if not may_be(told_of, {("orders", ""): now}, tables, limits):
        assert not limits.over(harm, told_of, max(now, now + gone))


# --- by hand


def shop(count: int = 100, **fields: Any) -> dict[int, Fields]:
    return {key: {"text": f"text {key}", "stock": "5"} | fields for key in range(1, count + 1)}


def but(state: State, count: int, **fields: Any) -> dict[int, Fields]:
    """The same, the first records of it with other fields."""
    return {key: of | fields if key <= count else dict(of) for key, of in state.items()}


def harms(got: Sequence[Suspicion]) -> dict[str, Harm]:
    return {one.column.name: one.harm for one in got if one.column.table == "all"}


def test_an_emptied_column_is_told_with_its_numbers() -> None:
    """Which column, how many of how many, and three records to begin with."""
    states = [shop(), but(shop(), 60, text="")]
    assert found(states) == (
        Suspicion(Column("all", "Whole", "Text"), Harm.EMPTIED, 60, 100, 0, ("1", "2", "3")),
    )


@pytest.mark.parametrize(
    ("count", "of", "told_of"), [(29, 29, 0), (30, 30, 1), (40, 200, 0), (41, 200, 1)]
)
def test_up_to_the_limit_nothing_is_told(count: int, of: int, told_of: int) -> None:
    """More than the share, and thirty at least."""
    assert len(found([shop(of), but(shop(of), count, text="")])) == told_of


def test_many_small_steps_are_one_blow() -> None:
    """Fifty an hour of three thousand: no step is over the share, thirteen of them are."""
    states = [but(shop(3000), step * 50, text="") for step in range(14)]
    assert all(found(pair) == () for pair in pairwise(states))
    assert found(states[:13]) == ()
    (one,) = found(states)
    assert (one.harm, one.count, one.of, one.since) == (Harm.EMPTIED, 650, 3000, 0)


def test_children_do_not_hide_what_befalls_their_parents() -> None:
    """Nine variants and images each: the descriptions are a tenth of all cells, and all of them."""
    children = [{"id": number, "text": "child"} for number in range(1, 10)]
    before = shop(40, children=children)
    assert harms(found([before, but(before, 40, text="")])) == {"Text": Harm.EMPTIED}


@pytest.mark.parametrize(
    ("old", "new", "harm"),
    [
        ("19.95", "0", Harm.EMPTIED),
        ("19.95", "0.0000", Harm.EMPTIED),
        ("19.95", "", Harm.EMPTIED),
        ("a long description", "a", Harm.SHRANK),
        ("1250.00", "1", Harm.CHANGED),
        ("a long description", "another one entirely", Harm.CHANGED),
        ("", "a text", Harm.CHANGED),
    ],
)
def test_the_worst_harm_is_told(old: str, new: str, harm: Harm) -> None:
    """A price of zero is none; a number does not shrink; what is filled was changed."""
    assert harms(found([shop(text=old), shop(text=new)])) == {"Text": harm}


def test_a_volatile_column_may_change_but_not_run_empty() -> None:
    """Stock moves by itself; a whole shop that sells out within a day does not."""
    assert found([shop(stock="5"), shop(stock="4")]) == ()
    assert harms(found([shop(stock="5"), shop(stock="0")])) == {"Stock": Harm.EMPTIED}


def test_what_was_taken_back_is_no_change() -> None:
    """Emptied at noon and mended in the evening: the day says nothing of either."""
    assert found([shop(), shop(text=""), shop()]) == ()
    assert found([shop(), shop(text=""), shop(text="else"), shop()]) == ()


def test_what_has_come_is_no_change() -> None:
    """A catalogue that doubles in an hour, and what is taken out of it again at once."""
    assert found([shop(100), shop(200)]) == ()
    assert found([shop(100), shop(200), shop(100)]) == ()


def test_rows_that_are_gone_are_told() -> None:
    """A tenth may go; what is made anew in its place makes up for none of it."""
    assert found([shop(200), shop(180)]) == ()
    (one,) = found([shop(200), shop(179)])
    assert (one.column, one.harm) == (Column("all", "Whole"), Harm.GONE)
    assert (one.count, one.of) == (21, 200)
    replaced = {key + 1000: of for key, of in shop(100).items()}
    assert [one.harm for one in found([shop(100), replaced])] == [Harm.GONE]


def test_images_that_are_uploaded_anew_are_not_gone() -> None:
    """Other ids, as many, the same texts: nothing is lost."""
    old = [{"id": 1, "text": "front"}, {"id": 2, "text": "back"}]
    new = [{"id": 8, "text": "front"}, {"id": 9, "text": "back"}]
    assert found([shop(children=old), shop(children=new)]) == ()


def test_a_companion_that_changes_alone_is_seen() -> None:
    """The record's own line stands as it stood; what belongs to it is another file's."""
    before = shop(note="a note")
    assert harms(found([before, but(before, 60, note="")])) == {"Note": Harm.EMPTIED}


def test_only_pulls_from_a_given_one_on_count() -> None:
    """What a person has accepted is no longer compared with what was before it."""
    states = [shop(), but(shop(), 60, text=""), but(shop(), 75, text="")]
    tally = Tally(SMALL, 2, told(states), counted(SMALL, states[-1]))
    assert tally.suspicions(Limits(), lambda _: 1) == ()
    assert [one.count for one in tally.suspicions(Limits(), lambda _: 0)] == [75]
