"""Which names of files are told as they are, and what is told of the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.datasets import DATASETS
from mirrord.core.discreet import discreet, mode_of_list

PEOPLE = (
    "jane@example.com.csv",
    "Jane Doe.csv",
    "orders of Jane Doe.csv",
    "+44 20 7946 0000.csv",
    "02079460000.csv",
    "Zoë.csv",
    "jane%40example.com.csv",
)


@pytest.mark.parametrize(
    "name",
    [
        "content/Jane Doe.csv",
        "product_images/j/jane@example.com.jpg",
        "exports/products-2026-11-20.csv",
        "files/import_files/Bulk edit template (v3) 20261120.csv",
        "exports/2026-11-23/more/from-webdav/customers-2026-11-20.csv",
        "exports/2026-11-23/changes/orders-2026-11-23T141500Z.jsonl.gz",
        "drop-here/taken/2026-11-23/orders.csv",
        "snapshots/2026-11-23T030000Z/SHA256SUMS",
        *(f"exports/latest/lossless/{name}.jsonl.gz" for name in DATASETS),
    ],
)
def test_usual_names_and_those_of_public_folders_are_told(name: str) -> None:
    """Of what the shop shows to all the world, and of usual words with dates."""
    assert discreet(name) == name
    assert mode_of_list([name]) == 0o440


@pytest.mark.parametrize("room", ["exports", "files/import_files", "set-aside/x/files/exports"])
@pytest.mark.parametrize("name", PEOPLE)
def test_a_name_that_may_be_a_persons_is_not_told(room: str, name: str) -> None:
    """Enough is left to tell two files apart; as a folder's name too; such a list is private."""
    told = discreet(f"{room}/{name}")
    head, tail = told.rsplit("/", 1)
    assert (head, tail[0], tail[7:]) == (room, "~", ".csv")
    assert discreet(f"{room}/{name}/orders.csv") == f"{told}/orders.csv"
    assert mode_of_list(["content/a.txt", f"{room}/{name}"]) == 0o600


def test_a_sentence_is_told_up_to_the_name() -> None:
    """As errors of the disk have it."""
    told = discreet("placing exports/Jane Doe.csv")
    assert told.startswith("placing exports/~")
    assert "Jane" not in told


@given(st.text(min_size=1).filter(lambda name: "/" not in name))
def test_whatever_is_told_has_no_word_of_its_own(name: str) -> None:
    """Either all of the name is usual, or none of it comes but its ending; twice is once."""
    told = discreet(f"exports/{name}").removeprefix("exports/")
    assert told == name or (told[0], len(told.partition(".")[0])) == ("~", 7)
    assert discreet(f"exports/{name}") == discreet(f"exports/{name}")
