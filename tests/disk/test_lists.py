"""Who may read what lists the names of files: MANIFEST.csv, and the checksums."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.estate import Estate

LISTS = ("MANIFEST.csv", "SHA256SUMS")


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """A house of which no name is a person's."""
    return Estate(tmp_path)


@contextmanager
def umasked(umask: int) -> Iterator[None]:
    before = os.umask(umask)
    try:
        yield
    finally:
        os.umask(before)


def mode(estate: Estate, name: str) -> int:
    return estate.house.room(name).stat().st_mode & 0o7777


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_list_is_private_as_long_as_it_names_what_may_be_a_person(
    estate: Estate, umask: int
) -> None:
    """And only so long; what left is named by the list of its own run."""
    with umasked(umask):
        estate.store.remove("import_files", "people.bin")
        estate.store.put(b"1", "import_files", "products 2026-11-20.csv")
        estate.sync()
        assert {mode(estate, name) for name in LISTS} == {0o440}
        estate.store.put(b"2", "import_files", "Jane Doe.csv")
        estate.sync()
        assert {mode(estate, name) for name in LISTS} == {0o600}
        estate.store.remove("import_files", "Jane Doe.csv")
        estate.store.put(b"3", "content", "1.txt")
        report = estate.sync()
        assert report.counts["retired"] == 1
        assert {mode(estate, name) for name in LISTS} == {0o440}
    *_, newest = sorted(estate.house.room("old-versions").glob("*.SHA256SUMS"))
    assert hashlib.sha256(b"2").hexdigest() in newest.read_text()
    assert mode(estate, f"old-versions/{newest.name}") == 0o600
    assert estate.verify().findings == ()
