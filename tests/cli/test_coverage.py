"""`mirrord coverage` by the command line."""

import json

import pytest

from mirrord.cli import run
from mirrord.core.coverage.headings import headings
from mirrord.core.coverage.resources import RESOURCES


def test_coverage_is_a_table_of_every_resource(capsys: pytest.CaptureFixture[str]) -> None:
    """By name: where it is kept, whether it can be put back, and why not; without any config."""
    assert run(["coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["WHAT", "KEPT", "IN", "BACK", "WHY", "NOT"]
    told = {line.split("  ")[0]: line for line in lines[1 : len(RESOURCES) + 1]}
    assert list(told) == [one.name for one in RESOURCES]
    assert told["brands"].split()[1:3] == ["brands", "yes"]
    assert told["stored cards and accounts"].split()[4:7] == ["not", "kept", "no"]
    assert "PCI" in told["stored cards and accounts"]
    kept = sum(bool(one.kept) for one in RESOURCES)
    assert lines[-1].startswith(f"{kept} kept, {len(RESOURCES) - kept} not;")


def test_coverage_as_json_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Resources with the paths of the API, and columns; one document."""
    assert run(["coverage", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["resources"]) == len(RESOURCES)
    assert len(document["columns"]) == len(list(headings()))
    brands = next(one for one in document["resources"] if one["name"] == "brands")
    assert brands == {
        "name": "brands",
        "kept": ["brands"],
        "back": "yes",
        "why": "comes back under a new id",
        "paths": ["v3/catalog/brands"],
    }
