"""Store names on a disk, in a terminal, on a desktop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.displayed import displayed
from mirrord.core.entry import TreePath
from mirrord.core.names import (
    NAME_BYTES,
    is_dropping,
    is_personal,
    local_name,
    local_path,
)

RAW = st.binary(min_size=1, max_size=300).filter(
    lambda raw: 0 not in raw and raw not in (b".", b"..")
)


@given(RAW)
def test_every_name_finds_a_name_that_the_disk_can_hold(raw: bytes) -> None:
    """One segment, at most 255 bytes of UTF-8, never a step up."""
    name = local_name(raw.decode("utf-8", "surrogateescape"))
    assert 0 < len(name.encode()) <= NAME_BYTES
    assert "/" not in name
    assert name not in (".", "..")


@given(RAW, RAW)
def test_two_names_of_the_store_never_share_a_local_one(one: bytes, two: bytes) -> None:
    """Escaped or not, different names stay different."""
    names = [raw.decode("utf-8", "surrogateescape") for raw in (one, two)]
    assert (names[0] == names[1]) == (local_name(names[0]) == local_name(names[1]))


@pytest.mark.parametrize(
    "name",
    [
        "a b.jpg",
        "a+b",
        "100%",
        "%2F",
        "#",
        "what?",
        "é",
        "e\u0301",
        ".htaccess",
        "...",
        "line\nfeed",
        "x" * 255,
    ],
)
def test_a_name_that_fits_is_kept_exactly(name: str) -> None:
    """Nothing is normalised, unescaped or made prettier."""
    assert local_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "x" * 256,
        "é" * 128,
        "a/b",
        "\udce9",
        "desktop.ini",
        "Desktop.INI",
        "autorun.inf",
        "prices.lnk",
        "site.URL",
        "photo~0123456789abcdef",
    ],
)
def test_a_name_that_harms_or_does_not_fit_gets_a_readable_other_one(name: str) -> None:
    """A head that people recognise, a tilde, and 16 hex digits; so does a name of that form."""
    local = local_name(name)
    assert local != name
    head, _, tail = local.rpartition("~")
    assert (len(tail), set(tail) <= set("0123456789abcdef")) == (16, True)
    assert head[:1] in (name[:1], "\ufffd")


def test_an_escaped_name_does_not_open_a_second_one() -> None:
    """A store that knows our form can not overwrite the file that bears it."""
    escaped = local_name("x" * 300)
    assert local_name(escaped) != escaped


def test_a_path_is_named_step_by_step() -> None:
    """Folders that do not fit are escaped like files."""
    path = TreePath.of(["fine", "a/b", "z"])
    assert local_path(path) == f"fine/{local_name('a/b')}/z"


def test_what_the_shop_fills_with_customers_is_personal() -> None:
    """Its export and import folders, by name, at the top only."""
    personal = ["exports", "exports/orders.csv", "import_files/c.csv"]
    others = ["content/exports/x", "exportsx", "product_images/a.jpg"]
    assert [is_personal(TreePath(path)) for path in personal + others] == [True] * 3 + [False] * 3


@given(st.text())
def test_what_is_displayed_is_one_harmless_line(text: str) -> None:
    """No control character, no line break, no mark that turns the writing, reaches a terminal."""
    shown = displayed(text)
    assert all(char == " " or char.isprintable() for char in shown)
    assert shown.isascii() or text


def test_plain_words_are_displayed_as_they_are() -> None:
    """Letters of any script stay; an escape sequence is shown, not obeyed."""
    assert displayed("Grüße, 日本") == "Grüße, 日本"
    assert displayed("\x1b[2J\u202e\n") == r"\x1b[2J\u202e\x0a"


def test_what_a_nas_or_a_desktop_leaves_is_known_by_name() -> None:
    """Whatever the case; a shop's own files are not."""
    dropped = ["@eaDir", ".DS_Store", "Thumbs.db", "desktop.ini", "._a.jpg", "#recycle", ".Trashes"]
    dropped += [".Spotlight-V100", ".nfs000000012", "THUMBS.DB", ".Trash-1000", "~$list.xlsx"]
    ours = ["a.jpg", ".htaccess", "thumbs.db.jpg", "eaDir", "recycle", "_.a", ".well-known"]
    assert [name for name in dropped if not is_dropping(name)] == []
    assert [name for name in ours if is_dropping(name)] == []
