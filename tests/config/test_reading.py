"""YAML is read strictly, and every key keeps its line."""

from pathlib import Path

import pytest

from mirrord.config.places import Section
from mirrord.config.reading import read
from tests.config.conftest import GOOD, House


def tree_of(tmp_path: Path, text: str) -> Section:
    path = tmp_path / "any.yaml"
    path.write_text(text, encoding="utf-8")
    reading = read(path)
    assert reading.problems == ()
    assert reading.tree is not None
    return reading.tree


@pytest.mark.parametrize(
    "text", ["no", "22:22", "2026-11-23", "0123", "0x1F", "1_000", "true", "1e3", ".inf", "<<"]
)
def test_a_scalar_stays_the_text_that_the_user_wrote(tmp_path: Path, text: str) -> None:
    """What YAML 1.1 would turn into a bool, a sum, a date or an octal number is plain text."""
    assert tree_of(tmp_path, f"key: {text}\n{text}: value\n") == {"key": text, text: "value"}


@pytest.mark.parametrize(("text", "value"), [("", None), ("~", None), ("null", None), ("''", "")])
def test_only_an_unquoted_nothing_is_nothing(tmp_path: Path, text: str, value: str | None) -> None:
    """A key without a value, ~ and null are None; quotes make a text of anything."""
    assert tree_of(tmp_path, f"key: {text}\nquoted: 'null'\n") == {"key": value, "quoted": "null"}


def test_every_key_knows_its_line_and_its_path(tmp_path: Path) -> None:
    """The line of a key is the one where the key begins, below comments and long values too."""
    tree = tree_of(tmp_path, "a: |\n  two\n  lines\n# a comment\nb:\n  - x\n  - c:\n      d: 1\n")
    d = tree["b"][1]["c"].places["d"]
    assert (tree.places["b"].line, d.line, d.path) == (5, 8, "b.1.c.d")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "2: `a` stands here twice (first in line 1)"),
        ("a: {b: 1, b: 2}\n", "1: a: `b` stands here twice (first in line 1)"),
        ("a: &x 1\n", "1: an anchor (`&name`) is not taken here; write the value itself,"),
        ("a: &x 1\nb: &x 2\nb: 3\n", "3: `b` stands here twice (first in line 2)"),
        ("a: *x\n", "1: an alias (`*name`) is not taken here; write the value itself,"),
        ("<<: *x\n", "1: an alias (`*name`) is not taken here; write the value itself,"),
        ("a: !!int 1\n", "1: a tag (`!name`) is not taken here; write the value in quotes"),
        ("a: !!python/object/apply:os.system [x]\n", "1: a tag (`!name`) is not taken here"),
        ("a: 1\n---\na: 2\n", "2: a second document is not taken here"),
        ("a: 1\n? [b]\n: 2\n", "2: a key must be text; write `key: value`"),
        ("a: 1\n~: 2\n", "2: a key must be text; write `key: value`"),
        ("a: 1\n b: 2\n", "2: not YAML: mapping values are not allowed here"),
        ("a: 1\n\tb: 2\n", "2: not YAML: found character '\\t' that cannot start any token"),
        ("a: [1\n", "2: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\nb: \x01\n", "2: not YAML: a character that no text file holds"),
        ('a: "\\UFFFFFFFF"\n', "not YAML: a number out of range"),
        ("a: " + "[" * 50 + "]" * 50, "1: not YAML: nested too deep"),
        ("", "the file is empty; see the sample config"),
        ("# only a comment\n", "the file is empty; see the sample config"),
        ("- a\n", "1: not keys and values; begin with `mirror: /srv/mirrord`"),
        ("just text\n", "1: not keys and values; begin with `mirror: /srv/mirrord`"),
    ],
)
def test_what_is_not_strict_yaml_is_refused_with_its_line(
    house: House, text: str, said: str
) -> None:
    """Each refusal names the line and the mistake in words."""
    assert [line for line in house.refusal(text) if line.startswith(said)], house.refusal(text)


def test_a_file_over_one_mebibyte_is_refused(house: House) -> None:
    """A config is small; a wrong file is not read to its end."""
    said = house.refusal(GOOD + "#" * (1024 * 1024))
    assert said == ["larger than 1 MiB; split it into stores.d/"]


def test_a_file_that_is_not_utf_8_is_refused_with_the_line_of_the_first_wrong_byte(
    house: House,
) -> None:
    """An old Latin-1 editor is told where to look."""
    assert house.refusal(b"mirror: /srv\n# caf\xe9\n") == ["2: not UTF-8 text; save it as UTF-8"]


def test_a_byte_order_mark_does_no_harm(house: House) -> None:
    """Windows editors write one."""
    assert house.load(b"\xef\xbb\xbf" + GOOD.encode()).mirror == Path("/srv/mirrord")


def test_a_missing_file_is_named_with_the_way_out(house: House) -> None:
    """Not a traceback but a sentence."""
    reading = read(house.folder / "none.yaml")
    said = f"{house.folder}/none.yaml: no such file; name the config with --config"
    assert [str(problem) for problem in reading.problems] == [said]


def test_a_folder_in_place_of_the_file_is_a_problem(house: House) -> None:
    """Any refusal of the disk is told in its own words."""
    (problem,) = read(house.folder).problems
    assert problem.what == "can not be read (Is a directory)"


def test_a_refused_line_is_not_told_twice(house: House) -> None:
    """An alias leaves no value behind, which is not told as a second mistake of the same line."""
    said = house.refusal(GOOD.replace("/srv/mirrord", "*somewhere"))
    assert len(said) == 1
    assert "alias" in said[0]


def test_problems_of_reading_and_of_values_come_together(house: House) -> None:
    """A repeated key does not hide the wrong value further down."""
    said = house.refusal(GOOD + "timezone: Mars\ntimezone: UTC\n")
    assert [line.partition(":")[0] for line in said] == ["8", "9"]
