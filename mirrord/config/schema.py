"""The config's JSON Schema, for editors.

It says what may stand where, and not what must: a value may come from ``defaults:``, and a store
from a file of its own, which the schema of one file can not see. `mirrord config check` tells that.
"""

from __future__ import annotations

from typing import Any

from mirrord.config.values import Config


def schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the main file; a file of stores.d fits it as well."""
    whole = Config.model_json_schema()
    parts = whole["$defs"]
    for part in (whole, *parts.values()):
        part.pop("required", None)
    whole["properties"]["stores"]["additionalProperties"] = False  # a key that is no folder's name
    defaults = {"$ref": "#/$defs/Store", "description": "What every store says, unless it does."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **whole,
        "title": "mirrord.yaml",
        "properties": {**whole["properties"], "defaults": defaults},
    }
