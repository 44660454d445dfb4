"""What one answer says of a whole tree, and which folders it proves nothing of."""

import random
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrord.core.entry import ROOT, Entry, Kind, Stamp, TreePath, UnknownFolder
from mirrord.errors import ListingBroken
from mirrord.source import deep_listing
from mirrord.source.deep_listing import DeepListing, DeepReader
from mirrord.source.hrefs import Base
from mirrord.source.spool import Spool

BASE = Base.of("https://shop.example/dav")
AT = 1_700_000_000.0
_OPEN = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">'
_CLOSE = "</d:multistatus>"
_FORM = (
    "<d:response><d:href>{}</d:href><d:propstat><d:prop>{}</d:prop>"
    "<d:status>HTTP/1.1 {}</d:status></d:propstat></d:response>"
)


def file(href: str, status: str = "200 OK") -> str:
    prop = (
        "<d:resourcetype/><d:getcontentlength>7</d:getcontentlength><d:getetag>&quot;e&quot;"
        "</d:getetag><d:getlastmodified>Tue, 14 Nov 2023 22:13:19 GMT</d:getlastmodified>"
    )
    return _FORM.format(href, prop, status)


def folder(href: str, status: str = "200 OK") -> str:
    return _FORM.format(href, "<d:resourcetype><d:collection/></d:resourcetype>", status)


def gone(href: str) -> str:
    status = "<d:status>HTTP/1.1 404 Not Found</d:status>"
    return f"<d:response><d:href>{href}</d:href>{status}</d:response>"


def document(responses: Iterable[str]) -> str:
    return _OPEN + "".join(responses) + _CLOSE


def read(body: str | bytes, size: int = 1000) -> DeepListing:
    raw = body.encode() if isinstance(body, str) else body
    reader = DeepReader(BASE, AT)
    for start in range(0, len(raw), size):
        reader.feed(raw[start : start + size])
    return reader.finish()


def told(*responses: str) -> DeepListing:
    """What an answer tells that lists the root as well."""
    return read(document([folder("/dav/"), *responses]))


def paths(listing: DeepListing) -> list[str]:
    return [entry.path for entry in listing.entries()]


TREE = [
    folder("/dav/"),
    file("/dav/top.txt"),
    folder("/dav/a/"),
    file("/dav/a/1.jpg"),
    file("/dav/a/2%20b.jpg"),
    folder("/dav/a/b/"),
    file("/dav/a/b/3.jpg"),
    folder("/dav/empty/"),
    folder("/dav/a/void/"),
]
IN_TREE = ["top.txt", "a", "a/1.jpg", "a/2 b.jpg", "a/b", "a/b/3.jpg", "empty", "a/void"]
DEEP = document(TREE)


def test_a_deep_answer_tells_the_whole_tree() -> None:
    """Files with size and stamp, folders without size, at any depth, the root left out."""
    listing = read(DEEP)
    assert listing.deep
    assert paths(listing) == IN_TREE
    found = {entry.path: entry for entry in listing.entries()}
    stamp = Stamp("e", 1_699_999_999)
    assert found[TreePath("a/b/3.jpg")] == Entry(TreePath("a/b/3.jpg"), Kind.FILE, 7, stamp, True)
    assert found[TreePath("a/b")] == Entry(TreePath("a/b"), Kind.FOLDER)
    assert all(isinstance(path, TreePath) and path == TreePath(path) for path in found)


def test_a_folder_that_shows_nothing_is_asked_by_itself() -> None:
    """Silence proves no emptiness: only the folder's own listing does."""
    assert read(DEEP).unproven == ["empty", "a/void"]


def test_a_shallow_answer_leaves_every_folder_to_be_asked() -> None:
    """Infinity answered as one, without a word, as SabreDAV does; or an empty root."""
    listing = told(file("/dav/x"), folder("/dav/a/"), folder("/dav/b"))
    assert (listing.deep, listing.unproven) == (False, ["a", "b"])
    assert paths(listing) == ["x", "a", "b"]
    nothing = told()
    assert (nothing.deep, nothing.unproven, paths(nothing)) == (False, [], [])


def test_what_is_gone_shows_nothing_of_its_folder() -> None:
    """A child that the store itself calls gone is left out, and proves no folder to be listed."""
    listing = told(folder("/dav/a/"), gone("/dav/a/x"), folder("/dav/b/"), file("/dav/b/y"))
    assert (listing.deep, listing.unproven, paths(listing)) == (True, ["a"], ["a", "b", "b/y"])


