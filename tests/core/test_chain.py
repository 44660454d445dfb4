"""CHAIN: what an edit, a loss or a forged line of it looks like."""

from hypothesis import given
from hypothesis import strategies as st

from mirrord.core import chain
from mirrord.core.chain import Sums, check, next_line

HOUSE = "house-1"
FIRST, SECOND = "2026-11-22T030000Z", "2026-11-23T030000Z"
A, B = Sums("a" * 64, "b" * 64), Sums("c" * 64, "d" * 64)


def chained(*events: str) -> list[str]:
    """Lines of these events, each bound to the one before."""
    lines: list[str] = []
    for event in (chain.genesis(HOUSE, "acme"), *events):
        lines.append(next_line(lines[-1] if lines else "", 1_795_400_000, event))
    return lines


def test_a_chain_as_it_was_written_has_no_findings() -> None:
    """Taken, dropped, taken again under the same name, erased from."""
    lines = chained(
        chain.taken(FIRST, A),
        chain.taken(SECOND, B),
        chain.pruned(FIRST, "older than\nthe rules keep"),
        chain.erased(SECOND, B.sums, Sums("e" * 64, "f" * 64), "a person asked for it"),
    )
    present = {SECOND: Sums("e" * 64, "f" * 64)}
    assert check(lines, present, HOUSE) == []
    assert chain.standing(lines) == present
    assert all(line.count("\n") == 1 for line in lines)


def test_no_chain_and_no_snapshot_is_a_new_house() -> None:
    """Nothing to find fault with; but a snapshot without any chain is unknown."""
    assert check([], {}, HOUSE) == []
    assert len(check([], {FIRST: A}, HOUSE)) == 2


@given(st.integers(1, 3), st.integers(0, 300), st.sampled_from("0123456789abcdefTZ -"))
def test_an_edited_letter_is_found(number: int, place: int, letter: str) -> None:
    """Any one letter of any line but the last."""
    lines = chained(*(chain.taken(f"2026-11-2{day}T030000Z", A) for day in (1, 2, 3)))
    present = chain.standing(lines)
    line = lines[number - 1]
    place %= len(line) - 1
    edited = line[:place] + letter + line[place + 1 :]
    lines[number - 1] = edited
    assert bool(check(lines, present, HOUSE)) == (edited != line)


def test_a_missing_line_is_found() -> None:
    """The line after it no longer follows."""
    lines = chained(chain.taken(FIRST, A), chain.taken(SECOND, B))
    del lines[1]
    (finding,) = check(lines, {SECOND: B}, HOUSE)
    assert finding.startswith("line 2 of CHAIN does not follow the line before it: ")


def test_what_the_snapshots_say_is_held_against_the_chain() -> None:
    """Another sum, one that is gone without a reason, one that nobody took."""
    lines = chained(chain.taken(FIRST, A), chain.taken(SECOND, B))
    present = {SECOND: Sums("f" * 64, B.verdict), "2026-11-24T030000Z": A}
    assert check(lines, present, HOUSE) == [
        f"the snapshot {FIRST} is not there, and CHAIN tells of no reason",
        f"SHA256SUMS of the snapshot {SECOND} is not the one that CHAIN tells of",
        "the snapshot 2026-11-24T030000Z is unknown to CHAIN: mirrord did not take it",
    ]


def test_a_pruned_snapshot_that_came_back_is_found() -> None:
    """Somebody copied it in again."""
    lines = chained(chain.taken(FIRST, A), chain.pruned(FIRST, "old"))
    assert check(lines, {FIRST: A}, HOUSE) == [
        f"the snapshot {FIRST} is there, though CHAIN says that it was pruned"
    ]


def test_an_erasure_that_names_another_sum_is_found() -> None:
    """Its old sum must be the one that the chain knew."""
    lines = chained(
        chain.taken(FIRST, A), chain.erased(FIRST, "f" * 64, Sums("e" * 64, A.verdict), "asked for")
    )
    told = check(lines, {FIRST: Sums("e" * 64, A.verdict)}, HOUSE)
    assert told == ["line 3 of CHAIN says what can not be: erased"]


def test_the_chain_of_another_house_is_found() -> None:
    """By the id in the marker."""
    lines = chained()
    assert check(lines, {}, "house-2") == [
        f"CHAIN is of the house {HOUSE}, and the marker says house-2"
    ]


def test_a_torn_last_line_is_a_finding_until_it_is_noted() -> None:
    """It stays as it is; the next line tells that it was cut off."""
    lines = chained(chain.taken(FIRST, A))
    torn = next_line(lines[-1], 0, chain.taken(SECOND, B))[:90]
    assert check([*lines, torn], {FIRST: A}, HOUSE) == [
        "line 3 of CHAIN is no line of mirrord's: cut off or edited"
    ]
    torn += "\n"
    noted = next_line(torn, 0, chain.cut_off())
    assert check([*lines, torn, noted], {FIRST: A}, HOUSE) == []
