"""Plain calls are read without click, and mean the same."""

from pathlib import Path

import click
import pytest

from mirrord.cli.group import commands
from mirrord.cli.plain import FLAGS, plain_call

CONTEXT = click.Context(commands, info_name="mirrord", **commands.context_settings)


@pytest.fixture(autouse=True)
def no_config_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests say which config."""
    monkeypatch.delenv("MIRRORD_CONFIG", raising=False)


@pytest.mark.parametrize("name", FLAGS)
def test_the_options_of_a_plain_call_are_those_of_click(name: str) -> None:
    """No option is missing, none is invented, and each arrives by the same name."""
    command = commands.get_command(CONTEXT, name)
    assert command is not None
    options = [param for param in command.params if isinstance(param, click.Option)]
    flags = {one.opts[0]: one.name for one in options if one.is_flag}
    assert flags == FLAGS[name]
    assert [one.opts for one in options if not one.is_flag] == [["--store"], ["--config"]]


def test_a_plain_call_is_read_whole() -> None:
    """What is not said is off; of two configs the one behind the command counts."""
    words = ["--config", "a.yaml", "sync", "--store", "acme", "--dry-run", "--config", "b.yaml"]
    call = plain_call(words)
    assert call is not None
    assert (call.name, call.store) == ("sync", "acme")
    assert call.settings.file == Path("b.yaml")
    assert [name for name, said in call.flags.items() if said] == ["dry_run"]
    assert set(call.flags) == set(FLAGS["sync"].values())


def test_a_plain_call_takes_the_config_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where no other is named."""
    monkeypatch.setenv("MIRRORD_CONFIG", "named.yaml")
    files = [plain_call(words) for words in (["status"], ["status", "--config", "said.yaml"])]
    assert [call and call.settings.file.name for call in files] == ["named.yaml", "said.yaml"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "export",
        "-v status",
        "status -h",
        "status --help",
        "status sync",
        "status --dry-run",
        "status --store",
        "status --store --json",
        "status --store=acme",
        "--store acme status",
        "--config",
        "sync --dry",
    ],
)
def test_what_is_not_plain_is_left_to_click(line: str) -> None:
    """Other commands, mistakes, help, and every other way to write an option."""
    assert plain_call(line.split()) is None
