"""What an answer means, in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.errors import (
    AnswerBroken,
    ScopeMissing,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from mirrord.source.answers import Answer, Asked, NotFound, QueryRefused, problem, wait

ASKED = Asked("https://api.example/stores/abc/v3/customers", "some_scope")
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, StoreRefused, "make a new read-only token"),
        (403, ScopeMissing, "some_scope"),
        (404, NotFound, "api.store_hash"),
        (408, StoreUnreachable, "try again later"),
        (429, StoreBusy, "come back later"),
        (500, StoreUnreachable, "trouble of its own"),
        (503, StoreBusy, "come back later"),
        (599, StoreUnreachable, "trouble of its own"),
        (301, StoreError, "never followed; check api.url"),
        (400, QueryRefused, "please report it"),
        (413, QueryRefused, "please report it"),
        (422, QueryRefused, "please report it"),
        (206, QueryRefused, "please report it"),
    ],
)
def test_every_status_has_its_error_with_the_next_step(
    status: int, error: type[StoreError], words: str
) -> None:
    """Named with the request and the status."""
    found = problem(Answer(status, {}), ASKED, NOW)
    assert type(found) is error
    assert words in str(found)
    assert f"GET {ASKED.url} answered {status}" in str(found)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"Content-Type": "application/json"}, b"[]"),
        Answer(200, {}, b"[]"),
        Answer(204, {}),
    ],
)
def test_a_good_answer_is_no_problem(answer: Answer) -> None:
    """200 with anything but a web page, and 204."""
    assert problem(answer, ASKED, NOW) is None


def test_a_web_page_with_a_200_is_broken() -> None:
    """A login page or a maintenance page."""
    answer = Answer(200, {"Content-Type": "Text/HTML; charset=utf-8"}, b"<html>")
    assert type(problem(answer, ASKED, NOW)) is AnswerBroken


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"X-Retry-After": "7"}, 7.0),
        ({"X-Retry-After": "7", "X-Rate-Limit-Time-Reset-Ms": "12500"}, 12.5),
        ({"X-Retry-After": "20", "X-Rate-Limit-Time-Reset-Ms": "12500"}, 20.0),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "Fri, 15 Jan 2027 08:01:40 GMT"}, 100.0),
        ({"X-Retry-After": "999999999"}, 3600.0),
        ({"X-Retry-After": "-5", "Retry-After": "soon"}, None),
    ],
)
def test_the_longest_wait_that_is_named_counts(
    headers: dict[str, str], seconds: float | None
) -> None:
    """In seconds, an hour at the most; nonsense is no wait."""
    assert wait(headers, NOW) == seconds
    busy = problem(Answer(429, headers), ASKED, NOW)
    assert isinstance(busy, StoreBusy)
    assert busy.after == seconds


@given(st.binary(max_size=2000), st.sampled_from([400, 401, 403, 404, 429, 500]))
def test_what_the_store_says_is_short_and_printable(body: bytes, status: int) -> None:
    """Never more than 200 bytes of it, never a control character."""
    text = str(problem(Answer(status, {}, body), ASKED, NOW))
    bare = str(problem(Answer(status, {}), ASKED, NOW))
    assert text.isprintable()
    assert len(text) <= len(bare) + 203
