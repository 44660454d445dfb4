"""SHA256SUMS as coreutils reads and writes it."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.manifest import Findings, mended_sums, parse_sums, sum_line

DIGEST = "0" * 64
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1)


@given(NAMES)
def test_a_line_read_back_gives_the_name(name: str) -> None:
    """Whatever stands in the name, line breaks and backslashes included."""
    line = sum_line(DIGEST, name)
    assert line.count("\n") == 1
    assert list(parse_sums([line])) == [(name, DIGEST)]


@pytest.mark.parametrize(
    "name", ["plain", " two  spaces ", "back\\slash", "line\nfeed", "\rreturn", "é*"]
)
def test_the_form_is_that_of_coreutils(tmp_path: Path, name: str) -> None:
    """Byte for byte what sha256sum prints for the same file."""
    (tmp_path / name).write_bytes(b"content")
    told = subprocess.run(
        ["sha256sum", "--", name], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    ours = sum_line("ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73", name)
    assert os.fsencode(ours) == told


@pytest.mark.parametrize("line", ["", "x", "0" * 64, f"{'0' * 63}  name", f"{DIGEST} name"])
def test_a_line_of_another_form_is_an_error(line: str) -> None:
    """A damaged manifest is never read as a shorter one."""
    with pytest.raises(ValueError, match="SHA256SUMS"):
        list(parse_sums([line]))


def _sums(files: dict[str, str]) -> bytes:
    return "".join(sum_line(files[name], name) for name in sorted(files)).encode()


FOUND = {name: sha256(name.encode()).hexdigest() for name in ("0.jpg", "1.jpg", "a b/c.css", "d")}


def test_any_turned_bit_of_the_checksums_is_mended() -> None:
    """In a digit, a name, a space or a line end: the files that are there tell what stood there.

    Two names that one bit keeps apart are among them.
    """
    text = _sums(FOUND)
    for bit in range(len(text) * 8):
        damaged = bytearray(text)
        damaged[bit // 8] ^= 1 << bit % 8
        assert mended_sums(bytes(damaged), FOUND) == text, bit


def test_a_damaged_file_is_never_taken_for_damaged_checksums() -> None:
    """Its checksum is quite another one: what is recorded stays recorded."""
    text = _sums(FOUND)
    for name in FOUND:
        rotten = FOUND | {name: sha256(b"rot").hexdigest()}
        gone = {other: sum_ for other, sum_ in FOUND.items() if other != name}
        assert (mended_sums(text, rotten), mended_sums(text, gone)) == (None, None)


def test_a_damaged_file_and_a_damaged_line_are_told_apart() -> None:
    """The line is mended, and goes on saying what the rotten file should be."""
    text = _sums(FOUND)
    damaged = bytearray(text)
    damaged[3] ^= 1
    rotten = FOUND | {"d": sha256(b"rot").hexdigest()}
    assert mended_sums(bytes(damaged), rotten) == text


def test_findings_are_true_when_there_are_any() -> None:
    """Of whatever kind."""
    kinds = (Findings(), Findings(("a",)), Findings((), ("a",)), Findings((), (), ("a",)))
    assert [bool(found) for found in kinds] == [False, True, True, True]
