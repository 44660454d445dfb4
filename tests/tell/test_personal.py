"""The page on personal data: sound HTML that tells what it is given, and nothing that acts."""

from html.parser import HTMLParser

from mirrord.core.personal import Holding, Place, Span
from mirrord.tell.personal import page

HOSTILE = "<script>alert('x')</script> & \"Jo\""
_VOID = {"meta"}


class Reading(HTMLParser):
    """Every tag closed by its own, in order; the rows of the tables as text; what is asked for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"th", "td"} & {*self.open}:
            self.rows[-1][-1] += data


def holding(text: str, sleeps: str = "") -> Holding:
    place = Place(text, text, Span("2026-01-02", "2026-11-23", 1_234), text, text)
    return Holding(text, text, text, {text: Span()}, (place,), carried_off=True, sleeps=sleeps)


def test_the_page_tells_kinds_and_places_with_their_spans() -> None:
    """Two tables with a head each; what is held nowhere is told as none."""
    read = Reading(page(holding("orders")))
    assert read.open == []
    assert read.rows == [
        ["Kind", "Since", "Until", "Dated copies"],
        ["orders", "none", "none", "0"],
        ["Place", "What", "Since", "Until", "Copies", "Kept", "Readers"],
        ["orders/", "orders", "2026-01-02", "2026-11-23", "1,234", "orders", "orders"],
    ]
    assert "Nothing is dropped now:" not in page(holding("orders"))
    assert "Nothing is dropped now:" in page(holding("orders", "a hold waits"))


def test_the_page_acts_on_nothing_and_asks_for_nothing() -> None:
    """Whatever stands in the config comes as text; no script, link, picture or address."""
    text = page(holding(HOSTILE, HOSTILE))
    read = Reading(text)
    assert not read.tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    assert not {name for name in read.attributes if name.startswith("on")}
    assert not read.attributes & {"src", "href", "style"}
    assert not any(word in text for word in ("<script", "http:", "https:", "@import", "url("))
    assert read.rows[1][0] == HOSTILE
