"""What a server wrote into a listing, character by character, for telling what kind it is.

Only facts about the server are drawn from it: no run may ever act upon it, since it judges nothing.
The judge is :mod:`.multistatus`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from mirrord.errors import ListingBroken

_DAV = "{DAV:}"


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One response: its href and, as they stand there, its properties; None for an absent one."""

    href: str
    folder: bool
    etag: str | None
    modified: str | None
    length: str | None


def raw_listing(body: bytes) -> list[RawEntry]:
    """All responses of a whole 207 body of a few MB; ListingBroken where it is none."""
    if b"<!DOCTYPE" in body[:4096].upper():
        raise ListingBroken("the listing has a DOCTYPE")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ListingBroken("the listing is not whole XML") from error
    if root.tag != _DAV + "multistatus":
        raise ListingBroken("the listing is not a WebDAV multistatus document")
    return [_entry(response) for response in root.iterfind(_DAV + "response")]


def _entry(response: etree._Element) -> RawEntry:
    found: dict[str, str | None] = {}
    folder = False
    for propstat in response.iterfind(_DAV + "propstat"):
        if " 200" not in (propstat.findtext(_DAV + "status") or ""):
            continue
        folder = folder or propstat.find(f".//{_DAV}resourcetype/{_DAV}collection") is not None
        for name in ("getetag", "getlastmodified", "getcontentlength"):
            found.setdefault(name, propstat.findtext(f"{_DAV}prop/{_DAV}{name}"))
    return RawEntry(
        (response.findtext(_DAV + "href") or "").strip(),
        folder,
        found.get("getetag"),
        found.get("getlastmodified"),
        found.get("getcontentlength"),
    )
