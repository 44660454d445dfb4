"""What every FileSource keeps, whatever stands behind it."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.core.entry import Entry, Kind, TreePath, UnknownFolder
from mirrord.errors import EntryGone, Stopped, TransferError
from mirrord.source import Fetched
from tests.contract.shops import Shop, client_sockets, source_of
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles, MemorySinks
from tests.servers.disk_tree import NAMES, DiskTree
from tests.servers.kinds import KINDS, serving
from tests.servers.tools import Peer

READING = {"GET", "HEAD", "OPTIONS", "PROPFIND"}


@pytest.fixture(scope="module", params=["memory", *KINDS])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Path, Peer] | None]:
    """A real server over an empty folder; None for the one in memory."""
    if request.param == "memory":
        yield None
        return
    with serving(request.param) as started:
        yield started


@pytest.fixture
def shop(served: tuple[Path, Peer] | None) -> Iterator[Shop]:
    """A source over an empty tree; at the end nothing of it is left, and nothing was written."""
    if served is None:
        memory = MemoryFiles()
        yield Shop(memory, memory)
        return
    tree, peer = served
    for child in tree.iterdir():
        shutil.rmtree(child) if child.is_dir() else child.unlink()
    threads, sockets = set(threading.enumerate()), client_sockets()
    source = source_of(peer)
    yield Shop(source, DiskTree(tree), peer.shown)
    source.close()
    assert set(threading.enumerate()) <= threads, "a thread was left behind"
    assert client_sockets() <= sockets, "a socket was left behind"
    assert peer.verbs() <= READING


def test_an_empty_store_is_an_empty_tree(shop: Shop) -> None:
    """A root that lists only itself yields nothing, and no error."""
    assert shop.content() == {}


@pytest.mark.parametrize("place", ["file", "folder"])
def test_every_name_arrives_exactly(shop: Shop, place: str) -> None:
    """Names come as the store has them, files and folders alike, with the right bytes in each."""
    names = [name for name in NAMES if place == "file" or "\n" not in name]
    inside = ("inside",) if place == "folder" else ()
    expected: dict[tuple[str, ...], bytes | None] = {}
    for name in names:
        if shown := shop.shown(name):
            shop.tree.put(name.encode(), name, *inside)
            expected[(shown, *inside)] = name.encode()
            if place == "folder":
                expected[(shown,)] = None
    assert shop.content() == expected


def test_a_name_that_the_store_can_not_give_spoils_no_other(shop: Shop) -> None:
    """Where it is listed at all, it is an error of its own: nothing comes in its place."""
    names = [name for name in NAMES if "\n" not in name]
    for name in names:
        shop.tree.put(name.encode(), "files", name)
        shop.tree.put(name.encode(), "folders", name, "inside")
    found = list(shop.source.list(QuietPulse()))
    files = [one for one in found if isinstance(one, Entry) and one.kind is Kind.FILE]
    got = list(shop.source.fetch_many(files, MemorySinks(), QuietPulse()))
    given = {shown: name.encode() for name in names if (shown := shop.shown(name))}
    expected: dict[tuple[str, ...], bytes] = {
        ("files", shown): content for shown, content in given.items()
    }
    expected |= {("folders", shown, "inside"): content for shown, content in given.items()}
    assert {
        one.entry.path.names: one.sink.content  # type: ignore[attr-defined]
        for one in got
        if isinstance(one, Fetched)
    } == expected
    troubled = [one.path for one in found if isinstance(one, UnknownFolder)]
    troubled += [TreePath(one.path) for one in got if isinstance(one, TransferError)]
    assert all(path.names[1] in names and not shop.shown(path.names[1]) for path in troubled)


def test_a_folder_with_a_newline_in_its_name_is_whole_or_unknown(shop: Shop) -> None:
    """SabreDAV lists such a folder's children under the folder's own name: that proves nothing."""
    shop.tree.put(b"1", "new\nline", "one")
    shop.tree.put(b"2", "new\nline", "two")
    folder = TreePath.of([shop.shown("new\nline") or "new\nline"])
    found = {entry.path: entry for entry in shop.source.list(QuietPulse())}
    whole = {folder, folder.child("one"), folder.child("two")}
    assert found.keys() == whole or isinstance(found[folder], UnknownFolder)


def test_empty_and_nested_folders_are_listed(shop: Shop) -> None:
    """A folder with nothing in it is an entry; depth makes no difference."""
    deep = tuple(f"level {n}" for n in range(12))
    shop.tree.make_folder("empty")
    shop.tree.put(b"deep", *deep, "file")
    expected: dict[tuple[str, ...], bytes | None] = {deep[: n + 1]: None for n in range(12)}
    expected |= {("empty",): None, (*deep, "file"): b"deep"}
    assert shop.content() == expected


def test_a_child_named_like_the_end_of_its_parent_is_not_skipped(shop: Shop) -> None:
    """`product_images/s` is listed and walked (W16: a comparison by the path's end loses it)."""
    shop.tree.put(b"1", "product_images", "s", "photo")
    shop.tree.put(b"2", "product_images", "images")
    shop.tree.put(b"3", "dav", "dav", "dav")
    assert {names for names, content in shop.content().items() if content} == {
        ("product_images", "s", "photo"),
        ("product_images", "images"),
        ("dav", "dav", "dav"),
    }


def test_big_and_empty_files_come_whole(shop: Shop) -> None:
    """Sizes around the chunks, nothing at all, and several megabytes."""
    sizes = [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 6_000_000]
    expected: dict[tuple[str, ...], bytes | None] = {}
    for size in sizes:
        content = os.urandom(1) * size
        shop.tree.put(content, f"{size}.bin")
        expected[(f"{size}.bin",)] = content
    assert shop.content() == expected


def test_many_files_come_once_each(shop: Shop) -> None:
    """More files than threads and look-ahead: each is fetched once, none is lost."""
    expected: dict[tuple[str, ...], bytes | None] = {}
    for n in range(60):
        shop.tree.put(f"{n}".encode(), f"folder {n % 7}", f"file {n}")
        expected[f"folder {n % 7}", f"file {n}"] = f"{n}".encode()
    expected |= {(f"folder {n}",): None for n in range(7)}
    assert shop.content() == expected


def test_a_change_shows_in_the_next_listing(shop: Shop) -> None:
    """Changed, replaced by the same size, removed, added: all seen; the untouched keep stamps."""
    for name in ("kept", "longer", "same size", "removed"):
        shop.tree.put(b"before", "folder", name)
    before = shop.listed()
    shop.tree.put(b"much longer", "folder", "longer")
    shop.tree.put(b"after!", "folder", "same size")
    shop.tree.remove("folder", "removed")
    shop.tree.put(b"new", "folder", "added")
    after = shop.listed()
    moved = {
        path
        for path in before.keys() & after.keys()
        if (before[path].size, before[path].stamp) != (after[path].size, after[path].stamp)
        and after[path].kind is Kind.FILE
    }
    assert (moved, before.keys() - after.keys(), after.keys() - before.keys()) == (
        {TreePath("folder/longer"), TreePath("folder/same size")},
        {TreePath("folder/removed")},
        {TreePath("folder/added")},
    )


def test_a_file_that_becomes_a_folder_and_back(shop: Shop) -> None:
    """The kind follows the store, and the bytes with it."""
    shop.tree.put(b"a file", "thing")
    first = shop.content()
    shop.tree.remove("thing")
    shop.tree.put(b"inside", "thing", "inner")
    second = shop.content()
    shop.tree.remove("thing")
    shop.tree.put(b"again", "thing")
    assert [first, second, shop.content()] == [
        {("thing",): b"a file"},
        {("thing",): None, ("thing", "inner"): b"inside"},
        {("thing",): b"again"},
    ]


def test_a_file_that_is_gone_is_an_error_of_its_own(shop: Shop) -> None:
    """EntryGone for the one that vanished since the listing; the others arrive."""
    for n in range(5):
        shop.tree.put(b"x", f"{n}")
    entries = list(shop.listed().values())
    shop.tree.remove("3")
    sinks = MemorySinks()
    got = list(shop.source.fetch_many(entries, sinks, QuietPulse()))
    gone = [g for g in got if isinstance(g, TransferError)]
    assert [(type(g), g.path) for g in gone] == [(EntryGone, "3")]
    assert sorted(sinks.states()) == ["closed"] * 4


def test_entries_are_drawn_only_a_little_ahead(shop: Shop) -> None:
    """A million entries are never held at once: the iterator is pulled as answers are taken."""
    shop.tree.put(b"x", "one")
    entry = shop.listed()[TreePath("one")]
    drawn = 0

    def endless() -> Iterator[Entry]:
        nonlocal drawn
        while True:
            drawn += 1
            yield entry

    got = shop.source.fetch_many(endless(), MemorySinks(), QuietPulse())
    for _ in range(3):
        assert isinstance(next(got), Fetched)
    assert drawn < 100
    got.close()  # type: ignore[attr-defined]


def test_a_stop_ends_listing_and_fetching(shop: Shop) -> None:
    """Stopped comes out as it is, and no sink is left that nobody took."""
    for n in range(30):
        shop.tree.put(b"x" * 1000, f"{n}")
    entries = list(shop.listed().values())
    with pytest.raises(Stopped):
        list(shop.source.list(QuietPulse(stop_at=1)))
    sinks = MemorySinks()
    taken: list[Fetched | TransferError] = []
    with pytest.raises(Stopped):
        taken.extend(shop.source.fetch_many(entries, sinks, QuietPulse(stop_at=9)))
    kept = [got.sink for got in taken if isinstance(got, Fetched)]
    assert {s for _, s in sinks.opened if s.state != "discarded"} == set(kept)


def test_after_a_stop_the_source_works_on(shop: Shop) -> None:
    """A round that was left early leaves nothing behind that spoils the next one."""
    for n in range(20):
        shop.tree.put(f"{n}".encode(), f"{n}")
    entries = list(shop.listed().values())
    with pytest.raises(Stopped):
        list(shop.source.fetch_many(entries, MemorySinks(), QuietPulse(stop_at=5)))
    assert shop.content() == {(f"{n}",): f"{n}".encode() for n in range(20)}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.endswith("HTTP/2")])
def test_a_store_that_offers_http2_is_asked_in_it(kind: str) -> None:
    """By the server's own log: listings and files alike, the first request too."""
    with serving(kind) as (folder, peer):
        tree = DiskTree(folder)
        for n in range(9):
            tree.put(b"x", f"folder {n}", "file")
        source = source_of(peer)
        assert len(Shop(source, tree).content()) == 18
        source.close()
        assert (peer.verbs(), peer.protocols()) == ({"PROPFIND", "GET"}, {"HTTP/2.0"})
