"""Each heavy library is known to the rooms that it was given to, and to no other."""

import ast
from pathlib import Path

import pytest

import mirrord

HOUSE = Path(mirrord.__file__).parent
ROOMS = {
    "pycurl": {"source/curl.py", "source/multi.py"},
    "webdav3": {"source/site.py", "source/wire.py"},
    "pandas": {"disk/dataset.py"},
}


def imported(file: Path) -> set[str]:
    """The packages that a room imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("library", ROOMS)
def test_a_heavy_library_has_few_rooms(library: str) -> None:
    """Whoever else needs it asks one of these."""
    rooms = {str(f.relative_to(HOUSE)) for f in HOUSE.rglob("*.py") if library in imported(f)}
    assert rooms == ROOMS[library]
