"""SHA256SUMS as coreutils reads and writes it."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrord.core.manifest import parse_sums, sum_line

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
