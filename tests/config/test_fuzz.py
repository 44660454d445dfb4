"""Whatever stands in the file, the answer is a config or a ConfigError."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mirrord.config import load
from mirrord.errors import ConfigError
from tests.config.conftest import GOOD

# one folder for all examples is meant: each of them writes the file anew
quick = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NAMES = st.sampled_from(
    re.findall(
        r"[a-z_]+",
        GOOD + "timezone defaults api login connections ca exclude store_hash token quota_share"
        " schedule files orders guard vanished floor file env command notify contact",
    )
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["/srv", "10%", "6h", "0 3 * * *", "https://x/dav", "digest", "UTC"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)


def outcome(folder: Path, raw: bytes) -> str:
    path = folder / "mirrord.yaml"
    path.write_bytes(raw)
    try:
        load(path)
    except ConfigError as error:
        return str(error) or "a ConfigError that says nothing"
    return ""


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(tmp_path: Path, raw: bytes) -> None:
    """No byte sequence brings out anything but a ConfigError."""
    assert outcome(tmp_path, raw)


@quick
@given(st.text(st.sampled_from("abc:-[]{}#&*!|>'\"%@`,?~<= \n\t\\x0U\ufeff\x85é"), max_size=60))
@example('"\\UFFFFFFFF"')
@example('"\\ud800": 1')
@example("%YAML " + "9" * 5000 + ".1\n---\na: 1")
@example("[" * 5000)
@example("{a: " * 5000)
@example("- " * 5000)
@example("? " * 5000)
@example("a: !<" + "x" * 5000)
def test_any_text_of_yamls_own_signs_is_answered(tmp_path: Path, text: str) -> None:
    """Its punctuation in any order, deep nesting, numbers out of range."""
    assert outcome(tmp_path, text.encode("utf-8"))


@quick
@given(TREES)
@example({"[key]": 1, "stores": {"[key]": {"[key]": 1}}})
def test_any_tree_is_answered(tmp_path: Path, tree: Any) -> None:
    """Well-formed YAML of any shape, with our own names in wrong places."""
    outcome(tmp_path, yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass"))


@quick
@given(st.sampled_from(GOOD.splitlines()[3:]), SCALARS | TREES)
def test_any_value_in_any_line_is_answered(tmp_path: Path, line: str, value: Any) -> None:
    """A good config with one key's value replaced."""
    key = line.partition(":")[0]
    flow = yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("...\n")
    text = GOOD.replace(line, f"{key}: {flow.strip()}")
    outcome(tmp_path, text.encode("utf-8", "surrogatepass"))


@quick
@given(st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=20))
def test_no_password_comes_back_in_a_message(tmp_path: Path, noise: str) -> None:
    """Whatever signs a password holds, and however YAML takes them."""
    text = GOOD.replace("{credential: acme-webdav}", f"{noise}S3cr3t{noise}")
    if not noise.startswith("#"):
        assert "S3cr3t" not in outcome(tmp_path, text.encode())


@pytest.mark.parametrize("cut", range(0, len(GOOD), 7))
def test_a_file_cut_short_is_answered(tmp_path: Path, cut: int) -> None:
    """As a full disk or a broken copy leaves it."""
    assert outcome(tmp_path, GOOD[:cut].encode())
