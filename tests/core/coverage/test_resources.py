"""Every read of the API is kept or not, with the reason; none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mirrord.core.columns.tables import TABLES
from mirrord.core.coverage import Back, covers
from mirrord.core.coverage.resources import RESOURCES, resources_of
from tests.demo import openapi


def _reads() -> Iterator[str]:
    """Every GET of every file, its ids as ``{}``, its version in front."""
    folder = openapi.folder()
    assert folder is not None
    for file in sorted(folder.iterdir()):
        document = openapi.load(file.name)
        version = document["servers"][0]["url"].rpartition("/")[2]
        for path, operations in document["paths"].items():
            if "get" in operations:
                yield re.sub(r"\{[^}]*\}", "{}", f"{version}{path}")


needs_openapi = pytest.mark.skipif(
    openapi.folder() is None,
    reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
)


@needs_openapi
def test_every_read_of_the_api_belongs_to_one_resource() -> None:
    """None to no resource, none to two of them."""
    reads = set(_reads())
    told = {path: [one.name for one in resources_of(path)] for path in reads}
    assert len(reads) > 200
    assert {path: names for path, names in told.items() if len(names) != 1} == {}


@needs_openapi
def test_no_pattern_is_out_of_date() -> None:
    """A path that BigCommerce no longer has would promise what can not be pulled."""
    reads = set(_reads())
    patterns = {pattern for one in RESOURCES for pattern in one.paths}
    idle = {pattern for pattern in patterns if not any(covers(pattern, path) for path in reads)}
    assert idle == set()


def test_what_is_kept_is_in_a_dataset_that_there_is() -> None:
    """Or in the tree of files; and every dataset is told of."""
    kept = {name for one in RESOURCES for name in one.kept}
    assert kept - {"files/", "themes/"} == set(TABLES)


def test_what_is_not_kept_or_can_not_be_put_back_says_why() -> None:
    """No reason is left out; what is not kept can not be put back."""
    silent = [one.name for one in RESOURCES if one.back is not Back.YES and not one.why]
    wonders = [one.name for one in RESOURCES if not one.kept and one.back is not Back.NO]
    assert (silent, wonders) == ([], [])


def test_no_resource_is_told_twice() -> None:
    """By its name, by which people find it."""
    names = [one.name for one in RESOURCES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("pattern", "path", "means"),
    [
        ("v3/wishlists", "v3/wishlists", True),
        ("v3/wishlists", "v3/wishlists/{}", True),
        ("v2/orders", "v2/orders/count", True),
        ("v2/orders", "v2/orders/{}/products", False),
        ("v2/orders", "v3/orders", False),
        ("v3/settings/*", "v3/settings/store/locale", True),
        ("v3/settings/*", "v3/settings", False),
    ],
)
def test_a_pattern_means_a_list_its_elements_and_its_count(
    pattern: str, path: str, means: bool
) -> None:
    """What lies deeper must be named, or a new part of the API would pass for kept."""
    assert covers(pattern, path) is means
