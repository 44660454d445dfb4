"""Which export an XML file is, by the name of its first element; nothing more is read of it.

XML is a language in which a file can ask its reader to open other files and to write endless text.
Whatever begins to do so is unknown, and only its first bytes are ever looked at.
"""

from __future__ import annotations

from contextlib import suppress
from xml.parsers import expat

#: The exports of which an XML form is offered, by the name of the first element.
_KINDS = frozenset({"products", "customers", "orders", "shipments", "redirects"})


class _Told(Exception):
    """The first element was seen, or what must not be there."""


def xml_kind(head: bytes) -> str:
    """The kind of an XML export by the first bytes of its file, ``""`` where it is none."""
    if b"<" not in head[:256]:  # an export begins with it, maybe behind marks and line breaks
        return ""
    parser = expat.ParserCreate()
    names: list[str] = []

    def begin(name: str, _attributes: object) -> None:
        names.append(name)
        raise _Told

    def refuse(*_: object) -> int:
        raise _Told

    parser.StartElementHandler = begin
    # a document type may declare entities, and no export of a shop has one
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    with suppress(_Told, expat.ExpatError, LookupError, ValueError):
        parser.Parse(head, False)
    return names[0].lower() if names and names[0].lower() in _KINDS else ""
