"""Every resource of BigCommerce's REST API, and what no API gives: kept or not, and why.

The words on putting back are those of BigCommerce's specification: ids are never preserved, what
is read-only there can not be written, and what needs a secret comes without it.
"""

from __future__ import annotations

from mirrord.core.coverage import Back, Resource, covers
from mirrord.core.coverage.catalog import CATALOG
from mirrord.core.coverage.selling import MARKETING, PEOPLE, SALES
from mirrord.core.coverage.storefront import CONTENT, STORE

#: What a shop has and no API gives.
BEYOND = (
    Resource(
        "files by WebDAV", ("files/",), Back.YES, "but for the pictures of products: see there"
    ),
    Resource(
        "files of digital products",
        ("files/",),
        Back.PART,
        "the file by WebDAV; it is tied to its product in the control panel only",
    ),
    Resource(
        "pictures of the home page's carousel",
        ("files/",),
        Back.PART,
        "the pictures by WebDAV; which one is shown is a setting of the theme",
    ),
    Resource("Blueprint themes", ("files/",), Back.YES, "the old kind of theme, by WebDAV"),
    Resource("customers' passwords", (), Back.NO, "given by no API and no export"),
    Resource("card data", (), Back.NO, "given by no API and no export: PCI"),
    Resource("staff accounts and their rights", (), Back.NO, "given by no REST API"),
    Resource("settings of payment gateways", (), Back.NO, "given by no API"),
    Resource("export templates", (), Back.NO, "given by no API"),
    Resource("analytics reports", (), Back.NO, "given by no API"),
    Resource("installed apps and their data", (), Back.NO, "each app has its own"),
)

#: All of them, in the order in which people are told.
RESOURCES = (*CATALOG, *SALES, *PEOPLE, *MARKETING, *CONTENT, *STORE, *BEYOND)


def resources_of(path: str) -> tuple[Resource, ...]:
    """Which resources a read of the API gives; should be one. The closest pattern counts.

    ``path`` begins with v2 or v3 and has ``{}`` for each id.
    """
    fits = [(pattern, one) for one in RESOURCES for pattern in one.paths if covers(pattern, path)]
    exact = tuple(one for pattern, one in fits if pattern == path)
    return exact or tuple(dict.fromkeys(one for _, one in fits))
