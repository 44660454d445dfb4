"""What a file from elsewhere is: an export of which kind, by which template, told by its heading.

BigCommerce's headings are exact, and so is this room: a file that is not surely one of them is
unknown. The bytes are never changed; what was found out about them is said. Where a heading stands
twice, its columns are told apart by their positions alone.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mirrord.core import csvtext
from mirrord.core.headingtable import FORMS, Form

#: So many bytes from the start of a file are enough for every heading.
HEAD = 1 << 16
#: What may part the columns: BigCommerce's own comma first, then what spreadsheets make of it.
SEPARATORS = (",", ";", "\t")

_NUMBERED = re.compile(r"(.+) - [1-9][0-9]*\Z")
_MARKS = (
    (codecs.BOM_UTF32_LE, ""),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: A custom template has at least so many columns that are known, unless all of its columns are.
_ENOUGH, _ENOUGH_IF_ALL = 3, 2


@dataclass(frozen=True, slots=True)
class Recognised:
    """A heading that is known.

    ``exact``: it is the built-in template; else a custom one, a choice of its columns in some
    order. ``unknown`` are columns that no template of the kind has. ``repeated`` gives for each
    heading that stands more than once its positions, from 1 on.
    """

    kind: str
    template: str
    exact: bool
    unknown: tuple[str, ...] = ()
    repeated: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def words(self) -> str:
        """The template for people: ``v3``, ``custom (v3)``."""
        return self.template if self.exact else f"custom ({self.template})"


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a file is written, and what it is: Python's name of the encoding, and the separator.

    ``guessed``: nothing in the file proves the encoding.
    """

    columns: tuple[str, ...]
    encoding: str
    guessed: bool
    separator: str
    what: Recognised


def recognise(head: bytes, *, whole: bool) -> Sheet | None:
    """Tell a CSV export by the first bytes of its file, None where it is none that is known.

    ``head`` are the first :data:`HEAD` bytes at least, or (``whole``) the file itself.
    """
    written = encoding_of(head, whole=whole)
    if written is None:
        return None
    encoding, guessed = written
    text = codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    for separator in SEPARATORS:
        columns = _first_row(text, separator)
        what = classify(columns)
        if what is not None:
            return Sheet(columns, encoding, guessed, separator, what)
    return None


def encoding_of(head: bytes, *, whole: bool) -> tuple[str, bool] | None:
    """How a text is encoded, and whether that is a guess; None where it is no text we know.

    Marks at the start are believed; without one, UTF-16 shows by its zero bytes, UTF-8 by being
    sound. What is neither, and has no byte that Windows' Latin alphabet lacks, is taken for that.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return (encoding, False) if encoding and _decodes(head, encoding, whole) else None
    if b"\0" in head:
        encoding = _utf_16(head)
        return (encoding, True) if encoding and _decodes(head, encoding, whole) else None
    if _decodes(head, "utf-8", whole):
        return "utf-8", False
    return ("cp1252", True) if _decodes(head, "cp1252", whole) else None


def classify(columns: tuple[str, ...]) -> Recognised | None:
    """Which kind and template a heading is, None where it is none or could be of two kinds."""
    plain = tuple(_NUMBERED.sub(r"\1 - N", name) for name in columns)
    matches = list(_matches(plain))
    if not matches:
        return None
    best = max(matches, key=lambda match: match[:2])
    if any(one[:2] == best[:2] and one[2].kind != best[2].kind for one in matches):
        return None
    built_in, _, form = best
    repeated = _repeated(columns)
    known = set(form.columns) | form.besides
    unknown = [name for name, one in zip(columns, plain, strict=True) if one not in known]
    exact = built_in and not repeated
    return Recognised(form.kind, form.template, exact, tuple(unknown), repeated)


def _matches(plain: tuple[str, ...]) -> Iterator[tuple[bool, int, Form]]:
    """Each template that a heading can be of: whether exactly, how many columns are known, it."""
    for form in FORMS:
        known = set(form.columns) | form.besides
        number = sum(name in known for name in plain)
        rest = len(plain) - number
        enough = number >= _ENOUGH or (number >= _ENOUGH_IF_ALL and not rest)
        enough = enough and (number >= rest)
        enough = enough or (form.open_ended and number >= _ENOUGH_IF_ALL)
        if enough and any(names <= set(plain) for names in form.identity):
            yield _is_exact(form, plain), number, form


def _is_exact(form: Form, plain: tuple[str, ...]) -> bool:
    """Whether it is the built-in template, with however many files, images and addresses."""
    own = [name for name in form.columns if not name.endswith(" - N")]
    rest = [name for name in plain if not name.endswith(" - N") and name not in form.besides]
    groups = {name for name in plain if name.endswith(" - N")}
    return rest == own and groups <= set(form.columns)


def _repeated(columns: tuple[str, ...]) -> Mapping[str, tuple[int, ...]]:
    twice = [name for name, number in Counter(columns).items() if number > 1]
    return {
        name: tuple(place for place, one in enumerate(columns, 1) if one == name) for name in twice
    }


def _first_row(text: str, separator: str) -> tuple[str, ...]:
    """The cells of the first row, ``()`` where there is none."""
    try:
        row = next(csvtext.parse(io.StringIO(text, newline=""), separator), [])
    except csv.Error:
        return ()
    return tuple(row)


def _decodes(head: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _utf_16(head: bytes) -> str:
    """UTF-16 without a mark, as the ASCII of a heading shows it; ``""`` for other bytes."""
    first = head[:64]
    for encoding, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if len(first) >= 4 and not any(first[zeros::2]) and all(first[letters::2]):
            return encoding
    return ""
