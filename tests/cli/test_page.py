"""The page of `--help` is a text of its own, and says what the commands say."""

import click
import pytest

from mirrord.cli.group import Commands, commands
from mirrord.cli.page import COMMANDS, page

CONTEXT = click.Context(commands, info_name="mirrord", **commands.context_settings)


def test_the_page_lists_every_command_and_no_other() -> None:
    """In the order of the table, which every room of a command stands in."""
    assert commands.list_commands(CONTEXT) == list(COMMANDS)
    assert COMMANDS.keys() == Commands.rooms.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_says_of_a_command_what_its_own_help_says(name: str) -> None:
    """The first paragraph of it, whole."""
    command = commands.get_command(CONTEXT, name)
    assert command is not None
    first = (command.help or "").partition("\n\n")[0]
    width = max(map(len, COMMANDS))
    assert f"  {name:<{width}}  {' '.join(first.split())}\n" in page()


def test_the_page_lists_the_options_that_there_are() -> None:
    """Each with its words; no option is missing there, none is invented."""
    rows = [param.get_help_record(CONTEXT) for param in commands.get_params(CONTEXT)]
    told = "".join(f"  {row[0]:<13}  {row[1]}\n" for row in rows if row)
    assert f"\nOptions:\n{told}\nCommands:\n" in page()
