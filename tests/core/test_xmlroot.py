"""Which export an XML file is, and what is never done for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.xmlroot import xml_kind


@pytest.mark.parametrize("kind", ["products", "customers", "orders"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_export_is_told_by_its_first_element(kind: str, encoding: str) -> None:
    """However much of it follows."""
    text = f'<?xml version="1.0"?>\n<!-- made in the panel -->\n<{kind}>\n <one name="x">'
    assert xml_kind(text.encode(encoding)) == kind


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE products [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><products>&b;</products>',
        '<!DOCTYPE products SYSTEM "file:///etc/passwd"><products/>',
        '<?xml version="1.0" encoding="no-such-alphabet"?><products/>',
        "<html><products>",
        "<prod",
        "products",
        "",
    ],
)
def test_all_else_is_none(text: str) -> None:
    """No entity is ever read, and no file is asked for."""
    assert xml_kind(text.encode()) == ""


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    """And none of these are an export."""
    assert xml_kind(b"<" + body) == ""
