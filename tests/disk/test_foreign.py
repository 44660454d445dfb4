"""A copy of a stranger's file: what it is, and whether it is sound to its end."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrord.core.headings import HEAD
from mirrord.disk import foreign
from mirrord.disk.durable import Durable
from mirrord.disk.foreign import Foreign, take_copy
from mirrord.disk.staging import Staging
from tests.dropping import export_text
from tests.fakes import QuietPulse
from tests.houses import new_house

HEADING = b"Customer ID,Email,First Name\r\n"


class Copier:
    """Takes copies of what a file would hold."""

    def __init__(self, folder: Path, staging: Staging) -> None:
        self._file = folder / "it"
        self._staging = staging

    def __call__(self, body: bytes) -> Foreign:
        self._file.write_bytes(body)
        fd = os.open(self._file, os.O_RDONLY)
        try:
            return take_copy(fd, "it", self._staging, QuietPulse())
        finally:
            os.close(fd)


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copier]:
    house = new_house(tmp_path)
    durable = Durable(house.root)
    staging = Staging(house, "inbox", durable)
    yield Copier(tmp_path, staging)
    staging.close()
    durable.close()


def test_a_sound_export_is_told_with_its_rows(copy: Copier) -> None:
    """Larger than what is read for the heading, or smaller; the copy has its bytes."""
    for rows in (0, 3, 3_000):
        body = export_text("orders", "all fields", rows)
        told = copy(body)
        assert (told.kind, told.template, told.rows, told.fault) == (
            "orders",
            "all fields",
            rows,
            "",
        )
        assert told.staged.path.read_bytes() == body
    assert len(body) > HEAD


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"1,a@example.com,Jo\r\n2,b@example.com\r\n", "row 3 has 2 cells and should have 3"),
        (b'1,a@example.com,"Jo\r\n2,b@example.com,Al\r\n', "sound CSV"),
        (b"1,a@example.com,Jo\r\n2,b@exam", "row 3 has 2 cells"),
        (b"1,a@example.com,Jo,more\r\n", "row 2 has 4 cells and should have 3"),
        (b'1,"a"b,Jo\r\n', "sound CSV"),
    ],
)
def test_what_is_cut_or_ragged_is_no_sound_csv(copy: Copier, body: bytes, why: str) -> None:
    """It is never filed: a person sees why."""
    assert why in copy(HEADING + body).fault


def test_empty_lines_at_the_end_are_no_rows(copy: Copier) -> None:
    """As an editor leaves them."""
    told = copy(HEADING + b"1,a@example.com,Jo\r\n\r\n\r\n")
    assert (told.rows, told.fault) == (1, "")


def test_a_quote_that_never_ends_is_not_read_for_ever(
    copy: Copier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a line without an end."""
    monkeypatch.setattr(foreign, "_LONGEST", 200_000)
    for rest in (b'1,"' + b"x\r\n" * 200_000, b"1," + b"x" * 600_000):
        assert "does not end" in copy(HEADING + rest).fault


def test_another_alphabet_further_down_is_a_guess_that_is_said(copy: Copier) -> None:
    """The heading alone is ASCII; the file is kept byte by byte."""
    body = HEADING + b"1,a@example.com,J\xf6rg\r\n" * 5_000
    told = copy(body)
    receipt = told.receipt()
    assert (receipt["encoding"], receipt["encoding_guessed"], told.rows) == ("cp1252", True, 5_000)
    assert not told.is_plain
    far = HEADING + b"1,a@example.com,Jo\r\n" * 5_000 + b"2,b@example.com,\x81\r\n"
    assert "no alphabet" in copy(far).fault


def test_xml_is_told_by_its_root_and_kept(copy: Copier) -> None:
    """Nothing more is said of it."""
    told = copy(b'<?xml version="1.0"?><orders><order/></orders>')
    assert (told.kind, told.template, told.fault) == ("orders", "xml", "")
    assert told.receipt()["format"] == "xml"
