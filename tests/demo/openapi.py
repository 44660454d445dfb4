"""BigCommerce's OpenAPI files as a judge: is this answer what that operation may give?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

VARIABLE = "MIRRORD_OPENAPI"


def folder() -> Path | None:
    """Where the files are, None where nobody said."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


@cache
def load(name: str) -> Any:
    """One file, parsed."""
    found = folder()
    assert found is not None
    return _anchored(yaml.load((found / name).read_text("utf-8"), Loader=_Loader), name)


def _anchored(node: Any, name: str) -> Any:
    """The same with every reference made absolute, so that any part can be judged alone."""
    if isinstance(node, list):
        return [_anchored(one, name) for one in node]
    if not isinstance(node, dict):
        return node
    anchored = {
        key: f"urn:{name}{value}" if key == "$ref" else _anchored(value, name)
        for key, value in node.items()
    }
    # BigCommerce writes both; the standard knows only the second
    return anchored | {"nullable": True} if anchored.get("x-nullable") is True else anchored


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Dates stay text, as JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Operation:
    """GET of one path in one file, or another verb of it."""

    file: str
    path: str
    verb: str = "get"

    def _get(self) -> Any:
        return load(self.file)["paths"][self.path][self.verb]

    def parameters(self) -> set[str]:
        """The names of the query parameters that the operation documents."""
        return set(self._queries())

    def statuses(self) -> set[str]:
        """Every status that the operation may answer with, as text."""
        return set(self._get()["responses"])

    def query_errors(self, query: Mapping[str, str]) -> list[str]:
        """What the operation objects to in a query, as ``name: message``."""
        known = self._queries()
        missing = [name for name, one in known.items() if one.get("required") and name not in query]
        objections = [f"{name}: wanted" for name in missing]
        for name, text in query.items():
            if name not in known:
                objections.append(f"{name}: unknown")
                continue
            schema = self._resolved(known[name].get("schema", {}))
            told = self._validator(schema).iter_errors(self._value(schema, text))
            objections += [f"{name}: {error.message[:120]}" for error in told]
        return sorted(objections)

    def _queries(self) -> dict[str, Any]:
        shared = load(self.file)["paths"][self.path].get("parameters", [])
        told = [self._resolved(one) for one in [*shared, *self._get().get("parameters", [])]]
        return {one["name"]: one for one in told if one["in"] == "query"}

    def _value(self, schema: Any, text: str) -> Any:
        """A parameter's text as the value that its schema speaks of; a list is joined by commas."""
        kind = schema.get("type")
        if kind == "array":
            items = self._resolved(schema.get("items", {}))
            return [self._value(items, part) for part in text.split(",")]
        if kind in ("integer", "number") and re.fullmatch(r"-?\d+", text):
            return int(text)
        return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text

    def _validator(self, schema: Any) -> OAS30Validator:
        document = Resource.from_contents(load(self.file), default_specification=DRAFT4)
        registry = Registry().with_resource(f"urn:{self.file}", document)
        return OAS30Validator(schema, registry=registry)

    def schema(self, status: int) -> Any:
        """The schema of the answer with this status."""
        response = self._resolved(self._get()["responses"][str(status)])
        return response["content"]["application/json"]["schema"]

    def _resolved(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            file, _, place = node["$ref"].removeprefix("urn:").partition("#/")
            node = load(file)
            for step in place.split("/"):
                node = node[step.replace("~1", "/").replace("~0", "~")]
        return node

    def errors(self, content: Any, status: int) -> list[str]:
        """What the schema objects to, as ``place: message``; list places come as ``*``."""
        validator = self._validator(self.schema(status))
        return sorted(
            {
                f"{_place(error.absolute_path)}: {error.message[:120]}"
                for found in validator.iter_errors(content)
                for error in _leaves(found)
            }
        )

    def unnamed_fields(self, content: Any, status: int) -> set[str]:
        """The fields of the answer that the schema does not name, by their place."""
        return set(self._unnamed(content, [self.schema(status)], ""))

    def _unnamed(self, content: Any, schemas: list[Any], place: str) -> Iterator[str]:
        parts = [part for schema in schemas for part in self._parts(schema)]
        if isinstance(content, list):
            below = [part["items"] for part in parts if "items" in part]
            for row in content:
                yield from self._unnamed(row, below, f"{place}/*")
        if not isinstance(content, dict):
            return
        named = [part["properties"] for part in parts if "properties" in part]
        is_open = not named or any(part.get("additionalProperties") for part in parts)
        for key, value in content.items():
            below = [properties[key] for properties in named if key in properties]
            yield from self._unnamed(value, below, f"{place}/{key}")
            if not below and not is_open:
                yield f"{place}/{key}"

    def _parts(self, schema: Any) -> Iterator[Any]:
        schema = self._resolved(schema)
        yield schema
        for word in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(word, []):
                yield from self._parts(part)


@cache
def operations(verb: str = "get") -> dict[str, Operation]:
    """Every GET of all files, by its path as the sample store writes it: ``/v2/orders/{}``."""
    found = folder()
    names = sorted(file.name for file in found.iterdir()) if found else []
    return {
        f"/{version(name)}{re.sub('{[^}]*}', '{}', path)}": Operation(name, path, verb)
        for name in names
        for path, item in load(name)["paths"].items()
        if verb in item
    }


def version(name: str) -> str:
    """Of which version of the API a file tells."""
    return "v2" if ".v2." in name else "v3"


def operation_at(verb: str, path: str) -> Operation | None:
    """The operation that a request meets; a path of words alone goes before one with numbers."""
    fitting = [
        (template.count("{}"), operation)
        for template, operation in operations(verb).items()
        if re.fullmatch(re.escape(template).replace(r"\{\}", "[^/]+"), path)
    ]
    return min(fitting, key=lambda one: one[0])[1] if fitting else None


def _place(path: Any) -> str:
    return "".join("/*" if isinstance(step, int) else f"/{step}" for step in path) or "/"


def _leaves(error: Any) -> Iterator[Any]:
    """The innermost objections of an error; those of the best branch where there are branches."""
    if not error.context:
        yield error
        return
    deepest = max(len(inner.absolute_path) for inner in error.context)
    for inner in error.context:
        if len(inner.absolute_path) == deepest:
            yield from _leaves(inner)
