"""The files behind the sample store's WebDAV."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from mirrord.demo.shop import Sizes, make_shop
from mirrord.demo.tree import EMPTY_FOLDERS, NAMES, write_tree

SHOP = make_shop(1, Sizes(), "abc")


def write(folder: Path, seed: int = 1) -> Path:
    write_tree(folder, seed, SHOP.products.values(), SHOP.customers.values())
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("tree"))


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def test_the_same_seed_gives_the_same_tree_bytes_and_times(tree: Path, tmp_path: Path) -> None:
    """Two trees agree in every name, byte and time of modification."""
    assert fingerprint(write(tmp_path / "again")) == fingerprint(tree)


def test_every_picture_of_a_product_is_in_the_tree_and_decodes(tree: Path) -> None:
    """``image_file`` is a path below product_images; its bytes are what its name says."""
    names = [one["image_file"] for row in SHOP.products.values() for one in row["images"]]
    formats = set()
    for name in names:
        with Image.open(tree / "product_images" / name) as image:
            image.load()
            formats.add((Path(name).suffix, image.format))
    assert len(names) > 60
    assert formats == {(".jpg", "JPEG"), (".png", "PNG")}


def test_the_tree_has_bigcommerces_folders_and_the_empty_ones(tree: Path) -> None:
    """Top folders as BigCommerce names them; empty folders are part of the tree."""
    assert {path.name for path in tree.iterdir()} == {
        "content",
        "exports",
        "import_files",
        "mobile_template",
        "product_downloads",
        "product_images",
        "template",
    }
    assert [list((tree / name).iterdir()) for name in EMPTY_FOLDERS] == [[]] * len(EMPTY_FOLDERS)
    assert (tree / "exports/products-2026-11-20.csv").read_text("utf-8").count("Product") >= 60


def test_names_that_break_careless_clients_are_in_the_tree(tree: Path) -> None:
    """Blanks, per cent, plus, hash, question mark, quotes, two forms of one accent, long names."""
    assert {path.name for path in (tree / "content/names").iterdir()} == set(NAMES)
    assert max(len(path.name.encode()) for path in tree.rglob("*")) == 255


def test_the_tree_is_small(tree: Path) -> None:
    """A demo that anyone may run: some hundred files, a few megabytes."""
    files = [path for path in tree.rglob("*") if path.is_file()]
    assert 100 < len(files) < 400
    assert sum(path.stat().st_size for path in files) < 4_000_000
