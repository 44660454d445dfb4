"""Records of any number in the order of their keys, with little memory."""

import json
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.records import TEXT_ID, Record, order, read_record
from mirrord.disk.durable import Durable
from mirrord.disk.sorting import in_order
from mirrord.disk.staging import Staging
from tests.houses import content, new_house

keys = st.integers(-5, 2**63) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)


def _record(key: int | str, note: str) -> Record:
    text = json.dumps({"id": key, "note": note})
    options = tuple(read_record(json.dumps({"id": number})) for number in range(len(note) % 3))
    companions = {"options": options} if options else {}
    return Record(key, text, json.loads(text), companions, ("a gap",) if note == "gap" else ())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(keys, st.text(st.characters(codec="utf-8"), max_size=20) | st.just("gap"))),
    st.integers(1, 400),
)
def test_they_come_ascending_each_once_the_last_one_counting(
    pairs: list[tuple[int | str, str]], at_most: int
) -> None:
    """However few are held at a time: text, companions and gaps as they went in."""
    records = [_record(key, note) for key, note in pairs]
    last = {one.id: one for one in records}
    expected = [last[key] for key in sorted(last, key=order)]
    with tempfile.TemporaryDirectory() as folder:
        house = new_house(Path(folder))
        with closing(Durable(house.root)) as durable:
            staging = Staging(house, "orders", durable)
            assert list(in_order(records, TEXT_ID, staging, at_most)) == expected
            assert content(staging.path) == {}
            staging.close()
