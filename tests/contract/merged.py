"""All of BigCommerce's OpenAPI files as one, with no more than the operations that we ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.demo import openapi
from tests.demo.openapi import Operation

_REFERENCE = re.compile(
    r"urn:(?P<file>[^#]+)#/components/(?P<kind>\w+)/(?P<name>[^/]+)(?P<below>.*)"
)


def merged(operations: Iterable[Operation]) -> dict[str, Any]:
    """One document; its paths begin with ``/v2`` or ``/v3``, its components bear their file's name.

    Two files may call two things by one name, so that none keeps the name that it had.
    """
    paths: dict[str, dict[str, Any]] = {}
    files: dict[str, int] = {}
    for one in sorted(operations, key=lambda one: (one.file, one.path, one.verb)):
        files.setdefault(one.file, len(files))
        item = openapi.load(one.file)["paths"][one.path]
        told = paths.setdefault(f"/{openapi.version(one.file)}{one.path}", {})
        told[one.verb] = {"security": openapi.load(one.file).get("security", []), **item[one.verb]}
        if "parameters" in item:
            told["parameters"] = item["parameters"]
    components: dict[str, dict[str, Any]] = {}
    for name, number in files.items():
        for kind, some in openapi.load(name).get("components", {}).items():
            here = components.setdefault(kind, {})
            # what asks for a login names its scheme, which is the same in each file
            mark = "" if kind == "securitySchemes" else f".{number}"
            here.update({f"{key}{mark}": value for key, value in some.items()})
    document = {
        "openapi": "3.0.3",
        "info": {"title": "all", "version": "1"},
        "paths": paths,
        "components": components,
    }
    found: dict[str, Any] = json.loads(
        json.dumps(document), object_hook=lambda node: _here(node, files)
    )
    return found


def _here(node: dict[str, Any], files: dict[str, int]) -> dict[str, Any]:
    match = _REFERENCE.fullmatch(node["$ref"]) if isinstance(node.get("$ref"), str) else None
    if match is None:
        return node
    name = f"{match['name']}.{files[match['file']]}"
    return {"$ref": f"#/components/{match['kind']}/{name}{match['below']}"}
