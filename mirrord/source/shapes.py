"""The shape of a response: a server writes thousands alike, so one is understood and then known.

What a response means hangs on its tags, and on the texts between them. So the strict reader reads
the first of a kind; from its tags a pattern is made that fits a response of the very same tags,
byte for byte, with plain texts in between, and nothing else. What fits is as well-formed as the
first one was, and means the same but for its texts. What does not fit is left to the strict reader.

Pure. A pattern must never fit what the strict reader could read otherwise: no markup, no entity
but the quotation mark around an etag and the ampersand in a name, no letter beyond ASCII.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mirrord.source.responses import ETAG, LENGTH, MODIFIED, PROPERTIES, dav
from mirrord.source.told import DATE, Told, What, moment, status_in

_TAG = re.compile(r"<([^<>]*)>")
_BLANK = " \t\r\n"
_SPACE = r"[ \t\r\n]*+"
_IGNORED = r"[\t\r\n -%'-;=?-~]*+"
#: Names that are canonical in a tree path as they stand, but for what is escaped; no dots.
_LETTER = r"[A-Za-z0-9._~!$%&'()*+,;=:@\[\]{}-]"
_NAME = rf"(?!\.\.?(?!{_LETTER})){_LETTER}{{1,1000}}+"
_HREF_TEXT = rf"(?P<above>[!$-;=@-~]{{0,4000}}/)(?P<name>{_NAME})/?"
_VALUES = {
    LENGTH: r"(?P<size>[0-9]{0,18}+)",
    MODIFIED: f"(?P<modified>{DATE})",
    ETAG: r"""(?:W/)?(?P<quote>"|&quot;)?(?P<etag>[!#-%'-;=?-~]{0,512}+)(?(quote)(?:"|&quot;))""",
}
#: What a pattern has where a property is not told, so that it always has the same groups.
_ABSENT = {"size": "(?P<size>)", "etag": "(?P<etag>)", "modified": "(?P<modified>()()()())"}

#: A place in an answer: the names of the elements from the response down.
_Place: TypeAlias = tuple[str, ...]
_RESPONSE: _Place = (dav("response"),)
_HREF: _Place = (*_RESPONSE, dav("href"))
_REFUSAL: _Place = (*_RESPONSE, dav("status"))
_PROPSTAT: _Place = (*_RESPONSE, dav("propstat"))
_ANSWERED: _Place = (*_PROPSTAT, dav("status"))
_PROP: _Place = (*_PROPSTAT, dav("prop"))
_TYPE: _Place = (*_PROP, dav("resourcetype"))
_SAMPLE = "/folder/name"  # stands for the first response's href, which may be out of the ordinary
_TRIES = 4  # with one row of tags: the texts of the first may be odd ones
_MAX_KINDS = 32  # rows of tags that a look is taken at
_TEXTS = {_HREF, _ANSWERED, *((*_PROP, name) for name in PROPERTIES)}


class Shape:
    """One way in which a server writes a response."""

    def __init__(self, pattern: str, what: What) -> None:
        absent = (group for name, group in _ABSENT.items() if f"(?P<{name}>" not in pattern)
        compiled = re.compile(pattern + "".join(absent))
        date = compiled.groupindex["modified"] + 1
        self._groups = (
            *(compiled.groupindex[name] for name in ("above", "name", "size", "etag")),
            *range(date, date + 4),
        )
        self._match = compiled.match
        self._what = what

    def read(self, text: str, at: int) -> tuple[Told, int] | None:
        """What the response at ``at`` tells and where it ends; None where it is of another shape.

        ``text`` has one character for each byte of the answer.
        """
        found = self._match(text, at)
        if found is None:
            return None
        above, name, size, etag, day, hour, minute, second = found.group(*self._groups)
        if "&" in above or "&" in name:
            if f"{above}{name}".replace("&amp;", "").count("&"):
                return None
            above, name = above.replace("&amp;", "&"), name.replace("&amp;", "&")
        modified = moment(day, hour, minute, second) if day else None
        told = Told(above, name, self._what, int(size) if size else None, etag, modified)
        return told, found.end()


def is_plain(piece: str) -> bool:
    """Whether there is nothing in it but tags, and texts between them: no comment, no CDATA."""
    parts = _TAG.split(piece)
    marked = any("<" in text or ">" in text for text in parts[::2])
    return not marked and not any(tag.startswith(("!", "?")) for tag in parts[1::2])


class Known:
    """The shapes in documents that begin alike, so that all prefixes mean the same in them.

    Several threads may read and learn: what they have in common only grows.
    """

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._tries: Counter[int] = Counter()

    def learn(self, piece: str, names: Iterable[str], told: Told) -> Shape | None:
        """The shape of one plain response; None where it is none that could be known again.

        ``piece``: its bytes, one character each; ``names``: its elements' names in their order and
        ``told``: what it tells, both from the strict reader.
        """
        parts = _TAG.split(piece)
        tags = hash(tuple(parts[1::2]))
        if self._tries[tags] >= _TRIES or len(self._tries) > _MAX_KINDS:
            return None
        self._tries[tags] += 1
        shape = _learnt(parts, list(_elements(parts, names)), told)
        if shape is not None:
            self._tries[tags] = _TRIES
            self.shapes.append(shape)
        return shape


def _learnt(parts: list[str], elements: list[_Element], told: Told) -> Shape | None:
    good = _answered_with_200(parts, elements)
    if good is None or told.what not in (What.FILE, What.FOLDER):
        return None
    if told.what is What.FILE and _TYPE not in {one.place for one in elements if one.of == good}:
        return None
    sample = [*parts]
    patterns = [_IGNORED if part.strip(_BLANK) else _SPACE for part in parts]
    for one in elements:
        if one.text is None:
            continue
        if one.place == _HREF:
            patterns[one.text] = _SPACE + _HREF_TEXT + _SPACE
            sample[one.text] = _SAMPLE
        elif one.place == _ANSWERED:
            patterns[one.text] = re.escape(parts[one.text])
        elif one.of == good and one.place in _TEXTS and not _no_size(told.what, one.place):
            patterns[one.text] = _VALUES[one.place[-1]]
    patterns[1::2] = (f"<{re.escape(tag)}>" for tag in parts[1::2])
    sample[1::2] = (f"<{tag}>" for tag in parts[1::2])
    shape = Shape("".join(patterns), told.what)
    return shape if _agrees(shape, "".join(sample), told) else None


@dataclass(frozen=True, slots=True)
class _Element:
    """One element; ``of``: the number of the response's own child that it is or is in.

    ``text``: the number of the part that is its text; None where it is closed at once.
    """

    place: _Place
    of: int
    text: int | None
    leaf: bool


def _elements(parts: list[str], names: Iterable[str]) -> Iterator[_Element]:
    following = iter(names)
    place: _Place = ()
    of = 0
    for number in range(1, len(parts), 2):
        tag = parts[number]
        if tag.startswith("/"):
            place = place[:-1]
            continue
        place = (*place, next(following))
        of += len(place) == 2
        closed = tag.endswith("/")
        leaf = closed or parts[number + 2].startswith("/")
        yield _Element(place, of, None if closed else number + 1, leaf)
        if closed:
            place = place[:-1]


def _answered_with_200(parts: list[str], elements: list[_Element]) -> int | None:
    """Which propstat holds what is known; None where there is anything out of the ordinary.

    In order is: one href, one propstat with 200, all others with 404, each text once in its place,
    and nothing beside the response.
    """
    places = Counter(one.place for one in elements)
    outermost = [place for place in places.elements() if len(place) == 1]
    if outermost != [_RESPONSE] or places[_REFUSAL]:
        return None
    texts = [one for one in elements if one.place in _TEXTS]
    if len({(one.of, one.place) for one in texts}) < len(texts) or not all(t.leaf for t in texts):
        return None
    if [one.text is None for one in texts if one.place == _HREF] != [False]:
        return None
    statuses = {
        one.of: status_in(parts[one.text])
        for one in texts
        if one.place == _ANSWERED and one.text is not None
    }
    good = [of for of, status in statuses.items() if status == 200]
    others = [status for status in statuses.values() if status not in (200, 404)]
    if len(good) != 1 or others or len(statuses) != places[_PROPSTAT]:
        return None
    return good[0]


def _no_size(what: What, place: _Place) -> bool:
    return what is What.FOLDER and place[-1] == LENGTH


def _agrees(shape: Shape, sample: str, told: Told) -> bool:
    """Whether it reads what it was made from, but for the href, as the strict reader did."""
    read = shape.read(sample, 0)
    if read is None or read[1] != len(sample):
        return False
    again = read[0]
    return again.above + again.name == _SAMPLE and again == told._replace(
        above=again.above, name=again.name
    )
