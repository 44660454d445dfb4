"""Folders that were there lately are asked early, and count only if a parent tells of them."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.entry import Kind, TreePath, UnknownFolder
from mirrord.errors import StoreRefused
from mirrord.source.webdav import WebDavSource
from tests.fakes import QuietPulse
from tests.servers.hostile import Answer, Asked, Hostile, file, folder, hostile, lists, says
from tests.servers.tools import PASSWORD, USER

Connect = Callable[..., WebDavSource]


def serving(*paths: str) -> Answer:
    """A store that holds these files, and the folders above them; ``a/`` is an empty folder."""
    tree: dict[str, set[str]] = {"": set()}
    for path in paths:
        names = path.split("/")
        for depth, name in enumerate(names):
            above = "".join(f"{one}/" for one in names[:depth])
            if name:
                last = depth == len(names) - 1
                tree[above].add(above + name + ("" if last else "/"))
                if not last:
                    tree.setdefault(f"{above}{name}/", set())

    def answer(asked: Asked) -> Iterable[bytes]:
        here = asked.path.removeprefix("/dav/")
        if here not in tree:
            return says("404 Not Found")
        children = sorted(tree[here])
        told = (folder if one.endswith("/") else file for one in children)
        return lists(
            folder(asked.path),
            *(say(f"/dav/{one}") for say, one in zip(told, children, strict=True)),
        )

    return answer


def listed(store: Hostile, *known: str, **options: object) -> set[str]:
    """What a walk finds, with a slash behind folders and ``?`` behind unknown ones; each once."""
    source = WebDavSource(
        store.url,
        USER,
        PASSWORD,
        scheme="basic",
        deep=False,
        **options,  # type: ignore[arg-type]
    )
    found = []
    for one in source.list(QuietPulse(), [TreePath(path) for path in known]):
        mark = "?" if isinstance(one, UnknownFolder) else "/" if one.kind is Kind.FOLDER else ""
        found.append(one.path + mark)
    source.close()
    assert len(found) == len(set(found))
    return set(found)


def test_what_is_known_is_asked_without_waiting_for_its_parents() -> None:
    """A deep tree that did not change is asked in two steps, whatever its depth."""
    waves: list[set[str]] = []
    tree = serving("a/b/c/d/file")

    def answer(asked: Asked) -> Iterator[bytes]:
        waves.append({asked.path})
        while asked.path != "/dav/" and len(waves) < 5:
            if asked.wait(0.01):
                break
        yield from tree(asked)

    with hostile(answer) as store:
        found = listed(store, "a", "a/b", "a/b/c", "a/b/c/d", begin=8)
    assert waves[0] == {"/dav/"}
    assert len(waves) == 5
    assert found == {"a/", "a/b/", "a/b/c/", "a/b/c/d/", "a/b/c/d/file"}


def test_before_the_root_has_answered_nothing_else_is_asked() -> None:
    """A refused login is refused once, however much is known."""
    with hostile(lambda _: says("401 No")) as store:
        with pytest.raises(StoreRefused):
            listed(store, "a", "b", "c")
        assert [asked.path for asked in store.log] == ["/dav/"]


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "500 Oops", "200 OK"])
def test_a_known_folder_that_is_gone_is_no_finding(status: str) -> None:
    """It is asked once, and its answer is not even looked at twice."""
    tree = serving("kept/file")

    def answer(asked: Asked) -> Iterable[bytes]:
        return says(status) if "gone" in asked.path else tree(asked)

    with hostile(answer) as store:
        assert listed(store, "kept", "gone", "gone/inner") == {"kept/", "kept/file"}
        assert sorted(store.paths("PROPFIND")).count("/dav/gone/") == 1


def test_a_folder_that_still_answers_is_gone_all_the_same_where_no_parent_tells_of_it() -> None:
    """A server may list what lies behind a name that it no longer shows: it is not in the tree."""
    tree = serving("kept/file")

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/dav/hidden/":
            return lists(folder(asked.path), file("/dav/hidden/file"))
        return tree(asked)

    with hostile(answer) as store:
        assert listed(store, "hidden") == {"kept/", "kept/file"}


def test_a_guess_that_failed_is_asked_again_once_its_parent_tells_of_it() -> None:
    """What went wrong early proves nothing: the folder is listed, or unknown after all tries."""
    tree = serving("a/b/file")
    failed: list[str] = []

    def answer(asked: Asked) -> Iterator[bytes]:
        if asked.path == "/dav/a/b/" and not failed:
            failed.append(asked.path)
            yield from says("500 Oops")
        elif asked.path == "/dav/a/":
            while not failed and not asked.wait(0.01):
                pass
            yield from tree(asked)
        else:
            yield from tree(asked)

    with hostile(answer) as store:
        assert listed(store, "a", "a/b") == {"a/", "a/b/", "a/b/file"}
    assert failed


def test_below_an_unknown_folder_no_guess_counts() -> None:
    """The parent can not be listed: it is unknown, and what lies below it is not told of."""
    tree = serving("a/b/file")

    def answer(asked: Asked) -> Iterable[bytes]:
        return says("500 Oops") if asked.path == "/dav/a/" else tree(asked)

    with hostile(answer) as store:
        assert listed(store, "a", "a/b") == {"a/", "a?"}


NAMES = st.sampled_from("abc")
FILES = st.lists(
    st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/".join([*names, "f"])), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(FILES, st.sets(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=6))
def test_whatever_was_known_the_walk_finds_the_same(files: list[str], known: set[str]) -> None:
    """Guesses may be right, wrong, or of folders that are deep or gone: the tree is what it is."""
    with hostile(serving(*files)) as store:
        assert listed(store, *sorted(known)) == listed(store)
