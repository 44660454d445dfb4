"""What changed between two pulls, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.changes import Change, Kind, Line, changes, undo

pulls = st.dictionaries(st.integers(0, 30), st.sampled_from(["a", "b", "c"])).map(
    lambda held: sorted(held.items())
)


@given(pulls, pulls)
def test_from_the_changes_the_old_pull_is_rebuilt_exactly(old: list[Line], new: list[Line]) -> None:
    """For any two pulls."""
    assert list(undo(new, changes(old, new))) == old


@given(pulls, pulls)
def test_only_what_differs_is_a_change(old: list[Line], new: list[Line]) -> None:
    """Each id that differs, once, in ascending order, with both texts."""
    before, after = dict(old), dict(new)
    differing = sorted(
        number for number in before | after if before.get(number) != after.get(number)
    )
    expected = [Change(number, before.get(number), after.get(number)) for number in differing]
    assert list(changes(old, new)) == expected


def test_a_change_says_what_became_of_the_record() -> None:
    """Appeared, changed, vanished."""
    kinds = [change.kind for change in changes([(1, "a"), (2, "a")], [(2, "b"), (3, "a")])]
    assert kinds == [Kind.VANISHED, Kind.CHANGED, Kind.APPEARED]


@pytest.mark.parametrize("lines", [[(2, "a"), (1, "a")], [(1, "a"), (1, "b")]])
def test_lines_out_of_order_are_an_error_never_a_wrong_answer(lines: list[Line]) -> None:
    """A merge of unordered sides would show records as vanished that are there."""
    with pytest.raises(ValueError, match="ids must ascend"):
        list(changes([], lines))


@pytest.mark.parametrize("new", [[], [(1, "other")]])
def test_changes_of_another_pull_can_not_be_undone(new: list[Line]) -> None:
    """Their new text must be what the pull holds."""
    with pytest.raises(ValueError, match="does not belong"):
        list(undo(new, [Change(1, "a", "b")]))


def test_a_change_of_nothing_can_not_be_built() -> None:
    """Equal texts are no change."""
    with pytest.raises(ValueError, match="did not change"):
        Change(1, "a", "a")