def test_what_is_withheld_is_unknown_and_shows_its_folder() -> None:
    """Its properties are kept back: it is there, it is neither file nor folder."""
    listing = told(folder("/dav/a/"), folder("/dav/a/closed/", "403 Forbidden"))
    assert [*listing.entries()][1:] == [
        UnknownFolder(TreePath("a/closed"), "the store keeps its properties to itself")
    ]
    assert (listing.deep, listing.unproven) == (True, [])


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_an_answer_does_not_matter(seed: int) -> None:
    """Depth first, breadth first, children before their parents, the root last."""
    shuffled = random.Random(seed).sample(TREE, len(TREE))
    listing = read(document(shuffled))
    assert sorted(paths(listing)) == sorted(IN_TREE)
    assert (listing.deep, sorted(listing.unproven)) == (True, ["a/void", "empty"])


def test_however_the_body_is_cut_into_chunks_it_reads_the_same() -> None:
    """Every byte alone, and all of them at once."""
    for size in (1, 3, 64, 1 << 20):
        assert [*read(DEEP, size).entries()] == [*read(DEEP).entries()]


@pytest.mark.parametrize("cut", range(0, len(DEEP), 11))
def test_a_truncated_answer_is_broken_never_shorter(cut: int) -> None:
    """W1: wherever it is cut, nothing of it counts."""
    with pytest.raises(ListingBroken):
        read(DEEP[:cut])


HARMS: dict[str, str | bytes] = {
    "empty": "",
    "html": "<!DOCTYPE html><html><body>Log in</body></html>",
    "another root": DEEP.replace("multistatus", "multistate"),
    "another namespace": DEEP.replace("DAV:", "dav:"),
    "text after the end": DEEP + "Internal Server Error",
    "a second document": DEEP + DEEP,
    "bad utf-8": DEEP.encode().replace(b"3.jpg", b"\xff.jpg"),
    "a doctype": DEEP.replace("?>", "?><!DOCTYPE d:multistatus>"),
    "an entity": DEEP.replace("3.jpg", "&e;"),
    "no responses": document([]),
    "without the root": document(TREE[1:]),
    "the root twice": document([*TREE, folder("/dav")]),
    "the root as a file": document([file("/dav/"), *TREE[1:]]),
    "the root refused": document([folder("/dav/", "403 Forbidden"), *TREE[1:]]),
    "the root gone": document([gone("/dav/"), *TREE[1:]]),
    "a file as a parent": document([*TREE, file("/dav/top.txt/x")]),
    "a parent that is not listed": document([*TREE, file("/dav/nowhere/x")]),
    "a grandparent that is not listed": document([*TREE, folder("/dav/x/y/"), file("/dav/x/y/z")]),
    "a gone one as a parent": document([*TREE, gone("/dav/g/"), file("/dav/g/x")]),
    "something in what is withheld": document(
        [*TREE, folder("/dav/w/", "403 Forbidden"), file("/dav/w/x")]
    ),
    "something gone in what is withheld": document(
        [*TREE, folder("/dav/w/", "403 Forbidden"), gone("/dav/w/x")]
    ),
    "above the root": document([*TREE, folder("/")]),
    "beside the root": document([*TREE, file("/other/x")]),
    "a longer root": document([*TREE, file("/dave/x")]),
    "another host": document([*TREE, file("https://evil.example/dav/x")]),
    "dots": document([*TREE, file("/dav/a/../x")]),
    "escaped dots": document([*TREE, file("/dav/a/%2e%2e")]),
    "dots in the folder it is at": document([*TREE, file("/dav/a/void/."), file("/dav/a/void/x")]),
    "a NUL": document([*TREE, file("/dav/a/x%00")]),
    "an empty step": document([*TREE, file("/dav/a//x")]),
    "a query": document([*TREE, file("/dav/a/x?y")]),
    "a file twice, one after the other": document([*TREE, file("/dav/x"), file("/dav/x")]),
    "a file twice in its folder": document([*TREE[:5], TREE[3], *TREE[5:]]),
    "a file twice, around a folder": document([*TREE[:7], file("/dav/a/1.jpg"), *TREE[7:]]),
    "a file of the root again": document([*TREE, TREE[1]]),
    "a file in two spellings": document([*TREE, file("/dav/x"), file("/dav/%78")]),
    "a folder twice": document([*TREE, TREE[2]]),
    "a folder that is a file too": document([*TREE, file("/dav/a/b")]),
    "no href": DEEP.replace("<d:href>/dav/a/b/3.jpg</d:href>", ""),
    "no status": DEEP.replace("<d:status>HTTP/1.1 200 OK</d:status>", ""),
    "a status that is none": document([*TREE, file("/dav/x", "fine")]),
    "a negative size": document([*TREE, file("/dav/x").replace(">7<", ">-7<")]),
    "endless depth": document([*TREE, "<d:x>" * 5000 + "</d:x>" * 5000]),
    "an endless name": document([*TREE, file("/dav/" + "x" * 20_000)]),
}


