"""Names for the numbers in records."""

import json

from mirrord.core.datasets.kinds import Lookup
from mirrord.core.lookups import Names
from tests.fakes_records import record

GROUP = Lookup("group", "customer_groups", "customer_group_id")
TREE = Lookup("categories", "categories", "categories", ("name", "parent_id"), up="parent_id")


def _named(lookup: Lookup, fields: dict[str, object], *known: dict[str, object]) -> list[str]:
    others = [record(json.dumps(one)) for one in known]
    whole = Names([lookup], {lookup.name: others}).hung_on(record(json.dumps({"id": 1} | fields)))
    return [str(one.fields["name"]) for one in whole.companions.get(lookup.name, ())]


def test_a_number_gets_its_name_and_one_that_is_not_known_none() -> None:
    """0 is no group; a group that was deleted has no name any more."""
    groups = ({"id": 2, "name": "Wholesale", "rules": [1, 2]},)
    told = [_named(GROUP, {"customer_group_id": number}, *groups) for number in (2, 0, 9, None)]
    assert told == [["Wholesale"], [], [], []]


def test_what_stands_above_comes_too_and_a_circle_ends() -> None:
    """Each once, from below upwards; parents that go round in a circle hold nobody up."""
    shop = {"id": 1, "name": "Shop", "parent_id": 0}
    hair = {"id": 2, "name": "Hair", "parent_id": 1}
    wax = {"id": 3, "name": "Wax", "parent_id": 2}
    circle = {"id": 7, "name": "Round", "parent_id": 7}
    told = _named(TREE, {"categories": [3, 2, 7, 99]}, shop, hair, wax, circle)
    assert told == ["Wax", "Hair", "Shop", "Round"]
