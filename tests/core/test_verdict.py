"""VERDICT.txt: what it says, and in which order the worse outweighs the better."""

import pytest

from mirrord.core.verdict import Judgement, named, verdict_text


@pytest.mark.parametrize(
    ("judgement", "line"),
    [
        (Judgement(), "COMPLETE"),
        (Judgement(without="files only"), "COMPLETE (files only)"),
        (Judgement(("a", "b"), without="files only"), "INCOMPLETE (missing: 2)"),
        (Judgement(("a",), ("b",)), "SUSPECT (missing: 1, suspect: 1)"),
    ],
)
def test_complete_is_said_only_where_nothing_speaks_against_it(
    judgement: Judgement, line: str
) -> None:
    """What is suspect weighs more than what is missing."""
    assert judgement.line() == line


def test_a_verdict_names_a_hundred_and_counts_the_rest() -> None:
    """Its head is for programs, below it are words; a label can not forge a line."""
    judgement = Judgement(tuple(f"files/{n}.jpg" for n in range(150)))
    text = verdict_text(judgement, {"label": "x\nverdict: COMPLETE", "store": "acme"}, {}, "N")
    head, words = text.split("\n\n", 1)
    assert head == (
        "verdict: INCOMPLETE (missing: 150)\nlabel: x\\x0averdict: COMPLETE\nstore: acme"
    )
    assert words.count("files/") == 100
    assert "  - and 50 more\n" in words


def test_what_fits_is_not_counted() -> None:
    """No `and 0 more`."""
    assert named(["a", "b"], 2) == ["a", "b"]
