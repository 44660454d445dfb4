"""The config's JSON Schema, for editors.

It says what may stand where, and not what must: a value may come from ``defaults:``, and a store
from a file of its own, which the schema of one file can not see. `mirrord config check` tells that.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Any

from mirrord.config import values
from mirrord.config.parts import Each, Key, Kind, Part
from mirrord.config.values import Config, Store


def schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the main file; a file of stores.d fits it as well."""
    words = _descriptions()
    parts: dict[str, Any] = {}
    whole = _part(Config, words, parts)
    defaults = {**_reference(Store), "description": "What every store says, unless it does."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(parts.items())),
        **whole,
        "title": "mirrord.yaml",
        "properties": {**whole["properties"], "defaults": defaults},
    }


def _part(shape: type[Part], words: dict[str, str], parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of a section; those of the sections below it are put into ``parts``."""
    properties = {}
    for name, key in shape.keys.items():
        below = key.kind.part if isinstance(key.kind, Each) else key.kind
        if not isinstance(below, Kind) and below.__name__ not in parts:
            parts[below.__name__] = {}  # it may stand below itself
            parts[below.__name__] = _part(below, words, parts)
        described = (
            {"description": words[place]} if (place := f"{shape.__name__}.{name}") in words else {}
        )
        properties[key.said] = _form(key) | described
    return {
        "title": shape.__name__,
        "description": words[shape.__name__],
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _form(key: Key) -> dict[str, Any]:
    kind = key.kind
    if isinstance(kind, Each):
        below = {kind.key.schema["pattern"]: _reference(kind.part)}
        closed = {"type": "object", "minProperties": 1, "additionalProperties": False}
        return closed | {"patternProperties": below}
    if not isinstance(kind, Kind):
        return _reference(kind)
    form = dict(kind.schema)
    if key.has_default:
        form["default"] = key.default
    if key.example is not None:
        form["examples"] = [key.example]
    return form


def _reference(part: type[Part]) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{part.__name__}"}


def _descriptions() -> dict[str, str]:
    """The text below each part's name and below each of its keys, as it stands in the source.

    By ``Part`` and ``Part.key``. A running program knows no text of an attribute.
    """
    words = {}
    for part in ast.parse(inspect.getsource(values)).body:
        if isinstance(part, ast.ClassDef):
            words[part.name] = ast.get_docstring(part) or ""
            for before, after in pairwise(part.body):
                match before, after:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        words[f"{part.name}.{name}"] = inspect.cleandoc(text)
    return words
