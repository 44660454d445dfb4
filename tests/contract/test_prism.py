"""Everything that we ask, asked of Prism, which has read BigCommerce's own OpenAPI files.

Another reader of the same files than ours, and one that answers: its examples are BigCommerce's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest
import requests

from mirrord.core.datasets import DATASETS
from mirrord.errors import MirrordError
from mirrord.source.api import ApiSource
from mirrord.source.retry import Endurance
from mirrord.source.themes import ThemeSource
from tests.contract.everything import (
    THEME_PATHS,
    THEME_POST,
    paths,
    questions,
    theme_questions,
)
from tests.contract.merged import merged
from tests.demo import openapi
from tests.fakes import QuietPulse
from tests.servers import prism
from tests.servers.prism import Prism, Said

pytestmark = [
    pytest.mark.skipif(
        openapi.folder() is None,
        reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
    ),
    pytest.mark.skipif(bool(prism.missing()), reason=prism.missing()),
]

NOT_TAKEN = {
    ("/v3/customers/subscribers", "Request query must have required property 'id'"): "a filter by "
    "one id that is marked as required, of a list",
    (
        "/v3/catalog/products",
        'Request query parameter date_last_imported:min must match format "date"',
    ): "a day by its format, a time in the example of its own description, as we send it",
}
"""What Prism does not take of us, each with the reason why we ask so."""

ONE_TREE = "one tree in the example, and beside it the numbers of 50 pages"
ANOTHERS = "of another one than was asked for: an example is the same for all"
LONGER = "one or two records in the example, and beside them the numbers of a longer list"
SHORT, FEWER = "gave a short page before its last one", "and counts"
NO_NAME = "the example has a word in the place of the uuid"
UNREAD = {
    "products, since": ("answered 422", "see NOT_TAKEN"),
    "subscribers, count": ("answered 422", "see NOT_TAKEN"),
    "subscribers, all": ("answered 422", "see NOT_TAKEN"),
    "subscribers, since": ("answered 422", "see NOT_TAKEN"),
    "customers, all": ("nothing that names it in its field id", "the example has no id"),
    "customers, since": ("nothing that names it in its field id", "the example has no id"),
    "category_trees, all": ("has pages, and should be whole", ONE_TREE),
    "categories, all": (SHORT, LONGER),
    "category_assignments, all": (SHORT, LONGER),
    "channel_assignments, all": (SHORT, LONGER),
    "custom_templates, all": (SHORT, LONGER),
    "inventory, all": (SHORT, LONGER),
    "locations, all": (FEWER, LONGER),
    "pickup_methods, all": (SHORT, LONGER),
    "price_list_assignments, all": (FEWER, LONGER),
    "redirects, all": (SHORT, LONGER),
    "scripts, all": (FEWER, LONGER),
    "price_list_records, all": ("says that it is another's", ANOTHERS),
    "channel_listings, all": ("says that it is another's", ANOTHERS),
    "themes, settings": ("a configuration without a proper uuid", NO_NAME),
    "themes, zips": ("named no link to it", "the example is of an upload's job"),
}
"""Questions whose examples our reader does not take: what it says, and what is wrong with them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    """Prism with every operation that we ask for."""
    asked = {path for dataset in DATASETS.values() for path in paths(dataset)} | {*THEME_PATHS}
    operations = [openapi.operations()[path] for path in sorted(asked)]
    operations.append(openapi.operations("post")[THEME_POST])
    with prism.prism(merged(operations), tmp_path_factory.mktemp("prism")) as running:
        yield running


@pytest.fixture(scope="module")
def told(served: Prism) -> Mapping[str, object]:
    """What came of each question: its answer, or our error."""
    once, pulse = Endurance(1, 1.0), QuietPulse()
    account = ("sample1", "sample-token", served.url)
    with (
        closing(ApiSource(*account, endurance=once)) as source,
        closing(ThemeSource(*account, endurance=once)) as themes,
    ):
        every = [*questions(source, pulse), *theme_questions(themes, pulse)]
        return {name: _came_of(ask) for name, ask in every}


def _came_of(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except MirrordError as error:
        return error


def objections(said: Said) -> set[tuple[str, str]]:
    """What Prism objects to in one request, with its path; all that it said where that is else."""
    try:
        told = json.loads(said.text)
        found = told if isinstance(told, list) else told["validation"]
        return {(said.path, one["message"]) for one in found}
    except (ValueError, KeyError, TypeError):
        return {(said.path, f"{said.status} {said.text}")}


def test_no_request_is_refused(served: Prism, told: Mapping[str, object]) -> None:
    """But for the listed contradictions, each of which still is one."""
    assert len(served.log) > len(told)
    refused = {text for said in served.refused() for text in objections(said)}
    assert refused == NOT_TAKEN.keys()


def test_every_example_is_read_or_says_what_is_wrong_with_it(told: Mapping[str, object]) -> None:
    """In words of ours; an excuse that none needs any more is told, too."""
    errors = {name: str(one) for name, one in told.items() if isinstance(one, MirrordError)}
    excused = {name for name, words in errors.items() if UNREAD.get(name, ("\n",))[0] in words}
    assert {name: errors.get(name) for name in errors.keys() ^ excused} == {}
    assert UNREAD.keys() - excused == set()


def test_no_example_is_read_as_nothing(told: Mapping[str, object]) -> None:
    """Each pull that came to an end brought records."""
    assert {name for name, one in told.items() if not one and not name.endswith("withheld")} == {
        "customers, count"  # of the example's total, which is 0
    }


def test_prism_refuses_what_is_wrong(served: Prism) -> None:
    """A parameter's value that is none."""
    before = len(served.log)
    answer = requests.get(
        f"{served.url}/stores/sample1/v3/catalog/products?sort=colour",
        headers={"X-Auth-Token": "sample-token"},
        timeout=20,
    )
    assert answer.status_code == 422
    (said,) = served.log[before:]
    assert "sort must be equal to one of the allowed values" in said.text
    del served.log[before:]
