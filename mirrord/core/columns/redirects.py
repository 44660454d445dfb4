"""redirects.csv: the 301 redirects as the control panel exports and imports them, 5 columns.

The domain comes from the companion ``site``; where the site is not known the cell stays empty.
Source: the heading and the examples in BigCommerce's OpenAPI file of the import job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mirrord.core.columns import one_row_each
from mirrord.core.columns.flat import at, of
from mirrord.core.columns.forms import capital, plain
from mirrord.core.records import Record


def _domain(record: Record) -> str:
    """The host of the site's URL; its own text where it is no URL."""
    for site in record.companions.get("site", ()):
        url = plain(site.fields.get("url"))
        return url.partition("//")[2].partition("/")[0] or url
    return ""


def _is_manual(record: Record) -> bool:
    return plain(at(record.fields, "to.type")) in ("url", "")


def _manual(record: Record) -> str:
    url = plain(at(record.fields, "to.url"))
    return url or plain(record.fields.get("to_url")) if _is_manual(record) else ""


CELLS: Mapping[str, Callable[[Record], str]] = {
    "Domain": _domain,
    "Old Path": of("from_path"),
    "Manual URL/Path": _manual,
    "Dynamic Target Type": lambda record: (
        "" if _is_manual(record) else capital(at(record.fields, "to.type"))
    ),
    "Dynamic Target ID": lambda record: (
        "" if _is_manual(record) else plain(at(record.fields, "to.entity_id"))
    ),
}

REDIRECTS = one_row_each("redirects", CELLS, lambda record: record)
