"""Listed against held."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.entry import Entry, Held, Kind, Stamp, TreePath
from mirrord.core.plan import Action, Clear, Fetch, Retire, Why, make_plan

PATHS = [TreePath(text) for text in ("a", "a/b", "a-b", "b", "b/c", "c")]
KINDS = st.sampled_from([Kind.FILE, Kind.FOLDER])
STAMPS = st.builds(Stamp, st.sampled_from(["", "1", "2"]), st.sampled_from([None, 1, 2]))
ENTRIES = st.builds(lambda kind, size, stamp: (kind, size, stamp), KINDS, st.integers(0, 2), STAMPS)
SIDES = st.dictionaries(st.sampled_from(PATHS), ENTRIES)


def entry(path: str, size: int = 1, kind: Kind = Kind.FILE) -> Entry:
    return Entry(TreePath(path), kind, size, Stamp("", 1))


def plan(
    listed: list[Entry],
    held: list[Held],
    spared: Callable[[TreePath], bool] = lambda _: False,
    intact: Callable[[Held], bool] = lambda _: True,
) -> list[Action]:
    return list(make_plan(listed, held, spared=spared, intact=intact))


def test_what_is_equal_and_intact_asks_for_nothing() -> None:
    """A tree that did not change gives an empty plan."""
    entries = [entry("a"), entry("b"), entry("c", kind=Kind.FOLDER)]
    assert plan(entries, [Held(one, one.path) for one in entries]) == []


def test_new_changed_vanished_and_lost_are_told_apart() -> None:
    """Each difference gives the one action that mends it."""
    kept, lost, gone = (Held(entry(name), name) for name in ("changed", "lost", "vanished"))
    actions = plan(
        [entry("changed", 2), entry("lost"), entry("new")],
        [kept, lost, gone],
        intact=lambda held: held.path != "lost",
    )
    assert actions == [
        Fetch(entry("changed", 2), Why.CHANGED, kept),
        Fetch(entry("lost"), Why.LOCAL, lost),
        Fetch(entry("new"), Why.NEW),
        Retire(gone),
    ]


def test_nothing_below_an_unknown_folder_is_retired() -> None:
    """What could not be listed is not gone."""
    held = [Held(entry(path), path) for path in ("known/a", "unknown/a")]
    actions = plan([], held, spared=lambda path: path.startswith("unknown/"))
    assert actions == [Retire(held[0])]


def test_a_file_that_became_a_folder_is_cleared_before_the_folder_comes() -> None:
    """And the reverse; it is no retirement, since something stands in its place."""
    file, folder = Held(entry("a"), "a"), Held(entry("b", kind=Kind.FOLDER), "b")
    listed = [entry("a", kind=Kind.FOLDER), entry("b")]
    assert plan(listed, [file, folder]) == [Clear(file, listed[0]), Clear(folder, listed[1])]


@pytest.mark.parametrize("side", ["listed", "held"])
def test_a_stream_out_of_order_is_refused(side: str) -> None:
    """A merge of unsorted streams would invent vanished files."""
    wrong = [entry("b"), entry("a")]
    listed = wrong if side == "listed" else []
    held = [Held(one, one.path) for one in wrong] if side == "held" else []
    with pytest.raises(ValueError, match="not ascending"):
        plan(listed, held)


@given(SIDES, SIDES, st.sets(st.sampled_from(PATHS)), st.sets(st.sampled_from(PATHS)))
def test_a_plan_speaks_of_every_difference_and_of_nothing_else(
    theirs: dict[TreePath, tuple[Kind, int, Stamp]],
    ours: dict[TreePath, tuple[Kind, int, Stamp]],
    unknown: set[TreePath],
    lost: set[TreePath],
) -> None:
    """Against two plain mappings: what is done at a path follows from its pair alone."""
    listed = {path: Entry(path, *theirs[path]) for path in sorted(theirs)}
    held = {path: Held(Entry(path, *ours[path]), path) for path in sorted(ours)}
    expected: dict[TreePath, str] = {}
    for path in sorted(theirs.keys() | ours.keys()):
        if path not in ours:
            expected[path] = "Fetch"
        elif path not in theirs:
            if path not in unknown:
                expected[path] = "Retire"
        elif listed[path].kind is not held[path].entry.kind:
            expected[path] = "Clear"
        elif held[path].likeness(listed[path]) == "changed" or path in lost:
            expected[path] = "Fetch"
    made = plan(
        list(listed.values()),
        list(held.values()),
        unknown.__contains__,
        lambda h: h.path not in lost,
    )
    told = {a.entry.path if isinstance(a, Fetch) else a.held.path: type(a).__name__ for a in made}
    assert told == expected
    assert list(told) == sorted(told)
