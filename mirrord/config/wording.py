"""What is said of a section's keys that does not fit, in plain words, at its place.

A value is never repeated here: it may be a secret in the wrong spot.
"""

from __future__ import annotations

from typing import Any

from mirrord.config.parts import Key
from mirrord.config.places import Place, sayable
from mirrord.errors import Problem

#: Keys of the design that this version can not obey: to swallow one would be a broken promise.
_LATER = frozenset({"notify", "metrics", "access", "themes"})


def missing(place: Place, key: Key) -> Problem:
    """A key that must be said is not in the section at this place."""
    return place.below(key.said, place.line).problem("missing", _example(key))


def empty(place: Place, key: Key) -> Problem:
    """Nothing stands below a key that is for any number of them."""
    return place.problem("empty", _example(key))


def no_section(place: Place) -> Problem:
    """Something else stands where keys and values belong."""
    return place.problem("not keys and values", "write one `key: value` a line below it, indented")


def unknown(place: Place, said: str, known: tuple[str, ...]) -> Problem:
    """A key that is none of those ``known`` here."""
    if said in _LATER:
        return place.problem("not in this version of mirrord", "take it out")
    from difflib import get_close_matches

    near = get_close_matches(said, known, n=1) if sayable(said) else []
    if near:
        return place.problem("unknown key", f"did you mean `{near[0]}`?")
    return place.problem("unknown key", "known here: " + ", ".join(known))


def _example(key: Key) -> str:
    if key.example is None:
        return f"write at least one below `{key.said}:`"
    return f"write it like `{key.said}: {_flow(key.example)}`"


def _flow(example: Any) -> str:
    if isinstance(example, dict):
        return "{" + ", ".join(f"{key}: {value}" for key, value in example.items()) + "}"
    return str(example)
