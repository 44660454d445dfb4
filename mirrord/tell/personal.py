"""report/personal-data.html: what is held of people, where, since when, for how long, for whom.

For whoever has to answer for it. It names kinds and places and no person; it needs nothing but
itself: no script, no font, no picture, nothing from elsewhere.
"""

from collections.abc import Iterable
from html import escape

from mirrord.core.personal import Holding, Place, Span

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.2; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
thead th { font-size: .85rem; } tbody th { font-weight: 600; }
td.when, td.count { white-space: nowrap; }
code { white-space: nowrap; }
.none { opacity: .65; }
@media (max-width: 45rem) {
  thead { position: absolute; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; border: 0; padding: .1rem 0; }
  tr { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent);
    padding: .6rem 0; }
  td::before { content: attr(data-label) ": "; font-size: .85rem; opacity: .75; }
  td.when, td.count { white-space: normal; }
}
"""


def page(held: Holding) -> str:
    """The whole page; every text in it is escaped."""
    title = f"Personal data held of {held.store}"
    copies = (
        "Copies elsewhere, made by the command after each snapshot, are not counted here: they go"
        " by the rules of that place."
        if held.carried_off
        else "No command carries copies elsewhere. Other copies of this disk are not known here."
    )
    contact = f" Whom to ask: {escape(held.contact)}." if held.contact else ""
    sleeps = (
        f"<p><strong>Nothing is dropped now:</strong> {escape(held.sleeps)}. Personal data waits"
        " for that no longer than 90 days.</p>\n"
        if held.sleeps
        else ""
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>As of {escape(held.written)}. This page names kinds and places, and no person.{contact}</p>
{sleeps}<h2>What is held</h2>
{_table(("Kind", "Since", "Until", "Dated copies"), map(_category, held.categories.items()))}
<h2>Where, for how long, and who may read it</h2>
{_table(("Place", "What", "Since", "Until", "Copies", "Kept", "Readers"), map(_place, held.places))}
<p>Names that share one file on the disk (hard links) count as copies here, although they need no
room: each of them can be read. {escape(copies)}</p>
<h2>When a person asks</h2>
<p><code>mirrord person EMAIL --export</code> gathers what is held of one person;
<code>mirrord erase-person EMAIL</code> takes it out, and says what is left to do. The shop itself,
and copies elsewhere, are asked apart.</p>
</main>
</body>
</html>
"""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "\n".join(_row(heads, cells) for cells in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _row(heads: tuple[str, ...], cells: tuple[str, ...]) -> str:
    first, *others = cells
    kinds = {"Since": ' class="when"', "Until": ' class="when"', "Copies": ' class="count"'}
    tail = "".join(
        f'<td{kinds.get(head, "")} data-label="{escape(head)}">{cell}</td>'
        for head, cell in zip(heads[1:], others, strict=True)
    )
    return f'<tr><th scope="row">{first}</th>{tail}</tr>'


def _category(row: tuple[str, Span]) -> tuple[str, ...]:
    title, span = row
    return (escape(title), *_span(span))


def _place(place: Place) -> tuple[str, ...]:
    texts = (place.what, place.kept, place.readers)
    what, kept, readers = map(escape, texts)
    return (f"<code>{escape(place.name)}/</code>", what, *_span(place.span), kept, readers)


def _span(span: Span) -> tuple[str, str, str]:
    if not span.copies:
        none = '<span class="none">none</span>'
        return none, none, "0"
    return escape(span.oldest), escape(span.newest), f"{span.copies:,}"
