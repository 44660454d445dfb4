"""A place in the tree and what two sightings of it say about each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.entry import ROOT, Entry, Held, Kind, Likeness, Stamp, TreePath

NAMES = st.lists(
    st.binary(min_size=1, max_size=12).filter(
        lambda raw: raw not in (b".", b"..") and 0 not in raw
    ),
    max_size=4,
)


@given(NAMES)
def test_any_name_a_server_can_send_survives_the_round_trip(names: list[bytes]) -> None:
    """Names -> path -> names loses no byte, slashes and broken UTF-8 included."""
    path = TreePath.of(names)
    assert tuple(name.encode("utf-8", "surrogateescape") for name in path.names) == tuple(names)
    assert TreePath(str(path)) == path
    assert path.isascii()
    assert path.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "..",
        "a/..",
        "../a",
        ".",
        "a/./b",
        "/a",
        "a/",
        "a//b",
        "%2E%2E",
        "%2e%2e/x",
        "a%00b",
        "a%0",
        "é",
    ],
)
def test_a_path_that_could_leave_the_tree_can_not_be_built(text: str) -> None:
    """Dots, empty steps, NULs and other spellings of a name are refused."""
    with pytest.raises(ValueError, match="path segment"):
        TreePath(text)


@given(st.text("ab./%2E~[] \n\u00e9\\-$", max_size=8))
def test_a_path_is_what_its_own_names_make_and_nothing_else(text: str) -> None:
    """The short way for plain paths refuses and takes what the long way would."""
    try:
        path = TreePath(text)
    except ValueError:
        return
    assert all(name not in ("", ".", "..") for name in path.names)
    assert TreePath.of(path.names) == text


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b"])
def test_a_child_is_one_real_step_down(name: str) -> None:
    """The walk can not be led up, nowhere, or past a NUL."""
    with pytest.raises(ValueError, match="path segment"):
        TreePath("folder").child(name)


def test_a_slash_inside_a_name_is_no_step() -> None:
    """One segment stays one segment, whatever stands in it."""
    path = TreePath("folder").child("a/../../b")
    assert (path.names, path.parent) == (("folder", "a/../../b"), TreePath("folder"))


def test_below_means_inside_and_not_beside() -> None:
    """`ab` is not inside `a`; everything but the root is inside the root."""
    inside = [("a/b", "a"), ("a", ""), ("a/b/c", "a")]
    beside = [("ab", "a"), ("a", "a"), ("", ""), ("a", "a/b")]
    assert all(TreePath(path).is_below(TreePath(folder)) for path, folder in inside)
    assert not any(TreePath(path).is_below(TreePath(folder)) for path, folder in beside)
    assert (TreePath("a/b").top, ROOT.top, ROOT.parent) == ("a", "", ROOT)


def file(size: int | None = 3, etag: str = "e", modified: int | None = 7) -> Entry:
    return Entry(TreePath("f"), Kind.FILE, size, Stamp(etag, modified))


@pytest.mark.parametrize(
    ("ours", "theirs", "likeness"),
    [
        (file(), file(), Likeness.SAME),
        (file(), file(size=4), Likeness.CHANGED),
        (file(), file(etag="other"), Likeness.CHANGED),
        (file(), file(modified=8), Likeness.CHANGED),
        (file(), file(etag=""), Likeness.SAME),
        (file(etag=""), file(), Likeness.SAME),
        (file(etag="", modified=None), file(), Likeness.ONLY_SIZE),
        (file(modified=None), file(etag=""), Likeness.ONLY_SIZE),
        (file(size=None), file(), Likeness.SAME),
        (file(None, "", None), file(None, "", None), Likeness.CHANGED),
        (file(), Entry(TreePath("f"), Kind.FOLDER), Likeness.CHANGED),
        (Entry(TreePath("f"), Kind.FOLDER), Entry(TreePath("f"), Kind.FOLDER), Likeness.SAME),
    ],
)
def test_only_stamps_that_both_sides_have_are_compared(
    ours: Entry, theirs: Entry, likeness: Likeness
) -> None:
    """What one side does not say proves nothing; where nothing speaks, the file has changed."""
    assert Held(ours, "f").likeness(theirs) is likeness
