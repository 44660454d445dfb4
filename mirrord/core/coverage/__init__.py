"""What of a shop is kept and where, what BigCommerce lets be put back, what not, and why.

Two tables: of what the API gives (:mod:`.resources`) and of what the control panel's own exports
have (:mod:`.headings`). Tests hold the first to BigCommerce's specification and the second to the
headings of its files, so that nothing is forgotten in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Back(StrEnum):
    """Whether BigCommerce takes it again, by its API, its importer or WebDAV."""

    YES = "yes"
    PART = "in part"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing that a shop has.

    ``kept`` names the datasets that hold it, and ``files/`` for the tree of files; () where it is
    not kept. ``paths`` are the reads of the API that give it: see :func:`covers`. ``why`` says
    what is not kept or can not be put back; ``""`` where there is nothing to say.
    """

    name: str
    kept: tuple[str, ...]
    back: Back
    why: str = ""
    paths: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Where it is kept, in words."""
        return ", ".join(self.kept) or "not kept"


def covers(pattern: str, path: str) -> bool:
    """Whether a pattern means a path, which begins with v2 or v3 and has ``{}`` for each id.

    ``v3/wishlists`` is the list, one of its elements and its count; ``v3/carts/*`` is all below.
    """
    if pattern.endswith("/*"):
        return path.startswith(pattern.removesuffix("*"))
    return path in (pattern, f"{pattern}/{{}}", f"{pattern}/count")
