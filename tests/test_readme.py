"""What the README says of the program is what the program does."""

import re
from pathlib import Path

from mirrord.cli.page import COMMANDS, EXIT_CODES
from mirrord.core.coverage.resources import RESOURCES
from mirrord.core.datasets import DATASETS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_columns_that_stay_empty_are_those_of_the_code() -> None:
    """File, columns and reason, row by row."""
    told = re.findall(r"^\| ([\w.-]+)\.csv \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
    ours = {
        (table.name, column, reason)
        for dataset in DATASETS.values()
        for table in dataset.tables
        for column, reason in table.not_filled.items()
    }
    assert {(name, one, why) for name, columns, why in told for one in columns.split(", ")} == ours


def test_what_is_kept_is_told_as_the_command_tells_it() -> None:
    """Every resource, where it is kept, whether it can be put back, and why not."""
    part = README.partition("## What is kept, and what can be put back")[2].partition("\n## ")[0]
    for one in RESOURCES:
        assert f"| {one.name} | {one.where} | {one.back} | {one.why} |" in part
    assert part.count("\n| ") >= len(RESOURCES)


def test_every_command_and_exit_code_is_in_the_readme() -> None:
    """No more and no fewer."""
    commands = set(re.findall(r"^\| `mirrord ([\w-]+)", README, re.MULTILINE))
    assert commands == set(COMMANDS)
    codes = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)
    assert codes == re.findall(r"^  (\d+)", EXIT_CODES, re.MULTILINE)
