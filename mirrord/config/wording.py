"""From pydantic's errors to problems in plain words, each at the place where it was written.

A value is never repeated here: it may be a secret in the wrong spot.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mirrord.config.places import Place, Section, sayable
from mirrord.config.values import (
    Api,
    Config,
    Guard,
    Keep,
    KeepExports,
    Retention,
    Schedule,
    Snapshots,
    Store,
    Verifying,
    Webdav,
)
from mirrord.errors import Problem

_GROUPS: dict[str, type[BaseModel]] = {
    "webdav": Webdav,
    "api": Api,
    "schedule": Schedule,
    "guard": Guard,
    "keep": Retention,
    "snapshots": Snapshots,
    "verify": Verifying,
}

#: Keys of the design that this version can not obey: to swallow one would be a broken promise.
_LATER = frozenset({"notify", "metrics", "access", "themes", "cells", "rows"})

_Path = tuple[int | str, ...]


def tell(error: ValidationError, tree: Section) -> Iterator[Problem]:
    """Every problem of a whole config, in the order of its places."""
    for details in error.errors(include_url=False, include_input=False):
        path = _path_of(details)
        place, _ = _locate(tree, path)
        yield _problem(details, path, place)


def tell_defaults(error: ValidationError, defaults: Section) -> Iterator[Problem]:
    """The same of defaults alone, which may leave out anything."""
    for details in error.errors(include_url=False, include_input=False):
        path = _path_of(details)
        place, stands_there = _locate(defaults, path)
        if stands_there:
            yield _problem(details, ("stores", "", *path), place)


def _path_of(details: ErrorDetails) -> _Path:
    # of a mapping's key that does not fit, pydantic says so in a last step of its own; a user's
    # own key of that name is unknown, and no value of it is ever judged
    loc = details["loc"]
    return loc[:-1] if details["type"] == "value_error" and loc[-1:] == ("[key]",) else loc


def _locate(tree: Section, path: _Path) -> tuple[Place, bool]:
    """Where a path stands; of what is missing, where the nearest part above it stands."""
    here: Any = tree
    place = tree.place
    for step in map(str, path):
        if not isinstance(here, Section) or step not in here:
            return place, False
        place, here = here.places[step], here[step]
    return place, True


def _problem(details: ErrorDetails, path: _Path, place: Place) -> Problem:
    match details["type"]:
        case "value_error":
            cause = details["ctx"]["error"]
            return place.problem(str(cause), getattr(cause, "remedy", ""))
        case "missing":
            return place.below(path[-1], place.line).problem("missing", _example(path))
        case "extra_forbidden":
            return place.problem(*_unknown(path))
        case "literal_error":
            choices = details["ctx"]["expected"].replace("'", "")
            return place.problem("not one of the choices", f"write {choices}")
        case "too_short":
            return place.problem("empty", _example(path))
    return place.problem("not keys and values", "write one `key: value` a line below it, indented")


def _example(path: _Path) -> str:
    key = str(path[-1])
    field = _model(path[:-1]).model_fields[key]
    if not field.examples:
        return f"write at least one below `{key}:`"
    return f"write it like `{key}: {_flow(field.examples[0])}`"


def _flow(example: Any) -> str:
    if isinstance(example, dict):
        return "{" + ", ".join(f"{key}: {value}" for key, value in example.items()) + "}"
    return str(example)


def _unknown(path: _Path) -> tuple[str, str]:
    key, known = str(path[-1]), _known(path[:-1])
    if key in _LATER:
        return "not in this version of mirrord", "take it out"
    near = get_close_matches(key, known, n=1) if sayable(key) else []
    if near:
        return "unknown key", f"did you mean `{near[0]}`?"
    return "unknown key", "known here: " + ", ".join(known)


def _known(path: _Path) -> tuple[str, ...]:
    fields = _model(path).model_fields
    keys = tuple(field.alias or name for name, field in fields.items())
    return keys if path else (*keys, "defaults")


def _model(path: _Path) -> type[BaseModel]:
    match path:
        case ("stores", _):
            return Store
        case ("stores", _, group):
            return _GROUPS[str(group)]
        case ("stores", _, "keep", "exports"):
            return KeepExports
        case ("stores", _, "keep", *_):
            return Keep
    return Config
