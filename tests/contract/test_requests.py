"""What we ask, and what the sample store answers to it, by BigCommerce's own specification.

The whole table of datasets is asked once, in every way that the product has; the themes too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import parse_qsl

import pytest

from mirrord.core.datasets import DATASETS
from mirrord.demo.answer import Answer
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore
from mirrord.source.api import ApiSource
from mirrord.source.themes import ThemeSource
from tests.contract.everything import paths, questions, theme_questions
from tests.demo import openapi, test_openapi, test_openapi_lists
from tests.fakes import QuietPulse

pytestmark = pytest.mark.skipif(
    openapi.folder() is None,
    reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
)

ASKED = {
    "/orders is_deleted: unknown": "documented in 2021, gone since; a store that does not know it "
    "passes over it, and the walk that wanted it ends",
    "/customers/subscribers id: wanted": "a filter by one id that is marked as required, of a list",
}
"""Objections that the specification makes to our requests, each with the reason why we ask so."""

NOTHING = {
    "/orders",
    "/orders/{order_id}/products",
    "/orders/{order_id}/messages",
    "/orders/{order_id}/coupons",
    "/orders/{order_id}/taxes",
    "/shipping/zones/{zone_id}/methods",
}
"""Lists of v2 whose specification leaves out the 204 with which v2 answers where there is none."""

CONTENTS = test_openapi.EXCEPTIONS | test_openapi_lists.EXCEPTIONS
UNNAMED = test_openapi.UNNAMED | test_openapi_lists.UNNAMED | {"/instance": "of every v3 error"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; ``path`` as ``/v3/catalog/products``."""

    verb: str
    path: str
    query: Mapping[str, str]
    answer: Answer

    @property
    def operation(self) -> openapi.Operation | None:
        """What the specification calls it."""
        return openapi.operation_at(self.verb.lower(), self.path)


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> list[Exchange]:
    """Everything asked of a small store."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "content").mkdir()
    answers: list[Answer] = []

    def noted(_path: str, answer: Answer) -> Answer:
        answers.append(answer)
        return answer

    sizes = Sizes(products=40, customers=60, orders=120)
    with SampleStore(folder, sizes=sizes, quota=1_000_000) as store:
        store.misbehave.next("/v[23]/*", noted, times=None)
        with closing(ApiSource(store.store_hash, store.token, store.api_url)) as source:
            for _, ask in questions(source, QuietPulse()):
                ask()
        with closing(ThemeSource(store.store_hash, store.token, store.api_url)) as themes:
            for _, ask in theme_questions(themes, QuietPulse()):
                ask()
        log = [entry for entry in store.log if entry.path.startswith(("/v2/", "/v3/"))]
    return [
        Exchange(entry.method, entry.path, dict(parse_qsl(entry.query)), answer)
        for entry, answer in zip(log, answers, strict=True)
    ]


def to_the_request(one: Exchange) -> list[str]:
    """What the specification objects to in what was asked."""
    if one.operation is None:
        return [f"{one.verb} {one.path}: not in the specification"]
    return [f"{one.operation.path} {text}" for text in one.operation.query_errors(one.query)]


def to_the_answers(exchanges: Iterable[Exchange]) -> Iterator[tuple[str, str]]:
    """What it objects to in what came: place and words; the same answer is judged once."""
    judged = set()
    for one in exchanges:
        operation, status = one.operation, one.answer.status
        if operation is None or (operation, status, one.answer.body) in judged:
            continue
        judged.add((operation, status, one.answer.body))
        if str(status) not in operation.statuses():
            yield operation.path, f"{status}: unknown"
        elif status != 204:
            content = json.loads(one.answer.body)
            yield from ((operation.path, text) for text in operation.errors(content, status))
            for place in operation.unnamed_fields(content, status):
                yield operation.path, f"{place} is unnamed"


def excuse(path: str, objection: str) -> str | None:
    """The listed contradiction that this is; None for a real one."""
    if objection == "204: unknown":
        return path if path in NOTHING else None
    place = objection.removesuffix(" is unnamed")
    if place != objection:
        return next((known for known in UNNAMED if place.endswith(known)), None)
    return next((known for known in CONTENTS if objection.startswith(known)), None)


def test_every_request_is_one_that_the_specification_knows(exchanges: list[Exchange]) -> None:
    """Method, path, parameters, and their values where it says what they may be."""
    told = {text for one in exchanges for text in to_the_request(one)}
    assert told - ASKED.keys() == set()


def test_every_answer_to_them_is_one_that_the_specification_promises(
    exchanges: list[Exchange],
) -> None:
    """Status, schema and field names, but for the listed contradictions."""
    assert [one for one in to_the_answers(exchanges) if excuse(*one) is None] == []


def test_every_path_of_the_table_was_asked_for(exchanges: list[Exchange]) -> None:
    """A row that nobody asks for would be judged by nobody."""
    known = {operation: path for path, operation in openapi.operations().items()}
    asked = {known[one.operation] for one in exchanges if one.operation in known}
    assert {path for row in DATASETS.values() for path in paths(row)} - asked == set()


def test_no_listed_contradiction_is_out_of_date(exchanges: list[Exchange]) -> None:
    """An exception that nothing needs any more would hide the next mistake."""
    asked = {text for one in exchanges for text in to_the_request(one)}
    answered = {excuse(*one) for one in to_the_answers(exchanges)}
    assert (ASKED.keys() - asked, NOTHING - answered, {"/instance"} - answered) == (
        set(),
        set(),
        set(),
    )


@pytest.mark.parametrize(
    ("verb", "path", "query", "said"),
    [
        ("GET", "/v3/catalog/product", {}, "not in the specification"),
        ("POST", "/v3/catalog/trees", {}, "not in the specification"),
        ("GET", "/v3/catalog/products", {"include": "variants,pictures"}, "'pictures' is not one"),
        ("GET", "/v3/catalog/products", {"sort": "brand"}, "'brand' is not one"),
        ("GET", "/v3/catalog/products", {"direction": "up"}, "'up' is not one"),
        ("GET", "/v3/catalog/products", {"limit": "many"}, "'many' is not of type"),
        ("GET", "/v3/catalog/products", {"since": "2026"}, "since: unknown"),
        ("GET", "/v3/marketing/abandoned-cart-emails/settings", {}, "channel_id: wanted"),
    ],
)
def test_the_judge_sees_a_wrong_request(
    verb: str, path: str, query: dict[str, str], said: str
) -> None:
    """A path, a verb, a parameter or a value that is none."""
    assert said in " ".join(to_the_request(Exchange(verb, path, query, Answer(200))))
