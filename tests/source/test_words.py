"""What is repeated of a store's own words."""

import pytest

from mirrord.source.answers import Answer, Asked, problem
from mirrord.source.words import tame

ASKED = Asked("https://api.example/v3/customers", "store_v2_customers_read_only")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The requested resource was not found.", "The requested resource was not found."),
        ("The filter is not valid: include_fields", "The filter is not valid: include_fields"),
        ("Customer jane@example.com is gone", "... is gone"),
        ("Jane Doe, 12 Main Street, +44 20 7946 0000", "..."),
        ("no Zoë here", "no ... here"),
        ("", ""),
    ],
)
def test_of_a_stores_sentence_only_small_words_are_told(said: str, told: str) -> None:
    """Names begin with a capital; addresses, numbers and mail have no place in the rest."""
    assert tame(said) == told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b'{"status":422,"title":"Customer Jane is not valid","type":"https://x/Jane"}',
            "not valid",
        ),
        (b'[{"status":404,"message":"There is no such page for Jane"}]', "is no such page for ..."),
        (b'{"status":422,"errors":{"Jane":"Doe"}}', "answered 422;"),
        (b'{"status":422,"title":"cut off in the middle of J', "cut off in the middle of ..."),
        (b"try again later, Jane", "try again later, ..."),
    ],
)
def test_an_error_of_the_api_names_nobody(body: bytes, words: str) -> None:
    """In the shapes of V3 and V2, cut off, and as plain text."""
    told = str(problem(Answer(422, {}, body), ASKED, 0.0))
    assert (words in told, "Jane" in told) == (True, False)