@pytest.mark.parametrize("harm", HARMS)
def test_an_answer_that_proves_nothing_is_broken(harm: str) -> None:
    """What would break one folder's listing, and what can not be one tree."""
    with pytest.raises(ListingBroken, match=r"^the listing of / ") as caught:
        read(HARMS[harm])
    assert "evil" not in str(caught.value)
    assert str(caught.value).isprintable()


_STEPS = st.text("ab%~\u00e9 &", min_size=1, max_size=2) | st.sampled_from(["photo.jpg", "x+y"])
_PATHS = st.dictionaries(st.lists(_STEPS, min_size=1, max_size=4).map(tuple), st.booleans())


def _whole(drawn: dict[tuple[str, ...], bool]) -> dict[tuple[str, ...], bool]:
    """A tree: each path, and whether it is a folder; what has something in it is one."""
    tree = dict(drawn)
    for path in drawn:
        tree |= dict.fromkeys((path[:length] for length in range(1, len(path))), True)
    return tree


@settings(max_examples=200, deadline=None)
@given(_PATHS.map(_whole), st.randoms(use_true_random=False), st.integers(1, 500))
def test_every_tree_is_read_as_it_is(
    tree: dict[tuple[str, ...], bool], dice: random.Random, size: int
) -> None:
    """Entry by entry, in any order; deep where something lies deeper; what is bare is asked."""
    listed = [*tree.items()]
    dice.shuffle(listed)
    responses = [folder("/dav/")]
    for path, is_folder in listed:
        href = "/dav" + BASE.below_root(TreePath.of(path)) + ("/" if is_folder else "")
        responses.insert(dice.randint(0, len(responses)), (folder if is_folder else file)(href))
    listing = read(document(responses), size)
    found = {entry.path: entry.kind for entry in listing.entries() if isinstance(entry, Entry)}
    kinds = {False: Kind.FILE, True: Kind.FOLDER}
    assert found == {TreePath.of(path): kinds[is_folder] for path, is_folder in tree.items()}
    deep = any(len(path) > 1 for path in tree)
    around = {path[:-1] for path in tree} if deep else set()
    bare = {
        TreePath.of(path) for path, is_folder in tree.items() if is_folder and path not in around
    }
    assert (listing.deep, set(listing.unproven)) == (deep, bare)


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """W8: bytes and entries are capped, and the entries of one folder as in its own listing."""
    endless = _OPEN + folder("/dav/") + folder("/dav/a/") + "<d:x>padding</d:x>" * 90_000
    with monkeypatch.context() as patch:
        patch.setattr(deep_listing, "MAX_DEEP_BYTES", 1 << 20)
        with pytest.raises(ListingBroken, match="is over 1 MiB"):
            read(endless)
    five = [file(f"/dav/{n}") for n in range(5)]
    with monkeypatch.context() as patch:
        patch.setattr(deep_listing, "MAX_DEEP_ENTRIES", 5)
        with pytest.raises(ListingBroken, match="over 5 entries"):
            told(*five)
    monkeypatch.setattr(deep_listing, "MAX_ENTRIES", 4)
    with pytest.raises(ListingBroken, match="over 4 entries in one folder"):
        told(*five)


def test_a_disk_without_room_breaks_the_listing_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What can not be kept until the end counts as never told: folders can be walked."""
    monkeypatch.setattr(deep_listing, "Spool", _FullSpool)
    with pytest.raises(ListingBroken, match="temporary folder"):
        read(DEEP)


class _FullSpool(Spool):
    def add(self, rows: object) -> None:
        raise OSError(28, "No space left on device")


def test_a_large_tree_is_not_held_in_memory() -> None:
    """W35: 100,000 entries cost a few MiB until they are told, whatever the tree's size."""

    def responses() -> Iterator[str]:
        for number in range(1000):
            at = f"/dav/folder-{number}/"
            yield folder(at) + "".join(file(f"{at}photo-{n}.jpg") for n in range(100))

    reader = DeepReader(BASE, AT)
    reader.feed((_OPEN + folder("/dav/")).encode())
    tracemalloc.start()
    try:
        for some in responses():
            reader.feed(some.encode())
        reader.feed(_CLOSE.encode())
        listing = reader.finish()
        count = sum(1 for _ in listing.entries())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (count, listing.unproven) == (101_000, [])
    assert peak < 9 << 20


def test_the_root_may_be_the_hosts_own() -> None:
    """Where the tree lies at ``/``, that is what the answer lists."""
    reader = DeepReader(Base.of("https://shop.example"), AT)
    reader.feed(document([folder("/"), folder("/a/"), file("/a/b"), file("/c")]).encode())
    assert paths(reader.finish()) == ["a", "a/b", "c"]
    assert ROOT not in paths(read(DEEP))
