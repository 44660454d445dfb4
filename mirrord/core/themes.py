"""A theme as the store lists it, what its files are called, and when its zip is asked for again.

Pure. A theme's name is the shop's own and is never used as a path; what the store says of a theme
is kept as it came.
Source of the shapes: BigCommerce, themes.v3.yml and channels.v3.yml (the schema Theme has
``updated_at``, which no page explains).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mirrord.core.columns.forms import plain
from mirrord.core.jsontext import Json
from mirrord.core.records import Keys, split_page
from mirrord.errors import AnswerBroken

#: Seconds. What the list says of a theme need not move with every edit of it, so its zip is looked
#: at once a week in any case; not oftener, since each time the store packs it anew.
AGAIN = 7 * 86_400.0

_UUID = re.compile(r"[0-9A-Za-z-]{8,64}")
_NO_NAME = re.compile(r"[^\w.]+")
#: Of a name, in bytes: with all that is put behind it a disk with short names holds it too.
_HEAD = 80
_SHORT = 8


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme of the store. ``text`` is its JSON as it came; ``variations`` are their uuids."""

    uuid: str
    name: str
    text: str
    variations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a storefront channel shows: which theme, and all uuids that its configuration has.

    ``text`` is the store's own word on it, as JSON.
    """

    theme: str
    configurations: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """When a theme's zip was last downloaded (seconds since 1970), and what was said of it then."""

    at: float
    said: str


#: What names a theme, and a configuration of one.
UUID = Keys(("uuid",), numbers=False)


def read_themes(text: str, what: str) -> tuple[Theme, ...]:
    """The store's list, by uuid, each theme once. AnswerBroken where one has no proper uuid."""
    found: dict[str, Theme] = {}
    for record in split_page(text, what, UUID).records:
        uuid, name = record.id, plain(record.fields.get("name"))
        if not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
            raise AnswerBroken(f"{what} gave a theme without a proper uuid")
        told = record.fields.get("variations")
        variations = tuple(one for each in _objects(told) if (one := proper(each.get("uuid"))))
        found.setdefault(uuid, Theme(uuid, name, record.text, variations))
    return tuple(found[uuid] for uuid in sorted(found))


def read_shown(fields: Mapping[str, Json]) -> Shown | None:
    """The active theme of a channel; None where the store names none."""
    theme = proper(fields.get("active_theme_uuid"))
    if not theme:
        return None
    names = ("active_theme_configuration_uuid", "saved_theme_configuration_uuid")
    found = {one for name in names if (one := proper(fields.get(name)))}
    text = json.dumps({name: str(fields[name]) for name in sorted(fields)})
    return Shown(theme, tuple(sorted(found)), text)


def proper(value: Json) -> str:
    """The value where it is a uuid that may stand in a path or a query, else ``""``."""
    return value if isinstance(value, str) and _UUID.fullmatch(value) else ""


def stems(themes: Iterable[Theme]) -> Mapping[str, str]:
    """What the files of each theme are called, by its uuid: readable, and no two alike."""
    themes = tuple(themes)
    short = Counter(theme.uuid[:_SHORT].lower() for theme in themes)
    return {
        theme.uuid: f"{_head(theme.name)}-"
        + (theme.uuid[:_SHORT].lower() if short[theme.uuid[:_SHORT].lower()] == 1 else theme.uuid)
        for theme in themes
    }


def settings_text(configurations: Iterable[tuple[str, str]]) -> str:
    """One JSON array of configurations (uuid and own text), one a line, by uuid, each once."""
    own = dict(sorted(configurations))
    return "[\n" + ",\n".join(own.values()) + "\n]\n" if own else "[]\n"


def is_same_json(one: str, other: str) -> bool:
    """Whether two texts say the same, in whatever order an object's names come."""
    try:
        same: bool = json.loads(one) == json.loads(other)
    except ValueError:  # ours was damaged
        return False
    return same


def said_of(theme: Theme, shown: Iterable[Shown]) -> str:
    """One sum over all that the store says of a theme without packing it."""
    told = [theme.text, *sorted(one.text for one in shown if one.theme == theme.uuid)]
    return hashlib.sha256("\0".join(told).encode("utf-8", "surrogateescape")).hexdigest()


def must_download(last: Taken | None, said: str, now: float) -> bool:
    """Whether the zip may have changed since ``last``, or nobody has looked for long.

    A clock that stands before the last time proves nothing.
    """
    return last is None or last.said != said or not 0 <= now - last.at < AGAIN


def _objects(value: Json) -> Iterable[Mapping[str, Json]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _head(name: str) -> str:
    plain = _NO_NAME.sub("-", name).encode("utf-8", "ignore")[:_HEAD].decode("utf-8", "ignore")
    return plain.strip(".-") or "theme"
