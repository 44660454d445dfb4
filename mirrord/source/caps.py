"""How many requests at a time the platform takes, where it takes fewer than of others.

Declared as the platform declares them, for what is only read. Pure.
Source: BigCommerce's OpenAPI files, "concurrent requests" and "simultaneous GET requests".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Below ``/stores/HASH/``, ``*`` for one step of the path.
CAPS: Mapping[str, int] = {
    "v3/catalog/trees/*/categories": 1,
    "v3/catalog/products/channel-assignments": 1,  # "not in parallel", for any of its verbs
    "v3/pricelists/*/records": 10,
    "v3/pricelists/*/records/*": 40,
    "v3/pricelists/*/records/*/*": 50,
    "v3/promotions": 40,
    "v3/promotions/*": 40,
    "v3/promotions/*/codes": 10,
    "v2/customer_groups": 40,
    "v3/catalog/categories": 40,
    "v3/inventory/locations": 50,
}

_PATTERNS = tuple(
    (re.compile(re.escape(path).replace(r"\*", "[^/]+")), f"cap{number}", most)
    for number, (path, most) in enumerate(CAPS.items())
)
_ALL = "all"


def caps_of(path: str, at_once: int) -> Mapping[str, int]:
    """The turns that a request for this path needs, by name: how many of each there are.

    The narrowest first; ``at_once`` of all requests together. One that never binds is left out.
    """
    for pattern, name, most in _PATTERNS:
        if most < at_once and pattern.fullmatch(path):
            return {name: most, _ALL: at_once}
    return {_ALL: at_once}
