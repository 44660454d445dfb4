"""How much may vanish before a person must look."""

import pytest

from mirrord.core.guard import WHOLE, Hold, Limits, Tally, holds_back, judge

LIMITS = Limits(vanished=0.10, floor=20)


@pytest.mark.parametrize(
    ("held", "vanished", "is_held"),
    [
        (1000, 0, False),
        (1000, 100, False),
        (1000, 101, True),
        (100, 19, False),
        (100, 20, True),
        (20, 20, True),
        (5, 4, False),
        (5, 5, True),  # the store has nothing at all
        (0, 0, False),
    ],
)
def test_a_mass_vanishing_is_held(held: int, vanished: int, is_held: bool) -> None:
    """Over the share and at least the floor; or everything."""
    listed = held - vanished
    assert bool(judge({"product_images": Tally(held, vanished)}, listed, LIMITS)) is is_held


def test_a_small_tree_may_be_exchanged_for_another() -> None:
    """Everything held is gone, but the store is not empty: fewer than the floor is followed."""
    assert judge({"content": Tally(3, 3)}, 3, LIMITS) == ()


def test_a_top_folder_that_goes_is_held_alone() -> None:
    """A theme switch takes template/ away: the large rest of the tree is not delayed by it."""
    tallies = {"template": Tally(50, 50), "product_images": Tally(9000, 3)}
    holds = judge(tallies, 9000, LIMITS)
    assert holds == (Hold("template", 50, 50),)
    assert [holds_back(holds, top) for top in tallies] == [True, False]


def test_erosion_over_many_folders_is_held_as_a_whole() -> None:
    """No folder is over its share in number, but the tree is."""
    tallies = {f"folder {n}": Tally(100, 15) for n in range(10)}
    assert judge(tallies, 9000, LIMITS) == (Hold(WHOLE, 1000, 150),)


def test_a_folder_that_explains_all_is_named_itself() -> None:
    """Most of the tree is gone, and all of that lay in one folder: a person is told which."""
    tallies = {"product_images": Tally(900, 900), "content": Tally(100, 0)}
    assert judge(tallies, 100, LIMITS) == (Hold("product_images", 900, 900),)


def test_a_hold_says_what_is_gone_and_what_stays() -> None:
    """In numbers that a person can judge."""
    said = str(judge({"content": Tally(4000, 4000)}, 0, LIMITS)[0])
    assert said.startswith("4,000 of 4,000 files in the whole tree are gone from the store at once")
